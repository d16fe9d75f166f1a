"""The iTwins, timers and rights of the first world.

They cover what a customer can have: more than one page of iTwins, two that share a display name, an
inactive one, and timers with every kind of schedule that EDFS accepts.
"""

import uuid
from dataclasses import dataclass
from typing import Any

CANARY = "canary-parameter-value"
RIGHT = "edfs_listmng"

Parameters = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ITwin:
    id: str
    name: str
    number: str
    sub_class: str = "Project"
    status: str = "Active"

    def summary(self) -> dict[str, Any]:
        """The minimal representation (`ITwinSummary` of edfs-openapi.yaml)."""
        return {
            "id": self.id,
            "class": "Thing" if self.sub_class == "Asset" else "Endeavor",
            "subClass": self.sub_class,
            "type": None,
            "number": self.number,
            "displayName": self.name,
            "status": self.status,
        }

    def full(self) -> dict[str, Any]:
        """The representation that `Prefer: return=representation` asks for."""
        return {
            **self.summary(),
            "geographicLocation": "Exton, PA",
            "latitude": None,
            "longitude": None,
            "ianaTimeZone": "America/New_York",
            "dataCenterLocation": "East US",
            "parentId": None,
            "iTwinAccountId": None,
            "imageName": None,
            "image": None,
            "createdDateTime": "2024-04-11T09:00:00-04:00",
            "createdBy": None,
            "lastModifiedDateTime": "2024-04-11T09:00:00-04:00",
            "lastModifiedBy": None,
        }


@dataclass(frozen=True, slots=True)
class Timer:
    itwin_id: str
    id: str
    name: str
    package: str
    cron: str
    enabled: bool = True
    parameters: Parameters | None = ()

    def as_json(self) -> dict[str, Any]:
        """`EdfTimerDto` of edfs-openapi.yaml."""
        parameters = self.parameters
        return {
            "id": self.id,
            "name": self.name,
            "packageUniqueName": self.package,
            "cronStr": self.cron,
            "enabled": self.enabled,
            "parameters": None
            if parameters is None
            else [{"name": name, "value": value} for name, value in parameters],
        }


@dataclass(frozen=True, slots=True)
class Seed:
    """Derives ids, which are the same for the same seed."""

    number: int

    def id_of(self, *names: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"edfs-sandbox:{self.number}:{'/'.join(names)}"))


def first_itwins(seed: Seed) -> list[ITwin]:
    # The plants are Assets, which a query with the default `subClass` does not find.
    named = [
        ITwin(seed.id_of("plant-a"), "plant-a", "PA-001", "Asset"),
        ITwin(seed.id_of("plant-b"), "plant-b", "PA-002", "Asset"),
        ITwin(seed.id_of("twin", "1"), "twin", "TW-001"),
        ITwin(seed.id_of("twin", "2"), "twin", "TW-002"),
        ITwin(seed.id_of("Old mill"), "Old mill", "OM-001", status="Inactive"),
    ]
    bridges = [
        ITwin(seed.id_of("Bridge", str(n)), f"Bridge {n:03d}", f"BR-{n:03d}") for n in range(1, 121)
    ]
    # The plants come on the second page, so that paging is needed to find them.
    return [*bridges, *named]


def first_timers(seed: Seed) -> list[Timer]:
    orders: Parameters = (("Plant", "1000"), ("Password", CANARY))
    weekdays = "0 2 * * 1-5"
    plant_a: list[Row] = [
        ("SAP work orders", "SAP_WORK_ORDERS", weekdays, True, orders),
        ("SAP materials", "SAP_MATERIALS", "30 3 * * *", True, (("Plant", "1000"),)),
        ("Maximo assets", "MAXIMO_ASSETS", "0 22 * * 1-5", True, None),
        ("SharePoint documents", "SHAREPOINT_DOCUMENTS", "15 14 1 * *", False, ()),
        ("Weekend orders", "SAP_WORK_ORDERS", "0 0 * * 6,0", True, orders),
        # A schedule of six fields, seconds first; and one that common cron parsers reject.
        ("Meter readings", "SQL_METERS", "0 0/10 * * * *", True, ()),
        ("Month end", "SAP_CLOSING", "0 0 LW * *", True, ()),
    ]
    others: list[tuple[str, Row]] = [
        ("plant-b", ("SAP work orders", "SAP_WORK_ORDERS", weekdays, True, orders)),
        ("plant-b", ("Nightly documents", "SHAREPOINT_DOCUMENTS", "0 1 * * *", True, ())),
        ("twin/1", ("Twin orders", "SAP_WORK_ORDERS", weekdays, True, ())),
        ("twin/2", ("Twin orders", "SAP_WORK_ORDERS", weekdays, False, ())),
    ]
    rows = [*(("plant-a", row) for row in plant_a), *others]
    return [_timer(seed, itwin, row) for itwin, row in rows]


Row = tuple[str, str, str, bool, Parameters | None]


def _timer(seed: Seed, itwin: str, row: Row) -> Timer:
    return Timer(seed.id_of(itwin), seed.id_of(itwin, "timer", row[0]), *row)


def holders_of_the_right(seed: Seed) -> dict[str, frozenset[str]]:
    """The iTwins in which people have `edfs_listmng`: ids by the person's name."""
    theirs = frozenset(
        seed.id_of(*names.split("/")) for names in ("plant-a", "plant-b", "twin/1", "twin/2")
    )
    return dict.fromkeys(("alice", "bob", "dave"), theirs)


def favorites(seed: Seed) -> dict[str, tuple[str, ...]]:
    """The favorite iTwins of people: ids by the person's name."""
    return {"alice": (seed.id_of("plant-a"), seed.id_of("Bridge", "7"))}


def recents(seed: Seed) -> dict[str, tuple[str, ...]]:
    """The recently used iTwins of people, newest first: ids by the person's name."""
    return {"alice": (seed.id_of("twin", "1"),), "bob": (seed.id_of("plant-b"),)}


def members() -> frozenset[str]:
    """The names of those who are members of every iTwin; the others see none."""
    return frozenset({"alice", "bob", "carol", "gina", "dave"})
