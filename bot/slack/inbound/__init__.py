"""Requests from Slack: verified, validated, stored and acknowledged."""
