"""The manifest asks for what the code uses: no scope more, none less."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.language.commands import COMMAND

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "manifest.yml").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
MANIFEST: dict[str, Any] = yaml.safe_load(TEXT)
EVENTS_URL = "https://edfs-bot.example.com/slack/events"

# What Slack wants of a bot token for each method that the bot may call.
SCOPES: dict[str, set[str]] = {
    "apps_connections_open": set(),  # asks for an app-level token
    "auth_test": set(),
    "chat_delete": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_members": {"channels:read", "groups:read"},
    "conversations_open": {"im:write"},
    "usergroups_users_list": {"usergroups:read"},
    "users_info": {"users:read"},
    "views_open": set(),
    "views_publish": set(),
    "views_push": set(),
    "views_update": set(),
}
# What Slack sends, and wants a scope for, where Bolt listens for an event.
EVENTS: dict[str, dict[str, str]] = {
    "app_home_opened": {"app_home_opened": ""},
    "app_mention": {"app_mention": "app_mentions:read"},
    "message": {
        "message.channels": "channels:history",
        "message.groups": "groups:history",
        "message.im": "im:history",
    },
}
METHODS = {name for name in dir(AsyncWebClient) if "_" in name.strip("_")} - {"api_call"}


def called(source: str) -> Iterator[str]:
    """Methods of Slack's Web API that a module calls on something named `…client` or `slack`."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute) or node.attr not in METHODS:
            continue
        owner = node.value
        name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        if name.endswith(("client", "slack", "web")):
            yield node.attr


def used_methods() -> set[str]:
    sandbox = ROOT / "bot" / "sandbox"
    files = [path for path in (ROOT / "bot").rglob("*.py") if sandbox not in path.parents]
    return {method for path in files for method in called(path.read_text(encoding="utf-8"))}


def listened(kind: str) -> set[str]:
    """What Bolt's app is told to listen for: ``app.<kind>("…")``, in all of the listeners."""
    tree = ast.parse(
        (ROOT / "bot" / "slack" / "inbound" / "listeners.py").read_text(encoding="utf-8")
    )
    return {
        node.args[0].value if isinstance(node.args[0], ast.Constant) else ast.unparse(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr, getattr(node.func.value, "id", "")) == (kind, "app")
    }


def test_calls_are_found_wherever_the_client_lives() -> None:
    source = "client.chat_update(a=1); self.web_client.views_open; other.users_info()"
    assert set(called(source)) == {"chat_update", "views_open"}


def test_every_method_in_use_has_its_scopes_listed() -> None:
    assert used_methods() - SCOPES.keys() == set()


def test_the_scopes_are_exactly_those_in_use() -> None:
    needed = {"commands"}.union(*(SCOPES[method] for method in used_methods()))
    needed.update(*(filter(None, EVENTS[event].values()) for event in listened("event")))
    scopes = MANIFEST["oauth_config"]["scopes"]
    assert set(scopes) == {"bot"}
    assert scopes["bot"] == sorted(needed)


def test_the_commands_are_those_of_the_code() -> None:
    commands = MANIFEST["features"]["slash_commands"]
    assert [command["command"] for command in commands] == [COMMAND] == ["/edfs"]
    assert commands[0]["should_escape"] is False
    assert commands[0]["url"] == EVENTS_URL


def test_clicks_and_windows_come_to_the_same_address() -> None:
    assert listened("action")
    assert listened("view")
    assert listened("options")
    interactivity = MANIFEST["settings"]["interactivity"]
    assert interactivity == {
        "is_enabled": True,
        "request_url": EVENTS_URL,
        "message_menu_options_url": EVENTS_URL,
    }
    assert {word for word in TEXT.split() if "://" in word} == {EVENTS_URL}


def test_the_events_are_those_that_are_listened_for() -> None:
    assert listened("event") == EVENTS.keys()
    wanted = {name for event in listened("event") for name in EVENTS[event]}
    subscribed = MANIFEST["settings"]["event_subscriptions"]
    assert subscribed == {"request_url": EVENTS_URL, "bot_events": sorted(wanted)}


def test_nothing_else_of_slacks_is_listened_for() -> None:
    """Each of these would need a line of its own in the manifest."""
    for kind in ("message", "global_shortcut", "message_shortcut"):
        assert listened(kind) == set(), kind


def test_each_scope_and_event_says_why_it_is_there() -> None:
    scopes = MANIFEST["oauth_config"]["scopes"]["bot"]
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    for name in (*scopes, *events):
        assert f"- {name} # " in TEXT, name
    assert all(f"`{scope}`" in README for scope in scopes)


def test_socket_mode_is_off_and_says_how_to_turn_it_on() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"] is False
    comment = TEXT.partition("  socket_mode_enabled")[0].rpartition("org_deploy_enabled")[2]
    assert "SLACK_APP_TOKEN" in comment
    assert "connections:write" in comment


def test_both_tabs_are_in_use() -> None:
    assert MANIFEST["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }


def test_the_shortcuts_are_those_that_are_answered() -> None:
    assert listened("shortcut")
    shortcuts = MANIFEST["features"]["shortcuts"]
    assert {(one["type"], one["callback_id"]) for one in shortcuts} == {
        ("global", "edfs.choose"),
        ("message", "edfs.choose_about"),
    }
    assert all(len(one["name"]) <= 24 and len(one["description"]) <= 150 for one in shortcuts)


@pytest.mark.parametrize(
    ("path", "shortest", "longest"),
    [
        (("display_information", "name"), 1, 35),
        (("display_information", "description"), 1, 140),
        (("display_information", "long_description"), 175, 4000),
        (("features", "bot_user", "display_name"), 1, 80),
        (("features", "slash_commands", 0, "usage_hint"), 1, 1000),
    ],
)
def test_texts_keep_slacks_limits(path: tuple[str | int, ...], shortest: int, longest: int) -> None:
    value: Any = MANIFEST
    for step in path:
        value = value[step]
    assert shortest <= len(value) <= longest
