"""People of a workspace: what Slack said of them a moment ago, and whose account is whose."""

import hashlib

from redis.asyncio import Redis

from bot.core.names import ChannelId, PersonId, Workspace
from bot.core.people import Person
from bot.gateways.store.sealed import SealedCodec, in_text, key_of

PURPOSE = "person"
MEMBERS = "members"
FRESH_SECONDS = 60
HOME_SECONDS = 900
LINK_SECONDS = 400 * 86_400

# Links an account to a person unless somebody else has it; the same person may link it again.
_LINK = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return ARGV[1]
"""
_UNLINK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class People:
    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._records = codec
        self._link = redis.register_script(_LINK)
        self._unlink = redis.register_script(_UNLINK)

    async def load(self, workspace: Workspace, person: PersonId) -> Person | None:
        key = key_of(workspace, "person", person)
        sealed = await self._redis.get(key)
        return self._records.open(Person, sealed, key=key, purpose=PURPOSE) if sealed else None

    async def save(self, workspace: Workspace, person: Person) -> None:
        key = key_of(workspace, "person", person.id)
        sealed = self._records.seal(person, key=key, purpose=PURPOSE)
        await self._redis.set(key, sealed, ex=FRESH_SECONDS)

    async def members(self, workspace: Workspace, group: str) -> frozenset[PersonId] | None:
        """Return who is in a user group or channel, as Slack said a moment ago."""
        key = key_of(workspace, "members", group)
        sealed = await self._redis.get(key)
        kind = frozenset[PersonId]
        return self._records.open(kind, sealed, key=key, purpose=MEMBERS) if sealed else None

    async def save_members(
        self, workspace: Workspace, group: str, members: frozenset[PersonId]
    ) -> None:
        key = key_of(workspace, "members", group)
        sealed = self._records.seal(members, key=key, purpose=MEMBERS, kind=frozenset[PersonId])
        await self._redis.set(key, sealed, ex=FRESH_SECONDS)

    async def open_home(
        self, workspace: Workspace, person: PersonId, channel: ChannelId, page: int
    ) -> None:
        """Remember which page of their Home they look at, and where the bot talks to them alone."""
        key = key_of(workspace, "home", person)
        await self._redis.set(key, f"{channel} {page}", ex=HOME_SECONDS)

    async def home_of(self, workspace: Workspace, person: PersonId) -> tuple[ChannelId, int] | None:
        """Return that channel and page, if they looked at their Home a moment ago."""
        kept = await self._redis.get(key_of(workspace, "home", person))
        channel, _, page = in_text(kept).partition(" ") if kept else ("", "", "")
        return (ChannelId(channel), int(page)) if channel and page.isdecimal() else None

    async def link(
        self, workspace: Workspace, person: PersonId, issuer: str, subject: str
    ) -> PersonId:
        """Link the iTwin account to the person; return who holds it, which may be another."""
        key = self._subject_key(workspace, issuer, subject)
        return PersonId((await self._link(keys=[key], args=[person, LINK_SECONDS])).decode())

    async def unlink(
        self, workspace: Workspace, person: PersonId, issuer: str, subject: str
    ) -> None:
        await self._unlink(keys=[self._subject_key(workspace, issuer, subject)], args=[person])

    def _subject_key(self, workspace: Workspace, issuer: str, subject: str) -> str:
        account = hashlib.sha256(f"{issuer}\0{subject}".encode()).hexdigest()
        return key_of(workspace, "subject", account)
