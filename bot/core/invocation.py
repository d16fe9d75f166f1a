"""Who asks, where and when: what stays the same while one command is answered."""

from dataclasses import dataclass

from bot.core.names import ChannelId, OperationId, PersonId, Workspace
from bot.core.operations.operation import Origin
from bot.core.people import Person
from bot.core.timers import ITwin


@dataclass(frozen=True, slots=True)
class Invocation:
    """``id`` is the operation that this asking may become, once: it is made of what was kept."""

    id: OperationId
    person: Person
    origin: Origin
    now: float
    # Of the groups and channels that the policy names, those this person is in.
    groups: frozenset[str] = frozenset()
    confirmed: bool = False  # they were asked whether they mean it
    # What was kept goes on as it was meant: ``here`` was the channel's iTwin when it was asked.
    resumed: bool = False
    channel_itwin: ITwin | None = None

    @property
    def workspace(self) -> Workspace:
        return self.person.workspace

    @property
    def who(self) -> PersonId:
        return self.person.id

    @property
    def channel(self) -> ChannelId:
        return self.origin.channel

    @property
    def trace(self) -> str:
        return self.id[:8]
