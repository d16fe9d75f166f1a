"""Authenticated encryption of stored records, so that Redis alone cannot read, alter or move one.

Envelope of one record (all lengths in bytes)::

    b"v1" | key id (4) | nonce (12) | AES-256-GCM ciphertext and tag (n + 16)

The additional data are the record's full Redis key and its purpose, each prefixed by its length,
so a record that is copied to another key or read for another purpose does not open. Every record
has its own key, HKDF-SHA256 of the master key over the same additional data: the number of random
nonces under one key stays far below the 2**32 that NIST SP 800-38D section 8.3 allows.
Sealing does not prove age: whoever can write to Redis can restore an older copy of a record.
"""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.core.errors import SealBroken

_VERSION: Final = b"v1"
_KEY_ID_SIZE: Final = 4
_NONCE_SIZE: Final = 12
_TAG_SIZE: Final = 16
_NONCE_AT: Final = len(_VERSION) + _KEY_ID_SIZE
_BODY_AT: Final = _NONCE_AT + _NONCE_SIZE
_MASTER_SIZE: Final = 32
# For fullmatch. 32 bytes are 43 characters of base64, with or without the padding.
_ENTRY: Final = re.compile(r"([0-9a-f]{8}):([A-Za-z0-9_-]{43})=?", re.ASCII)


class KeyRing:
    """Master keys by id, newest first: the newest one seals, all of them open."""

    __slots__ = ("_masters", "_newest")

    def __init__(self, masters: dict[bytes, bytes]) -> None:
        """Take ``{key id (4 bytes): master key (32 bytes)}`` in order of age, newest first."""
        if not masters:
            raise ValueError("a key ring needs at least one key")
        self._masters = masters
        self._newest = next(iter(masters))

    def __repr__(self) -> str:
        """Return the key ids, and never a key."""
        return f"KeyRing({', '.join(key_id.hex() for key_id in self._masters)})"

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Parse ``kid:key[,kid:key…]``: 8 hexadecimal digits, then 32 bytes as base64url.

        Commas, blanks and line breaks separate entries. Raises ``ValueError`` without the value.
        """
        compact = re.sub(r"\s*:\s*", ":", text.strip())
        masters: dict[bytes, bytes] = {}
        for number, entry in enumerate(filter(None, re.split(r"[,\s]+", compact)), start=1):
            match = _ENTRY.fullmatch(entry)
            if match is None:
                raise ValueError(
                    f"key {number} is not 8 hexadecimal digits, a colon and 32 bytes in base64url"
                )
            key_id = bytes.fromhex(match[1])
            if key_id in masters:
                raise ValueError(f"key {number} has the same id as an earlier one")
            masters[key_id] = urlsafe_b64decode(match[2] + "=")
        return cls(masters)

    @staticmethod
    def new_key() -> str:
        """Return a new random key in the form that :meth:`parse` reads."""
        key = urlsafe_b64encode(secrets.token_bytes(_MASTER_SIZE)).decode().rstrip("=")
        return f"{secrets.token_hex(_KEY_ID_SIZE)}:{key}"

    def seal(self, plaintext: bytes, *, key: str, purpose: str) -> bytes:
        """Return the sealed record for the full Redis key ``key``; it is 34 bytes longer."""
        context = _context(key, purpose)
        nonce = secrets.token_bytes(_NONCE_SIZE)
        cipher = _cipher(self._masters[self._newest], context)
        return _VERSION + self._newest + nonce + cipher.encrypt(nonce, plaintext, context)

    def open(self, sealed: bytes, *, key: str, purpose: str) -> bytes:
        """Return the plaintext that :meth:`seal` sealed for the same key and purpose.

        Raises SealBroken for anything else.
        """
        master = self._masters.get(sealed[len(_VERSION) : _NONCE_AT])
        whole = len(sealed) >= _BODY_AT + _TAG_SIZE and sealed.startswith(_VERSION)
        if master is None or not whole:
            raise SealBroken("a record has no readable envelope, or its key is not in the ring")
        context = _context(key, purpose)
        try:
            return _cipher(master, context).decrypt(
                sealed[_NONCE_AT:_BODY_AT], sealed[_BODY_AT:], context
            )
        except InvalidTag:
            raise SealBroken("a record was altered, or was sealed for another place") from None

    def current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed the record; if not, it should be sealed again."""
        return sealed.startswith(_VERSION + self._newest)


def _context(key: str, purpose: str) -> bytes:
    """Return both texts, each behind its length, so that no two pairs give the same bytes."""
    parts = (key.encode(), purpose.encode())
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _cipher(master: bytes, context: bytes) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=_MASTER_SIZE, salt=None, info=context)
    return AESGCM(derived.derive(master))
