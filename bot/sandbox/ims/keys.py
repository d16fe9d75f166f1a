"""The key that signs tokens, and its public half as a JSON Web Key Set."""

import functools
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

KEY_ID = "sandbox-1"


@functools.cache
def signing_key() -> rsa.RSAPrivateKey:
    """The key of every IMS in this process: generating one takes longer than most tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def foreign_key() -> rsa.RSAPrivateKey:
    """A key that is in no key set, for tokens that must be rejected."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set() -> dict[str, Any]:
    """The JWKS document (RFC 7517 5)."""
    public = json.loads(RSAAlgorithm.to_jwk(signing_key().public_key()))
    return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}
