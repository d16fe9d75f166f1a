"""References to cards: which version of which record a message in Slack is to show."""

from dataclasses import dataclass

from bot.core.names import OperationId, Workspace
from bot.core.operations.operation import Operation


@dataclass(frozen=True, slots=True)
class CardRef:
    """The card of one record, at one version of that record.

    An operation's card also shows the auto-enable that the operation scheduled;
    ``auto_enable_version`` is the version of that one, 0 where there is none.
    """

    workspace: Workspace
    kind: str
    id: OperationId
    version: int = -1
    auto_enable_version: int = 0

    @property
    def member(self) -> str:
        """The card's name in the store, which is the same for every version."""
        return f"{self.kind}:{self.id}"


def card_ref(operation: Operation) -> CardRef:
    return CardRef(operation.workspace, "operation", operation.id, operation.version)
