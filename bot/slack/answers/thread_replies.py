"""Messages in the thread of an approval request: they decide nothing, so they get a hint."""

import re
from typing import Any

from bot.context import Context
from bot.core.approvals import Approval
from bot.core.deliveries import ThreadMessage
from bot.core.outcomes import DecisionHint, Outcome
from bot.features.approved_operations import approval_card

_DECISION = re.compile(
    r"\W*(approved?|i approve|ok(ay)?|yes|yep|lgtm|go|go ahead|do it|agreed?|fine|sure|\+1"
    r"|declined?|rejected?|no|nope|deny|denied|cancel(led)?)\b.{0,80}",
    re.IGNORECASE | re.DOTALL,
)
LONGEST = 120


def looks_like_decision(event: dict[str, Any]) -> bool:
    """Whether a message event is a short reply in a thread that starts like a decision.

    Slack sends every message of the bot's channels. The others are dropped without a trace.
    """
    text = event.get("text")
    if not event.get("thread_ts") or event.get("bot_id") or event.get("subtype"):
        return False
    return isinstance(text, str) and len(text) <= LONGEST and _DECISION.match(text) is not None


async def request_in_thread(context: Context, delivery: ThreadMessage) -> Approval | None:
    """Return the waiting request whose card started the thread, if there is one."""
    store = context.gateways.store
    for approval in await store.approvals.open(context.installation.workspace):
        if approval.posted_in == delivery.channel:
            status = await store.card_outbox.read(approval_card(approval))
            if status.ts == delivery.thread:
                return approval
    return None


async def decision_hint(context: Context, delivery: ThreadMessage) -> Outcome | None:
    """Point the writer to the buttons of the request, where the thread is that of one."""
    approval = await request_in_thread(context, delivery)
    return DecisionHint(approval) if approval is not None else None
