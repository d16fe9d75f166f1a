"""Validation of an app's answer to a block_suggestion, the options of an external select.

Source: /reference/block-kit/block-elements/select-menu-element ("external data source"): options or
option groups, at most 100 of them, with the limits of any option. An empty list is valid: the
person reads "No results".
"""

from dataclasses import replace
from typing import Any

from bot.sandbox.slack.delivery import Ack
from bot.sandbox.slack.elements import OPTION, OPTION_GROUP
from bot.sandbox.slack.shapes import array, either, record

_ANSWER = record(
    {},
    {
        "options": array(OPTION, least=0, most=100),
        "option_groups": array(OPTION_GROUP, least=0, most=100),
    },
    either("options", "option_groups"),
)


def option_errors(answer: Any) -> list[str]:
    return list(_ANSWER(answer, ""))


def checked_options(ack: Ack) -> Ack:
    """The ack with `error` set where Slack would not accept its options."""
    errors = option_errors(ack.body) if ack.ok else []
    return replace(ack, error="; ".join(errors))
