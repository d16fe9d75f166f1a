"""Whether a channel may be told things: what Slack says of it."""

from bot.context import Context
from bot.core.errors import CannotSubscribe
from bot.core.names import ChannelId
from bot.gateways.slack.client import NOT_THERE, SlackRejected


async def postable_channel(context: Context, channel: ChannelId) -> ChannelId:
    """Return a channel that may be told things. Raises CannotSubscribe, SlackAway.

    Source: Slack's conversation object. A private channel that the bot is not in does not exist
    for it.
    """
    try:
        found = await context.slack.channel_info(channel)
    except SlackRejected as refused:
        if refused.code in NOT_THERE:
            raise CannotSubscribe("not_there") from refused
        raise
    if found.get("is_im") or found.get("is_mpim"):
        raise CannotSubscribe("direct")
    if found.get("is_ext_shared") or found.get("is_pending_ext_shared"):
        raise CannotSubscribe("shared")
    if found.get("is_archived") or not found.get("is_member"):
        raise CannotSubscribe("not_there")
    return channel
