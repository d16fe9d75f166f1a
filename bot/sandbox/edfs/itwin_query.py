"""Filters and paging of `GET /itwins/` (edfs-openapi.yaml, get-my-itwins).

`$filter`, `$orderby` and `$select` are not implemented and answer 422, so that no caller relies on
them by accident.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.edfs.errors import Detail, bad_value, invalid
from bot.sandbox.edfs.itwins import ITwin

_SUB_CLASSES = frozenset({"Account", "Portfolio", "Asset", "Program", "Project", "WorkPackage"})
_STATUSES = frozenset({"Active", "Inactive", "Trial"})
_IMPLEMENTED = frozenset(
    ("subClass", "status", "type", "number", "displayName", "parentId", "iTwinAccountId")
) | {"$search", "$top", "$skip", "includeInactive"}


def page_of_itwins(itwins: list[ITwin], request: web.Request, address: str) -> web.Response:
    """The response with one page; `address` is the URL of the links. Raises PlatformError."""
    query = dict(request.query)
    ceiling = _number(request.headers.get("X-Max-Return", "1000"), 1, 10_000)
    details = [*_invalid(query)]
    if ceiling is None:
        details.append(("InvalidHeaderValue", "Out of range.", "X-Max-Return"))
    if details or ceiling is None:
        raise invalid("InvalidiTwinsRequest", details)
    found = [itwin for itwin in itwins if _matches(itwin, query)][:ceiling]
    full = "return=representation" in request.headers.get("Prefer", "")
    top, skip = int(query.get("$top", "100")), int(query.get("$skip", "0"))
    shown = found[skip : skip + top]
    body = {
        "iTwins": [itwin.full() if full else itwin.summary() for itwin in shown],
        "_links": _links(address, query, top, skip, len(found)),
    }
    return web.json_response(body, headers={"X-Max-Return": str(ceiling)})


def _links(
    address: str, query: Mapping[str, str], top: int, skip: int, total: int
) -> dict[str, dict[str, str]]:
    """The `_links` of a page; the last has no `next`, the first no `prev`."""

    def link(start: int) -> dict[str, str]:
        numbers = {"$skip": str(start), "$top": str(top)}
        return {"href": f"{address}?{urlencode({**query, **numbers})}"}

    links = {"self": link(skip)}
    if skip + top < total:
        links["next"] = link(skip + top)
    if skip > 0:
        links["prev"] = link(max(0, skip - top))
    return links


def _invalid(query: Mapping[str, str]) -> Iterator[Detail]:
    if _number(query.get("$top", "100"), 1, 1000) is None:
        yield bad_value("$top", "Out of range.")
    if _number(query.get("$skip", "0"), 0, 10**9) is None:
        yield bad_value("$skip", "Out of range.")
    if not _sub_classes(query) <= _SUB_CLASSES:
        yield bad_value("subClass")
    if query.get("status", "Active") not in _STATUSES:
        yield bad_value("status")
    if query.get("includeInactive", "false").casefold() not in {"true", "false"}:
        yield ("InvalidParameter", "A boolean is needed.", "includeInactive")
    if "status" in query and "includeInactive" in query:
        yield ("InvalidParameter", "Not together with status.", "includeInactive")
    if "$search" in query and query.keys() & {"displayName", "number"}:
        yield ("InvalidParameter", "Not together with displayName or number.", "$search")
    for name in sorted(query.keys() - _IMPLEMENTED):
        if name.startswith("$"):
            yield bad_value(name, "Not modelled by the stand-in.")


def _matches(itwin: ITwin, query: Mapping[str, str]) -> bool:
    wanted = query.get("$search", "").casefold()
    inactive_too = query.get("includeInactive", "false").casefold() == "true"
    statuses = {query["status"]} if "status" in query else {"Active", "Trial"}
    if inactive_too:
        statuses = set(_STATUSES)
    return (
        itwin.sub_class in _sub_classes(query)
        and itwin.status in statuses
        and query.get("displayName", itwin.name).casefold() == itwin.name.casefold()
        and query.get("number", itwin.number).casefold() == itwin.number.casefold()
        and (wanted in itwin.name.casefold() or wanted in itwin.number.casefold())
        and not query.keys() & {"type", "parentId", "iTwinAccountId"}
    )


def _sub_classes(query: Mapping[str, str]) -> frozenset[str]:
    """The requested kinds; the published default is Project, which hides every other kind."""
    return frozenset(query.get("subClass", "Project").split(","))


def _number(text: str, least: int, most: int) -> int | None:
    if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
        return None
    return int(text)
