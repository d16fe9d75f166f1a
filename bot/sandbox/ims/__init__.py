"""Bentley IMS as far as a confidential web app meets it: OpenID Connect with rotating tokens."""

from bot.sandbox.ims.stand_in import ImsStandIn

__all__ = ["ImsStandIn"]
