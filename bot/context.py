"""What answering and drawing have at hand, and how one person is told something."""

from dataclasses import dataclass

from bot.core.names import ChannelId, PersonId
from bot.engine import Engine
from bot.features.accounts import Door
from bot.features.select_options import Suggesting
from bot.gateways.gateways import Gateways
from bot.gateways.slack.client import REPLY_SECONDS, Home, Poster
from bot.gateways.slack.directory import Directory
from bot.gateways.slack.messages import Private
from bot.gateways.store.card_outbox import Sheet
from bot.gateways.store.dead_letters import Lost


@dataclass(frozen=True, slots=True)
class Desk:
    gateways: Gateways
    engine: Engine
    door: Door
    home: Home
    poster: Poster
    directory: Directory
    suggesting: Suggesting
    support: str = ""  # the address of a page for who needs help

    @property
    def now(self) -> float:
        return self.gateways.clock()

    async def gave_up(self, sheet: Sheet, channel: ChannelId, why: str) -> None:
        """Keep for the admin what Slack has not taken for a day, or never will."""
        lost = Lost(self.now, channel, sheet.member, why)
        await self.gateways.store.undelivered.add(sheet.workspace, lost)

    async def whisper(
        self, message: Private, person: PersonId, channel: ChannelId, reply: str, asked_at: float
    ) -> None:
        """Tell one person: as the answer to what they did while that is open, else anew."""
        fresh = reply and self.now - asked_at < REPLY_SECONDS
        if fresh and await self.poster.reply(reply, message):
            return
        await self.poster.whisper(channel, person, message)
