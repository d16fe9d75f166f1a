"""Revokes refresh tokens at the provider (RFC 7009), which MSAL cannot do."""

import structlog

from bot.core.errors import IdentityProviderError
from bot.gateways.ims.discovery import Discovery
from bot.gateways.ims.transport import Transport, client_authentication
from bot.gateways.ims.values import ImsSettings

log = structlog.get_logger("ims")


class Revocation:
    def __init__(self, settings: ImsSettings, transport: Transport, discovery: Discovery) -> None:
        self._settings = settings
        self._transport = transport
        self._discovery = discovery

    async def revoke(self, refresh_token: str | None) -> bool:
        """Revoke a token (best effort); return whether the provider confirmed it. Never raises.

        RFC 7009 section 2.2: 200 is also the response for a token that was invalid before.
        """
        if refresh_token is None:
            return False
        try:
            endpoint = (await self._discovery.document()).revocation_endpoint
            if endpoint is None:
                return False
            fields, headers = client_authentication(self._settings)
            fields |= {"token": refresh_token, "token_type_hint": "refresh_token"}
            response = await self._transport.send(endpoint, fields, headers)
        except IdentityProviderError as failure:
            log.warning("token.not_revoked", error=failure.what)
            return False
        if response.status != 200:
            log.warning("token.not_revoked", status=response.status)
        return response.status == 200
