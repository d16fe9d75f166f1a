"""A store that does not answer: every public method raises StoreUnreachable."""

import contextlib
import dataclasses
import enum
import inspect
import types
import typing
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest

from bot.core.errors import StoreUnreachable
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, job_url, open_store
from tests.conftest import KEYS

NOBODY_LISTENS = "redis://127.0.0.1:1/0"
PLAIN: dict[Any, Any] = {str: "word", int: 1, float: 1.0, bool: True, bytes: b"", type(None): None}
# They write with a script of their caller, end the connection, or ask of what was written before.
LEFT_OUT = {"Audit.chained", "Store.aclose"} | {
    *("Deliveries.forgotten", "Deliveries.is_forgotten", "Operations.forgotten"),
}


def sample(hint: Any, of: Any = None) -> Any:
    """Return some value of an annotated type; ``of`` is what a type variable stands for."""
    origin, parameters = typing.get_origin(hint), typing.get_args(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, typing.TypeVar):
        return sample(of)
    if isinstance(hint, typing.NewType):
        return hint(sample(hint.__supertype__))
    if origin is typing.Literal:
        return parameters[0]
    if origin in {typing.Union, types.UnionType}:
        return sample(parameters[0], of)
    if origin in {dict, Mapping}:
        return {sample(parameters[0]): sample(parameters[1])}
    if origin in {tuple, list, frozenset} or getattr(origin, "__module__", "") == "collections.abc":
        return _container(origin, parameters, of)
    if issubclass(hint, enum.Enum):
        return next(iter(hint))
    hints = typing.get_type_hints(hint)
    return hint(**{one.name: sample(hints[one.name]) for one in dataclasses.fields(hint)})


def _container(origin: Any, parameters: tuple[Any, ...], of: Any) -> Any:
    if issubclass(origin, Callable):  # type: ignore[arg-type]
        return (lambda value: value) if parameters[0] else (lambda: 0.0)
    items = [sample(one, of) for one in parameters if one is not Ellipsis]
    return {tuple: tuple, frozenset: frozenset}.get(origin, list)(items)


def parts_of(store: Store) -> Iterator[object]:
    yield store
    for one in dataclasses.fields(store):
        if one.name != "redis":
            yield getattr(store, one.name)


def calls_of(part: object) -> Iterable[tuple[str, Callable[..., Any], dict[str, Any]]]:
    """Yield each public method that may wait for the store, with arguments for it."""
    schema = getattr(part, "_schema", None)
    for name, method in inspect.getmembers(part, inspect.ismethod):
        if name.startswith("_") or f"{type(part).__name__}.{name}" in LEFT_OUT:
            continue
        waits = inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)
        if not waits and not hasattr(method, "__wrapped__"):
            continue
        hints = typing.get_type_hints(method)
        of = getattr(schema, "type", None)
        given = inspect.signature(method).parameters.values()
        named = [one.name for one in given if one.kind is not one.VAR_POSITIONAL]
        yield name, method, {one: sample(hints[one], of) for one in named}


async def finish(result: Any) -> None:
    """Wait for a coroutine, for an iterator's first item, or for entering a context."""
    if isinstance(result, contextlib.AbstractAsyncContextManager):
        async with result:
            pass
    elif inspect.isasyncgen(result):
        await anext(result)
    else:
        await result


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = open_store(NOBODY_LISTENS, KeyRing.parse(KEYS))
    yield opened
    await opened.aclose()


async def test_every_public_method_translates_the_clients_errors(store: Store) -> None:
    called = set()
    for part in parts_of(store):
        for name, method, arguments in calls_of(part):
            called.add(f"{type(part).__name__}.{name}")
            with pytest.raises(StoreUnreachable) as refused:
                await finish(method(**arguments))
            assert "127.0.0.1" not in str(refused.value), (part, name)
    assert {"Operations.change", "Audit.newest", "SignIns.locked", "Replication.read"} <= called
    assert len(called) >= 85


async def test_an_address_for_the_jobs_of_a_cluster_that_is_down(store: Store) -> None:
    assert await job_url(NOBODY_LISTENS, store.redis) == f"{NOBODY_LISTENS}?socket_timeout=10"
    cluster = open_store("redis+cluster://127.0.0.1:1", KeyRing.parse(KEYS))
    with pytest.raises(StoreUnreachable):
        await job_url("redis+cluster://127.0.0.1:1", cluster.redis)
    await cluster.aclose()
