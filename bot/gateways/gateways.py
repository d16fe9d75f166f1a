"""The bundle of gateways, and calls that need two of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TypeVar

from bot.core.errors import PersonRefused, TokenRefused
from bot.core.names import PersonId, Workspace
from bot.core.operations.operation import Timeouts
from bot.gateways.edfs import Caller, Edfs
from bot.gateways.ims import Bearer, Ims
from bot.gateways.policy_file import PolicyFile
from bot.gateways.slack.client import SlackUnavailable
from bot.gateways.slack.directory import Directory
from bot.gateways.store import Store

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Gateways:
    """The systems outside, the policy, and the sources of time and chance.

    ``clock`` returns unix seconds. ``schedule_zone`` is the time zone in which Bentley is assumed
    to run its cron expressions. ``timeouts`` are those of new operations. ``policy_file`` holds
    the current policy. ``jitter`` returns a random number between two.
    """

    store: Store
    edfs: Edfs
    ims: Ims
    directory: Directory
    clock: Callable[[], float]
    schedule_zone: str = "UTC"
    timeouts: Timeouts = field(default_factory=Timeouts)
    policy_file: PolicyFile = field(default_factory=lambda: PolicyFile(None))
    jitter: Callable[[float, float], float] = SystemRandom().uniform


async def with_token(
    gateways: Gateways,
    workspace: Workspace,
    person: PersonId,
    call: Callable[[Caller], Awaitable[Result]],
) -> tuple[Bearer, Result]:
    """Call the API with the person's own token, refreshed once if the API refuses it."""
    bearer = await gateways.ims.bearer(workspace, person)
    try:
        return bearer, await call(Caller(workspace, person, bearer.secret))
    except TokenRefused:
        bearer = await gateways.ims.renewed(workspace, person, bearer)
        return bearer, await call(Caller(workspace, person, bearer.secret))


async def policy_groups(
    gateways: Gateways, person: PersonId, also: frozenset[str] = frozenset()
) -> frozenset[str]:
    """Return the groups and channels that the policy (or ``also``) names and the person is in.

    Raises PersonRefused("unchecked") while Slack does not tell.
    """
    policy = gateways.policy_file.current
    try:
        return await gateways.directory.groups_of(person, policy.groups() | also, policy.denying())
    except SlackUnavailable as unavailable:
        raise PersonRefused("unchecked") from unavailable
