"""The headless browser: SameSite cookies, form-action, Referrer-Policy, and parsed pages."""

import pytest
from aiohttp import web

from bot.sandbox.browser.browser import Browser, BrowserError
from bot.sandbox.browser.cookies import CookieJar
from bot.sandbox.browser.html import read_page
from bot.sandbox.site import Site


def test_cookies_follow_same_site() -> None:
    jar = CookieJar()
    jar.store("bot.localhost", ["s=1; SameSite=Strict", "l=2; SameSite=Lax", "n=3; SameSite=None"])
    jar.store("bot.localhost", ["__Host-x=4; Path=/sub; Secure", "gone=5; Max-Age=0"])
    assert jar.header("bot.localhost", "/", method="GET", initiator=None) == "s=1; l=2; n=3"
    assert jar.header("bot.localhost", "/", method="GET", initiator="ims.localhost") == "l=2; n=3"
    assert jar.header("bot.localhost", "/", method="POST", initiator="ims.localhost") == "n=3"
    assert jar.header("ims.localhost", "/", method="GET", initiator=None) == ""


async def test_form_action_is_enforced() -> None:
    server = web.Application()
    site = Site(server)

    async def page(_: web.Request) -> web.Response:
        html = '<form method="post" action="/go"><input name="a"><button>Go</button></form>'
        headers = {"Content-Security-Policy": "form-action 'self'"}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def leave(_: web.Request) -> web.Response:
        raise web.HTTPSeeOther("http://ims.localhost:1/")

    server.router.add_get("/", page)
    server.router.add_post("/go", leave)
    await site.open()
    browser = Browser()
    await browser.get(f"http://127.0.0.1:{site.port}/")
    with pytest.raises(BrowserError, match="form-action"):
        await browser.submit({"a": "1"})
    await browser.close()
    await site.close()


def test_a_page_is_parsed_into_text_links_and_forms() -> None:
    page = read_page(
        "<title>T</title><style>p{}</style><h1>Sign in</h1><p>as <b>Alice</b> &amp; co</p>"
        '<a href="/help">Help</a><form action="/go" method="POST">'
        '<input type=hidden name=token value="a&quot;b"><textarea name=note>hi</textarea>'
        "<select name=who><option value=x>X<option value=y selected>Y</select>"
        "<input type=checkbox name=all value=1 checked><input type=checkbox name=none>"
        "<button name=do value=yes> Go\n on </button><input type=submit value=Stop></form>"
    )
    assert page.title == "T"
    assert page.text.startswith("Sign in\nas Alice & co\nHelp")
    assert page.links == {"Help": "/help"}
    (form,) = page.forms
    assert (form.action, form.method) == ("/go", "post")
    assert form.fields == {"token": 'a"b', "note": "hi", "who": "y", "all": "1"}
    assert [(b.label, b.name, b.value) for b in form.buttons] == [
        ("Go on", "do", "yes"),
        ("Stop", "", "Stop"),
    ]


async def test_the_origin_header_follows_the_referrer_policy() -> None:
    origins: list[str | None] = []
    server = web.Application()

    async def page(request: web.Request) -> web.Response:
        origins.append(request.headers.get("Origin"))
        html = '<form method="post"><button>Go</button></form>'
        policy = {"Referrer-Policy": request.query.get("policy", "")}
        return web.Response(text=html, content_type="text/html", headers=policy)

    server.router.add_route("*", "/", page)
    site = Site(server)
    await site.open()
    browser = Browser()
    here = f"http://127.0.0.1:{site.port}"
    for policy in ("no-referrer", "same-origin"):
        await browser.get(f"{here}/?policy={policy}")
        await browser.submit()
    assert origins == [None, "null", None, here]
    await browser.close()
    await site.close()
