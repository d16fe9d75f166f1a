"""Work that is due now, as a value: the jobs spread it."""

from dataclasses import dataclass

from bot.core.names import OperationId
from bot.gateways.store.card_outbox import Sheet


@dataclass(frozen=True, slots=True)
class Due:
    """Operations to take on, and cards to draw."""

    operations: tuple[OperationId, ...] = ()
    sheets: tuple[Sheet, ...] = ()

    def __add__(self, other: "Due") -> "Due":
        return Due(self.operations + other.operations, self.sheets + other.sheets)
