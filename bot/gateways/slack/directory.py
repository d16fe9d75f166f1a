"""Who is who in Slack: people, and the members of the user groups and channels a policy names.

Slack's answers are cached in the store for a minute, so no decision rests on older ones.
"""

from dataclasses import dataclass

from bot.core.errors import PersonRefused
from bot.core.names import PersonId, Workspace
from bot.core.people import Person, refusal
from bot.gateways.slack.client import SlackClient, SlackRejected, SlackUnavailable
from bot.gateways.store.people import People

RETRY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory of one workspace, read through the cache in the store."""

    slack: SlackClient
    people: People
    workspace: Workspace

    async def person(self, person: PersonId, *, fresh: bool = False) -> Person:
        """Return a user's profile; ``fresh`` skips the cache.

        Raises PersonRefused: "unknown" for a user Slack does not have, "unchecked" while Slack
        does not answer.
        """
        known = None if fresh else await self.people.load(self.workspace, person)
        if known is None:
            known = await self.slack.user_info(self.workspace, person)
            await self.people.save(self.workspace, known)
        return known

    async def member(self, person: PersonId, asked_from: Workspace) -> Person:
        """Return a person who may use the bot. Raises PersonRefused."""
        if asked_from != self.workspace:
            raise PersonRefused("outsider")
        known = await self.person(person)
        refused = refusal(known, self.workspace, asked_from)
        if refused is not None:
            raise refused
        return known

    async def groups_of(
        self, person: PersonId, named: frozenset[str], sure: frozenset[str] = frozenset()
    ) -> frozenset[str]:
        """Return those of the named user groups and channels that the person is a member of.

        A group that Slack does not know, or does not show to the bot, counts as empty; but one
        in ``sure`` raises SlackUnavailable then. Those are the groups that a deny rule names: to
        take one for empty would let its members through. Raises SlackUnavailable also when Slack
        does not answer.
        """
        return frozenset(
            [one for one in named if person in await self.members(one, sure=one in sure)]
        )

    async def members(self, group: str, *, sure: bool = False) -> frozenset[PersonId]:
        """Return the members of a user group or channel; ``sure`` as in ``groups_of``."""
        known = await self.people.members(self.workspace, group)
        if known is None:
            try:
                known = await self.slack.group_members(group)
            except SlackRejected as rejected:
                if sure:
                    raise SlackUnavailable("members", RETRY_SECONDS) from rejected
                return frozenset()  # not cached: the bot may be let in at any moment
            await self.people.save_members(self.workspace, group, known)
        return known
