"""The context of a running bot: what answers, background jobs and cards need at hand."""

from dataclasses import dataclass

from bot.core.installation import Installation
from bot.engine import Engine
from bot.features.accounts import SignInUrls
from bot.features.select_options import OptionLists
from bot.gateways.gateways import Gateways
from bot.gateways.slack.client import SlackClient


@dataclass(frozen=True, slots=True)
class Context:
    """``support_url`` is a page for people who need help, or empty."""

    gateways: Gateways
    engine: Engine
    sign_in_urls: SignInUrls
    installation: Installation
    slack: SlackClient
    option_lists: OptionLists
    support_url: str = ""

    @property
    def now(self) -> float:
        return self.gateways.clock()
