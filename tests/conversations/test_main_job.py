"""The main job, as people do it: ask, sign in, go on, read the card, press its buttons."""

from tests.world.story import TOGGLE, Story, read


async def test_somebody_new_signs_in_and_nothing_is_typed_twice(story: Story) -> None:
    await story.types("alice", TOGGLE)
    offer = await story.sees("alice", "Sign in to iTwin")
    assert "Your command waits and is offered back" in read(offer)
    assert offer.visible_to is not None
    assert story.says("bob") == []

    page = await story.world.signs_in("alice")
    assert "EDFS Bot now acts for alice as the iTwin account alice@acme.example" in page
    await story.sees("alice", 'Your command waits: /edfs toggle plant-a "SAP work orders"')
    assert story.flips() == 0

    await story.clicks("alice", "Continue")
    await story.sees("bob", "SAP work orders is now disabled")
    assert story.flips() == 1
    assert story.world.edfs.state.timer("plant-a", "SAP work orders").enabled is False
    assert "Turned off by: @alice as alice@acme.example" in read(story.card())


async def test_undo_brings_it_back(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    await story.sees("alice", "is now disabled")
    await story.clicks("alice", "Undo")
    await story.sees("bob", "is now enabled")
    assert story.flips() == 2
    assert "This undoes operation" in read(story.card())
