"""Help: one page with the usage of every verb, and one for each verb with its examples."""

from bot.core.actions import Action
from bot.core.language.commands import COMMAND
from bot.core.language.verbs import VERBS, HelpGroup, Verb
from bot.gateways.slack.messages import Block, Ephemeral
from bot.slack.views.blocks import (
    Button,
    Line,
    bold,
    buttons,
    code,
    context_block,
    fallback_text,
    header,
    line,
    paragraph,
)

PREVIEW = "The EDFS API is a technical preview of Bentley's: it may change or end."


def help_of(name: str) -> Ephemeral:
    """Explain one verb; an empty ``name`` lists all of them."""
    return _one(VERBS[name]) if name else _all()


def _one(verb: Verb) -> Ephemeral:
    title = f"{COMMAND} {verb.name}"
    examples = [line("For example: ", code(example)) for example in verb.examples]
    lines = [_usage(verb), line(verb.description), *examples]
    return Ephemeral(fallback_text(title), [header(title), paragraph(lines)])


def _all() -> Ephemeral:
    blocks: list[Block] = []
    for group in HelpGroup:
        usages = [_usage(verb) for verb in VERBS.values() if verb.group is group]
        blocks.append(paragraph([line(bold(group.value)), *usages]))
    how_to = (
        f"{COMMAND} alone opens a window to choose. In threads: @edfs-bot and the same words. "
        "Names with spaces go in quotes; a unique part of a name is enough."
    )
    choose = Button("Switch a timer", Action.OPEN_CHOOSER, "choose", style="primary")
    more = context_block(f"{COMMAND} help <verb> has examples. {PREVIEW}")
    title = "What you can ask"
    shown = [header(title), *blocks, context_block(how_to), buttons(choose), more]
    return Ephemeral(fallback_text(title), shown)


def _usage(verb: Verb) -> Line:
    return line(code(f"{COMMAND} {verb.usage}"))
