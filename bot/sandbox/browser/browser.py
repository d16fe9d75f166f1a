"""A headless browser that enforces SameSite cookies, form-action and Referrer-Policy."""

from collections.abc import Mapping
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from bot.sandbox.browser.cookies import CookieJar
from bot.sandbox.browser.html import Button, Form, Page, read_page
from bot.sandbox.loopback import loopback_client

_MAX_REDIRECTS = 10
_DECLINING = ("deny", "cancel", "decline", "no", "back")


class BrowserError(Exception):
    """A browser or its user cannot do what was asked; the text says what was on the page."""


class Browser:
    """One browser profile with one open page.

    `url`, `status`, `text`, `page` and `headers` are those of the open page; `visited` are all
    URLs. `initiator` is the host whose page started a navigation, which SameSite depends on.
    """

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None
        self.forget()

    def forget(self) -> None:
        """Clears cookies, page and history."""
        self.cookies = CookieJar()
        self.url = ""
        self.status = 0
        self.html = ""
        self.page = Page()
        self.headers = httpx.Headers()
        self.visited: list[str] = []

    @property
    def text(self) -> str:
        return self.page.text

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def get(self, url: str, *, initiator: str | None = None) -> str:
        """Opens a URL, as from the address bar without an initiator; returns the page's text."""
        return await self._navigate("GET", url, None, initiator)

    async def follow(self, link: str) -> str:
        """Clicks the link of that text; returns the page's text."""
        if link not in self.page.links:
            raise BrowserError(f"no link {link!r} here; there are: {list(self.page.links)}")
        return await self.get(urljoin(self.url, self.page.links[link]), initiator=self.host)

    async def submit(
        self, values: Mapping[str, str] | None = None, *, button: str | None = None
    ) -> str:
        """Submits the form with that button; returns the page's text.

        Without `button` it is the first form, by a button that does not decline.
        """
        form, pressed = self._choose_form(button)
        unknown = [name for name in values or {} if name not in form.fields]
        if unknown:
            raise BrowserError(f"no field {unknown[0]!r}; there are: {list(form.fields)}")
        fields = {**form.fields, **(values or {})}
        if pressed is not None and pressed.name:
            fields[pressed.name] = pressed.value
        target = urljoin(self.url, form.action) if form.action else self.url
        allowed = self._form_action()
        _check_target(target, allowed, self.url)
        if form.method == "post":
            return await self._navigate("POST", target, fields, self.host, allowed)
        address = f"{target.partition('?')[0]}?{urlencode(fields)}"
        return await self._navigate("GET", address, None, self.host, allowed)

    def _choose_form(self, label: str | None) -> tuple[Form, Button | None]:
        for form in self.page.forms:
            for button in form.buttons:
                agrees = button.label.casefold() not in _DECLINING if label is None else False
                if agrees or (label or "").casefold() == button.label.casefold():
                    return form, button
        if label is None and self.page.forms:
            return self.page.forms[0], None
        labels = [button.label for form in self.page.forms for button in form.buttons]
        raise BrowserError(f"no form with button {label!r}; there are: {labels}\n{self.text}")

    async def _navigate(
        self,
        method: str,
        url: str,
        fields: Mapping[str, str] | None,
        initiator: str | None,
        form_action: list[str] | None = None,
    ) -> str:
        origin = self.url
        for _ in range(_MAX_REDIRECTS):
            response = await self._request(method, url, fields, initiator)
            self.visited.append(url)
            if response.status_code not in {301, 302, 303, 307, 308}:
                return self._show(response, url)
            target = urljoin(url, response.headers.get("Location", ""))
            _check_target(target, form_action, origin)
            # After a redirect across sites, the first host is the initiator (RFC 6265bis 5.2).
            initiator = initiator or (
                urlsplit(url).hostname if _is_other_host(url, target) else None
            )
            if response.status_code in {301, 302, 303} and method == "POST":
                method, fields = "GET", None
            url = target
        raise BrowserError(f"more than {_MAX_REDIRECTS} redirects, the last one to {url}")

    async def _request(
        self, method: str, url: str, fields: Mapping[str, str] | None, initiator: str | None
    ) -> httpx.Response:
        if self._client is None:
            self._client = loopback_client()
        parts = urlsplit(url)
        host = parts.hostname or ""
        cookies = self.cookies.header(host, parts.path or "/", method=method, initiator=initiator)
        headers = {"Accept": "text/html", **({"Cookie": cookies} if cookies else {})}
        headers["Sec-Fetch-Site"] = _fetch_site(initiator, host)
        if method == "POST":
            headers["Origin"] = self._origin(host)
        response = await self._client.request(method, url, data=fields, headers=headers)
        self._client.cookies.clear()  # httpx has a cookie jar too, which `forget` would miss
        self.cookies.store(host, response.headers.get_list("Set-Cookie"))
        return response

    def _origin(self, host: str) -> str:
        """The Origin header: `null` where the page's Referrer-Policy hides it (Fetch, 3.1)."""
        policy = self.headers.get("Referrer-Policy", "").split(",")[-1].strip()
        if policy == "no-referrer" or (policy == "same-origin" and host != self.host):
            return "null"
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def _show(self, response: httpx.Response, url: str) -> str:
        self.url, self.status, self.html = url, response.status_code, response.text
        self.headers = response.headers
        if "html" in response.headers.get("Content-Type", "html"):
            self.page = read_page(response.text)
        else:
            self.page = Page(text=response.text)
        return self.text

    def _form_action(self) -> list[str] | None:
        """The sources of the page's form-action, None where it has none."""
        for directive in self.headers.get("Content-Security-Policy", "").split(";"):
            name, *sources = directive.split() or [""]
            if name.casefold() == "form-action":
                return sources
        return None


def _check_target(target: str, allowed: list[str] | None, page: str) -> None:
    """Enforces form-action on the form's URL and every redirect after it, as Chrome does."""
    if allowed is None or "*" in allowed:
        return
    parts, own = urlsplit(target), urlsplit(page)
    origin = f"{parts.scheme}://{parts.netloc}"
    same = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
    sources = [source.rstrip("/") for source in allowed]
    if (same and "'self'" in sources) or origin in sources or f"{parts.scheme}:" in sources:
        return
    raise BrowserError(f"form-action {' '.join(allowed)} of {page} blocks going to {origin}")


def _is_other_host(first: str, second: str) -> bool:
    return urlsplit(first).hostname != urlsplit(second).hostname


def _fetch_site(initiator: str | None, host: str) -> str:
    if initiator is None:
        return "none"
    return "same-origin" if initiator == host else "cross-site"
