"""Accounts: signing in with the browser, signing out, and showing the linked account.

A sign-in begins with a link (a secret of 32 random bytes, valid for ten minutes) that is sent to
one person only. Its page names the person and asks for confirmation. The first browser that
confirms claims the link, and a cookie ties the callback to that browser. Signing in executes
nothing: a pending command is offered again in Slack.
"""

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from bot.core.auto_enables import Phase
from bot.core.errors import AccountTaken, ApiError, NotAvailable, SignInRefused, StoreUnreachable
from bot.core.invocation import Invocation
from bot.core.names import PersonId, Workspace, is_slack_id, single_line
from bot.core.operations.operation import ActingAccount
from bot.core.outcomes import (
    Outcome,
    SignedIn,
    SignedInAlready,
    SignedOut,
    SignInOffered,
    WhoAmIShown,
)
from bot.features.resolver import channel_itwin
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways
from bot.gateways.store.audit import AuditEntry
from bot.gateways.store.sign_in_links import PendingCommand, SignInFlow, SignInLink
from bot.gateways.store.sign_ins import SignIn

CALLBACK = "/link/callback"
NAME_SECONDS = 3.0  # that a browser waits for a name which the ID token does not tell
NAME_LIMIT = 200

log = structlog.get_logger("accounts")


@dataclass(frozen=True, slots=True)
class SignInUrls:
    """The addresses for people's browsers; ``public_url`` has no slash at its end."""

    public_url: str
    workspace_name: str

    @property
    def callback(self) -> str:
        return self.public_url + CALLBACK


async def offer_sign_in(
    gateways: Gateways,
    urls: SignInUrls,
    invocation: Invocation,
    waiting: str = "",
    *,
    ended: bool = False,
) -> Outcome:
    """Create a sign-in link; ``waiting`` is the command to offer again afterwards.

    ``ended``: the person was signed in before.
    """
    pending = ""
    if waiting:
        # Stored under the id of the operation that it may become, so "Continue" starts only one.
        pending = invocation.id
        here = await channel_itwin(gateways, invocation)
        record = PendingCommand(invocation.who, invocation.channel, waiting, here)
        await gateways.store.sign_in_links.save_command(invocation.workspace, pending, record)
    secret = secrets.token_urlsafe(32)
    link = SignInLink(
        workspace=invocation.workspace,
        person=invocation.who,
        channel=invocation.channel,
        person_name=invocation.person.name,
        workspace_name=urls.workspace_name,
        made_at=invocation.now,
        pending_command=pending,
    )
    await gateways.store.sign_in_links.save_link(secret, link)
    url = f"{urls.public_url}/link/{invocation.workspace}.{secret}"
    return SignInOffered(url, pending, waiting, ended)


async def sign_in(gateways: Gateways, urls: SignInUrls, invocation: Invocation) -> Outcome:
    account = await gateways.ims.account(invocation.workspace, invocation.who)
    if account is not None:
        return SignedInAlready(account.acting)
    return await offer_sign_in(gateways, urls, invocation)


async def sign_out(gateways: Gateways, invocation: Invocation) -> Outcome:
    """Delete the sign-in, have it revoked at Bentley, and report what depended on it."""
    account = await gateways.ims.account(invocation.workspace, invocation.who)
    done = await gateways.ims.sign_out(invocation.workspace, invocation.who)
    if account is not None:
        await gateways.store.people.unlink(
            invocation.workspace, invocation.who, account.issuer, account.subject
        )
    if done.was_signed_in:
        await _record(gateways, invocation.workspace, invocation.who, "signout")
    due = await _auto_enables_of(gateways, invocation) if done.was_signed_in else []
    return SignedOut(done.was_signed_in, done.revoked, len(due), min(due, default=0.0))


async def _auto_enables_of(gateways: Gateways, invocation: Invocation) -> list[float]:
    """Return the times at which this person's scheduled auto-enables are due."""
    every = await gateways.store.auto_enables.open(invocation.workspace)
    planned = {Phase.SCHEDULED, Phase.ENABLING}
    return [one.at for one in every if one.person == invocation.who and one.phase in planned]


async def who_am_i(gateways: Gateways, invocation: Invocation) -> Outcome:
    account = await gateways.ims.account(invocation.workspace, invocation.who)
    return WhoAmIShown(account.acting if account else None, invocation.person.zone)


async def signed_in(gateways: Gateways, invocation: Invocation, pending: str) -> Outcome:
    """Return what to show in Slack after a sign-in; ``pending`` is the pending command's id."""
    account = await gateways.ims.account(invocation.workspace, invocation.who)
    if account is None:
        return WhoAmIShown(None)
    waiting = (
        await gateways.store.sign_in_links.load_command(invocation.workspace, pending)
        if pending
        else None
    )
    return SignedIn(account.acting, pending, waiting.text if waiting else "")


async def pending_command(
    gateways: Gateways, invocation: Invocation, pending: str
) -> PendingCommand:
    """Return this person's pending command. Raises NotAvailable, for another person's too."""
    found = await gateways.store.sign_in_links.load_command(invocation.workspace, pending)
    if found is None or found.person != invocation.who:
        raise NotAvailable("pending command")
    return found


def workspace_of(name: str) -> tuple[Workspace, str]:
    """Split a link or cookie, ``T0123.<secret>``, into workspace and secret.

    Raises NotAvailable for anything else.
    """
    workspace, _, secret = name.partition(".")
    if not is_slack_id(workspace) or not 20 <= len(secret) <= 100 or not secret.isascii():
        raise NotAvailable("link")
    return Workspace(workspace), secret


async def read_link(gateways: Gateways, link: str) -> SignInLink:
    """Return the link's record without claiming it. Raises NotAvailable."""
    workspace, secret = workspace_of(link)
    found = await gateways.store.sign_in_links.load_link(workspace, secret)
    if found is None:
        raise NotAvailable("link")
    return found


async def claim_link(gateways: Gateways, urls: SignInUrls, link: str, browser: str) -> str:
    """Claim the link for this browser; return the address at IMS to redirect it to.

    Raises NotAvailable.
    """
    workspace, secret = workspace_of(link)
    found, ours = await gateways.store.sign_in_links.claim_link(workspace, secret, browser)
    if found is None:
        raise NotAvailable("link")
    if not ours:
        await _record(gateways, workspace, found.person, "signin.second_browser")
        raise NotAvailable("claimed")
    flow = await gateways.ims.begin(urls.callback)
    stored = SignInFlow(found, secret, flow.state, flow.body)
    await gateways.store.sign_in_links.save_flow(browser, stored)
    return flow.auth_uri


async def complete_sign_in(
    gateways: Gateways, browser: str, query: Mapping[str, str]
) -> tuple[SignInLink, ActingAccount]:
    """Handle IMS's callback, once, and store the sign-in.

    Raises NotAvailable, SignInRefused, AccountTaken.
    """
    workspace, _ = workspace_of(browser)
    stored = await gateways.store.sign_in_links.take_flow(workspace, browser)
    if stored is None:
        raise NotAvailable("browser")
    link, person = stored.ticket, stored.ticket.person
    if not hmac.compare_digest(stored.state.encode(), query.get("state", "").encode()):
        await _record(gateways, workspace, person, "signin.wrong_state")
        raise SignInRefused("other")
    try:
        account = await gateways.ims.complete(stored.flow, query)
    except SignInRefused as refused:
        await _record(gateways, workspace, person, f"signin.{refused.reason}")
        raise
    if not account.name and not account.email:
        account = await _named(gateways, workspace, person, account)
    holder = await gateways.store.people.link(workspace, person, account.issuer, account.subject)
    if holder != person:
        await _record(gateways, workspace, person, "signin.account_taken")
        raise AccountTaken(PersonId(holder))
    before = await gateways.ims.account(workspace, person)
    await gateways.ims.keep(workspace, person, account)
    if before is not None and before.subject != account.subject:
        await gateways.store.people.unlink(workspace, person, before.issuer, before.subject)
    await gateways.store.sign_in_links.drop_link(workspace, stored.link)
    await _record(gateways, workspace, person, "signin")
    return link, ActingAccount(account.subject, account.name, account.email)


async def _named(
    gateways: Gateways, workspace: Workspace, person: PersonId, sign_in: SignIn
) -> SignIn:
    """Ask the platform for the name that the ID token does not tell, once, if it answers."""
    bearer = gateways.ims.bearer_of(sign_in)
    if bearer is None:
        return sign_in
    try:
        async with asyncio.timeout(NAME_SECONDS):
            name, email = await gateways.edfs.me(Caller(workspace, person, bearer.secret))
    except (ApiError, StoreUnreachable, TimeoutError) as error:
        log.info("signin.without_name", error=type(error).__name__)
        return sign_in
    return replace(
        sign_in, name=single_line(name, NAME_LIMIT), email=single_line(email, NAME_LIMIT)
    )


async def _record(gateways: Gateways, workspace: Workspace, person: PersonId, what: str) -> None:
    entry = AuditEntry(gateways.clock(), what, person)
    await gateways.store.audit.append(workspace, entry)
