"""The methods api, auth, users, usergroups and conversations."""

from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.sandbox.people import (
    APP_ID,
    BOT,
    BOT_ID,
    BOT_USER_ID,
    TEAM_ID,
    TEAM_NAME,
    Person,
)
from bot.sandbox.slack.arguments import require
from bot.sandbox.slack.chat import readable
from bot.sandbox.slack.errors import WebApiError
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.workspace import Channel

Arguments = Mapping[str, Any]
Body = dict[str, Any]
_LARGEST_PAGE = 1_000


def auth_test(_: SlackState, __: Arguments) -> Body:
    return {
        "url": f"https://{TEAM_NAME}.slack.com/",
        "team": TEAM_NAME,
        "user": BOT.name,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": False,
    }


def api_test(_: SlackState, arguments: Arguments) -> Body:
    """Echoes its arguments, or fails with `error` (/reference/methods/api.test)."""
    if "error" in arguments:
        raise WebApiError(str(arguments["error"]))
    return {"args": {name: value for name, value in arguments.items() if name != "token"}}


def users_info(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "user")
    person = state.workspace.people.with_id(str(arguments["user"]))
    if person is None:
        raise WebApiError("user_not_found")
    return {"user": _user(person, state.clock.now())}


def users_conversations(state: SlackState, arguments: Arguments) -> Body:
    """The channels that `user` (by default the bot) shares with the bot."""
    member = str(arguments.get("user") or BOT_USER_ID)
    kinds = str(arguments.get("types", "public_channel")).split(",")
    mine = [
        _channel(channel)
        for channel in state.workspace.channels.values()
        if member in channel.members and BOT_USER_ID in channel.members and _kind(channel) in kinds
    ]
    return {"channels": mine, "response_metadata": {"next_cursor": ""}}


def group_members(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "usergroup")
    try:
        return {"users": list(state.groups[str(arguments["usergroup"])])}
    except KeyError:
        raise WebApiError("no_such_subteam") from None


def conversations_open(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "users")
    person = state.workspace.people.with_id(str(arguments["users"]))
    if person is None:
        raise WebApiError("user_not_found")
    if person.deleted:
        raise WebApiError("user_disabled")
    if person.is_bot:
        raise WebApiError("cannot_dm_bot")
    if person.team_id != TEAM_ID:
        raise WebApiError("user_not_visible")
    return {"channel": {"id": state.workspace.direct(person).id}}


def conversations_info(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "channel")
    return {"channel": _channel(readable(state, arguments["channel"]))}


def conversations_members(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "channel")
    members = sorted(readable(state, arguments["channel"]).members)
    page, cursor = _page(members, arguments, state.page_size)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def conversations_join(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "channel")
    channel = readable(state, arguments["channel"])
    if channel.is_im or channel.is_private:
        raise WebApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise WebApiError("is_archived")
    return {"channel": _channel(state.workspace.join(channel.id, BOT_USER_ID))}


def _page(ids: list[str], arguments: Arguments, most: int) -> tuple[list[str], str]:
    """One page and the cursor of the next, "" at the end (/apis/web-api/pagination).

    Slack may give fewer than `limit`, by default 100: here never more than `most`.
    """
    limit = str(arguments.get("limit") or 100)
    if not limit.isdecimal() or not 1 <= int(limit) <= _LARGEST_PAGE:
        raise WebApiError("invalid_limit")
    start = _page_start(ids, str(arguments.get("cursor") or ""))
    end = start + min(int(limit), most)
    return ids[start:end], _cursor(ids[end]) if end < len(ids) else ""


def _cursor(next_id: str) -> str:
    return b64encode(f"user:{next_id}".encode()).decode()


def _page_start(ids: list[str], cursor: str) -> int:
    """The index of the cursor's id, or of the next one where that id is gone."""
    if not cursor:
        return 0
    try:
        kind, _, first = b64decode(cursor, validate=True).decode().partition(":")
    except ValueError:
        kind, first = "", ""
    if kind != "user":
        raise WebApiError("invalid_cursor")
    return bisect_left(ids, first)


def _user(person: Person, now: float) -> Body:
    offset = person.utc_offset
    if offset is None:
        zone = ZoneInfo(person.time_zone)
        ahead = datetime.fromtimestamp(now, UTC).astimezone(zone).utcoffset()
        offset = int(ahead.total_seconds()) if ahead is not None else 0
    outsider = person.team_id != TEAM_ID
    return {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "real_name": person.real_name,
        "tz": person.time_zone,
        "tz_label": person.time_zone,
        "tz_offset": offset,
        "profile": {
            "display_name": person.name,
            "real_name": person.real_name,
            "team": person.team_id,
            # Slack hides the e-mail addresses of other workspaces.
            **({} if outsider else {"email": person.email}),
        },
        "is_bot": person.is_bot,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_stranger": person.is_stranger,
        "is_app_user": False,
        "updated": 1700000000,
    }


def _kind(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def _channel(channel: Channel) -> Body:
    if channel.is_im:
        (other,) = channel.members - {BOT_USER_ID}
        return {"id": channel.id, "is_im": True, "user": other, "is_ext_shared": False}
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": channel.name == "general",
        "is_member": BOT_USER_ID in channel.members,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "context_team_id": TEAM_ID,
        "num_members": len(channel.members),
    }
