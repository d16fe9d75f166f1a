"""What the core declares: values that are stored, defaults of records, and limits.

Enum values and defaults stand in stored records, and people have read the limits, so none of them
may change by accident. After a change that is meant, run this file with ``--inline-snapshot=fix``
and read the difference.
"""

import dataclasses
import enum
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from inline_snapshot import snapshot

import bot.core
import bot.features

CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")
LONGEST = 60  # longer texts are sentences or patterns, which have tests of their own
DECLARED = re.compile(r"^(?:class )?(\w+)", re.MULTILINE)


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def own(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield what the module itself declares, by name."""
    declared = set(DECLARED.findall(inspect.getsource(module)))
    for name, value in vars(module).items():
        if name in declared:
            yield f"{module.__name__.removeprefix('bot.')}.{name}", value


def test_values_of_enums() -> None:
    declared = {
        name: {one.name: one.value for one in value}
        for module in modules(bot.core)
        for name, value in own(module)
        if isinstance(value, type) and issubclass(value, enum.Enum)
    }
    assert declared == snapshot(
        {
            "core.actions.Action": {
                "RUN": "run",
                "OPEN_CHOOSER": "choose",
                "CONTINUE": "continue",
                "CONFIRM": "sure",
                "NEW_LINK": "newlink",
                "ENABLE": "enable",
                "DISABLE": "disable",
                "UNDO": "undo",
                "DETAILS": "details",
                "ENABLE_NOW": "return",
                "KEEP_DISABLED": "keep",
                "CHANGE_END": "extend",
                "APPROVE": "approve",
                "DECLINE": "decline",
                "CANCEL": "cancel",
                "REQUEST_AGAIN": "again",
                "UNSUBSCRIBE": "unsubscribe",
                "RESUME": "resume",
                "SHOW_HOME": "home",
                "OPEN_URL": "open",
                "ITWIN": "itwin",
                "TIMER": "timer",
                "WANTED": "wanted",
                "UNTIL": "until",
            },
            "core.actions.FormField": {
                "REASON": "because",
                "EMERGENCY": "emergency",
                "CHANNEL": "where",
                "PATTERN": "pattern",
                "EVENTS": "events",
            },
            "core.actions.FormId": {
                "CHOOSER": "choose",
                "SUBSCRIPTION": "subscribe",
                "DECLINE": "decline",
                "CHANGE_END": "extend",
            },
            "core.approvals.Stage": {
                "WAITING": "waiting",
                "APPROVED": "approved",
                "DECLINED": "declined",
                "CANCELED": "cancelled",
                "EXPIRED": "expired",
                "VOID": "void",
            },
            "core.auto_enables.Phase": {
                "SCHEDULED": "scheduled",
                "ENABLING": "enabling",
                "NEEDS_PERSON": "needs_person",
                "CLOSED": "closed",
            },
            "core.change_requests.NextStep": {
                "CONFIRM": "confirm",
                "REQUEST_APPROVAL": "request_approval",
                "START_EMERGENCY": "start_emergency",
                "START": "start",
            },
            "core.language.verbs.HelpGroup": {
                "SWITCH": "Switch",
                "LOOK": "Look",
                "REQUESTS": "Requests",
                "RETURNS": "Returns",
                "CHANNEL": "This channel",
                "YOU": "You",
            },
            "core.operations.operation.State": {
                "READY": "ready",
                "LOCKED": "locked",
                "SENDING": "sending",
                "VERIFYING": "verifying",
                "APPLIED": "applied",
                "CONFLICT": "conflict",
                "REJECTED": "rejected",
                "NOT_APPLIED": "not_applied",
                "UNKNOWN": "unknown",
                "ALREADY": "already",
                "STALE": "stale",
            },
            "core.operations.operation.FailureKind": {
                "NOT_SENT": "not_sent",
                "REFUSED": "refused",
                "TOKEN_REFUSED": "token_refused",
                "CLIENT_UNKNOWN": "client_unknown",
                "FORBIDDEN": "forbidden",
                "NOT_FOUND": "not_found",
                "INVALID": "invalid",
                "RATE_LIMITED": "rate_limited",
                "UNCLEAR": "unclear",
                "SIGN_IN_NEEDED": "sign_in_needed",
                "ACCOUNT_CHANGED": "account_changed",
                "IDENTITY_PROVIDER": "identity_provider",
                "SEAL_BROKEN": "seal_broken",
                "STORE_UNREACHABLE": "store_unreachable",
                "PERSON_REFUSED": "person_refused",
                "POLICY_REFUSED": "policy_refused",
                "AUTHORIZATION_REVOKED": "authorization_revoked",
                "CHANGES_STOPPED": "changes_stopped",
                "CANNOT_UNDO": "cannot_undo",
                "DEFINITION_CHANGED": "definition_changed",
                "TIMER_GONE": "timer_gone",
                "EXPIRED": "expired",
                "ALREADY_IN_STATE": "already_in_state",
                "STATE_CHANGED": "state_changed",
                "CONFLICT": "conflict",
                "NOT_APPLIED": "not_applied",
                "UNKNOWN": "unknown",
            },
        }
    )


def test_defaults_of_records() -> None:
    declared = {
        name: defaults
        for module in modules(bot.core)
        for name, value in own(module)
        if isinstance(value, type) and dataclasses.is_dataclass(value)
        if (defaults := {f.name: repr(f.default) for f in dataclasses.fields(value) if is_set(f)})
    }
    assert declared == snapshot(
        {
            "core.approval_rules.Decider": {"subject": "''"},
            "core.approvals.Approval": {
                "stage": "<Stage.WAITING: 'waiting'>",
                "votes": "()",
                "changed_at": "0.0",
                "decided_by": "None",
                "decision_reason": "''",
                "reminders": "0",
                "outcome": "None",
                "failure": "None",
                "moved_to": "None",
                "version": "0",
            },
            "core.approvals.Voted": {"needed": "1"},
            "core.approvals.Declined": {"reason": "''"},
            "core.approvals.Canceled": {"reason": "''"},
            "core.approvals.Concluded": {"failure": "None"},
            "core.auto_enables.AutoEnable": {
                "reason": "''",
                "end_approved": "()",
                "phase": "<Phase.SCHEDULED: 'scheduled'>",
                "changed_at": "0.0",
                "sign_in_checked": "False",
                "sign_in_valid": "True",
                "attempts": "0",
                "operation": "None",
                "replaces": "None",
                "failure": "None",
                "closed_as": "None",
                "closed_by": "None",
                "escalated": "False",
                "needs_person_since": "0.0",
                "on_behalf_of": "None",
                "version": "0",
            },
            "core.auto_enables.Closed": {"by": "None"},
            "core.card_refs.CardRef": {"version": "-1", "auto_enable_version": "0"},
            "core.change_detection.PollSnapshot": {"weekly": "0.0"},
            "core.deliveries.SlashCommand": {"kind": "'command'"},
            "core.deliveries.InMessage": {"copied": "False", "kind": "'message'"},
            "core.deliveries.InHome": {"kind": "'home'"},
            "core.deliveries.InModal": {"kind": "'modal'"},
            "core.deliveries.ButtonAction": {"kind": "'action'"},
            "core.deliveries.ModalSubmission": {"kind": "'submission'"},
            "core.deliveries.Shortcut": {"kind": "'shortcut'"},
            "core.deliveries.Mention": {"edited": "False", "kind": "'mention'"},
            "core.deliveries.ThreadMessage": {"kind": "'thread_message'"},
            "core.deliveries.HomeOpened": {"kind": "'home_opened'"},
            "core.deliveries.SignInCompleted": {"kind": "'sign_in_completed'"},
            "core.due_work.DueWork": {"operations": "()", "cards": "()", "homes": "()"},
            "core.errors.SignInNeeded": {"ended": "False"},
            "core.errors.IdentityProviderError": {"settings": "False"},
            "core.errors.InvalidCommand": {"verb": "None", "nearest": "()"},
            "core.errors.NoSuchName": {"nearest": "()", "where": "''"},
            "core.errors.AutoEnableClosed": {"by": "None"},
            "core.errors.PolicyRefused": {"rule": "''"},
            "core.errors.ReasonRequired": {"rule": "''"},
            "core.errors.RequestClosed": {"became": "None", "reads": "None"},
            "core.errors.AuthorizationRevoked": {"reason": "''"},
            "core.errors.Detail": {"code": "''", "message": "''", "target": "''"},
            "core.errors.ApiError": {"status": "0", "code": "''", "message": "''", "details": "()"},
            "core.errors.NotSent": {"status": "0", "code": "''", "message": "''", "details": "()"},
            "core.errors.Refused": {"status": "0", "code": "''", "message": "''", "details": "()"},
            "core.errors.TokenRefused": {
                "status": "0",
                "code": "''",
                "message": "''",
                "details": "()",
            },
            "core.errors.ClientUnknown": {
                "status": "0",
                "code": "''",
                "message": "''",
                "details": "()",
            },
            "core.errors.Forbidden": {
                "status": "0",
                "code": "''",
                "message": "''",
                "details": "()",
            },
            "core.errors.NotFound": {"status": "0", "code": "''", "message": "''", "details": "()"},
            "core.errors.Invalid": {"status": "0", "code": "''", "message": "''", "details": "()"},
            "core.errors.RateLimited": {
                "status": "0",
                "code": "''",
                "message": "''",
                "details": "()",
                "retry_after": "30.0",
                "ours": "False",
            },
            "core.errors.Unclear": {
                "status": "0",
                "code": "''",
                "message": "''",
                "details": "()",
                "why": "''",
            },
            "core.history.PastEvent": {
                "acting_as": "''",
                "verb": "''",
                "wanted": "''",
                "reason": "''",
                "approved_by": "()",
                "decided_by": "None",
                "decision": "''",
                "until": "0.0",
                "emergency": "False",
                "review": "''",
                "reviewed_by": "None",
                "failure": "''",
                "later": "''",
                "root": "None",
                "pattern": "''",
                "kinds": "()",
            },
            "core.invocation.Invocation": {
                "groups": "frozenset()",
                "confirmed": "False",
                "resumed": "False",
                "channel_itwin": "None",
                "delivery": "None",
            },
            "core.language.commands.Switch": {"reason": "''", "until": "''", "emergency": "False"},
            "core.language.commands.Decide": {"reason": "''"},
            "core.language.commands.Pending": {"page": "1"},
            "core.language.commands.ChangeAutoEnable": {"until": "''"},
            "core.language.commands.ListTimers": {
                "itwin": "''",
                "disabled": "False",
                "page": "1",
                "everywhere": "False",
            },
            "core.language.commands.History": {
                "itwin": "''",
                "timer": "''",
                "before": "0",
                "everywhere": "False",
            },
            "core.language.commands.Subscribe": {"itwin": "''", "timer": "''", "events": "()"},
            "core.language.commands.Subscriptions": {"page": "1"},
            "core.language.commands.OpenChooser": {"itwin": "''", "timer": "''"},
            "core.language.commands.SetChannelDefault": {"itwin": "''", "nothing": "False"},
            "core.language.commands.Help": {"verb": "''"},
            "core.language.until.Until": {"runs": "0"},
            "core.language.until._Candidates": {"why": "''", "guessed": "False"},
            "core.listings.ITwinsListed": {"page": "1"},
            "core.listings.OpenItems": {"auto_enable": "None", "requests": "()"},
            "core.listings.TimersListed": {"page": "1"},
            "core.listings.TimerShown": {
                "last_seen": "None",
                "changed_outside_since": "0.0",
                "open_items": "OpenItems(auto_enable=None, requests=())",
            },
            "core.listings.PendingListed": {"mine": "frozenset()", "page": "1"},
            "core.listings.DisabledTimer": {"reason": "''", "auto_enable": "None"},
            "core.listings.DisabledListed": {
                "unread": "()",
                "not_read": "0",
                "itwin": "None",
                "page": "1",
            },
            "core.listings.SubscriptionsListed": {"page": "1"},
            "core.listings.HistoryShown": {
                "itwin": "None",
                "timer": "''",
                "older": "False",
                "cut": "False",
                "unread": "False",
            },
            "core.names.Unique": {"whole": "True"},
            "core.notifications.NotificationEvent": {
                "by": "None",
                "reason": "''",
                "enabled": "None",
                "wanted": "None",
                "until": "None",
                "since": "0.0",
            },
            "core.notifications.StillDisabled": {"by": "None", "reason": "''", "until": "None"},
            "core.notifications.Notification": {
                "itwin": "None",
                "still_disabled": "()",
                "version": "0",
            },
            "core.operations.events.FoundRedefined": {"changes": "()"},
            "core.operations.operation.Timeouts": {
                "life": "900.0",
                "send": "5.0",
                "patch": "20.0",
                "settle": "120.0",
                "looks": "(0.0, 5.0, 15.0, 45.0)",
                "late": "330.0",
                "give_up": "86400.0",
            },
            "core.operations.operation.Origin": {
                "response_url": "''",
                "card": "''",
                "replaces": "None",
                "thread": "''",
            },
            "core.operations.operation.Failure": {
                "operation": "''",
                "status": "0",
                "code": "''",
                "message": "''",
                "details": "()",
                "until": "0.0",
                "why": "''",
            },
            "core.operations.operation.Operation": {
                "timeouts": "Timeouts(life=900.0, send=5.0, patch=20.0, settle=120.0, looks=(0.0, 5.0, 15.0, 45.0), late=330.0, give_up=86400.0)",
                "reason": "''",
                "undoes": "None",
                "until": "None",
                "auto_enables": "None",
                "on_behalf_of": "None",
                "approved": "None",
                "inputs": "''",
                "emergency": "False",
                "changed_outside_since": "0.0",
                "state": "<State.READY: 'ready'>",
                "changed_at": "0.0",
                "resume_at": "0.0",
                "attempts": "0",
                "renewals": "0",
                "unsent": "0",
                "looks": "0",
                "response_lost_at": "0.0",
                "settled_at": "0.0",
                "late_at": "0.0",
                "seen": "None",
                "late_finding": "None",
                "failure": "None",
                "version": "0",
            },
            "core.outcomes.Duplicate": {"reads": "None"},
            "core.outcomes.SignInOffered": {
                "pending_command": "''",
                "command": "''",
                "ended": "False",
            },
            "core.outcomes.SignedIn": {"pending_command": "''", "command": "''"},
            "core.outcomes.SignedOut": {"auto_enables": "0", "next_auto_enable": "0.0"},
            "core.outcomes.WhoAmIShown": {"zone": "'UTC'"},
            "core.outcomes.HelpShown": {"verb": "''"},
            "core.outcomes.ApprovalRequested": {"duplicate": "False"},
            "core.outcomes.Failed": {"retry": "''"},
            "core.people.Person": {
                "zone": "'UTC'",
                "deleted": "False",
                "is_bot": "False",
                "is_guest": "False",
                "is_stranger": "False",
            },
            "core.policy.rules.Rule": {
                "itwin": "()",
                "timer": "()",
                "change": "None",
                "channels": "()",
                "approvals": "None",
                "approvers": "None",
                "self_approval": "None",
                "runs_as": "None",
                "expires": "None",
                "channel": "None",
                "reason": "None",
                "confirm": "None",
                "protected": "None",
                "emergency": "None",
                "allow": "None",
                "deny": "None",
            },
            "core.policy.rules.Policy": {"rules": "()"},
            "core.policy.rules.Ruling": {
                "approvals": "0",
                "approvers": "None",
                "self_approval": "False",
                "runs_as": "'requester'",
                "expires": "28800.0",
                "channel": "''",
                "reason_required": "False",
                "confirm": "False",
                "emergency": "False",
                "denied": "frozenset()",
                "refused": "''",
                "because": "()",
            },
            "core.schedules.Runs": {"more": "False"},
            "core.subscriptions.Subscription": {
                "changed_at": "0.0",
                "subject": "''",
                "paused": "False",
                "why": "None",
                "stopped_at": "0.0",
                "ended_by": "None",
                "version": "0",
                "away_since": "0.0",
            },
            "core.suggestions.OptionList": {"favorites": "()", "recents": "()"},
            "core.surfaces.ChooserShown": {
                "itwin": "None",
                "shown": "None",
                "wanted": "None",
                "until": "''",
                "reason": "''",
                "auto_enable": "None",
                "ambiguous": "''",
                "skipped": "None",
                "ruling": "None",
                "error": "None",
            },
            "core.surfaces.HomeShown": {
                "acting": "None",
                "disabled": "None",
                "pending": "None",
                "favorites": "()",
                "subscriptions": "()",
                "page": "1",
                "ended": "False",
                "support": "''",
            },
            "core.surfaces.SubscriptionFormShown": {"itwin": "None"},
            "core.timers.ITwin": {"number": "''", "beside": "''"},
            "core.timers.Timer": {"parameters": "()", "beside": "''"},
            "core.timers.LastSeen": {"by": "None", "operation": "None"},
        }
    )


def is_set(field: "dataclasses.Field[Any]") -> bool:
    return field.default is not dataclasses.MISSING


def test_limits_and_words() -> None:
    declared = {
        name: plain(value)
        for package in (bot.core, bot.features)
        for module in modules(package)
        for name, value in own(module)
        if CONSTANT.fullmatch(name.rpartition(".")[2]) and is_plain(value)
    }
    assert declared == snapshot(
        {
            "core.actions.PREFIX": "edfs.",
            "core.approvals.REMIND_AFTER": 900.0,
            "core.approvals.RETRY_START_AFTER": 3.0,
            "core.audit.FIELDS": (
                "workspace",
                "number",
                "time",
                "event",
                "trace",
                "person",
                "requester",
                "acting_as",
                "subject",
                "itwin",
                "timer",
                "timer_name",
                "verb",
                "wanted",
                "state_before",
                "state_after",
                "reason",
                "approved_by",
                "approvals",
                "digest",
                "decision_reason",
                "emergency",
                "until",
                "outcome",
                "failure",
                "operation",
                "request",
                "auto_enable",
                "subscription",
                "root",
                "version",
                "channel",
                "pattern",
                "kinds",
                "previous",
            ),
            "core.audit._FORMULA_SIGNS": ("=", "+", "-", "@", "\t", "\r", "\n"),
            "core.audit._OPPOSITE": {"enabled": "disabled", "disabled": "enabled"},
            "core.audit._FLIPPED": ["operation.applied", "operation.conflict", "operation.unknown"],
            "core.audit._UNCHANGED": [
                "operation.already",
                "operation.not_applied",
                "operation.rejected",
                "operation.stale",
            ],
            "core.audit._OUTCOMES": ["approval", "auto_enable", "operation", "subscription"],
            "core.auto_enables.CHECK_SIGN_IN_BEFORE": 86400.0,
            "core.auto_enables.ESCALATE_AFTER": 3600.0,
            "core.auto_enables.CHECK_OPERATION_AFTER": 60.0,
            "core.change_detection.MONDAY": 0,
            "core.change_requests.MAX_WAITING_REQUESTS": 5,
            "core.history._ID_FACT": {
                "operation": "operation",
                "approval": "request",
                "auto_enable": "auto_enable",
                "subscription": "subscription",
            },
            "core.language.arguments.NAME_LIMIT": 255,
            "core.language.clauses.REASON_LIMIT": 300,
            "core.language.commands.COMMAND": "/edfs",
            "core.language.forms.NAME": 255,
            "core.language.parser.TEXT_LIMIT": 4000,
            "core.language.tokens._CLOSERS": {
                '"': '"”“',
                "“": '”"“',
                "”": '”"',
                "„": '“”"',
                "«": "»",
                "'": "'’",
                "‘": "’'",
            },
            "core.language.tokens._KEYWORDS": [
                "all",
                "approvals",
                "because",
                "before",
                "changes",
                "digest",
                "disabled",
                "elsewhere",
                "for",
                "not-mine",
                "nothing",
                "page",
                "returns",
                "until",
            ],
            "core.language.tokens._ENTITIES": (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")),
            "core.language.until.YEAR": 31622400.0,
            "core.language.until.SOONEST": 60.0,
            "core.language.until.MOST_RUNS": 50,
            "core.language.until._NOON": 720,
            "core.language.until._HALF_A_YEAR": 183,
            "core.language.until._UNIT": "(?:minutes?|mins?|hours?|hrs?|days?|weeks?|[mhdw](?![a-z]))",
            "core.language.until._DAYS_IN": {"d": 1, "w": 7},
            "core.language.until._SECONDS_IN": {"m": 60, "h": 3600},
            "core.language.until._WEEKDAYS": ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
            "core.language.until._MONTHS": (
                "jan",
                "feb",
                "mar",
                "apr",
                "may",
                "jun",
                "jul",
                "aug",
                "sep",
                "oct",
                "nov",
                "dec",
            ),
            "core.language.until._TH": "(?:st|nd|rd|th)?",
            "core.language.verbs._ID": "0123456789abcdef01234567",
            "core.language.verbs.SYNONYMS": {
                "on": "enable",
                "off": "disable",
                "timers": "list",
                "requests": "pending",
                "login": "signin",
                "sign-in": "signin",
                "connect": "signin",
                "logout": "signout",
                "sign-out": "signout",
                "disconnect": "signout",
                "?": "help",
            },
            "core.names._INVISIBLE": ["Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"],
            "core.names._QUOTES": {
                8220: '"',
                8221: '"',
                8222: '"',
                171: '"',
                187: '"',
                8216: "'",
                8217: "'",
            },
            "core.names._COMPARED": 1000,
            "core.names._NEAREST": 3,
            "core.names._ALIKE": 0.5,
            "core.notifications.MOST_SINGLE": 3,
            "core.notifications.BURST_SECONDS": 10.0,
            "core.notifications.BATCH_SECONDS": 2.0,
            "core.notifications.MOST_IN_DIGEST": 40,
            "core.notifications.SPACING_SECONDS": 1.2,
            "core.operations.operation.UNDO_LIMIT": 86400.0,
            "core.operations.transitions.STEP": 5.0,
            "core.operations.transitions.RETRY_LEAST": 15.0,
            "core.policy.rules.EXPIRES": 28800.0,
            "core.policy.rules.LAYERED_KEYS": (
                "protected",
                "approvals",
                "approvers",
                "self_approval",
                "runs_as",
                "expires",
                "channel",
                "reason",
                "confirm",
                "emergency",
            ),
            "core.schedules._EVERY_MINUTE": "Every minute, ",
            "core.schedules._PAUSE": 300.0,
            "core.subscriptions.EVENTS": (
                "changes",
                "approvals",
                "returns",
                "elsewhere",
                "digest",
                "not-mine",
            ),
            "core.subscriptions.MOST": 25,
            "core.subscriptions.USUAL": ("changes", "approvals", "returns"),
            "core.suggestions.MOST": 100,
            "core.suggestions.LONGEST_TYPED": 200,
            "core.timers.SHORT_ID": 8,
            "core.timers.BESIDE": 40,
            "features.accounts.CALLBACK": "/link/callback",
            "features.accounts.NAME_SECONDS": 3.0,
            "features.accounts.NAME_LIMIT": 200,
            "features.approved_operations.RETRY_START_AFTER": 5.0,
            "features.auto_enables.MAX_ITWINS": 25,
            "features.auto_enables.MAX_CONCURRENT": 4,
            "features.channel_default.MAX_CHOICES": 3,
            "features.forms.OPENED_WITHIN": 1.8,
            "features.history.MAX_SCANNED": 5000,
            "features.history.PAGE": 10,
            "features.history.MAX_ITWINS": 8,
            "features.resolver.CHOICES": 5,
            "features.select_options.FRESH_SECONDS": 60.0,
            "features.select_options.STORE_SECONDS": 1.0,
            "features.select_options.MAX_REFRESHES": 32,
            "features.select_options.ITWINS": "itwins",
            "features.subscriptions.KINDS": (
                "changes",
                "approvals",
                "returns",
                "elsewhere",
                "digest",
            ),
        }
    )


def is_plain(value: object) -> bool:
    """Whether it is made of numbers and words alone."""
    match value:
        case bool() | int() | float():
            return True
        case str():
            return len(value) <= LONGEST and "\\" not in value
        case tuple() | list() | frozenset() | set():
            return all(map(is_plain, value))
        case dict():
            return all(is_plain(key) and is_plain(one) for key, one in value.items())
        case _:
            return False


def plain(value: Any) -> Any:
    return sorted(value, key=repr) if isinstance(value, frozenset | set) else value
