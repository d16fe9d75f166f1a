"""The topics of help: what is explained apart from single verbs, with examples."""

from dataclasses import dataclass

_ID = "0123456789abcdef01234567"
_DISABLE = '/edfs disable plant-a "SAP work orders"'


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. ``synonyms`` mean it too; ``examples`` can be typed as they are."""

    name: str
    synonyms: tuple[str, ...]
    title: str
    rules: tuple[str, ...]
    examples: tuple[str, ...]


_ALL = (
    Topic(
        name="until",
        synonyms=("end", "ends", "for", "time", "times"),
        title="Until when a timer is disabled",
        rules=(
            (
                "Behind “disable” an end may stand: “until” with a time, or “for” with a duration "
                "or a number of runs. “extend” takes the same."
            ),
            "At the end the timer is enabled, with your sign-in. Without an end it stays disabled.",
            "Times are read in your Slack time zone. Everybody sees them in their own.",
            "A time that can mean several moments is asked back, with a button for each.",
            "An end is at least a minute and at most a year ahead.",
        ),
        examples=(
            f"{_DISABLE} until tomorrow 08:00",
            f"{_DISABLE} until 1 december 17:30 because SAP is down",
            f"{_DISABLE} for 2 hours 30 minutes",
            f"{_DISABLE} for 2 runs",
            f"/edfs extend {_ID} for 2 days",
        ),
    ),
    Topic(
        name="approvals",
        synonyms=("approval", "emergency", "emergencies"),
        title="Approvals",
        rules=(
            "The policy says which changes need approval, and whose. Nothing is changed before.",
            (
                "A request is a card with “Approve” and “Decline”. Whoever approves needs the "
                "right to make the change, and proves it with their own sign-in."
            ),
            "You can't approve your own request, unless the policy allows it. You can cancel it.",
            "A request that nobody decides expires. Its card says when.",
            (
                "Where the policy allows it, an emergency skips approval and is reviewed later: "
                "put the reason in quotes, and “emergency” behind it."
            ),
        ),
        examples=(
            "/edfs pending",
            f"/edfs approve {_ID}",
            f"/edfs decline {_ID} because SAP is still down",
            f'{_DISABLE} because "SAP is down" emergency',
        ),
    ),
    Topic(
        name="names",
        synonyms=("name", "ids"),
        title="Names of iTwins and timers",
        rules=(
            (
                "The iTwin comes first, then the timer. A name with spaces goes in quotes. Capital "
                "letters and accents make no difference."
            ),
            "To change a timer, type its whole name. To look at one, a part of it is enough.",
            "An id, the number of an iTwin or a pasted address works too.",
            "Where several match, you choose. Where none does, the nearest names are offered.",
            "An iTwin that is set for a channel may be left out there.",
        ),
        examples=(
            '/edfs show plant-a "SAP work orders"',
            "/edfs show plant-a sharepoint",
            "/edfs use plant-a",
        ),
    ),
)

TOPICS = {topic.name: topic for topic in _ALL}
_NAMES = {word: topic.name for topic in _ALL for word in (topic.name, *topic.synonyms)}


def find_topic(word: str) -> Topic | None:
    """Return the topic that a person means by a word: its name or a synonym, in any case."""
    return TOPICS.get(_NAMES.get(word.casefold(), ""))
