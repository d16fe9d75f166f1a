"""The console: commands typed in the terminal, and the lines that it prints."""

import re
import shlex
from collections.abc import Awaitable, Callable

from bot.sandbox.browser.browser import BrowserError
from bot.sandbox.describe import describe, describe_view
from bot.sandbox.faults import KINDS
from bot.sandbox.people import PEOPLE, UnknownNameError
from bot.sandbox.server.fault_switches import clear_faults, list_faults, stand_in_named
from bot.sandbox.slack import Ack, Message
from bot.sandbox.world import World

HELP = (
    'alice #plant-ops /edfs toggle plant-a "SAP work orders"   somebody types in a channel',
    "alice @alice /edfs help           … or to the bot alone",
    "alice signs in                    walks through the newest Sign in button",
    "bob clicks Undo                   the newest button of that label (or action_id)",
    'alice submits Reason="repair"     her open modal; label=value for each input',
    "alice closes                      her open modal",
    "alice reads                       all that she sees",
    "clock 2h                          30s, 5m, 2h, 3d forward",
    "faults edfs toggle lost_answer 2  service, operation, fault, times; or: faults, faults clear",
    "state                             timers of plant-a and plant-b",
    "reset                             the first world again",
    "help, quit",
)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Quit(Exception):
    """Raised by `quit` and `exit`."""


async def run_line(world: World, line: str) -> list[str]:
    """Runs one line and returns the lines to print, also for an error. Raises `Quit`."""
    line = line.strip()
    verb, _, rest = line.partition(" ")
    try:
        if not verb:
            return []
        if verb in _VERBS:
            return await _VERBS[verb](world, rest.strip())
        return await _act(world, verb, rest.strip())
    except (UnknownNameError, BrowserError, ValueError, TypeError) as error:
        return [str(error)]


class Printer:
    """Formats messages and modals that were not printed yet, or that have changed since."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._shown: dict[str, Message] = {}
        self._views: dict[str, str] = {}

    def changes(self) -> list[str]:
        workspace = self._world.slack.state.workspace
        lines = []
        for ts, message in list(workspace.messages.items()):
            if self._shown.get(ts) != message:
                lines += self._message_lines(message)
        self._shown = dict(workspace.messages)
        return lines + self._modal_lines()

    def _message_lines(self, message: Message) -> list[str]:
        channel = self._world.slack.state.workspace.channels[message.channel]
        reader = next((p.name for p in PEOPLE if p.id == message.visible_to), None)
        place = channel.shown_name if reader is None else f"{channel.shown_name} → {reader}"
        first, *others = describe(message)
        return [f"{place} │ {first}", *(f"  {line}" for line in others)]

    def _modal_lines(self) -> list[str]:
        lines = []
        views = self._world.slack.state.modals.all()
        for view in views:
            if self._views.get(view.id) != f"{view.hash}{dict(view.errors)}":
                shown = describe_view(view.body, view.errors)
                lines += [f"{view.person.name}'s screen", *(f"  {line}" for line in shown)]
        self._views = {view.id: f"{view.hash}{dict(view.errors)}" for view in views}
        return lines


async def _act(world: World, person: str, rest: str) -> list[str]:
    """Runs a line that starts with a person: `alice #plant-ops …`, `alice clicks …`."""
    verb, _, more = rest.partition(" ")
    more = more.strip()
    if verb.startswith(("#", "@")):
        return _failure_lines(await world.types(person, verb, more))
    match verb:
        case "clicks" | "click":
            return _failure_lines(await world.clicks(person, more.strip('"“”')))
        case "signs" | "sign-in":
            await world.signs_in(person)
            browser = world.browser(person)
            return [f"{person}'s browser, {browser.url.partition('?')[0]}:", browser.text]
        case "submits":
            return _failure_lines(await world.submits(person, _pairs(more)))
        case "closes":
            await world.closes(person)
            return []
        case "reads":
            return [line for message in world.reads(person) for line in describe(message)]
        case _:
            world.browser(person)  # raises for an unknown person before the verb is judged
            raise UnknownNameError(f"{person} cannot do {verb!r} here; try: help")


def _failure_lines(ack: Ack) -> list[str]:
    if ack.ok:
        return []
    return [f"the bot did not take it: {ack.status or ack.body} after {ack.seconds:.1f} s"]


def _pairs(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in shlex.split(text)]
    if any(not separator for _, separator, _ in pairs):
        raise ValueError('write label=value for each input, such as Reason="repair"')
    return {name: value for name, _, value in pairs}


async def _help(_: World, __: str) -> list[str]:
    return list(HELP)


async def _quit(_: World, __: str) -> list[str]:
    raise Quit


async def _clock(world: World, rest: str) -> list[str]:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd]?)", rest)
    if found is None:
        raise ValueError("say how far: clock 30s, clock 5m, clock 2h or clock 3d")
    seconds = float(found.group(1)) * _UNITS[found.group(2) or "s"]
    world.clock.forward(seconds)
    return [f"the clock went {seconds:g} s forward"]


async def _faults(world: World, rest: str) -> list[str]:
    words = rest.split()
    if words == ["clear"]:
        clear_faults(world)
        return ["no faults"]
    if words:
        if len(words) < 3:
            raise ValueError(f"faults SERVICE OPERATION FAULT [TIMES]; faults: {', '.join(KINDS)}")
        service, operation, kind, *times = words
        stand_in = stand_in_named(world, service)
        named = None if operation == "*" else operation
        stand_in.fail(named, kind, times=int(times[0]) if times else 1)
    active = [
        f"{fault['service']} {fault['operation'] or '*'} {fault['kind']} × {fault['times'] or '∞'}"
        for fault in list_faults(world)
    ]
    return active or ["no faults", *(f"  {kind:<16}{text}" for kind, text in KINDS.items())]


async def _state(world: World, _: str) -> list[str]:
    shown = [t for t in world.state()["timers"] if t["itwin"].startswith("plant-")]
    return [
        f"{t['itwin']}  {t['name']:<22}{'enabled ' if t['enabled'] else 'disabled'}  {t['cronStr']}"
        for t in shown
    ]


async def _reset(world: World, _: str) -> list[str]:
    world.reset()
    for renew in world.on_reset:
        await renew()
    return ["the first world again"]


_VERBS: dict[str, Callable[[World, str], Awaitable[list[str]]]] = {
    "help": _help,
    "quit": _quit,
    "exit": _quit,
    "clock": _clock,
    "faults": _faults,
    "state": _state,
    "reset": _reset,
}
