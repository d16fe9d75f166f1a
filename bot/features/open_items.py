"""What is arranged for timers: the returns they have, and the requests that wait."""

from bot.core.approvals import Approval, Stage
from bot.core.auto_enables import Phase, Return
from bot.core.invocation import Asked
from bot.core.listings import Standing
from bot.core.names import OperationId, TimerId
from bot.core.timers import ITwin
from bot.gateways.gateways import Gateways


async def held(gateways: Gateways, itwin: ITwin, timer: TimerId, asked: Asked) -> Return | None:
    """Return the return that this timer has."""
    store = gateways.store.returns
    holder = await store.holder(asked.workspace, itwin.id, timer)
    back = await store.read(asked.workspace, holder) if holder else None
    return back if back is not None and back.phase is not Phase.CLOSED else None


async def standing_of(gateways: Gateways, asked: Asked, itwin: ITwin, timer: TimerId) -> Standing:
    """Return what is arranged for one timer, which this person's token has just read."""
    store = gateways.store.approvals
    back = await held(gateways, itwin, timer, asked)
    found = []
    for change in ("enable", "disable"):
        holder: OperationId | None = await store.holder(asked.workspace, itwin.id, timer, change)
        request = await store.read(asked.workspace, holder) if holder else None
        if request is not None and _waits(request, asked.now):
            found.append(request)
    return Standing(back, tuple(found))


async def standing_in(gateways: Gateways, asked: Asked, itwin: ITwin) -> dict[TimerId, Standing]:
    """Return it for all timers of an iTwin that have something arranged, however many they are."""
    backs = {
        back.timer.id: back
        for back in await gateways.store.returns.open(asked.workspace)
        if back.itwin.id == itwin.id
    }
    requests: dict[TimerId, list[Approval]] = {}
    for one in await gateways.store.approvals.open(asked.workspace):
        if one.wish.itwin.id == itwin.id and not one.review and _waits(one, asked.now):
            requests.setdefault(one.wish.timer.id, []).append(one)
    return {
        timer: Standing(backs.get(timer), tuple(requests.get(timer, ())))
        for timer in (*backs, *requests)
    }


def _waits(request: Approval, now: float) -> bool:
    return request.stage is Stage.WAITING and now < request.expires_at
