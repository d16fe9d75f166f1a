"""The three calls of MSAL: the address to sign in at, the redemption of a code, the refresh.

Each makes a new application object: MSAL repeats a 400 response for a minute and a 429 or 5xx for
seconds, to every caller of the same object (``msal.throttled_http_client``).
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
    """A successful response of the token endpoint; ``cache`` is the person's new token cache.

    ``scope`` is None when the response has none (RFC 6749 section 5.1: as requested). ``claims``
    are those of the ID token, not verified; ``id_token`` is set at sign-in only.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    id_token: str | None = field(repr=False)
    scope: str | None
    claims: dict[str, Any] | None = field(repr=False)
    cache: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Denied:
    """An error response of the token endpoint; ``code`` is that of RFC 6749 section 5.2."""

    code: str


class Exchange:
    """Calls MSAL. ``begin`` does no I/O; ``redeem`` and ``refresh`` block and need a thread.

    Both raise IdentityProviderError when there is no OAuth response.
    """

    def __init__(
        self, settings: ImsSettings, transport: Transport, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock

    def cache(self, owner: str, stored: str = "") -> UserCache:
        cache = UserCache(
            self._settings.client_id, self._settings.api_scopes, self._clock, owner=owner
        )
        cache.deserialize(stored)
        return cache

    def begin(self, document: Document, redirect_uri: str) -> Flow:
        http = ImsHttp(self._settings, self._transport, document)
        flow = self._application(http, self.cache("")).initiate_auth_code_flow(
            list(self._settings.api_scopes),
            redirect_uri=redirect_uri,
            prompt=self._settings.prompt,
            response_mode="form_post",  # MSAL warns about any other; see _without_msal_parameters
        )
        return Flow(
            state=flow["state"],
            auth_uri=_without_msal_parameters(flow["auth_uri"]),
            body=json.dumps(flow),
        )

    def redeem(
        self, document: Document, flow: dict[str, Any], query: Mapping[str, str]
    ) -> Granted | Denied:
        """Redeem the code, into an empty cache: MSAL fills it before it checks the nonce."""
        http = ImsHttp(self._settings, self._transport, document)
        cache = self.cache("")
        try:
            result = self._application(http, cache).acquire_token_by_auth_code_flow(
                flow, dict(query)
            )
        except RuntimeError:  # the nonce is wrong, so the ID token is not valid
            result = {"access_token": ""}
        return _outcome(result, http, cache)

    def refresh(self, document: Document, owner: str, stored: str) -> Granted | Denied:
        """Refresh the tokens of a cache; one without a refresh token is an ``invalid_grant``."""
        http = ImsHttp(self._settings, self._transport, document)
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


def _without_msal_parameters(auth_uri: str) -> str:
    """Return the address without MSAL's own parameters, and with its scopes sorted.

    Without ``response_mode`` the response comes in the query (OAuth 2.0 Multiple Response Types,
    section 2.1): a cookie with ``SameSite=Lax`` is sent with it, but not with a posted form.
    """
    parts = urlsplit(auth_uri)
    query = dict(parse_qsl(parts.query))
    query["scope"] = " ".join(sorted(query["scope"].split()))
    kept = {name: v for name, v in query.items() if name not in {"client_info", "response_mode"}}
    return urlunsplit(parts._replace(query=urlencode(kept)))
