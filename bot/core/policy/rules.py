"""The policy: what a change to a timer needs before it is made, and who may not request it.

A policy is the defaults and a list of rules. A rule matches change requests (by iTwin, timer,
change and the channel of the request; a key that it does not have matches anything) and sets some
keys for them.

    layers       The defaults come first, then every matching rule in the order of the file. For
                 each key the last one that sets it decides, so a special rule comes after a
                 general one and sets only what is different.
    deny         One matching ``deny`` that names the person, or a group or channel of theirs,
                 refuses, whatever other rules set. They cannot approve such a request either. A
                 rule with ``deny`` sets nothing else, so adding one only ever narrows.
    allow        narrows: each matching ``allow`` must name the person.
    protected    refuses everybody, until a later matching rule sets ``protected = false``.
    emergency    lets a change be made without its approvals; it skips nothing else.

``judge`` returns the ruling on one change request, ``may_approve`` whether one person may approve
it. Neither widens what Bentley allows: every call is made with a person's own token, and that
alone decides where nothing matches and where there is no policy.

Names and globs are compared without case and accents; ``*``, ``?`` and ``[…]`` mean what they
mean in file names. Ids of people begin with U or W, of user groups with S, of channels with C
or G; a channel stands for its members. The format of the file: ``gateways.policy_toml``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Literal, TypeVar

from bot.core.folding import spellings
from bot.core.matching import Names
from bot.core.names import ChannelId, PersonId
from bot.core.timers import ITwin, Timer

Change = Literal["enable", "disable"]
RunsAs = Literal["requester", "approver"]
Reason = Literal["optional", "required"]
Refusal = Literal["", "denied", "not_allowed", "protected"]

Value = TypeVar("Value")

EXPIRES = 8 * 3_600.0


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """A change to a timer that a person requests; ``channel`` is where they request it.

    ``groups`` are those user groups and channels of ``Policy.groups()`` that they are in.
    """

    person: PersonId
    groups: frozenset[str]
    itwin: ITwin
    timer: Timer
    change: Change
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule matches (empty or None: anything), then what it sets (None: not set here).

    ``channels`` are matched; ``channel`` is where requests are posted. ``expires`` is in seconds.
    """

    name: str
    itwin: tuple[str, ...] = ()
    timer: tuple[str, ...] = ()
    change: Change | None = None
    channels: tuple[str, ...] = ()
    approvals: int | None = None
    approvers: frozenset[str] | None = None
    self_approval: bool | None = None
    runs_as: RunsAs | None = None
    expires: float | None = None
    channel: str | None = None
    reason: Reason | None = None
    confirm: bool | None = None
    protected: bool | None = None
    emergency: bool | None = None
    allow: frozenset[str] | None = None
    deny: frozenset[str] | None = None


# The keys that the last matching rule decides, in the order in which ``because`` has them.
LAYERED_KEYS = (
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
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The defaults and the rules, in order. Without rules nothing is required."""

    defaults: Rule = field(default_factory=lambda: Rule("defaults"))
    rules: tuple[Rule, ...] = ()

    def denying(self) -> frozenset[str]:
        """Return the groups and channels that a deny names.

        If their members cannot be read, everybody has to be taken for one.
        """
        named = (one for rule in (self.defaults, *self.rules) for one in rule.deny or ())
        return frozenset(one for one in named if one.startswith(("S", "C", "G")))

    def groups(self) -> frozenset[str]:
        """Return the user groups and channels whose members ``judge`` needs to know."""
        named = (
            ids
            for rule in (self.defaults, *self.rules)
            for ids in (rule.allow, rule.deny, rule.approvers)
            if ids is not None
        )
        return frozenset(one for ids in named for one in ids if one.startswith(("S", "C", "G")))


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one change request needs. When ``refused`` is not empty, the other fields do not count.

    ``approvers`` are ids of people, groups and channels; None: anybody whose own token can do it.
    ``denied`` are those who may not approve although they are listed. ``expires`` is in seconds.
    ``channel`` is empty when a request is posted in the channel it was made in.
    ``because`` has the rule that decided a key: ``("approvals", "rule 3 (nightly)")``.
    """

    approvals: int = 0
    approvers: frozenset[str] | None = None
    self_approval: bool = False
    runs_as: RunsAs = "requester"
    expires: float = EXPIRES
    channel: str = ""
    reason_required: bool = False
    confirm: bool = False
    emergency: bool = False
    denied: frozenset[str] = frozenset()
    refused: Refusal = ""
    because: tuple[tuple[str, str], ...] = ()


def judge(policy: Policy, request: ChangeRequest) -> Ruling:
    """Return the policy's ruling: the defaults, overridden by each matching rule in order."""
    rules = (policy.defaults, *(rule for rule in policy.rules if matches(rule, request)))
    refused, reason = _refusal(rules, frozenset({request.person, *request.groups}))
    approvals = _last(rules, lambda rule: rule.approvals, 0)
    return Ruling(
        approvals=approvals,
        approvers=_last(rules, lambda rule: rule.approvers, None),
        self_approval=_last(rules, lambda rule: rule.self_approval, False),
        # Without approvals there is no approver to run as.
        runs_as=_last(rules, lambda rule: rule.runs_as, "requester") if approvals else "requester",
        expires=_last(rules, lambda rule: rule.expires, EXPIRES),
        channel=_last(rules, lambda rule: rule.channel, ""),
        reason_required=_last(rules, lambda rule: rule.reason, "optional") == "required",
        confirm=_last(rules, lambda rule: rule.confirm, False),
        emergency=_last(rules, lambda rule: rule.emergency, False),
        denied=frozenset[str]().union(*(rule.deny for rule in rules if rule.deny)),
        refused=refused,
        because=reason + _deciders(rules),
    )


def judge_until(policy: Policy, request: ChangeRequest) -> Ruling:
    """Return the ruling on a "disable … until", which is two changes, of which this is the first.

    Whatever either of them needs is needed, the higher number of approvals counts, an approver has
    to be on both lists, and whoever is denied one of the changes cannot approve.
    """
    disabling, enabling = judge(policy, request), judge(policy, replace(request, change="enable"))
    both = (disabling, enabling)
    if refused := [one for one in both if one.refused]:
        return refused[0]
    stricter = enabling if enabling.approvals > disabling.approvals else disabling
    asking = [one for one in both if one.approvals]
    lists = [one.approvers for one in asking if one.approvers is not None]
    return replace(
        stricter,
        approvers=frozenset.intersection(*lists) if lists else None,
        self_approval=stricter.self_approval and all(one.self_approval for one in asking),
        denied=disabling.denied | enabling.denied,
        reason_required=disabling.reason_required or enabling.reason_required,
        confirm=disabling.confirm or enabling.confirm,
        emergency=disabling.emergency and (enabling.emergency or not enabling.approvals),
    )


def may_approve(
    ruling: Ruling, *, person: PersonId, groups: frozenset[str], requester: PersonId
) -> bool:
    """Whether the policy lets this person approve.

    That they can read the timer with their own token is checked elsewhere.
    """
    ids = {person, *groups}
    if ids & ruling.denied or (person == requester and not ruling.self_approval):
        return False
    return ruling.approvers is None or bool(ids & ruling.approvers)


def matches(rule: Rule, request: ChangeRequest) -> bool:
    return (
        (rule.change is None or rule.change == request.change)
        and (not rule.channels or request.channel in rule.channels)
        and _named(request.itwin.names(), rule.itwin)
        and _named(request.timer.names(), rule.timer)
    )


def _named(names: Names, globs: tuple[str, ...]) -> bool:
    """Whether one of the globs matches one of the names, or there is no glob."""
    if not globs:
        return True
    normal = [form for name in names if name for form in spellings(name)]
    return any(
        fnmatchcase(name, form) for glob in globs for form in _forms(glob) for name in normal
    )


def _forms(glob: str) -> tuple[str, ...]:
    """Return a glob as names are compared; "ae" for "ä" would be two letters within brackets."""
    forms = spellings(glob)
    return forms[:1] if "[" in glob else forms


def _refusal(
    rules: Sequence[Rule], ids: frozenset[str]
) -> tuple[Refusal, tuple[tuple[str, str], ...]]:
    """Return why the person with these ids is refused, and the rule that refuses them."""
    for rule in rules:
        if rule.deny is not None and rule.deny & ids:
            return "denied", (("deny", rule.name),)
    for rule in rules:
        if rule.allow is not None and not rule.allow & ids:
            return "not_allowed", (("allow", rule.name),)
    if _last(rules, lambda rule: rule.protected, False):
        return "protected", ()
    return "", ()


def _last(
    rules: Sequence[Rule], value_of: Callable[[Rule], Value | None], otherwise: Value
) -> Value:
    """Return the value of the last rule that sets one."""
    values = (value_of(rule) for rule in reversed(rules))
    return next((value for value in values if value is not None), otherwise)


def _deciders(rules: Sequence[Rule]) -> tuple[tuple[str, str], ...]:
    """Return each key that a rule sets, with the name of the rule that decided it."""
    setters = {
        key: rule.name for rule in rules for key in LAYERED_KEYS if getattr(rule, key) is not None
    }
    return tuple((key, setters[key]) for key in LAYERED_KEYS if key in setters)
