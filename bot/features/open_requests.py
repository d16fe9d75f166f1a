"""Requests that wait: listing them, and finding the one that a decision without an id means."""

from collections.abc import Iterable
from dataclasses import replace

from bot.core.approval_rules import Decider, objection
from bot.core.approvals import Approval
from bot.core.change_requests import ruling_for
from bot.core.errors import Choice, Forbidden, Invalid, NoRequestHere, NotFound
from bot.core.invocation import Invocation
from bot.core.language.commands import Decide, DecisionVerb
from bot.core.listings import PendingListed
from bot.core.names import ITwinId, OperationId
from bot.core.outcomes import DecisionQuestion
from bot.core.timers import Timer
from bot.features.approved_operations import approval_card
from bot.features.references import choice_of, only_one, save_pending
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, policy_groups, with_token
from bot.gateways.ims import Bearer


async def pending(gateways: Gateways, invocation: Invocation, page: int = 1) -> PendingListed:
    """List the waiting requests, first those that the policy lets this person decide."""
    found = await _waiting(gateways, invocation)
    waiting = await _readable(gateways, invocation, found)
    mine = await _decidable(gateways, invocation, waiting, "approve")
    cancelable = frozenset(one.id for one in waiting if _may_cancel(one, invocation))
    ordered = sorted(waiting, key=lambda one: (one.id not in mine, one.operation.asked_at))
    return PendingListed(tuple(ordered), mine, cancelable, page)


async def find(
    gateways: Gateways, invocation: Invocation, command: Decide
) -> Decide | DecisionQuestion:
    """Return the command with the whole id of a request, or the question which one is meant.

    Without an id it is the request of this thread, or one of this channel that the person can
    decide so. Approving and declining ask in any case; canceling only where several are meant, or
    where the thread is about something else. Raises NoSuchId, AmbiguousId, NoRequestHere,
    SignInNeeded, ApiError.
    """
    if command.request:
        return await _by_beginning(gateways, invocation, command)
    here = [one for one in await _waiting(gateways, invocation) if _is_here(one, invocation)]
    of_thread = await _of_thread(gateways, invocation, here)
    meant = [of_thread] if of_thread else here
    candidates = await _candidates(gateways, invocation, command.verb, meant)
    if of_thread and (command.verb == "cancel" or not candidates):
        return replace(command, request=of_thread.id)  # a refusal says why
    if not candidates:
        raise NoRequestHere(command.verb, others=bool(here))
    if command.verb == "cancel" and len(candidates) == 1 and not invocation.origin.thread:
        return replace(command, request=candidates[0].id)
    return await _ask(gateways, invocation, command, candidates)


async def _by_beginning(gateways: Gateways, invocation: Invocation, command: Decide) -> Decide:
    found = await gateways.store.approvals.starting_with(invocation.workspace, command.request)

    def choice(one: Approval) -> Choice:
        return choice_of(invocation, one.operation, replace(command, request=one.id))

    return replace(command, request=only_one("request", command.request, found, choice).id)


async def _ask(
    gateways: Gateways, invocation: Invocation, command: Decide, candidates: list[Approval]
) -> DecisionQuestion:
    if len(candidates) > 1:
        return DecisionQuestion(command.verb, tuple(candidates), command.reason)
    (only,) = candidates
    await save_pending(gateways, invocation, replace(command, request=only.id))
    return DecisionQuestion(command.verb, (only,), command.reason, invocation.id)


def _is_here(approval: Approval, invocation: Invocation) -> bool:
    """Whether the request was made in this channel, or its card is there."""
    return invocation.channel in {approval.posted_in, approval.operation.origin.channel}


async def _of_thread(
    gateways: Gateways, invocation: Invocation, here: Iterable[Approval]
) -> Approval | None:
    """Return the request whose card is the root of the thread, if there is one."""
    if not invocation.origin.thread:
        return None
    for one in here:
        card = await gateways.store.card_outbox.read(approval_card(one))
        if card.ts == invocation.origin.thread and one.posted_in == invocation.channel:
            return one
    return None


async def _candidates(
    gateways: Gateways, invocation: Invocation, verb: DecisionVerb, meant: list[Approval]
) -> list[Approval]:
    """Return the requests that the person can decide so, as far as is known before they do."""
    if verb == "cancel":
        return [one for one in meant if _may_cancel(one, invocation)]
    readable = await _readable(gateways, invocation, meant)
    able = await _decidable(gateways, invocation, readable, verb)
    return [one for one in readable if one.id in able]


def _may_cancel(approval: Approval, invocation: Invocation) -> bool:
    return approval.requester == invocation.who and not approval.review


async def _waiting(gateways: Gateways, invocation: Invocation) -> list[Approval]:
    found = await gateways.store.approvals.open(invocation.workspace)
    return [one for one in found if not has_expired(one, invocation.now)]


def has_expired(approval: Approval, now: float) -> bool:
    return not approval.review and now >= approval.expires_at


def approver_groups(approval: Approval) -> frozenset[str]:
    """Return the user groups and channels among the request's approvers."""
    listed = approval.approvers or frozenset()
    return frozenset(one for one in listed if one.startswith(("S", "C", "G")))


async def _decidable(
    gateways: Gateways, invocation: Invocation, waiting: list[Approval], verb: DecisionVerb
) -> frozenset[OperationId]:
    """Return the ids of those that the policy lets this person approve, or decline."""
    if not waiting:
        return frozenset()
    policy = gateways.policy_file.current
    named = frozenset[str]().union(*map(approver_groups, waiting))
    account = await gateways.ims.account(invocation.workspace, invocation.who)
    theirs = await policy_groups(gateways, invocation.who, named)
    decider = Decider(invocation.who, theirs, account.subject if account else "")
    able: set[OperationId] = set()
    for one in waiting:
        of_requester = await policy_groups(gateways, one.requester)
        why_not = objection(one, ruling_for(policy, one.operation, of_requester), decider)
        if why_not is None or (verb == "decline" and why_not == "voted"):
            able.add(one.id)
    return frozenset(able)


async def _readable(
    gateways: Gateways, invocation: Invocation, waiting: list[Approval]
) -> list[Approval]:
    """Return the person's own requests, and those of iTwins that their own token can read."""
    readable: dict[ITwinId, bool] = {}
    for one in waiting:
        itwin = one.operation.itwin.id
        if one.requester == invocation.who or itwin in readable:
            continue
        try:
            await timers_with_token(gateways, invocation, itwin)
        except (Forbidden, NotFound, Invalid):
            readable[itwin] = False
        else:
            readable[itwin] = True
    mine = invocation.who
    return [one for one in waiting if one.requester == mine or readable[one.operation.itwin.id]]


async def timers_with_token(
    gateways: Gateways, invocation: Invocation, itwin: ITwinId
) -> tuple[Bearer, tuple[Timer, ...]]:
    """List an iTwin's timers with the person's own token."""

    async def read(caller: Caller) -> tuple[Timer, ...]:
        return await gateways.edfs.timers(caller, itwin)

    return await with_token(gateways, invocation.workspace, invocation.who, read)
