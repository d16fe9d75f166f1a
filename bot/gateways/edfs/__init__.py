"""EDFS and the iTwins API: reading timers, and the one request that flips one."""

from bot.gateways.edfs.client import Edfs, EdfsSettings

__all__ = ["Edfs", "EdfsSettings"]
