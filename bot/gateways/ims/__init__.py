"""Client of Bentley IMS, or any OpenID provider: people's sign-ins and their access tokens.

    gateway         the public class, ``Ims``
    login           the authorization code flow: begin → the browser → complete
    identity        validates the ID token
    sign_in_reader  reads stored sign-ins; a token that is still valid needs nothing else
    refresh         refreshes a token once for all callers, written by compare-and-set
    revocation      revokes refresh tokens (RFC 7009)
    exchange        calls MSAL, with one short-lived application object for each call
    cache           MSAL's token cache, limited to one account
    adapter         MSAL's HTTP client
    discovery       fetches the provider's endpoints
    transport       HTTP
    thread_pool     the threads in which MSAL may block
    values          what goes in and out

MSAL 1.39.0 alone cannot be pointed at an issuer without a path, does not validate ID tokens, and
has neither revocation nor single-flight refreshes; each module says which of these it adds.
"""

from bot.gateways.ims.gateway import Ims
from bot.gateways.ims.values import Account, Bearer, Flow, ImsSettings, SignOut

__all__ = ["Account", "Bearer", "Flow", "Ims", "ImsSettings", "SignOut"]
