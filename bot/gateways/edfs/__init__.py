"""Client of the EDFS and iTwins APIs: reads iTwins and timers, and toggles a timer."""

from bot.gateways.edfs.budget import Budget, Caller
from bot.gateways.edfs.client import Edfs
from bot.gateways.edfs.transport import EdfsSettings, elapsed

__all__ = ["Budget", "Caller", "Edfs", "EdfsSettings", "elapsed"]
