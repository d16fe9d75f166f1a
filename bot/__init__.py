"""EDFS Bot: flips EDFS timers from Slack, as the person who asked, at most once per wish."""

__version__ = "0.1.0"
