"""What answering and drawing have at hand, and how one person is told something."""

from dataclasses import dataclass

from bot.core.names import ChannelId, PersonId
from bot.engine import Engine
from bot.features.accounts import SignInUrls
from bot.features.select_options import OptionLists
from bot.gateways.gateways import Gateways
from bot.gateways.slack.client import RESPONSE_URL_SECONDS, Installation, SlackClient
from bot.gateways.slack.directory import Directory
from bot.gateways.slack.messages import Ephemeral
from bot.gateways.store.card_outbox import CardRef
from bot.gateways.store.dead_letters import DeadLetter


@dataclass(frozen=True, slots=True)
class Context:
    gateways: Gateways
    engine: Engine
    sign_in_urls: SignInUrls
    installation: Installation
    slack: SlackClient
    directory: Directory
    option_lists: OptionLists
    support_url: str = ""  # the address of a page for who needs help

    @property
    def now(self) -> float:
        return self.gateways.clock()

    async def record_undelivered(self, ref: CardRef, channel: ChannelId, why: str) -> None:
        """Keep for the admin what Slack has not taken for a day, or never will."""
        lost = DeadLetter(self.now, channel, ref.member, why)
        await self.gateways.store.dead_letters.add(ref.workspace, lost)

    async def answer_privately(
        self, message: Ephemeral, person: PersonId, channel: ChannelId, reply: str, asked_at: float
    ) -> None:
        """Tell one person: as the answer to what they did while that is open, else anew."""
        fresh = reply and self.now - asked_at < RESPONSE_URL_SECONDS
        if fresh and await self.slack.respond(reply, message):
            return
        await self.slack.post_ephemeral(channel, person, message)
