"""What the bot may do in a channel, by Slack's conversation object.

Source: docs.slack.dev/reference/objects/conversation-object.
"""

from bot.core.errors import CannotSubscribe
from bot.core.names import ChannelId
from bot.gateways.slack.client import SlackClient, SlackRejected
from bot.gateways.slack.codes import Meaning


async def postable_channel(slack: SlackClient, channel: ChannelId) -> ChannelId:
    """Return the channel if it may have subscriptions. Raises CannotSubscribe, SlackUnavailable.

    A private channel that the bot is not a member of does not exist for the bot.
    """
    try:
        info = await slack.channel_info(channel)
    except SlackRejected as rejected:
        if rejected.meaning is Meaning.ELSEWHERE:
            raise CannotSubscribe("not_there") from rejected
        raise
    if info.get("is_im") or info.get("is_mpim"):
        raise CannotSubscribe("direct")
    if info.get("is_ext_shared") or info.get("is_pending_ext_shared"):
        raise CannotSubscribe("shared")
    if info.get("is_archived"):
        raise CannotSubscribe("archived")
    if not info.get("is_member"):
        raise CannotSubscribe("not_there")
    return channel


async def is_in_channel(slack: SlackClient, channel: ChannelId) -> bool:
    """Whether the bot can post there; also True where Slack does not say. Raises SlackUnavailable.

    Then the post itself shows it.
    """
    try:
        info = await slack.channel_info(channel)
    except SlackRejected as rejected:
        return rejected.meaning is not Meaning.ELSEWHERE
    direct = info.get("is_im") or info.get("is_mpim")
    return bool(direct or (info.get("is_member") and not info.get("is_archived")))
