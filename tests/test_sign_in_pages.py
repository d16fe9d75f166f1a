"""The sign-in pages: one link, one browser, one callback, one person for an account."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import redis

from bot.sandbox.browser.browser import Browser
from bot.sandbox.loopback import loopback_client
from bot.web import serving
from tests.conftest import living
from tests.world.story import Story
from tests.world.valkey import Valkey
from tests.world.waiting import until

NEW_LINK = "press New link there, or type /edfs signin"


async def link_of(story: Story, person: str) -> str:
    """Return the URL of the person's newest Sign in button."""
    await story.types(person, "/edfs signin")
    message = await story.sees(person, "Sign in to iTwin")
    return url_in(message.blocks)


async def other_link(story: Story, person: str, known: str) -> str:
    """Wait for another link than the known one."""

    def found() -> str:
        links = [url_in(m.blocks) for m in story.world.reads(person) if "/link/" in str(m.blocks)]
        return next((url for url in links if url != known), "")

    return str(await until(found, reason="no other link came"))


def url_in(blocks: object) -> str:
    found = re.search(r"http://bot\.localhost:\d+/link/[\w.-]+", str(blocks))
    assert found is not None
    return found.group()


def origin(story: Story) -> str:
    return story.bot.context.sign_in_urls.public_url


def browser(story: Story, person: str) -> Browser:
    return story.world.browser(person)


async def claimed(story: Story, person: str = "alice") -> str:
    """Return a link whose person has been redirected to Bentley."""
    link = await link_of(story, person)
    await browser(story, person).get(link)
    await browser(story, person).submit()
    assert browser(story, person).host == "ims.localhost"
    return link


async def agreed(story: Story, person: str = "alice", account: str = "alice") -> str:
    """Sign in at Bentley; return the text of the last page."""
    here = browser(story, person)
    await here.submit({"person": account})
    if here.host == "ims.localhost":
        await here.submit()
    return here.text


def callback_of(story: Story, person: str = "alice") -> str:
    return next(url for url in browser(story, person).visited if "/link/callback" in url)


async def test_a_get_does_not_claim_the_link(story: Story) -> None:
    link = await link_of(story, "alice")
    async with loopback_client() as previewer:
        for _ in range(3):
            shown = await previewer.get(link)
            assert shown.status_code == 200
            assert "the Slack person" in shown.text
            assert "alice" in shown.text
    assert story.world.ims.token_requests == 0
    assert "You are signed in" in await story.world.signs_in("alice", url=link)


async def test_the_page_names_the_slack_person(story: Story) -> None:
    text = await browser(story, "bob").get(await link_of(story, "alice"))
    assert "alice" in text
    assert "U0ALICE001" in text
    assert "workspace acme" in text
    assert "close this page" in text


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é", "x" * 10_000])
async def test_a_form_without_its_token_is_refused(story: Story, token: str | None) -> None:
    link = await link_of(story, "alice")
    async with loopback_client() as client:
        shown = await client.get(link)
        cookie = shown.headers["Set-Cookie"].partition(";")[0]
        answer = await client.post(
            link, data={} if token is None else {"token": token}, headers={"Cookie": cookie}
        )
    assert answer.status_code == 400
    assert "This browser did not begin the sign-in" in answer.text
    assert "You are signed in" in await story.world.signs_in("alice", url=link)


async def test_a_form_without_its_cookie_is_refused(story: Story) -> None:
    """Another site may submit the form, but without the cookie, even with a valid token."""
    link = await link_of(story, "alice")
    async with loopback_client() as client:
        shown = await client.get(link)
        [token] = re.findall(r'name="token" value="(\w+)"', shown.text)
        client.cookies.clear()
        bare = await client.post(link, data={"token": token})
        home = story.bot.context.installation.workspace
        other = {"Cookie": f"edfs={home}.{'o' * 43}"}
        foreign = await client.post(link, data={"token": token}, headers=other)
    assert (bare.status_code, foreign.status_code) == (400, 400)
    assert "You are signed in" in await story.world.signs_in("alice", url=link)


async def test_a_second_browser_is_refused(story: Story) -> None:
    link = await claimed(story)
    await browser(story, "bob").get(link)
    text = await browser(story, "bob").submit()
    assert "opened in another browser" in text
    assert NEW_LINK in text
    assert browser(story, "bob").status == 400
    assert "You are signed in" in await agreed(story)


async def test_the_same_browser_may_submit_twice(story: Story) -> None:
    link = await claimed(story)
    await browser(story, "alice").get(link)
    await browser(story, "alice").submit()
    assert "You are signed in" in await agreed(story)


async def test_a_link_works_once(story: Story) -> None:
    link = await link_of(story, "alice")
    assert "You are signed in" in await story.world.signs_in("alice", url=link)
    text = await browser(story, "alice").get(link)
    assert "has expired, or it was used" in text


async def test_a_repeated_callback_is_refused(story: Story) -> None:
    await claimed(story)
    browser(story, "alice").visited.clear()
    assert "You are signed in" in await agreed(story)
    asked = story.world.ims.token_requests
    text = await browser(story, "alice").get(callback_of(story))
    assert "This browser did not begin the sign-in" in text
    assert browser(story, "alice").status == 400
    assert story.world.ims.token_requests == asked


async def test_a_callback_without_the_cookie_is_refused(story: Story) -> None:
    """A browser that is sent another's callback URL links nothing."""
    await claimed(story)
    url = f"{origin(story)}/link/callback?code=somebody&state=elses"
    text = await browser(story, "bob").get(url)
    assert "This browser did not begin the sign-in" in text
    assert browser(story, "bob").status == 400
    assert "You are signed in" in await agreed(story)


@pytest.mark.parametrize("query", ["", "code=x", "code=x&state=wrong", "state=&state=", "error=x"])
async def test_a_wrong_state_ends_the_sign_in(story: Story, query: str) -> None:
    await claimed(story)
    asked = story.world.ims.token_requests
    text = await browser(story, "alice").get(f"{origin(story)}/link/callback?{query}")
    assert "The sign-in could not be completed" in text
    assert NEW_LINK in text
    assert story.world.ims.token_requests == asked
    await story.types("alice", "/edfs whoami")
    await story.sees("alice", "Not signed in")


async def test_an_expired_link_leads_to_a_new_one(story: Story, redis_url: str) -> None:
    link = await link_of(story, "alice")
    with redis.Redis.from_url(redis_url) as client:
        [key] = list(client.scan_iter("edfs:*:sign-in-link:*"))
        assert 590 < client.ttl(key) <= 600
        client.delete(key)
    text = await browser(story, "alice").get(link)
    assert "This link has expired, or it was used." in text
    assert NEW_LINK in text

    await story.clicks("alice", "New link")
    fresh = await other_link(story, "alice", link)
    assert "You are signed in" in await story.world.signs_in("alice", url=fresh)


async def trail(story: Story) -> list[tuple[str, str]]:
    """Who and what stands in the audit trail, oldest first."""
    entries = await story.bot.store.audit.read(story.bot.context.installation.workspace)
    return [(entry.person, entry.event) for entry in entries]


async def test_each_refused_sign_in_stands_in_the_audit_trail(story: Story) -> None:
    alice, bob = (story.world.person(name).id for name in ("alice", "bob"))
    link = await claimed(story)
    await browser(story, "bob").get(link)
    await browser(story, "bob").submit()
    assert await trail(story) == [(alice, "signin.second_browser")]
    await browser(story, "alice").get(f"{origin(story)}/link/callback?code=x&state=wrong")
    assert (await trail(story))[1:] == [(alice, "signin.wrong_state")]

    await story.clicks("alice", "New link")
    story.world.ims.fail("token", 400, code="invalid_grant")
    page = await story.world.signs_in("alice", url=await other_link(story, "alice", link))
    assert "The sign-in took too long" in page
    assert (await trail(story))[2:] == [(alice, "signin.expired")]

    await story.signs_in("bob")
    link = await link_of(story, "carol")
    await story.world.signs_in("carol", url=link, account="bob")
    carol = story.world.person("carol").id
    assert (await trail(story))[3:] == [(bob, "signin"), (carol, "signin.account_taken")]


async def test_an_account_can_be_linked_to_one_person_only(story: Story) -> None:
    await story.signs_in("alice")
    link = await link_of(story, "bob")
    page = await story.world.signs_in("bob", url=link, account="alice")
    assert "linked to another person of this Slack workspace" in page
    await story.types("bob", "/edfs whoami")
    await story.sees("bob", "Not signed in")

    await story.types("alice", "/edfs signout")
    await story.sees("alice", "Signed out")
    await story.types("bob", "/edfs signin")
    link = await other_link(story, "bob", link)
    page = await story.world.signs_in("bob", url=link, account="alice")
    assert "acts for bob as the iTwin account alice@acme.example" in page


async def test_a_denied_consent_links_nothing(story: Story) -> None:
    await claimed(story)
    await browser(story, "alice").submit({"person": "alice"})
    text = await browser(story, "alice").submit(button="Deny")
    assert "You did not agree at Bentley, so nothing was linked." in text
    assert NEW_LINK in text
    await story.types("alice", "/edfs whoami")
    await story.sees("alice", "Not signed in")


async def test_every_page_has_the_security_headers(story: Story) -> None:
    link = await link_of(story, "alice")
    async with loopback_client() as client:
        answers = [
            await client.get(link),
            await client.post(link),
            await client.get(f"{origin(story)}/link/nothing"),
            await client.get(f"{origin(story)}/link/T0EDFSBOT1.{'x' * 43}"),
            await client.get(f"{origin(story)}/link/callback"),
        ]
    here = browser(story, "alice")
    await story.world.signs_in("alice", url=link)
    for headers in [*(answer.headers for answer in answers), here.headers]:
        guarded(headers)
    assert all("<script" not in answer.text for answer in answers)


def guarded(headers: httpx.Headers) -> None:
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "form-action 'self' http://ims.localhost" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


async def test_the_attributes_of_the_cookie(story: Story) -> None:
    async with loopback_client() as client:
        shown = await client.get(await link_of(story, "alice"))
    parts = {part.strip().lower() for part in shown.headers["Set-Cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", "max-age=600"} <= parts
    assert not any(part.startswith("domain") for part in parts)


async def test_over_https_the_cookie_carries_the_host_prefix(own_https: httpx.Headers) -> None:
    cookie = own_https["Set-Cookie"]
    assert cookie.startswith("__Host-edfs=")
    assert "secure" in cookie.lower()


@pytest.fixture
async def own_https(story: Story, redis_url: str) -> httpx.Headers:
    """Return the headers of a bot behind a TLS proxy, whose URL is its own."""
    public = "https://edfs.example"
    async with living(story.world, redis_url, PUBLIC_URL=public) as bot:
        delivered = story.world.slack.delivery.events_url
        assert delivered is not None
        await story.types("alice", "/edfs signin")
        message = await story.sees("alice", "Sign in to iTwin")
        found = re.search(r"https?://[^/]+(/link/[\w.-]+)", str(message.blocks))
        assert found is not None
        assert bot.context.sign_in_urls.public_url == public
        near = f"http://{urlsplit(delivered).netloc}"
        async with loopback_client() as client:
            return (await client.get(near + found.group(1))).headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Forwarded-Prefix": "/evil", "X-Original-URL": "/evil"},
    ],
)
async def test_no_request_header_changes_the_redirect_uri(
    story: Story, headers: dict[str, str]
) -> None:
    link = await link_of(story, "alice")
    async with loopback_client() as client:
        shown = await client.get(link, headers=headers)
        assert "evil" not in shown.text
        [token] = re.findall(r'name="token" value="(\w+)"', shown.text)
        cookie = shown.headers["Set-Cookie"].partition(";")[0]
        answer = await client.post(
            link, data={"token": token}, headers=headers | {"Cookie": cookie}
        )
    assert answer.status_code == 303
    there = urlsplit(answer.headers["Location"])
    assert there.hostname == "ims.localhost"
    assert parse_qs(there.query)["redirect_uri"] == [f"{origin(story)}/link/callback"]
    assert "evil" not in answer.headers["Location"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/link/x", 405),
        ("DELETE", "/link/x", 405),
        ("POST", "/link/callback", 400),
        ("GET", "/slack/events", 405),
        ("POST", "/healthz", 405),
        ("GET", "/", 404),
        ("GET", "/metrics", 404),
        ("GET", "/readyz", 404),
        ("GET", "/link/", 404),
        ("GET", "/link/../metrics", 404),
        ("GET", "/link/%00", 400),
        ("GET", "/link/%ff%fe", 400),
        ("GET", "/link/" + "x" * 8_000, 400),
        ("GET", "/link/callback?state=%ff&code=%00", 400),
    ],
)
async def test_other_routes_and_methods_do_not_exist(
    story: Story, method: str, path: str, status: int
) -> None:
    async with loopback_client() as client:
        answer = await client.request(method, origin(story) + path)
    assert answer.status_code == status


async def test_a_large_form_is_not_read(story: Story) -> None:
    async with loopback_client() as client:
        answer = await client.post(await link_of(story, "alice"), content=b"token=" + b"x" * 10**6)
    assert answer.status_code == 400


async def test_liveness(story: Story) -> None:
    async with loopback_client() as client:
        answer = await client.get(f"{origin(story)}/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")


async def test_readiness_and_metrics(story: Story) -> None:
    async with serving(story.bot.admin, "127.0.0.1", 0) as port, loopback_client() as client:
        ready = await client.get(f"http://127.0.0.1:{port}/readyz")
        metrics = await client.get(f"http://127.0.0.1:{port}/metrics")
        other = await client.get(f"http://127.0.0.1:{port}/link/x")
    assert (ready.status_code, ready.text) == (200, "ready")
    assert metrics.status_code == 200
    assert "# TYPE" in metrics.text
    assert other.status_code == 404


async def test_it_is_not_ready_without_its_store(own_story: Story, own: Valkey) -> None:
    link = await link_of(own_story, "alice")
    own.stop()
    async with serving(own_story.bot.admin, "127.0.0.1", 0) as port, loopback_client() as client:
        ready = await client.get(f"http://127.0.0.1:{port}/readyz")
        alive = await client.get(f"{origin(own_story)}/healthz")
        page = await client.get(link)
    own.start()
    assert (ready.status_code, ready.text) == (503, "not ready: the store does not answer")
    assert alive.status_code == 200
    assert page.status_code == 503
    assert own.url not in page.text
    guarded(page.headers)
