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
from bot.core.errors import AccountTaken, Gone, SignInRefused
from bot.core.invocation import Asked
from bot.core.names import PersonId, Workspace, is_slack_id
from bot.core.operations.operation import Acting
from bot.core.outcomes import Identity, Outcome, SignedIn, SignedInAlready, SignedOut, SignInOffered
from bot.features.resolver import channels_itwin
from bot.gateways.gateways import Gateways
from bot.gateways.ims import Account
from bot.gateways.store.audit import Entry
from bot.gateways.store.sign_in_links import Kept, Ticket, UnderWay

CALLBACK = "/link/callback"


@dataclass(frozen=True, slots=True)
class Door:
    """Where people's browsers come in: ``public_url`` has no slash at its end."""

    public_url: str
    workspace_name: str

    @property
    def callback(self) -> str:
        return self.public_url + CALLBACK


async def offer(
    gateways: Gateways, door: Door, asked: Asked, waiting: str = "", *, ended: bool = False
) -> Outcome:
    """Make a fresh link; ``waiting`` is the command that will be offered back afterwards."""
    kept = ""
    if waiting:
        # The name of what is kept is the operation it may become, so that "Continue" acts once.
        kept = asked.id
        here = await channels_itwin(gateways, asked)
        record = Kept(asked.who, asked.channel, waiting, here)
        await gateways.store.tickets.keep(asked.workspace, kept, record)
    secret = secrets.token_urlsafe(32)
    ticket = Ticket(
        workspace=asked.workspace,
        person=asked.who,
        channel=asked.channel,
        person_name=asked.person.name,
        workspace_name=door.workspace_name,
        made_at=asked.now,
        kept=kept,
    )
    await gateways.store.tickets.make(secret, ticket)
    url = f"{door.public_url}/link/{asked.workspace}.{secret}"
    return SignInOffered(url, kept, waiting, ended)


async def sign_in(gateways: Gateways, door: Door, asked: Asked) -> Outcome:
    account = await gateways.ims.account(asked.workspace, asked.who)
    if account is not None:
        return SignedInAlready(acting(account))
    return await offer(gateways, door, asked)


async def sign_out(gateways: Gateways, asked: Asked) -> Outcome:
    """Forget the sign-in here first, then have it revoked there; say what depended on it."""
    account = await gateways.ims.account(asked.workspace, asked.who)
    done = await gateways.ims.sign_out(asked.workspace, asked.who)
    if account is not None:
        await gateways.store.people.unlink(
            asked.workspace, asked.who, account.issuer, account.subject
        )
    if done.was_signed_in:
        await _record(gateways, asked.workspace, asked.who, "signout")
    due = await _returns_of(gateways, asked) if done.was_signed_in else []
    return SignedOut(done.was_signed_in, done.revoked, len(due), min(due, default=0.0))


async def _returns_of(gateways: Gateways, asked: Asked) -> list[float]:
    """Return when timers come back on by themselves with this person's account."""
    every = await gateways.store.returns.open(asked.workspace)
    planned = {Phase.SET, Phase.BRINGING}
    return [one.at for one in every if one.person == asked.who and one.phase in planned]


async def who(gateways: Gateways, asked: Asked) -> Outcome:
    account = await gateways.ims.account(asked.workspace, asked.who)
    return Identity(acting(account) if account else None)


async def returned(gateways: Gateways, asked: Asked, kept: str) -> Outcome:
    """What is said in Slack after a sign-in, with the command that waits."""
    account = await gateways.ims.account(asked.workspace, asked.who)
    if account is None:
        return Identity(None)
    waiting = await gateways.store.tickets.kept(asked.workspace, kept) if kept else None
    return SignedIn(acting(account), kept, waiting.text if waiting else "")


async def waiting(gateways: Gateways, asked: Asked, kept: str) -> Kept:
    """Return the kept command of this very person."""
    found = await gateways.store.tickets.kept(asked.workspace, kept)
    if found is None or found.person != asked.who:
        raise Gone("kept")
    return found


def acting(account: Account) -> Acting:
    return Acting(account.subject, account.name, account.email)


def workspace_of(name: str) -> tuple[Workspace, str]:
    """Take a ticket or cookie apart: ``T0123.<secret>``. Raises Gone for anything else."""
    workspace, _, secret = name.partition(".")
    if not is_slack_id(workspace) or not 20 <= len(secret) <= 100 or not secret.isascii():
        raise Gone("ticket")
    return Workspace(workspace), secret


async def look(gateways: Gateways, link: str) -> Ticket:
    """Return whose link this is, without touching it. Raises Gone."""
    workspace, secret = workspace_of(link)
    ticket = await gateways.store.tickets.look(workspace, secret)
    if ticket is None:
        raise Gone("ticket")
    return ticket


async def begin(gateways: Gateways, door: Door, link: str, browser: str) -> str:
    """Claim the link for this browser; return the address at IMS to go to."""
    workspace, secret = workspace_of(link)
    ticket, ours = await gateways.store.tickets.claim(workspace, secret, browser)
    if ticket is None:
        raise Gone("ticket")
    if not ours:
        await _record(gateways, workspace, ticket.person, "signin.second_browser")
        raise Gone("claimed")
    flow = await gateways.ims.begin(door.callback)
    under_way = UnderWay(ticket, secret, flow.state, flow.body)
    await gateways.store.tickets.begin(browser, under_way)
    return flow.auth_uri


async def finish(
    gateways: Gateways, browser: str, query: Mapping[str, str]
) -> tuple[Ticket, Acting]:
    """Take the browser back from IMS, once, and keep the sign-in. Raises Gone, SignInRefused."""
    workspace, _ = workspace_of(browser)
    under_way = await gateways.store.tickets.end(workspace, browser)
    if under_way is None:
        raise Gone("browser")
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
    await gateways.store.tickets.drop(workspace, under_way.link)
    await _record(gateways, workspace, ticket.person, "signin")
    return ticket, Acting(signed_in.subject, signed_in.name, signed_in.email)


async def _record(gateways: Gateways, workspace: Workspace, person: PersonId, what: str) -> None:
    entry = Entry(gateways.clock(), what, person)
    await gateways.store.audit.append(workspace, entry)
