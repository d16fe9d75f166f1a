"""The HTML pages of IMS: login, consent, the form post back to the client, and errors."""

from collections.abc import Iterable
from html import escape

from aiohttp import web

from bot.sandbox.people import Person

_STYLE = (
    "body{font:16px system-ui;margin:4rem auto;max-width:28rem}"
    "button{font:inherit;padding:.4rem 1rem;margin-right:.5rem}"
)

_SCOPES = {
    "openid": "know who you are",
    "profile": "read your name",
    "email": "read your e-mail address",
    "offline_access": "stay signed in without asking you again",
    "itwin-platform": "use the iTwin Platform as you",
}


def login_page(
    request_id: str, client: str, people: Iterable[Person], hint: str | None, back_to: str
) -> web.Response:
    """The form that asks for the account.

    `back_to` as in `consent_page`: after an earlier consent, this form already ends at the client.
    """
    options = "".join(_option(person, hint) for person in people)
    return _page(
        "Sign in",
        f"<p>Sign in to continue to <b>{escape(client)}</b>.</p>"
        '<form method="post" action="/login">'
        f'<input type="hidden" name="request" value="{escape(request_id)}">'
        f'<p><label>Account <select name="person">{options}</select></label></p>'
        '<button type="submit">Sign in</button></form>',
        form_targets=f"'self' {back_to}",
    )


def consent_page(
    request_id: str, client: str, person: Person, scopes: Iterable[str], back_to: str
) -> web.Response:
    """The form that asks whether the client may have these scopes.

    `back_to` is the origin of the redirect_uri: form-action also covers redirects after a POST.
    """
    items = "".join(f"<li>{escape(_SCOPES.get(scope, scope))}</li>" for scope in scopes)
    return _page(
        "Request for approval",
        f"<p>Signed in as {escape(person.real_name)} ({escape(person.email)}).</p>"
        f"<p><b>{escape(client)}</b> asks to:</p><ul>{items}</ul>"
        '<form method="post" action="/consent">'
        f'<input type="hidden" name="request" value="{escape(request_id)}">'
        '<button type="submit" name="decision" value="approve">Approve</button>'
        '<button type="submit" name="decision" value="deny">Deny</button></form>',
        form_targets=f"'self' {back_to}",
    )


def posted_back_page(redirect_uri: str, fields: dict[str, str], back_to: str) -> web.Response:
    """The page of OAuth 2.0 Form Post Response Mode, with a button instead of a script."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return _page(
        "One moment",
        f'<form method="post" action="{escape(redirect_uri)}">{hidden}'
        '<button type="submit">Continue</button></form>',
        form_targets=back_to,
    )


def error_page(title: str, sentence: str) -> web.Response:
    """The page for requests that must not be redirected (RFC 6749 4.1.2.1)."""
    return _page(title, f"<p>{escape(sentence)}</p>", form_targets="'none'", status=400)


def _option(person: Person, hint: str | None) -> str:
    chosen = " selected" if hint in {person.email, person.name} else ""
    label = f"{person.real_name} ({person.email})"
    return f'<option value="{escape(person.name)}"{chosen}>{escape(label)}</option>'


def _page(title: str, body: str, *, form_targets: str, status: int = 200) -> web.Response:
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)} - Bentley IMS (sandbox)</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action {form_targets}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(text=page, content_type="text/html", status=status, headers=headers)
