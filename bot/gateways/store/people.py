"""The cache of Slack's people and groups, and the links from iTwin accounts to people."""

import hashlib

from redis.asyncio import Redis

from bot.core.names import ChannelId, PersonId, Workspace
from bot.core.people import Person
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.scripts import load_script
from bot.gateways.store.sealed import SealedCodec, in_text, key_of

PURPOSE = "person"
MEMBERS = "members"
FRESH_SECONDS = 60
HOME_OPEN_SECONDS = 900
ACCOUNT_SECONDS = 400 * 86_400


class People:
    """Every method may raise StoreUnreachable; ``load`` and ``members`` may raise SealBroken."""

    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._codec = codec
        self._link = redis.register_script(load_script("link_account"))
        self._unlink = redis.register_script(load_script("delete_if_equal"))

    async def load(self, workspace: Workspace, person: PersonId) -> Person | None:
        key = key_of(workspace, "person", person)
        async with translate_errors():
            sealed = await self._redis.get(key)
        return self._codec.open(Person, sealed, key=key, purpose=PURPOSE) if sealed else None

    async def save(self, workspace: Workspace, person: Person) -> None:
        key = key_of(workspace, "person", person.id)
        sealed = self._codec.seal(person, key=key, purpose=PURPOSE)
        async with translate_errors():
            await self._redis.set(key, sealed, ex=FRESH_SECONDS)

    async def members(self, workspace: Workspace, group: str) -> frozenset[PersonId] | None:
        """Return who is in a user group or channel; None where Slack is to be asked."""
        key = key_of(workspace, "members", group)
        async with translate_errors():
            sealed = await self._redis.get(key)
        kind = frozenset[PersonId]
        return self._codec.open(kind, sealed, key=key, purpose=MEMBERS) if sealed else None

    async def save_members(
        self, workspace: Workspace, group: str, members: frozenset[PersonId]
    ) -> None:
        key = key_of(workspace, "members", group)
        sealed = self._codec.seal(members, key=key, purpose=MEMBERS, kind=frozenset[PersonId])
        async with translate_errors():
            await self._redis.set(key, sealed, ex=FRESH_SECONDS)

    async def open_home(
        self, workspace: Workspace, person: PersonId, channel: ChannelId, page: int
    ) -> None:
        """Remember which page of the App Home the person opened, and their direct channel."""
        key = key_of(workspace, "home-open", person)
        async with translate_errors():
            await self._redis.set(key, f"{channel} {page}", ex=HOME_OPEN_SECONDS)

    async def home_of(self, workspace: Workspace, person: PersonId) -> tuple[ChannelId, int] | None:
        """Return that channel and page, if they opened their Home within the last minutes."""
        async with translate_errors():
            stored = await self._redis.get(key_of(workspace, "home-open", person))
        channel, _, page = in_text(stored).partition(" ") if stored else ("", "", "")
        return (ChannelId(channel), int(page)) if channel and page.isdecimal() else None

    async def link(
        self, workspace: Workspace, person: PersonId, issuer: str, subject: str
    ) -> PersonId:
        """Link the iTwin account to the person; return who has it, which may be another."""
        key = self._subject_key(workspace, issuer, subject)
        async with translate_errors():
            holder = await self._link(keys=[key], args=[person, ACCOUNT_SECONDS])
        return PersonId(in_text(holder))

    async def unlink(
        self, workspace: Workspace, person: PersonId, issuer: str, subject: str
    ) -> None:
        """Remove the link, if it is this person's."""
        key = self._subject_key(workspace, issuer, subject)
        async with translate_errors():
            await self._unlink(keys=[key], args=[person])

    def _subject_key(self, workspace: Workspace, issuer: str, subject: str) -> str:
        account = hashlib.sha256(f"{issuer}\0{subject}".encode()).hexdigest()
        return key_of(workspace, "subject", account)
