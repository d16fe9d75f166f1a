"""Which records the ledgers keep, and what each kind says of itself."""

from bot.core import approvals, auto_enables
from bot.core.approvals import Approval, Stage
from bot.core.auto_enables import Phase, Return
from bot.core.notifications import Notice
from bot.core.operations.operation import Operation
from bot.core.subscriptions import Subscription
from bot.gateways.store.audit import Entry
from bot.gateways.store.versioned import Pointer, Shelf

DRAW_AFTER = 3.0  # whoever changed it paints it at once; this is for when they did not


def _of(wish: Operation) -> dict[str, str]:
    return {
        "verb": wish.verb,
        "wanted": "enabled" if wish.wanted else "disabled",
        "itwin": wish.itwin.id,
        "timer": wish.timer.id,
        "timer_name": wish.timer.name,
        "because": wish.because,
        "requester": wish.person,
        "acting_as": wish.acting.label,
        "subject": wish.acting.subject,
        "seen": ("enabled" if wish.seen.enabled else "disabled") if wish.seen else "",
        "until": str(wish.until.at) if wish.until and wish.until.at else "",
    }


def _approval_entry(approval: Approval) -> Entry:
    by = approval.decided_by or approval.requester
    if approval.votes and approval.stage in {Stage.WAITING, Stage.APPROVED}:
        by = approval.votes[-1].by
    what = approval.stage.value if approval.version else "asked"
    facts = {
        **_of(approval.wish),
        "request": approval.id,
        "version": str(approval.version),
        "digest": approval.digest,
        "votes": " ".join(f"{vote.by}={vote.subject}" for vote in approval.votes),
        "decision_because": approval.because,
        "outcome": approval.outcome.value if approval.outcome else "",
        "trouble": approval.trouble.kind if approval.trouble else "",
        "review": "yes" if approval.review else "",
    }
    at = approval.changed_at or approval.wish.asked_at
    return Entry(at, f"approval.{what}", by, {key: fact for key, fact in facts.items() if fact})


def _approval_pointer(approval: Approval) -> Pointer | None:
    """One request for one wish: who wishes the same meanwhile is shown that one."""
    wish = approval.wish
    if approval.review:
        return None
    wanted = "enable" if wish.wanted else "disable"
    place = (wish.itwin.id, wish.timer.id, wanted)
    return Pointer("free" if approval.stage is Stage.WAITING else "leave", place)


APPROVALS: Shelf[Approval] = Shelf(
    kind="approval",
    type=Approval,
    due=approvals.due,
    drawn_at=lambda one: (one.changed_at or one.wish.asked_at) + DRAW_AFTER,
    open_at=lambda one: one.wish.asked_at if one.stage is Stage.WAITING else None,
    pointer=_approval_pointer,
    entry=_approval_entry,
)


def _return_entry(back: Return) -> Entry:
    what = back.phase.value if back.version else "set"
    facts = {
        "return": back.id,
        "version": str(back.version),
        "itwin": back.itwin.id,
        "timer": back.timer.id,
        "timer_name": back.timer.name,
        "at": str(back.at),
        "setter": back.person,
        "subject": back.subject,
        "because": back.because,
        "how": back.how or "",
        "operation": back.operation or "",
        "trouble": back.trouble.kind if back.trouble else "",
    }
    kept = {key: fact for key, fact in facts.items() if fact}
    return Entry(
        back.changed_at or back.set_at, f"return.{what}", back.closed_by or back.person, kept
    )


def _return_pointer(back: Return) -> Pointer:
    place = (back.itwin.id, back.timer.id)
    return Pointer("leave" if back.phase is Phase.CLOSED else "take", place)


RETURNS: Shelf[Return] = Shelf(
    kind="return",
    type=Return,
    due=auto_enables.due,
    drawn_at=lambda one: None if one.phase is Phase.SET else one.changed_at + DRAW_AFTER,
    open_at=lambda one: None if one.phase is Phase.CLOSED else one.at,
    pointer=_return_pointer,
    entry=_return_entry,
)


def _subscription_entry(one: Subscription) -> Entry:
    standing = "changed" if one.version else "made"
    what = "ended" if one.ended_by else "paused" if one.paused else standing
    facts = {
        "subscription": one.id,
        "channel": one.channel,
        "itwin": one.itwin.id,
        "pattern": one.pattern,
        "kinds": " ".join(sorted(one.kinds)),
        "not_mine": "yes" if one.not_mine else "no",
        "person": one.person,
        **({"why": one.why} if one.why else {}),
    }
    by = one.ended_by or one.person
    return Entry(one.changed_at or one.made_at, f"subscription.{what}", by, facts)


SUBSCRIPTIONS: Shelf[Subscription] = Shelf(
    kind="subscription",
    type=Subscription,
    due=lambda one: one.due,
    # It has a card where nobody could look for it any more, and the channel was told so.
    drawn_at=lambda one: one.changed_at + DRAW_AFTER if one.stopped_at else None,
    open_at=lambda one: None if one.ended_by else one.made_at,
    pointer=lambda _: None,
    entry=_subscription_entry,
)
NOTICES: Shelf[Notice] = Shelf(
    kind="notice",
    type=Notice,
    due=lambda _: None,
    drawn_at=lambda one: one.draw_at,
    open_at=lambda _: None,
    pointer=lambda _: None,
    entry=None,  # what it tells of has its own entries
)
