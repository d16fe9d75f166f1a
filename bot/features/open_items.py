"""The open items of timers: their auto-enables and the requests that wait for approval."""

from bot.core.approvals import Approval, Stage
from bot.core.auto_enables import AutoEnable, Phase
from bot.core.invocation import Invocation
from bot.core.listings import OpenItems
from bot.core.names import OperationId, TimerId
from bot.core.timers import ITwin
from bot.gateways.gateways import Gateways


async def auto_enable_of(
    gateways: Gateways, itwin: ITwin, timer: TimerId, invocation: Invocation
) -> AutoEnable | None:
    """Return the timer's auto-enable that is not closed, or None."""
    store = gateways.store.auto_enables
    holder = await store.holder(invocation.workspace, itwin.id, timer)
    auto_enable = await store.read(invocation.workspace, holder) if holder else None
    return (
        auto_enable if auto_enable is not None and auto_enable.phase is not Phase.CLOSED else None
    )


async def open_items_of(
    gateways: Gateways, invocation: Invocation, itwin: ITwin, timer: TimerId
) -> OpenItems:
    """Return the open items of a timer that the person's own token has just read."""
    store = gateways.store.approvals
    auto_enable = await auto_enable_of(gateways, itwin, timer, invocation)
    found = []
    for change in ("enable", "disable"):
        holder: OperationId | None = await store.holder(
            invocation.workspace, itwin.id, timer, change
        )
        request = await store.read(invocation.workspace, holder) if holder else None
        if request is not None and _waits(request, invocation.now):
            found.append(request)
    return OpenItems(auto_enable, tuple(found))


async def open_items_in(
    gateways: Gateways, invocation: Invocation, itwin: ITwin
) -> dict[TimerId, OpenItems]:
    """Return the open items of all timers of an iTwin that have any."""
    auto_enables = {
        auto_enable.timer.id: auto_enable
        for auto_enable in await gateways.store.auto_enables.open(invocation.workspace)
        if auto_enable.itwin.id == itwin.id
    }
    requests: dict[TimerId, list[Approval]] = {}
    for one in await gateways.store.approvals.open(invocation.workspace):
        if one.operation.itwin.id == itwin.id and not one.review and _waits(one, invocation.now):
            requests.setdefault(one.operation.timer.id, []).append(one)
    return {
        timer: OpenItems(auto_enables.get(timer), tuple(requests.get(timer, ())))
        for timer in (*auto_enables, *requests)
    }


def _waits(request: Approval, now: float) -> bool:
    return request.stage is Stage.WAITING and now < request.expires_at
