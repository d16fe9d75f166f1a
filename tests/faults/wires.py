"""Stretches of wire that a test can cut: one to the store, one with TLS in front of a stand-in."""

import asyncio
import contextlib
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_CHUNK = 65_536


class Pass(Enum):
    """What becomes of a message: it goes on, it is cut off, or its answer is looked at."""

    ON = "on"
    CUT = "cut"
    WATCHED = "watched"


@dataclass
class StoreWire:
    """A unix socket in front of the store.

    ``asked`` sees each message before it goes on; ``answered`` sees the answer of one that was
    to be watched, and says whether it still goes to the bot.
    """

    server: str
    path: str
    asked: Callable[[bytes], Awaitable[Pass]] | None = None
    answered: Callable[[], Awaitable[bool]] | None = None
    _watched: set[int] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with await asyncio.start_unix_server(self._connected, self.path):
            yield

    async def _connected(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        try:
            far, there = await asyncio.open_unix_connection(self.server)
        except OSError:  # the store is down: so is the wire
            out.close()
            return
        back = asyncio.create_task(self._back(far, out, id(near)))
        with contextlib.suppress(OSError):
            while said := await near.read(_CHUNK):
                passes = Pass.ON if self.asked is None else await self.asked(said)
                if passes is Pass.CUT:
                    break
                if passes is Pass.WATCHED:
                    self._watched.add(id(near))
                there.write(said)
                await there.drain()
        there.close()
        out.close()
        await back

    async def _back(self, far: asyncio.StreamReader, out: asyncio.StreamWriter, me: int) -> None:
        with contextlib.suppress(OSError):
            while said := await far.read(_CHUNK):
                if me in self._watched and self.answered is not None:
                    self._watched.discard(me)
                    if not await self.answered():
                        break
                out.write(said)
                await out.drain()
        out.close()


class TlsFront:
    """HTTPS in front of a stand-in. While ``untrusted``, it shows a certificate of a stranger."""

    def __init__(self, host: str, target: int, folder: Path) -> None:
        self.host = host
        self.untrusted = False
        self._target = target
        self._stranger = context(_pair(host, trusted=False), folder / f"{host}.stranger.pem")
        self._own = context(_pair(host, trusted=True), folder / f"{host}.own.pem")
        self._own.sni_callback = self._named
        self._open: set[asyncio.StreamWriter] = set()
        self.handshakes = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._own)
        self.port = int(server.sockets[0].getsockname()[1])
        async with server:
            yield
            self.cut()

    def cut(self) -> None:
        """End the kept connections, so that the next request begins with a handshake."""
        for writer in self._open:
            writer.transport.abort()

    def _named(self, connection: ssl.SSLObject, _name: str, _own: ssl.SSLContext) -> None:
        if self.untrusted:
            self.handshakes += 1
            connection.context = self._stranger

    async def _connected(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        self._open.add(out)
        try:
            far, there = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            self._open.discard(out)
            out.transport.abort()
            return
        await asyncio.gather(_pump(near, there), _pump(far, out))
        self._open.discard(out)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while said := await source.read(_CHUNK):
            sink.write(said)
            await sink.drain()
    with contextlib.suppress(OSError):
        sink.close()


@dataclass(frozen=True, slots=True)
class Pair:
    certificate: bytes
    key: bytes


@cache
def _pair(host: str, *, trusted: bool) -> Pair:
    """A certificate that signs itself; who trusts it is said by ``SSL_CERT_FILE``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{host} {trusted}")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(certificate.public_bytes(Encoding.PEM), secret)


def trusted(*hosts: str) -> bytes:
    """The file of certificates that the bot is to trust."""
    return b"".join(_pair(host, trusted=True).certificate for host in hosts)


def context(pair: Pair, path: Path) -> ssl.SSLContext:
    path.write_bytes(pair.certificate + pair.key)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(path)
    return made
