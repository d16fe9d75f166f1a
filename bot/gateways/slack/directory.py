"""Who is who in Slack: people, and who is in the groups and channels that a policy names.

What Slack said is good for a minute, so a decision never rests on older news than that.
"""

from dataclasses import dataclass

from bot.core.errors import PersonRefused
from bot.core.names import PersonId, Workspace
from bot.core.people import Person, refusal
from bot.gateways.slack.client import SlackClient, SlackRejected, SlackUnavailable
from bot.gateways.store.people import People


@dataclass(frozen=True, slots=True)
class Directory:
    slack: SlackClient
    people: People
    home: Workspace

    async def person(self, person: PersonId, *, fresh: bool = False) -> Person:
        """Return what Slack says of a person. Raises PersonRefused when it cannot be known."""
        known = None if fresh else await self.people.load(self.home, person)
        if known is None:
            known = await self.slack.user_info(self.home, person)
            await self.people.save(self.home, known)
        return known

    async def member(self, person: PersonId, asked_from: Workspace) -> Person:
        """Return a person who may use the bot. Raises PersonRefused."""
        if asked_from != self.home:
            raise PersonRefused("outsider")
        known = await self.person(person)
        refused = refusal(known, self.home, asked_from)
        if refused is not None:
            raise refused
        return known

    async def groups_of(
        self, person: PersonId, named: frozenset[str], sure: frozenset[str] = frozenset()
    ) -> frozenset[str]:
        """Return those of the named user groups and channels that the person is in.

        One that Slack does not know (any more), or does not show to the bot, has no members.
        Of those in ``sure`` (a deny names them) that is not taken for an answer: it raises then,
        as for what Slack does not say. Raises SlackAway.
        """
        return frozenset(
            [one for one in named if person in await self.members(one, sure=one in sure)]
        )

    async def members(self, group: str, *, sure: bool = False) -> frozenset[PersonId]:
        """Return who is in a user group or a channel, as ``groups_of`` does. Raises SlackAway."""
        known = await self.people.members(self.home, group)
        if known is None:
            try:
                known = await self.slack.group_members(group)
            except SlackRejected as refused:
                if sure:
                    raise SlackUnavailable("members", 60.0) from refused
                return frozenset()  # not kept: it may be read as soon as the bot is let in
            await self.people.save_members(self.home, group, known)
        return known
