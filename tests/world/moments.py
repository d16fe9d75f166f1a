"""The bot at a given moment, for what happens at exact times."""

from dataclasses import replace

from bot.context import Context
from tests.world.story import Story

JUST_BEFORE = -0.001


def context_at(story: Story, now: float) -> Context:
    """Return what the bot works with, at that moment. Its own jobs go by the world's clock."""
    desk = story.bot.context
    return replace(desk, gateways=replace(desk.gateways, clock=lambda: now))
