"""Slack's Web API: the client, its rate limits, the directory, and the messages it takes."""
