"""A cookie jar as in browsers, as far as sign-in pages depend on it (RFC 6265bis).

A cookie belongs to a host, whatever the port; SameSite goes by the initiator of the navigation;
Secure cookies are accepted on loopback, which browsers trust.
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
    """The site of a host without its scheme: the last two labels, or the whole IP address."""
    labels = host.casefold().split(".")
    return host if labels[-1].isdecimal() else ".".join(labels[-2:])


class CookieJar:
    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str], Cookie] = {}

    def store(self, host: str, headers: Iterable[str]) -> None:
        for header in headers:
            for name, morsel in _parsed(header).items():
                path = morsel["path"] or "/"
                key = (host, name, path)
                if name.startswith("__Host-") and (
                    path != "/" or morsel["domain"] or not morsel["secure"]
                ):
                    continue  # browsers reject a __Host- cookie without these attributes
                if _is_expired(str(morsel["max-age"]), morsel["expires"]):
                    self._cookies.pop(key, None)
                    continue
                same_site = (morsel["samesite"] or "lax").casefold()
                self._cookies[key] = Cookie(host, name, morsel.value, path, same_site)

    def header(self, host: str, path: str, *, method: str, initiator: str | None) -> str:
        """The Cookie header of a request; `initiator` None means the address bar."""
        foreign = initiator is not None and site_of(initiator) != site_of(host)
        sent = [
            f"{cookie.name}={cookie.value}"
            for cookie in self._cookies.values()
            if cookie.host == host and _path_matches(path, cookie.path)
            if not foreign or _sent_across_sites(cookie, method)
        ]
        return "; ".join(sent)

    def names(self, host: str) -> list[str]:
        return [cookie.name for cookie in self._cookies.values() if cookie.host == host]


def _sent_across_sites(cookie: Cookie, method: str) -> bool:
    """Whether a cookie is sent with a navigation that another site started."""
    if cookie.same_site == "lax":
        return method == "GET"
    return cookie.same_site == "none"


def _path_matches(path: str, parent: str) -> bool:
    return path == parent or path.startswith(parent if parent.endswith("/") else parent + "/")


def _parsed(header: str) -> SimpleCookie:
    try:
        return SimpleCookie(header)
    except CookieError:
        return SimpleCookie()


def _is_expired(max_age: str, expires: str) -> bool:
    if max_age:
        return not max_age.removeprefix("-").isdecimal() or int(max_age) <= 0
    if not expires:
        return False
    try:
        return parsedate_to_datetime(expires).timestamp() <= time.time()
    except ValueError:
        return False
