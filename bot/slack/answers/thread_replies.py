"""What people write below a request: a pointer to the button, never an effect."""

import re
from typing import Any

from bot.context import Context
from bot.core.approvals import Approval
from bot.core.deliveries import ThreadMessage
from bot.core.outcomes import DecisionHint, Outcome
from bot.features.approved_operations import approval_card

_WORDS = re.compile(
    r"\W*(approved?|i approve|ok(ay)?|yes|yep|lgtm|go|go ahead|do it|agreed?|fine|sure|\+1"
    r"|declined?|rejected?|no|nope|deny|denied|cancel(led)?)\b.{0,80}",
    re.IGNORECASE | re.DOTALL,
)
LONGEST = 120


def looks_like_decision(event: dict[str, Any]) -> bool:
    """Whether it could be meant as a decision: a short answer in a thread that begins like one.

    Slack sends every message of the channels the bot is in. This looks at what came in and keeps
    nothing of it.
    """
    text = event.get("text")
    if not event.get("thread_ts") or event.get("bot_id") or event.get("subtype"):
        return False
    return isinstance(text, str) and len(text) <= LONGEST and _WORDS.match(text) is not None


async def request_in_thread(context: Context, delivery: ThreadMessage) -> Approval | None:
    """Return the waiting request below whose card it was written, if it is one's."""
    store = context.gateways.store
    for approval in await store.approvals.open(context.installation.workspace):
        if approval.posted_in == delivery.channel:
            status = await store.card_outbox.read(approval_card(approval))
            if status.ts == delivery.thread:
                return approval
    return None


async def decision_hint(context: Context, delivery: ThreadMessage) -> Outcome | None:
    """Point whoever wrote it to the buttons, where the thread is that of a request."""
    approval = await request_in_thread(context, delivery)
    return DecisionHint(approval) if approval is not None else None
