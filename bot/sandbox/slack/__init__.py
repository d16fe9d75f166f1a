"""Slack as far as the bot meets it: Web API, deliveries, Socket Mode, and actions of people."""

from bot.sandbox.slack.delivery import Ack
from bot.sandbox.slack.stand_in import SlackStandIn
from bot.sandbox.slack.workspace import Channel, Message

__all__ = ["Ack", "Channel", "Message", "SlackStandIn"]
