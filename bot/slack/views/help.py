"""Help: the usage of every verb, a page for each verb and for each topic, with examples."""

from bot.core.actions import Action
from bot.core.language.commands import COMMAND, Help
from bot.core.language.nearest import nearest_subjects
from bot.core.language.topics import TOPICS, Topic
from bot.core.language.verbs import VERBS, HelpGroup, Verb
from bot.gateways.slack.messages import Block, Ephemeral
from bot.slack.views.blocks import (
    Button,
    Line,
    Option,
    bold,
    buttons,
    code,
    context_block,
    fallback_text,
    header,
    line,
    menu,
    paragraph,
)

PREVIEW = "The EDFS API is a technical preview of Bentley's: it may change or end."


def help_about(subject: str) -> Ephemeral:
    """Explain a verb or a topic; list all verbs where ``subject`` is empty.

    Of any other word say that there is no such verb, with the nearest ones.
    """
    if not subject:
        return _all()
    if verb := VERBS.get(subject):
        return _one(verb)
    if topic := TOPICS.get(subject):
        return _topic(topic)
    return _no_such(subject)


def _one(verb: Verb) -> Ephemeral:
    title = f"{COMMAND} {verb.name}"
    examples = [line("For example: ", code(example)) for example in verb.examples]
    lines = [_usage(verb), line(verb.description), *examples]
    return Ephemeral(fallback_text(title), [header(title), paragraph(lines)])


def _topic(topic: Topic) -> Ephemeral:
    examples = [line("For example: ", code(example)) for example in topic.examples]
    lines = [*(line(f"• {rule}") for rule in topic.rules), *examples]
    return Ephemeral(fallback_text(topic.title), [header(topic.title), paragraph(lines)])


def _no_such(subject: str) -> Ephemeral:
    title = f"No such verb: {subject}"
    nearest = nearest_subjects(subject)
    known = f"EDFS Bot knows no verb and no topic “{subject}”"
    said = line(known, ". Nothing was changed.")
    step = "Press the one you mean, or see all verbs." if nearest else "See all verbs."
    actions = [
        Button(f"Help: {name}", Action.RUN, str(Help(name)), suffix=str(place))
        for place, name in enumerate(nearest, 1)
    ]
    every = Button("All verbs", Action.RUN, str(Help()), suffix="all")
    blocks = [header(title), paragraph([said, line(step)]), buttons(*actions, every)]
    return Ephemeral(fallback_text(title), blocks)


def _all() -> Ephemeral:
    blocks: list[Block] = []
    for group in HelpGroup:
        usages = [_usage(verb) for verb in VERBS.values() if verb.group is group]
        blocks.append(paragraph([line(bold(group.value)), *usages]))
    how_to = (
        f"{COMMAND} alone opens a window to choose. In threads: @edfs-bot and the same words. "
        "Names with spaces go in quotes. To change a timer, type its whole name."
    )
    choose = Button("Switch a timer", Action.OPEN_CHOOSER, "choose", style="primary")
    topics = [Option(topic.title, str(Help(topic.name))) for topic in TOPICS.values()]
    more = context_block(f"{COMMAND} help <verb> has examples. {PREVIEW}")
    title = "What you can ask"
    shown = [header(title), *blocks, context_block(how_to), buttons(choose)]
    shown += menu("More about …", Action.RUN, topics, suffix="topic")
    return Ephemeral(fallback_text(title), [*shown, more])


def _usage(verb: Verb) -> Line:
    return line(code(f"{COMMAND} {verb.usage}"))
