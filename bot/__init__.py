"""EDFS Bot: toggles EDFS timers from Slack, with the requester's own account, exactly once."""

__version__ = "0.1.0"
