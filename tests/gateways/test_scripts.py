"""The Lua scripts: each has a head that names its arguments, compiles, and is used."""

import re
from pathlib import Path

import pytest
import redis

from bot.gateways.store import scripts
from bot.gateways.store.scripts import load_script
from tests.world.valkey import Valkey

STORE = Path(__file__).parents[2] / "bot" / "gateways" / "store"
FILES = {path.stem: path.read_text("utf-8") for path in sorted(STORE.glob("scripts/*.lua"))}
INCLUDED = set(re.findall(r'^--- @include "(\w+)"$', "\n".join(FILES.values()), re.MULTILINE))
SCRIPTS = sorted(set(FILES) - INCLUDED)
LOADED = set(
    re.findall(
        r'load_script\("(\w+)"\)', "\n".join(p.read_text("utf-8") for p in STORE.glob("*.py"))
    )
)


def head_of(text: str) -> str:
    return re.match(r"(?:--.*\n)+", text)[0]  # type: ignore[index]


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_head_names_every_key_and_argument(name: str) -> None:
    head, body = head_of(FILES[name]), FILES[name].removeprefix(head_of(FILES[name]))
    named_keys = set(re.findall(r"^-- KEYS\[(\d+)\] \S", head, re.MULTILINE))
    arguments = " ".join(re.findall(r"^-- ARGV.*$", head, re.MULTILINE))
    named_arguments = set(re.findall(r"\[(\d+)\] \S", arguments))
    assert set(re.findall(r"KEYS\[(\d+)\]", body)) <= named_keys
    assert set(re.findall(r"ARGV\[(\d+)\]", body)) <= named_arguments
    for named in (named_keys, named_arguments):
        assert named == {str(number) for number in range(1, len(named) + 1)}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_compiles_with_its_includes(name: str, valkey: Valkey) -> None:
    text = load_script(name)
    assert "@include" not in text
    with redis.Redis.from_url(valkey.url) as client:
        assert client.script_load(text)


def test_every_file_is_loaded_or_included_and_no_other_is() -> None:
    assert set(SCRIPTS) == LOADED
    assert set(FILES) >= INCLUDED


def test_the_files_are_beside_the_package_that_loads_them() -> None:
    assert scripts.__file__ == str(STORE / "scripts" / "__init__.py")
