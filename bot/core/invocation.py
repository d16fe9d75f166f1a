"""Who invoked a command, where and when."""

from dataclasses import dataclass

from bot.core.names import ChannelId, DeliveryId, OperationId, PersonId, Workspace
from bot.core.operations.operation import Origin
from bot.core.people import Person
from bot.core.timers import ITwin, SeenTimer


@dataclass(frozen=True, slots=True)
class Invocation:
    """The context of one command.

    ``id`` is derived from the delivery, so that the command starts at most one operation however
    often the delivery is processed. ``now`` is in unix seconds. ``groups`` are the user groups and
    channels of ``Policy.groups`` that the person is in. ``delivery`` is what is being answered; a
    stored command that is resumed keeps its own ``id``.
    """

    id: OperationId
    person: Person
    origin: Origin
    now: float
    groups: frozenset[str] = frozenset()
    confirmed: bool = False  # the person has confirmed that they mean it
    # A stored command is resumed with the channel's default iTwin of the time it was given.
    resumed: bool = False
    channel_itwin: ITwin | None = None
    delivery: DeliveryId | None = None
    # What the question about several timers has shown, once the person has confirmed it.
    seen: tuple[SeenTimer, ...] = ()

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
