"""MSAL's token cache for one person, kept to one account, one access and one refresh token."""

import json
from collections.abc import Callable
from typing import Any, Final

import msal

# Hard-coded in msal.application 1.39.0: a token with less to live counts as expired.
_MARGIN: Final = 300
# Neither is needed for a refresh; the ID token would keep personal data for no use.
_NOT_KEPT: Final = ("IdToken", "AppMetadata")


class UserCache(msal.SerializableTokenCache):  # type: ignore[misc]
    """Files every token under its owner and under the scopes we asked for.

    Left alone, MSAL files the access token of an answer without ID token under no account, and
    that of an answer with another ``scope`` under those scopes; either way it is never found
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
        """Take a token answer into the cache, as MSAL's own ``add`` does."""
        response = dict(event["response"])
        if "id_token" not in response:
            response["id_token_claims"] = {"sub": self._owner}
        mended = {**event, "response": response, "scope": self._scopes}
        super().add(mended, now=self._clock())

    def access_token(self) -> str | None:
        """Return the owner's access token if it lives more than five minutes by our clock."""
        now = self._clock()
        for entry in self._entries(self.CredentialType.ACCESS_TOKEN):
            if int(entry["expires_on"]) - now > _MARGIN:
                return str(entry["secret"])
        return None

    def refresh_token(self) -> str | None:
        """Return the refresh token, whoever it is filed under."""
        entries = list(self.search(self.CredentialType.REFRESH_TOKEN))
        return str(entries[0]["secret"]) if entries else None

    def compact(self) -> str:
        """Return the JSON to store."""
        sections = json.loads(self.serialize())
        kept = {name: value for name, value in sections.items() if name not in _NOT_KEPT}
        return json.dumps(kept, separators=(",", ":"))

    def _entries(self, kind: str) -> list[dict[str, Any]]:
        query = {"client_id": self._client_id, "home_account_id": self._owner}
        return list(self.search(kind, target=self._scopes, query=query, now=self._clock()))
