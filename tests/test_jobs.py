"""Hostile and malformed entries in docket's keys run no code, end no worker and lose no work."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.deliveries import Delivery, SlashCommand
from bot.core.names import ChannelId, PersonId
from bot.jobs import MOST_ATTEMPTS, NAME
from bot.sandbox.people import person_named
from bot.slack.inbound.deliveries import identity
from tests.world.story import TOGGLE, Story, read
from tests.world.valkey import Valkey
from tests.world.waiting import until

STREAM = f"{NAME}:stream"


def hostile(witness: Path) -> bytes:
    """Return a pickle that creates a file when it is loaded."""
    return b"cos\nsystem\n(S'touch " + str(witness).encode() + b"'\ntR."


def message(**fields: bytes) -> dict[str, bytes]:
    """Return a message of the stream as docket writes it."""
    whole = {
        "key": b"hostile",
        "when": datetime.now(UTC).isoformat().encode(),
        "function": b"_answer",
        "args": b"[]",
        "kwargs": b"{}",
        "attempt": b"1",
        "generation": b"0",
    }
    return whole | fields


def server(story: Story) -> Any:
    """Return the store's Redis client, without its types: they allow for Redis Cluster too."""
    return story.bot.store.redis


async def consumed(story: Story) -> None:
    """Wait until the stream holds no job."""
    redis = server(story)

    async def is_consumed() -> bool:
        return not await redis.xrange(STREAM)

    await until(is_consumed, "something is still in the stream")


async def still_answers(story: Story) -> None:
    await story.types("bob", "/edfs help")
    await story.sees("bob", "What you can ask")


async def sent(story: Story, **fields: bytes) -> None:
    await server(story).xadd(STREAM, dict(message(**fields)))


def test_loading_the_hostile_pickle_runs_its_command(tmp_path: Path) -> None:
    """The control for the tests below."""
    witness = tmp_path / "witness"
    script = f"import pickle; pickle.loads({hostile(witness)!r})"
    subprocess.run([sys.executable, "-c", script], check=True)  # noqa: S603 - our own script
    assert witness.exists()


@pytest.mark.parametrize("place", ["args", "kwargs"])
@pytest.mark.parametrize("function", ["_answer", "_advance", "_tick", "unknown"])
async def test_a_pickle_in_the_stream_is_not_loaded(
    story: Story, tmp_path: Path, place: str, function: str
) -> None:
    witness = tmp_path / "witness"
    await sent(story, **{place: hostile(witness), "function": function.encode()})
    await consumed(story)
    await still_answers(story)
    assert not witness.exists()


async def test_a_pickle_among_the_parked_tasks_is_not_loaded(story: Story, tmp_path: Path) -> None:
    """Docket keeps a job for later in a hash beside its queue, and moves it to the stream."""
    witness = tmp_path / "witness"
    redis = server(story)
    await redis.hset(f"{NAME}:later", mapping=dict(message(key=b"later", args=hostile(witness))))
    await redis.zadd(f"{NAME}:queue", {"later": datetime.now(UTC).timestamp()})

    async def is_taken_up() -> bool:
        return not await redis.zscore(f"{NAME}:queue", "later")

    await until(is_taken_up)
    await consumed(story)
    await still_answers(story)
    assert not witness.exists()


@pytest.mark.parametrize(
    "args",
    [b"", b"null", b"7", b'"text"', b"{}", b"[1, 2, 3, 4]", b"[null]", b"\xff", b"[" * 50_000],
)
async def test_arguments_that_fit_no_function_are_ignored(story: Story, args: bytes) -> None:
    await sent(story, args=args)
    await sent(story, kwargs=args, key=b"second")
    await consumed(story)
    await still_answers(story)


async def test_an_unknown_function_does_not_end_the_worker(story: Story) -> None:
    """A newer version may have enqueued it, during an upgrade."""
    for place in range(20):
        await sent(story, function=b"of_tomorrow", key=b"k%d" % place, args=b'["a", "b"]')
    await consumed(story)
    await still_answers(story)


def without(field: str) -> dict[str, bytes]:
    return {name: value for name, value in message().items() if name != field}


MALFORMED: list[dict[str, bytes]] = [
    *(without(field) for field in ("key", "when", "function", "args", "kwargs", "attempt")),
    {"nothing": b"of the kind"},
    message(key=b"\xff"),
    message(when=b"tomorrow"),
    message(when=b"0001-01-01T00:00:00"),
    message(function=b"\xff"),
    message(attempt=b"many"),
    message(attempt=b"9" * 5_000),
    message(generation=b""),
    message(traceparent=b"\xff"),
]


async def test_a_malformed_message_does_not_stop_the_jobs(story: Story) -> None:
    """Docket's worker ends by it; it is removed before the next worker starts."""
    for malformed in MALFORMED:
        await server(story).xadd(STREAM, dict(malformed))
    await still_answers(story)
    await well_formed(story)
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    await story.sees("bob", "SAP work orders is now disabled")
    assert story.flips() == 1


async def well_formed(story: Story) -> None:
    """Wait until nothing in the stream, or pending, lacks what docket writes.

    What was read together with a malformed message may be pending until it is redelivered.
    """

    async def is_well_formed() -> bool:
        pending = await server(story).xpending_range(STREAM, "docket-workers", "-", "+", 100)
        there = dict(await server(story).xrange(STREAM))
        odd = [one for one in there.values() if not {b"key", b"function", b"when"} <= set(one)]
        lost = [one for one in pending if one["message_id"] not in there]
        return not odd and not lost

    await until(is_well_formed, "something odd is still in the stream, or pending")


async def test_a_malformed_job_in_the_queue_is_removed_and_stops_nothing(story: Story) -> None:
    """Docket's own queue, for later; nothing of ours waits there."""
    redis = server(story)
    for place, malformed in enumerate(MALFORMED):
        await redis.hset(f"{NAME}:odd{place}", mapping=dict(malformed))
        await redis.zadd(f"{NAME}:queue", {f"odd{place}": 1.0})
    await redis.zadd(f"{NAME}:queue", {"stream": 1.0})  # the name of something else
    stored = delivery(story, "help")
    assert await story.bot.store.deliveries.save(stored, "me", story.world.clock.now() + 2)
    await story.sees("alice", "What you can ask")

    async def is_removed() -> bool:
        return not await redis.zrange(f"{NAME}:queue", 0, 2, byscore=True)

    await until(is_removed)
    await still_answers(story)


def delivery(story: Story, text: str) -> Delivery:
    workspace = story.bot.context.installation.workspace
    return SlashCommand(
        id=identity("test", text),
        workspace=workspace,
        installed_in=workspace,
        person=PersonId(person_named("alice").id),
        channel=ChannelId(story.world.slack.state.workspace.channel_named("#plant-ops").id),
        at=story.world.clock.now(),
        text=text,
        response_url="",
        trigger_id="",
    )


async def test_a_delivery_that_failed_too_often_is_given_up_with_a_message(story: Story) -> None:
    """An attempt is counted until it ends, so each one here is as if the process had crashed."""
    stored = delivery(story, "toggle plant-a SAP")
    deliveries = story.bot.store.deliveries
    for _ in range(MOST_ATTEMPTS):
        await deliveries.count_attempt(stored.installed_in, f"delivery:{stored.id}")
    assert await deliveries.save(stored, "me", story.world.clock.now() - 1)
    await story.sees("alice", "Something is wrong with the bot")
    await finished(story, stored)
    assert len([said for said in story.says("alice") if "Something is wrong" in said]) == 1
    assert story.world.edfs.calls == []


async def test_a_delivery_within_its_attempts_is_answered(story: Story) -> None:
    stored = delivery(story, "help")
    for _ in range(MOST_ATTEMPTS - 1):
        await story.bot.store.deliveries.count_attempt(stored.installed_in, f"delivery:{stored.id}")
    assert await story.bot.store.deliveries.save(stored, "me", story.world.clock.now() - 1)
    await story.sees("alice", "What you can ask")
    await finished(story, stored)
    assert (
        await story.bot.store.deliveries.count_attempt(stored.installed_in, f"delivery:{stored.id}")
        == 1
    )


async def test_giving_up_ends_although_slack_rejects_the_message(story: Story) -> None:
    stored = delivery(story, "help")
    for _ in range(MOST_ATTEMPTS):
        await story.bot.store.deliveries.count_attempt(stored.installed_in, f"delivery:{stored.id}")
    story.world.slack.fail("chat.postEphemeral", "error", times=None, code="restricted_action")
    assert await story.bot.store.deliveries.save(stored, "me", story.world.clock.now() - 1)
    await finished(story, stored)


async def finished(story: Story, stored: Delivery) -> None:
    """Wait until the delivery is neither due nor stored."""
    store = story.bot.store
    due = f"edfs:{{{stored.installed_in}}}:due"

    async def is_finished() -> bool:
        member = await store.redis.zscore(due, f"delivery:{stored.id}")
        return (
            member is None and await store.deliveries.read(stored.installed_in, stored.id) is None
        )

    await until(is_finished, "it is still due")
    await consumed(story)


async def test_jobs_go_on_after_the_store_was_restarted(own_story: Story, own: Valkey) -> None:
    story = own_story
    await story.signs_in("alice")
    own.stop()
    own.start()

    async def is_taken() -> bool:  # the first commands may still use a closed connection
        return not (await story.types("bob", "/edfs help")).body

    await until(is_taken)
    await story.sees("bob", "What you can ask")
    await story.types("alice", TOGGLE)
    await story.sees("bob", "SAP work orders is now disabled")
    assert story.flips() == 1


@pytest.mark.parametrize("attempts", [0, MOST_ATTEMPTS])
async def test_an_operation_that_ended_before_its_process_died_is_not_due_for_ever(
    story: Story, attempts: int
) -> None:
    """It was leased, and perhaps put off after many attempts, while another one ended it."""
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    card = read(await story.sees("alice", "is now disabled"))
    identity = card.rpartition("Operation ")[2][:24]
    home, redis = story.bot.context.installation.workspace, server(story)
    member, key = f"operation:{identity}", f"edfs:{{{home}}}:due"
    for _ in range(attempts):
        await story.bot.store.deliveries.count_attempt(home, member)
    await redis.zadd(key, {member: story.world.clock.now()})

    async def is_not_due() -> bool:
        return await redis.zscore(key, member) is None

    await until(is_not_due, "it is due again and again")


async def test_an_operation_that_does_not_exist_is_not_due_for_ever(story: Story) -> None:
    home, redis = story.bot.context.installation.workspace, server(story)
    member, key = f"operation:{'a' * 24}", f"edfs:{{{home}}}:due"
    await redis.zadd(key, {member: story.world.clock.now()})

    async def is_not_due() -> bool:
        return await redis.zscore(key, member) is None

    await until(is_not_due, "it is due again and again")
