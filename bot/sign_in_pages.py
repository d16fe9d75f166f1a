"""The HTML pages of a sign-in, without scripts, and their headers."""

from collections.abc import Mapping
from html import escape
from urllib.parse import urlsplit

from bot.core.errors import (
    AccountTaken,
    BotError,
    IdentityProviderError,
    NotAvailable,
    SignInRefused,
)
from bot.core.names import single_line

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;margin:4rem auto;max-width:34rem;padding:0 1rem}"
    "h1{font-size:1.4rem}button{font:inherit;padding:.5rem 1.2rem;border-radius:.4rem;"
    "border:1px solid #0b5cad;background:#0b5cad;color:#fff;cursor:pointer}"
    "button:focus-visible{outline:3px solid #f5a623;outline-offset:2px}"
)
# The Content-Security-Policy contains its hash, so no other style and no script can run.
_STYLE_HASH = "sha256-9SNPet3O0V4i18jvg1eSnVFgAdFTcE/Aru+LKtgbPUg="


def _page(title: str, *paragraphs: str) -> str:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<style>{_STYLE}</style><main><h1>{escape(title)}</h1>{body}</main></html>"
    )


def _named(text: str) -> str:
    return f"<strong>{escape(single_line(text, 100))}</strong>"


def ask(person: str, person_id: str, workspace: str, link: str, token: str) -> str:
    """Return the page that asks for confirmation: which Slack person gets the sign-in."""
    form = (
        f'<form method="post" action="/link/{escape(link)}">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        '<button type="submit">Yes, go on to Bentley</button></form>'
    )
    return _page(
        "Sign in to iTwin",
        f"This lets EDFS Bot act for the Slack person {_named(person)} "
        f"({escape(person_id)}) of the workspace {_named(workspace)}.",
        "If that is not you, or if you did not ask for it in Slack just now, close this page: "
        "whoever sent you the link would act in your name.",
        form,
    )


def signed_in(person: str, account: str) -> str:
    return _page(
        "You are signed in",
        f"EDFS Bot now acts for {_named(person)} as the iTwin account {_named(account)}.",
        "Go back to Slack: a command that waited is offered there. You can close this page.",
        "Not your account? Type <code>/edfs signout</code> in Slack.",
    )


_AGAIN = (
    "Go back to Slack: press <strong>New link</strong> there, or type <code>/edfs signin</code>."
)
_GONE: Mapping[str, str] = {
    "link": "This link has expired, or it was used.",
    "claimed": "This link was opened in another browser. It works in one only.",
    "browser": "This browser did not begin the sign-in, or that is over.",
}
_REFUSED: Mapping[str, str] = {
    "denied": "You did not agree at Bentley, so nothing was linked.",
    "no_refresh_token": "Bentley gave no lasting sign-in: an admin must allow offline_access.",
    "scope_missing": "Bentley did not grant access to the iTwin Platform.",
    "invalid_scope": "Bentley refused the scopes of this bot. That is an admin's matter.",
    "expired": "The sign-in took too long.",
}


def error_page(error: BotError, trace: str) -> str:
    """Return the page for an error: cause and next step, without the error's own text."""
    match error:
        case NotAvailable(what=what):
            cause = _GONE.get(what, _GONE["link"])
        case SignInRefused(reason=reason):
            cause = _REFUSED.get(reason, "The sign-in could not be completed.")
        case AccountTaken():
            cause = "This iTwin account is linked to another person of this Slack workspace."
        case IdentityProviderError():
            cause = "Bentley's sign-in service is of no help just now."
        case _:
            cause = "Something went wrong here."
    return _page("Not signed in", cause, _AGAIN, f"<small>Trace {escape(trace)}</small>")


def headers(issuer: str) -> dict[str, str]:
    """Return the headers of every page. The form's redirect leads to the issuer."""
    parts = urlsplit(issuer)
    origin = f"{parts.scheme}://{parts.netloc}"
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src '{_STYLE_HASH}'; form-action 'self' {origin}; "
            "frame-ancestors 'none'; base-uri 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Strict-Transport-Security": "max-age=31536000",
    }
