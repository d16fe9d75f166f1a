"""What an approved request becomes: the operation that was asked for, where it was asked for."""

import pytest

from bot.core.approval_rules import approved_operation
from bot.core.approvals import Approval, Voted, after
from bot.core.names import ChannelId
from bot.core.operations.operation import Origin
from tests.slack.samples import NOW, ORDINARY, operation, request, vote

CHANNEL, THREAD = ChannelId("C0PLANTOPS"), "1795000000.000100"


@pytest.mark.parametrize("runs_as", ["requester", "approver"])
@pytest.mark.parametrize("card", ["", "1795000100.000200"])
def test_an_approved_operation_keeps_the_thread_it_was_asked_in(runs_as: str, card: str) -> None:
    asked = Origin(CHANNEL, "https://hooks.example/1", thread=THREAD)
    waiting: Approval = request(
        ORDINARY, operation=operation(ORDINARY, origin=asked), runs_as=runs_as
    )
    begun = approved_operation(after(waiting, Voted(vote(ORDINARY, 1))), NOW + 60, card)
    assert begun.origin == Origin(CHANNEL, card=card, thread=THREAD)
