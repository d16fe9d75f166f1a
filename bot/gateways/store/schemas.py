"""The kinds of versioned records, and how each is stored."""

from bot.core import approvals, auto_enables, operation_sets
from bot.core.approvals import Approval, Stage
from bot.core.auto_enables import AutoEnable, Phase
from bot.core.notifications import Notification
from bot.core.operation_sets import OperationSet
from bot.core.subscriptions import Subscription
from bot.gateways.store.audit import AuditEntry
from bot.gateways.store.versioned import Schema, UniqueKey

SET_RENDER_AFTER = 1.0  # members change one after the other, and one edit shows many
RENDER_AFTER = 3.0  # the process that changes a record renders its card; this is the fallback


def _state(*, enabled: bool) -> str:
    return "enabled" if enabled else "disabled"


def _present(facts: dict[str, str]) -> dict[str, str]:
    return {name: fact for name, fact in facts.items() if fact}


def _approval_entry(approval: Approval) -> AuditEntry:
    operation = approval.operation
    by = approval.decided_by or approval.requester
    if approval.votes and approval.stage in {Stage.WAITING, Stage.APPROVED}:
        by = approval.votes[-1].by
    event = approval.stage.value if approval.version else "requested"
    facts = {
        "verb": operation.verb,
        "wanted": _state(enabled=operation.wanted),
        "itwin": operation.itwin.id,
        "timer": operation.timer.id,
        "timer_name": operation.timer.name,
        "reason": operation.reason,
        "requester": operation.person,
        "acting_as": operation.acting.label,
        "subject": operation.acting.subject,
        "seen": _state(enabled=operation.seen.enabled) if operation.seen else "",
        "until": str(operation.until.at) if operation.until and operation.until.at else "",
        "request": approval.id,
        "version": str(approval.version),
        "digest": approval.digest,
        "votes": " ".join(f"{vote.by}={vote.subject}" for vote in approval.votes),
        "decision_reason": approval.decision_reason,
        "outcome": approval.outcome.value if approval.outcome else "",
        "failure": approval.failure.kind.value if approval.failure else "",
        "review": "yes" if approval.review else "",
    }
    at = approval.changed_at or operation.asked_at
    return AuditEntry(at, f"approval.{event}", by, _present(facts))


def _approval_key(approval: Approval) -> UniqueKey | None:
    """One waiting request per timer and wanted state; another requester is shown that one."""
    if approval.review:
        return None
    operation = approval.operation
    wanted = "enable" if operation.wanted else "disable"
    parts = (operation.itwin.id, operation.timer.id, wanted)
    return UniqueKey("claim" if approval.stage is Stage.WAITING else "release", parts)


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
    event = auto_enable.phase.value if auto_enable.version else "scheduled"
    facts = {
        "auto_enable": auto_enable.id,
        "version": str(auto_enable.version),
        "itwin": auto_enable.itwin.id,
        "timer": auto_enable.timer.id,
        "timer_name": auto_enable.timer.name,
        "at": str(auto_enable.at),
        "scheduled_by": auto_enable.person,
        "subject": auto_enable.subject,
        "reason": auto_enable.reason,
        "closed_as": auto_enable.closed_as or "",
        "operation": auto_enable.operation or "",
        "failure": auto_enable.failure.kind.value if auto_enable.failure else "",
    }
    at = auto_enable.changed_at or auto_enable.scheduled_at
    by = auto_enable.closed_by or auto_enable.person
    return AuditEntry(at, f"auto_enable.{event}", by, _present(facts))


def _auto_enable_key(auto_enable: AutoEnable) -> UniqueKey:
    """One auto-enable per timer: a new one takes the place of the one before."""
    parts = (auto_enable.itwin.id, auto_enable.timer.id)
    return UniqueKey("release" if auto_enable.phase is Phase.CLOSED else "take", parts)


AUTO_ENABLES: Schema[AutoEnable] = Schema(
    kind="auto-enable",
    type=AutoEnable,
    due=auto_enables.due,
    render_at=lambda one: None if one.phase is Phase.SCHEDULED else one.changed_at + RENDER_AFTER,
    open_at=lambda one: None if one.phase is Phase.CLOSED else one.at,
    unique_key=_auto_enable_key,
    entry=_auto_enable_entry,
)


def _subscription_entry(one: Subscription) -> AuditEntry:
    saved = "changed" if one.version else "created"
    stops = one.paused or bool(one.away_since)
    event = "ended" if one.ended_by else "paused" if stops else saved
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
    return AuditEntry(one.changed_at or one.made_at, f"subscription.{event}", by, facts)


SUBSCRIPTIONS: Schema[Subscription] = Schema(
    kind="subscription",
    type=Subscription,
    due=lambda one: one.due,
    # It has a card from the first time on that it could not be polled any more.
    render_at=lambda one: (
        one.changed_at + RENDER_AFTER if one.stopped_at or one.away_since else None
    ),
    open_at=lambda one: None if one.ended_by else one.made_at,
    unique_key=lambda _: None,
    entry=_subscription_entry,
)
NOTIFICATIONS: Schema[Notification] = Schema(
    kind="notification",
    type=Notification,
    due=lambda _: None,
    render_at=lambda one: one.draw_at,
    open_at=lambda _: None,
    unique_key=lambda _: None,
    entry=None,  # the changes that it shows have their own entries
)
OPERATION_SETS: Schema[OperationSet] = Schema(
    kind="operation-set",
    type=OperationSet,
    due=operation_sets.due,
    render_at=lambda one: (one.changed_at or one.asked_at) + SET_RENDER_AFTER,
    open_at=lambda _: None,
    unique_key=lambda _: None,
    entry=None,  # its members have their own entries
)
