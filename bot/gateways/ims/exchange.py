"""The three conversations that MSAL leads: the address to sign in at, the code, the refresh.

Every one has a short-lived application object of its own: MSAL replays a 400 for a minute and a
429 or 5xx for seconds, per object and for whoever asks (``msal.throttled_http_client``).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msal

from bot.gateways.ims.adapter import ImsHttp
from bot.gateways.ims.cache import UserCache
from bot.gateways.ims.discovery import Document
from bot.gateways.ims.transport import Transport
from bot.gateways.ims.values import Flow, ImsSettings


@dataclass(frozen=True, slots=True)
class Granted:
    """What the token endpoint gave; ``cache`` is the person's token cache from now on.

    ``scope`` is None when the answer named none (RFC 6749 section 5.1: as asked for). ``claims``
    are those of the ID token, not verified; ``id_token`` is kept at sign-in only.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    id_token: str | None = field(repr=False)
    scope: str | None
    claims: dict[str, Any] | None = field(repr=False)
    cache: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Denied:
    """The provider said no; ``code`` is the error of RFC 6749 section 5.2."""

    code: str


class Exchange:
    """``begin`` does no I/O; ``redeem`` and ``refresh`` block, and belong in a thread.

    Both raise IdentityProviderTrouble when there is no answer of OAuth.
    """

    def __init__(self, settings: ImsSettings, wire: Transport, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._wire = wire
        self._clock = clock

    def cache(self, owner: str, stored: str = "") -> UserCache:
        cache = UserCache(
            self._settings.client_id, self._settings.api_scopes, self._clock, owner=owner
        )
        cache.deserialize(stored)
        return cache

    def begin(self, document: Document, redirect_uri: str) -> Flow:
        http = ImsHttp(self._settings, self._wire, document)
        flow = self._application(http, self.cache("")).initiate_auth_code_flow(
            list(self._settings.api_scopes),
            redirect_uri=redirect_uri,
            prompt=self._settings.prompt,
            response_mode="form_post",  # MSAL warns about any other; see _plain
        )
        return Flow(state=flow["state"], auth_uri=_plain(flow["auth_uri"]), body=json.dumps(flow))

    def redeem(
        self, document: Document, flow: dict[str, Any], query: Mapping[str, str]
    ) -> Granted | Denied:
        """Redeem the code, into an empty cache: MSAL fills it before it looks at the nonce."""
        http = ImsHttp(self._settings, self._wire, document)
        cache = self.cache("")
        try:
            result = self._application(http, cache).acquire_token_by_auth_code_flow(
                flow, dict(query)
            )
        except RuntimeError:  # the nonce is wrong: this ID token is none
            result = {"access_token": ""}
        return _outcome(result, http, cache)

    def refresh(self, document: Document, owner: str, stored: str) -> Granted | Denied:
        """Refresh whatever the cache holds; no refresh token in it counts as ``invalid_grant``."""
        http = ImsHttp(self._settings, self._wire, document)
        cache = self.cache(owner, stored)
        application = self._application(http, cache)
        accounts = application.get_accounts()
        result = application.acquire_token_silent_with_error(
            list(self._settings.api_scopes),
            accounts[0] if accounts else None,
            force_refresh=True,
        )
        return _outcome(result or {"error": "invalid_grant"}, http, cache)

    def _application(self, http: ImsHttp, cache: UserCache) -> msal.ConfidentialClientApplication:
        return msal.ConfidentialClientApplication(
            self._settings.client_id,
            client_credential=self._settings.client_secret,
            oidc_authority=http.authority,
            http_client=http,
            token_cache=cache,
            exclude_scopes=["profile"],
            azure_region=False,  # else MSAL_FORCE_REGION makes it call 169.254.169.254
        )


def _outcome(result: dict[str, Any], http: ImsHttp, cache: UserCache) -> Granted | Denied:
    if "error" in result:
        return Denied(str(result["error"]))
    return Granted(
        access_token=result["access_token"],
        refresh_token=cache.refresh_token(),
        id_token=result.get("id_token"),
        scope=result.get("scope"),
        claims=http.claims,
        cache=cache.compact(),
    )


def _plain(auth_uri: str) -> str:
    """Take MSAL's own parameters out of the address, and give the scopes a settled order.

    Without ``response_mode`` the answer comes in the query (OAuth 2.0 Multiple Response Types,
    section 2.1), which a cookie with ``SameSite=Lax`` survives and a posted form does not.
    """
    parts = urlsplit(auth_uri)
    query = dict(parse_qsl(parts.query))
    query["scope"] = " ".join(sorted(query["scope"].split()))
    kept = {name: v for name, v in query.items() if name not in {"client_info", "response_mode"}}
    return urlunsplit(parts._replace(query=urlencode(kept)))
