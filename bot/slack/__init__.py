"""Slack: what comes in from it, and what is said there."""
