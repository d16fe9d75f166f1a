"""Who asks, where and when: what stays the same while one command is answered."""

from dataclasses import dataclass

from bot.core.names import ChannelId, OperationId, PersonId, Workspace
from bot.core.operations import Place
from bot.core.people import Person


@dataclass(frozen=True, slots=True)
class Asked:
    """``id`` is the operation that this asking may become, once: it is made of what was kept."""

    id: OperationId
    person: Person
    place: Place
    now: float
    # Of the groups and channels that the policy names, those this person is in.
    groups: frozenset[str] = frozenset()
    sure: bool = False  # they were asked whether they mean it

    @property
    def workspace(self) -> Workspace:
        return self.person.workspace

    @property
    def who(self) -> PersonId:
        return self.person.id

    @property
    def channel(self) -> ChannelId:
        return self.place.channel

    @property
    def trace(self) -> str:
        return self.id[:8]
