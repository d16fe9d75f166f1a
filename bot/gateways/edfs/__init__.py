"""EDFS and the iTwins API: reading timers, and the one request that flips one."""

from bot.gateways.edfs.budget import Budget, Caller
from bot.gateways.edfs.client import Edfs
from bot.gateways.edfs.transport import EdfsSettings, elapsed

__all__ = ["Budget", "Caller", "Edfs", "EdfsSettings", "elapsed"]
