"""Which records the ledgers keep, and what each kind says of itself."""

from bot.core import approvals, auto_enables
from bot.core.approvals import Approval, Stage
from bot.core.auto_enables import AutoEnable, Phase
from bot.core.notifications import Notification
from bot.core.operations.operation import Operation
from bot.core.subscriptions import Subscription
from bot.gateways.store.audit import AuditEntry
from bot.gateways.store.versioned import Schema, UniqueKey

RENDER_AFTER = 3.0  # whoever changed it paints it at once; this is for when they did not


def _of(wish: Operation) -> dict[str, str]:
    return {
        "verb": wish.verb,
        "wanted": "enabled" if wish.wanted else "disabled",
        "itwin": wish.itwin.id,
        "timer": wish.timer.id,
        "timer_name": wish.timer.name,
        "because": wish.reason,
        "requester": wish.person,
        "acting_as": wish.acting.label,
        "subject": wish.acting.subject,
        "seen": ("enabled" if wish.seen.enabled else "disabled") if wish.seen else "",
        "until": str(wish.until.at) if wish.until and wish.until.at else "",
    }


def _approval_entry(approval: Approval) -> AuditEntry:
    by = approval.decided_by or approval.requester
    if approval.votes and approval.stage in {Stage.WAITING, Stage.APPROVED}:
        by = approval.votes[-1].by
    what = approval.stage.value if approval.version else "asked"
    facts = {
        **_of(approval.operation),
        "request": approval.id,
        "version": str(approval.version),
        "digest": approval.digest,
        "votes": " ".join(f"{vote.by}={vote.subject}" for vote in approval.votes),
        "decision_because": approval.decision_reason,
        "outcome": approval.outcome.value if approval.outcome else "",
        "trouble": approval.failure.kind if approval.failure else "",
        "review": "yes" if approval.review else "",
    }
    at = approval.changed_at or approval.operation.asked_at
    return AuditEntry(
        at, f"approval.{what}", by, {key: fact for key, fact in facts.items() if fact}
    )


def _approval_key(approval: Approval) -> UniqueKey | None:
    """One request for one wish: who wishes the same meanwhile is shown that one."""
    wish = approval.operation
    if approval.review:
        return None
    wanted = "enable" if wish.wanted else "disable"
    place = (wish.itwin.id, wish.timer.id, wanted)
    return UniqueKey("free" if approval.stage is Stage.WAITING else "leave", place)


APPROVALS: Schema[Approval] = Schema(
    kind="approval",
    type=Approval,
    due=approvals.due,
    render_at=lambda one: (one.changed_at or one.operation.asked_at) + RENDER_AFTER,
    open_at=lambda one: one.operation.asked_at if one.stage is Stage.WAITING else None,
    unique_key=_approval_key,
    entry=_approval_entry,
)


def _auto_enable_entry(auto_enable: AutoEnable) -> AuditEntry:
    what = auto_enable.phase.value if auto_enable.version else "set"
    facts = {
        "return": auto_enable.id,
        "version": str(auto_enable.version),
        "itwin": auto_enable.itwin.id,
        "timer": auto_enable.timer.id,
        "timer_name": auto_enable.timer.name,
        "at": str(auto_enable.at),
        "setter": auto_enable.person,
        "subject": auto_enable.subject,
        "because": auto_enable.reason,
        "how": auto_enable.closed_as or "",
        "operation": auto_enable.operation or "",
        "trouble": auto_enable.failure.kind if auto_enable.failure else "",
    }
    kept = {key: fact for key, fact in facts.items() if fact}
    return AuditEntry(
        auto_enable.changed_at or auto_enable.scheduled_at,
        f"return.{what}",
        auto_enable.closed_by or auto_enable.person,
        kept,
    )


def _auto_enable_key(auto_enable: AutoEnable) -> UniqueKey:
    place = (auto_enable.itwin.id, auto_enable.timer.id)
    return UniqueKey("leave" if auto_enable.phase is Phase.CLOSED else "take", place)


AUTO_ENABLES: Schema[AutoEnable] = Schema(
    kind="return",
    type=AutoEnable,
    due=auto_enables.due,
    render_at=lambda one: None if one.phase is Phase.SCHEDULED else one.changed_at + RENDER_AFTER,
    open_at=lambda one: None if one.phase is Phase.CLOSED else one.at,
    unique_key=_auto_enable_key,
    entry=_auto_enable_entry,
)


def _subscription_entry(one: Subscription) -> AuditEntry:
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
    return AuditEntry(one.changed_at or one.made_at, f"subscription.{what}", by, facts)


SUBSCRIPTIONS: Schema[Subscription] = Schema(
    kind="subscription",
    type=Subscription,
    due=lambda one: one.due,
    # It has a card where nobody could look for it any more, and the channel was told so.
    render_at=lambda one: one.changed_at + RENDER_AFTER if one.stopped_at else None,
    open_at=lambda one: None if one.ended_by else one.made_at,
    unique_key=lambda _: None,
    entry=_subscription_entry,
)
NOTIFICATIONS: Schema[Notification] = Schema(
    kind="notice",
    type=Notification,
    due=lambda _: None,
    render_at=lambda one: one.draw_at,
    open_at=lambda _: None,
    unique_key=lambda _: None,
    entry=None,  # what it tells of has its own entries
)
