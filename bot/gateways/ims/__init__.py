"""Bentley IMS, or any OpenID provider: people's sign-ins and their access tokens.

    login        begin → the browser → complete, which validates who it was (identity)
    records      the stored sign-in; a token that is still good needs nothing else
    refreshing   one refresh for all who want it, written by compare-and-set
    revocation   RFC 7009
    exchange     MSAL, one short-lived application object for each conversation
    cache        what MSAL files, kept to one account
    adapter      what MSAL sees of the provider
    discovery    the endpoints, on the issuer's origin
    wire         HTTP

MSAL 1.39.0 alone cannot be pointed at an issuer without a path, does not validate ID tokens, has no
revocation and no single-flight; each module says what it makes good.
"""

from bot.gateways.ims.gateway import Ims
from bot.gateways.ims.values import Account, Bearer, Flow, ImsSettings, SignOut

__all__ = ["Account", "Bearer", "Flow", "Ims", "ImsSettings", "SignOut"]
