"""api.bentley.com as far as the bot meets it: EDFS, iTwins, Users and Access Control."""

from bot.sandbox.edfs.stand_in import EdfsStandIn

__all__ = ["EdfsStandIn"]
