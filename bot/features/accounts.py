"""Accounts: signing in with the browser, signing out, and who one is.

The way of a sign-in: a ticket (32 random bytes, ten minutes) is sent to its person only. The page
behind it names the person and asks. The first browser that goes on has it; a cookie ties that
browser to the way back. Signing in executes nothing: a waiting command is offered back in Slack.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.auto_enables import Phase
from bot.core.errors import AccountTaken, NotAvailable, SignInRefused
from bot.core.invocation import Invocation
from bot.core.names import PersonId, Workspace, is_slack_id
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
from bot.gateways.gateways import Gateways
from bot.gateways.store.audit import AuditEntry
from bot.gateways.store.sign_in_links import PendingCommand, SignInFlow, SignInLink

CALLBACK = "/link/callback"


@dataclass(frozen=True, slots=True)
class SignInUrls:
    """Where people's browsers come in: ``public_url`` has no slash at its end."""

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
    """Make a fresh link; ``waiting`` is the command that will be offered back afterwards."""
    kept = ""
    if waiting:
        # The name of what is kept is the operation it may become, so that "Continue" acts once.
        kept = invocation.id
        here = await channel_itwin(gateways, invocation)
        record = PendingCommand(invocation.who, invocation.channel, waiting, here)
        await gateways.store.sign_in_links.save_command(invocation.workspace, kept, record)
    secret = secrets.token_urlsafe(32)
    ticket = SignInLink(
        workspace=invocation.workspace,
        person=invocation.who,
        channel=invocation.channel,
        person_name=invocation.person.name,
        workspace_name=urls.workspace_name,
        made_at=invocation.now,
        pending_command=kept,
    )
    await gateways.store.sign_in_links.save_link(secret, ticket)
    url = f"{urls.public_url}/link/{invocation.workspace}.{secret}"
    return SignInOffered(url, kept, waiting, ended)


async def sign_in(gateways: Gateways, urls: SignInUrls, invocation: Invocation) -> Outcome:
    account = await gateways.ims.account(invocation.workspace, invocation.who)
    if account is not None:
        return SignedInAlready(account.acting)
    return await offer_sign_in(gateways, urls, invocation)


async def sign_out(gateways: Gateways, invocation: Invocation) -> Outcome:
    """Forget the sign-in here first, then have it revoked there; say what depended on it."""
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
    """Return when timers come back on by themselves with this person's account."""
    every = await gateways.store.auto_enables.open(invocation.workspace)
    planned = {Phase.SCHEDULED, Phase.ENABLING}
    return [one.at for one in every if one.person == invocation.who and one.phase in planned]


async def who_am_i(gateways: Gateways, invocation: Invocation) -> Outcome:
    account = await gateways.ims.account(invocation.workspace, invocation.who)
    return WhoAmIShown(account.acting if account else None)


async def signed_in(gateways: Gateways, invocation: Invocation, kept: str) -> Outcome:
    """What is said in Slack after a sign-in, with the command that waits."""
    account = await gateways.ims.account(invocation.workspace, invocation.who)
    if account is None:
        return WhoAmIShown(None)
    waiting = (
        await gateways.store.sign_in_links.load_command(invocation.workspace, kept)
        if kept
        else None
    )
    return SignedIn(account.acting, kept, waiting.text if waiting else "")


async def pending_command(gateways: Gateways, invocation: Invocation, kept: str) -> PendingCommand:
    """Return the kept command of this very person."""
    found = await gateways.store.sign_in_links.load_command(invocation.workspace, kept)
    if found is None or found.person != invocation.who:
        raise NotAvailable("kept")
    return found


def workspace_of(name: str) -> tuple[Workspace, str]:
    """Take a ticket or cookie apart: ``T0123.<secret>``. Raises NotAvailable for anything else."""
    workspace, _, secret = name.partition(".")
    if not is_slack_id(workspace) or not 20 <= len(secret) <= 100 or not secret.isascii():
        raise NotAvailable("ticket")
    return Workspace(workspace), secret


async def read_link(gateways: Gateways, link: str) -> SignInLink:
    """Return whose link this is, without touching it. Raises NotAvailable."""
    workspace, secret = workspace_of(link)
    ticket = await gateways.store.sign_in_links.load_link(workspace, secret)
    if ticket is None:
        raise NotAvailable("ticket")
    return ticket


async def claim_link(gateways: Gateways, urls: SignInUrls, link: str, browser: str) -> str:
    """Claim the link for this browser; return the address at IMS to go to."""
    workspace, secret = workspace_of(link)
    ticket, ours = await gateways.store.sign_in_links.claim_link(workspace, secret, browser)
    if ticket is None:
        raise NotAvailable("ticket")
    if not ours:
        await _record(gateways, workspace, ticket.person, "signin.second_browser")
        raise NotAvailable("claimed")
    flow = await gateways.ims.begin(urls.callback)
    under_way = SignInFlow(ticket, secret, flow.state, flow.body)
    await gateways.store.sign_in_links.save_flow(browser, under_way)
    return flow.auth_uri


async def complete_sign_in(
    gateways: Gateways, browser: str, query: Mapping[str, str]
) -> tuple[SignInLink, ActingAccount]:
    """Take the browser back from IMS, once, and keep the sign-in.

    Raises NotAvailable, SignInRefused.
    """
    workspace, _ = workspace_of(browser)
    under_way = await gateways.store.sign_in_links.take_flow(workspace, browser)
    if under_way is None:
        raise NotAvailable("browser")
    ticket = under_way.ticket
    if not hmac.compare_digest(under_way.state.encode(), query.get("state", "").encode()):
        await _record(gateways, workspace, ticket.person, "signin.wrong_state")
        raise SignInRefused("other")
    try:
        signed_in = await gateways.ims.complete(under_way.flow, query)
    except SignInRefused as refused:
        await _record(gateways, workspace, ticket.person, f"signin.{refused.reason}")
        raise
    holder = await gateways.store.people.link(
        workspace, ticket.person, signed_in.issuer, signed_in.subject
    )
    if holder != ticket.person:
        await _record(gateways, workspace, ticket.person, "signin.account_taken")
        raise AccountTaken(PersonId(holder))
    before = await gateways.ims.account(workspace, ticket.person)
    await gateways.ims.keep(workspace, ticket.person, signed_in)
    if before is not None and before.subject != signed_in.subject:
        await gateways.store.people.unlink(workspace, ticket.person, before.issuer, before.subject)
    await gateways.store.sign_in_links.drop_link(workspace, under_way.link)
    await _record(gateways, workspace, ticket.person, "signin")
    return ticket, ActingAccount(signed_in.subject, signed_in.name, signed_in.email)


async def _record(gateways: Gateways, workspace: Workspace, person: PersonId, what: str) -> None:
    entry = AuditEntry(gateways.clock(), what, person)
    await gateways.store.audit.append(workspace, entry)
