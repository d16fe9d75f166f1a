"""Work that is due now, as a value: the jobs spread it."""

from dataclasses import dataclass

from bot.core.names import OperationId
from bot.gateways.store.card_outbox import CardRef


@dataclass(frozen=True, slots=True)
class DueWork:
    """Operations to take on, and cards to draw."""

    operations: tuple[OperationId, ...] = ()
    cards: tuple[CardRef, ...] = ()

    def __add__(self, other: "DueWork") -> "DueWork":
        return DueWork(self.operations + other.operations, self.cards + other.cards)
