"""What answering and drawing have at hand, and how one person is told something."""

from dataclasses import dataclass

from bot.core.names import ChannelId, PersonId
from bot.engine import Engine
from bot.features.accounts import Door
from bot.gateways.reach import Gateways
from bot.slack.messages import Private
from bot.slack.post import REPLY_SECONDS, Home, Poster


@dataclass(frozen=True, slots=True)
class Desk:
    gateways: Gateways
    engine: Engine
    door: Door
    home: Home
    poster: Poster

    @property
    def now(self) -> float:
        return self.gateways.clock()

    async def whisper(
        self, message: Private, person: PersonId, channel: ChannelId, reply: str, asked_at: float
    ) -> None:
        """Tell one person: as the answer to what they did while that is open, else anew."""
        fresh = reply and self.now - asked_at < REPLY_SECONDS
        if fresh and await self.poster.reply(reply, message):
            return
        await self.poster.whisper(channel, person, message)
