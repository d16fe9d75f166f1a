"""Cookies as browsers keep them, as far as sign-in pages can tell the difference (RFC 6265bis).

A cookie belongs to a host, whatever the port; SameSite is judged by who started the navigation;
Secure cookies are kept on loopback, which browsers trust.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, SimpleCookie


@dataclass(frozen=True, slots=True)
class Cookie:
    host: str
    name: str
    value: str
    path: str
    same_site: str


def site_of(host: str) -> str:
    """Scheme aside: the last two labels, or the whole address when it is numeric."""
    labels = host.casefold().split(".")
    return host if labels[-1].isdecimal() else ".".join(labels[-2:])


class CookieJar:
    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str], Cookie] = {}

    def keep(self, host: str, headers: Iterable[str]) -> None:
        for header in headers:
            for name, morsel in _parsed(header).items():
                path = morsel["path"] or "/"
                key = (host, name, path)
                if name.startswith("__Host-") and (
                    path != "/" or morsel["domain"] or not morsel["secure"]
                ):
                    continue  # browsers drop a __Host- cookie that breaks its promise
                if _is_over(str(morsel["max-age"]), morsel["expires"]):
                    self._cookies.pop(key, None)
                    continue
                same_site = (morsel["samesite"] or "lax").casefold()
                self._cookies[key] = Cookie(host, name, morsel.value, path, same_site)

    def header(self, host: str, path: str, *, method: str, initiator: str | None) -> str:
        """The Cookie header; `initiator` is the host that started it, None for the address bar."""
        foreign = initiator is not None and site_of(initiator) != site_of(host)
        sent = [
            f"{cookie.name}={cookie.value}"
            for cookie in self._cookies.values()
            if cookie.host == host and _below(path, cookie.path)
            if not foreign or _crosses(cookie, method)
        ]
        return "; ".join(sent)

    def names(self, host: str) -> list[str]:
        return [cookie.name for cookie in self._cookies.values() if cookie.host == host]


def _crosses(cookie: Cookie, method: str) -> bool:
    """Whether a cookie goes along when another site sent the person here."""
    if cookie.same_site == "lax":
        return method == "GET"
    return cookie.same_site == "none"


def _below(path: str, parent: str) -> bool:
    return path == parent or path.startswith(parent if parent.endswith("/") else parent + "/")


def _parsed(header: str) -> SimpleCookie:
    try:
        return SimpleCookie(header)
    except CookieError:
        return SimpleCookie()


def _is_over(max_age: str, expires: str) -> bool:
    if max_age:
        return not max_age.removeprefix("-").isdecimal() or int(max_age) <= 0
    if not expires:
        return False
    try:
        return parsedate_to_datetime(expires).timestamp() <= time.time()
    except ValueError:
        return False
