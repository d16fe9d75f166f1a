"""Parses the address of a store. The job engine uses the same addresses, one node at a time.

    redis://[user:password@]host[:port][/db]                         one server; rediss:// is TLS
    unix:///path                                                     one server on this machine
    redis+sentinel://[user:password@]h1[:p1],h2[:p2]/master[/db]     the master that Sentinels name
    redis+cluster://[user:password@]h1[:p1],h2[:p2]                  a Cluster; any of its nodes

``rediss+sentinel`` and ``rediss+cluster`` are the same with TLS. User and password are those of
the data servers; ``sentinel_username`` and ``sentinel_password`` in the query are the Sentinels'.
``replicas=2`` in the query (not for a Cluster) lets every script's write be confirmed by so many
replicas, each time within ``confirm_milliseconds`` (100). Everything else in the query is an option
of redis-py.
"""

from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

SCHEMES = tuple(
    f"{scheme}://"
    for scheme in (
        *("redis", "rediss", "unix"),
        *("redis+sentinel", "rediss+sentinel"),
        *("redis+cluster", "rediss+cluster"),
    )
)
CONFIRM_MILLISECONDS = 100
_PORTS = {"sentinel": 26_379, "cluster": 6_379}

# The least and the most; a reply of the server's is waited for two seconds.
_CONFIRMATION = {"replicas": (0, 9), "confirm_milliseconds": (10, 1_500)}

Node = tuple[str, int]


@dataclass(frozen=True, slots=True)
class RedisUrl:
    """A parsed address. ``nodes`` are the Sentinels, or nodes of the Cluster; empty for one server.

    redis-py reads options from ``url``; for ``redis+…`` it names no host that is used. ``login``
    is for the Sentinels themselves.
    """

    kind: Literal["server", "sentinel", "cluster"]
    url: str
    nodes: tuple[Node, ...] = ()
    master: str = ""
    login: tuple[tuple[str, str], ...] = ()
    replicas: int = 0
    confirm_milliseconds: int = CONFIRM_MILLISECONDS

    @property
    def tls(self) -> bool:
        return self.url.startswith("rediss://")


def parse_redis_url(url: str) -> RedisUrl:
    """Parse an address. Raises ValueError, whose message never holds a part of the address."""
    if not url.startswith(SCHEMES):
        raise ValueError(f"must begin with {', '.join(SCHEMES[:-1])} or {SCHEMES[-1]}")
    url, confirmation = _unconfirmed(url)
    address = _parsed(url)
    replicas = confirmation.get("replicas", 0)
    if address.kind == "cluster" and replicas:
        raise ValueError("cannot ask a Cluster for replicas")
    patience = confirmation.get("confirm_milliseconds", CONFIRM_MILLISECONDS)
    return replace(address, replicas=replicas, confirm_milliseconds=patience)


def _parsed(url: str) -> RedisUrl:
    scheme, _, rest = url.partition("://")
    base, _, kind = scheme.partition("+")
    before, asks, query = rest.partition("?")
    authority, _, path = before.partition("/")
    if kind not in _PORTS:
        _checked_port(authority, scheme)
        return RedisUrl("server", url)
    login, at, hosts = authority.rpartition("@")
    nodes = tuple(_node(host, _PORTS[kind]) for host in hosts.split(","))
    if kind == "sentinel":
        return _sentinel(f"{base}://{login}{at}", nodes, path, query)
    if path.strip("/") not in {"", "0"}:
        raise ValueError("names a database: a Cluster has only one")
    return RedisUrl("cluster", f"{base}://{login}{at}cluster{asks}{query}", nodes)


def unconfirmed(url: str) -> str:
    """Return the address without the options that only this package understands."""
    return _unconfirmed(url)[0]


def with_option(url: str, name: str, value: object) -> str:
    """Return the address with an option in its query, where it does not have that one already."""
    before, _, query = url.partition("?")
    options = parse_qsl(query, keep_blank_values=True)
    if any(one == name for one, _ in options):
        return url
    return f"{before}?{urlencode([*options, (name, str(value))])}"


def _unconfirmed(url: str) -> tuple[str, dict[str, int]]:
    """Return the address without the options for confirmation, and these."""
    before, _, query = url.partition("?")
    options = parse_qsl(query, keep_blank_values=True)
    found = {name: text for name, text in options if name in _CONFIRMATION}
    if not found:
        return url, {}
    for name, text in found.items():
        least, most = _CONFIRMATION[name]
        if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
            raise ValueError(f"asks for {name} other than {least} to {most}")
    others = urlencode([option for option in options if option[0] not in _CONFIRMATION])
    return f"{before}{'?' * bool(others)}{others}", {name: int(t) for name, t in found.items()}


def _sentinel(server: str, nodes: tuple[Node, ...], path: str, query: str) -> RedisUrl:
    master, _, database = path.partition("/")
    if not master or not (database or "0").isdecimal():
        raise ValueError("must end with /master-name or /master-name/database")
    options = parse_qsl(query, keep_blank_values=True)
    others = urlencode([(name, text) for name, text in options if not name.startswith("sentinel_")])
    login = {
        name.removeprefix("sentinel_"): text
        for name, text in options
        if name in {"sentinel_username", "sentinel_password"} and text
    }
    plain = f"{server}master/{database or 0}{'?' * bool(others)}{others}"
    return RedisUrl("sentinel", plain, nodes, master, tuple(login.items()))


def through(url: str, node: Node) -> str:
    """Return the address of a Cluster with this one node in place of all that it names."""
    scheme, _, rest = url.partition("://")
    end = min(at for at in (rest.find("/"), rest.find("?"), len(rest)) if at >= 0)
    login, at, _ = rest[:end].rpartition("@")
    host = f"[{node[0]}]" if ":" in node[0] else node[0]
    return f"{scheme}://{login}{at}{host}:{node[1]}{rest[end:]}"


def _node(text: str, port: int) -> Node:
    try:
        parts = urlsplit(f"//{text.strip()}")
        found = parts.hostname, parts.port
    except ValueError:
        found = None, None
    if not found[0]:
        raise ValueError("must name hosts as host:port, separated by commas")
    return found[0], found[1] or port


def _checked_port(authority: str, scheme: str) -> None:
    if scheme == "unix":
        return
    try:
        _ = urlsplit(f"//{authority}").port
    except ValueError:
        raise ValueError("must name the host as host:port") from None
