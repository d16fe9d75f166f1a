"""MSAL's token cache for one person, limited to one account, one access and one refresh token."""

import json
from collections.abc import Callable
from typing import Any, Final

import msal

# Seconds. Hard-coded in msal.application 1.39.0: a token that expires sooner counts as expired.
MARGIN: Final = 300
# Neither is needed for a refresh, and the ID token holds personal data.
_NOT_STORED: Final = ("IdToken", "AppMetadata")


class UserCache(msal.SerializableTokenCache):  # type: ignore[misc]
    """Stores every token under its owner and the scopes that were requested.

    MSAL's own cache stores the access token of a response without an ID token under no account,
    and that of a response with another ``scope`` under those scopes. Either way it is never found
    again, and each call refreshes.
    """

    def __init__(
        self, client_id: str, scopes: tuple[str, ...], clock: Callable[[], float], owner: str = ""
    ) -> None:
        super().__init__()
        self._client_id = client_id
        self._scopes = list(scopes)
        self._clock = clock
        self._owner = owner

    def add(self, event: dict[str, Any], **_: object) -> None:
        """Store a token response, as MSAL's own ``add`` does."""
        response = dict(event["response"])
        if "id_token" not in response:
            response["id_token_claims"] = {"sub": self._owner}
        corrected = {**event, "response": response, "scope": self._scopes}
        super().add(corrected, now=self._clock())

    def access_token(self, margin: float = MARGIN) -> str | None:
        """Return the owner's access token if it is valid for ``margin`` seconds by our clock."""
        now = self._clock()
        for entry in self._entries(self.CredentialType.ACCESS_TOKEN):
            if int(entry["expires_on"]) - now > margin:
                return str(entry["secret"])
        return None

    def refresh_token(self) -> str | None:
        """Return the refresh token, whichever account it is stored under."""
        entries = list(self.search(self.CredentialType.REFRESH_TOKEN))
        return str(entries[0]["secret"]) if entries else None

    def compact(self) -> str:
        """Return the JSON to store."""
        sections = json.loads(self.serialize())
        stored = {name: value for name, value in sections.items() if name not in _NOT_STORED}
        return json.dumps(stored, separators=(",", ":"))

    def _entries(self, kind: str) -> list[dict[str, Any]]:
        query = {"client_id": self._client_id, "home_account_id": self._owner}
        return list(self.search(kind, target=self._scopes, query=query, now=self._clock()))
