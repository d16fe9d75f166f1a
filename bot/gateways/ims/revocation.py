"""Making a refresh token void at the provider (RFC 7009); MSAL has no such thing."""

import logging

from bot.core.errors import IdentityProviderError
from bot.gateways.ims.discovery import Discovery
from bot.gateways.ims.transport import Transport, client_authentication
from bot.gateways.ims.values import ImsSettings

_log = logging.getLogger(__name__)


class Revocation:
    def __init__(self, settings: ImsSettings, wire: Transport, discovery: Discovery) -> None:
        self._settings = settings
        self._wire = wire
        self._discovery = discovery

    async def revoke(self, refresh_token: str | None) -> bool:
        """Revoke, best effort: tell whether the provider confirmed it, and never raise.

        RFC 7009 section 2.2: 200 also stands for a token that was void already.
        """
        if refresh_token is None:
            return False
        try:
            endpoint = (await self._discovery.document()).revocation_endpoint
            if endpoint is None:
                return False
            fields, headers = client_authentication(self._settings)
            fields |= {"token": refresh_token, "token_type_hint": "refresh_token"}
            answer = await self._wire.send(endpoint, fields, headers)
        except IdentityProviderError as failure:
            _log.warning("a refresh token could not be revoked: %s", failure.what)
            return False
        if answer.status != 200:
            _log.warning("a refresh token could not be revoked: status %d", answer.status)
        return answer.status == 200
