"""Watched wires between a bot and its world: it can be killed or paused at any message on them.

Nothing in the bot knows of it. There are four stretches of wire: ``door`` (Slack's requests to the
bot), ``redis``, ``edfs`` and ``slack`` (the bot's own calls).
"""

import asyncio
import contextlib
import random
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

NAMED = re.compile(rb"(?:delivery|operation|draw):([0-9a-f]{24})")
# A key of ours; what only has to do with "due" is the tick, which is not about one wish.
_KIND = re.compile(rb"edfs:\{\w+\}:(?!due\b)([a-z-]+)")
_REQUEST = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.1\r\n")
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")

Fate = Literal["pass", "kill", "lose", "pause"]


class Mortal(Protocol):
    def kill(self) -> None: ...

    def send(self, number: signal.Signals) -> None: ...


@dataclass
class Trap:
    """Notes what passes about a wish after arming, and kills at a message.

    ``fatal`` is that message in words, ``nth`` which one of them it is; with ``after`` it takes
    effect and its answer never comes. With ``pauses`` it goes on its way, and the process is
    stopped instead of killed, so it reads the answer when it wakes. ``passed`` are the messages so
    far, in words, and ``named`` the ids of what was asked since.
    """

    fatal: str = ""
    nth: int = 1
    after: bool = False
    pauses: bool = False
    process: Mortal | None = None
    armed: bool = False
    sprung: bool = False
    passed: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    _earlier: set[bytes] = field(default_factory=set)

    def arm(
        self, fatal: str = "", nth: int = 1, *, after: bool = False, pauses: bool = False
    ) -> None:
        self.fatal, self.nth, self.after, self.pauses = fatal, nth, after, pauses
        self.sprung, self.armed = False, True
        self._earlier |= {name.encode() for name in self.named}
        self.passed, self.named = [], []

    def disarm(self) -> None:
        self.armed = False

    def judge(self, wire: str, said: bytes) -> Fate:
        words = _in_words(wire, said)
        ids = set(NAMED.findall(said))
        if not self.armed:
            self._earlier |= ids
            return "pass"
        if words is None or (ids and not ids - self._earlier):
            return "pass"
        self.named += [name.decode() for name in ids - self._earlier]
        self.passed.append(words)
        if words != self.fatal or self.passed.count(words) != self.nth:
            return "pass"
        if self.pauses:
            return "pause"
        return "lose" if self.after else "kill"

    def kill(self, victim: Mortal | None) -> None:
        """Kill the process at whose connection it was; nothing where another one lives by now."""
        if victim is self.process and victim is not None:
            self.armed, self.sprung = False, True
            victim.kill()

    def pause(self, victim: Mortal | None) -> None:
        """Stop the process at whose connection it was, until somebody wakes it."""
        if victim is self.process and victim is not None:
            self.armed, self.sprung = False, True
            victim.send(signal.SIGSTOP)


def _in_words(wire: str, said: bytes) -> str | None:
    """Say what it is; None where it is not about a wish."""
    if wire != "redis":
        request = _REQUEST.match(said)
        if request is None:
            return None
        last = request[2].decode().partition("?")[0].rstrip("/").rpartition("/")[2]
        if "/commands/" in request[2].decode():
            last = "response_url"
        return f"{wire} {request[1].decode()} {_GUID.sub('<id>', last)}"
    kinds = dict.fromkeys(kind.decode() for kind in _KIND.findall(said))
    if not kinds and not NAMED.search(said):
        return None
    command = said.split(b"\r\n", 3)[2].decode(errors="replace")
    return f"redis {command} {' '.join(kinds) or 'job'}"


@dataclass
class Wire:
    """One stretch. ``far`` is a port of this machine, the path of a unix socket, or several ports:

    each connection then leads to one of them, as ``choice`` has it; ``led`` counts them.
    """

    name: str
    far: int | str | Sequence[int]
    trap: Trap
    choice: random.Random = field(default_factory=lambda: random.Random(1))
    led: Counter[int] = field(default_factory=Counter)
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def at_port(self) -> AsyncIterator[int]:
        async with await asyncio.start_server(self._accepted, "127.0.0.1") as server:
            yield int(server.sockets[0].getsockname()[1])
        await self._closed()

    @contextlib.asynccontextmanager
    async def at_path(self, path: str) -> AsyncIterator[None]:
        async with await asyncio.start_unix_server(self._accepted, path):
            yield
        await self._closed()

    async def _closed(self) -> None:
        """Every connection has an end in the bot, so they end with it."""
        if self._open:
            await asyncio.wait(self._open)

    def _accepted(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connected(near, out))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _connected(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        try:
            if isinstance(self.far, str):
                far, there = await asyncio.open_unix_connection(self.far)
            else:
                port = self.far if isinstance(self.far, int) else self.choice.choice(self.far)
                self.led[port] += 1
                far, there = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            out.close()
            return
        lost = asyncio.Event()
        victim = self.trap.process
        await asyncio.gather(
            self._forth(near, there, lost, victim), self._back(far, out, lost, victim)
        )

    async def _forth(
        self,
        near: asyncio.StreamReader,
        there: asyncio.StreamWriter,
        lost: asyncio.Event,
        victim: Mortal | None,
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while said := await near.read(65_536):
                fate = self.trap.judge(self.name, said)
                if fate == "kill":
                    self.trap.kill(victim)
                    break
                if fate == "pause":
                    self.trap.pause(victim)
                if fate == "lose":
                    lost.set()
                there.write(said)
                await there.drain()
        there.close()

    async def _back(
        self,
        far: asyncio.StreamReader,
        out: asyncio.StreamWriter,
        lost: asyncio.Event,
        victim: Mortal | None,
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while said := await far.read(65_536):
                if lost.is_set():  # it has been done, and nobody hears so
                    self.trap.kill(victim)
                    break
                out.write(said)
                await out.drain()
        out.close()
