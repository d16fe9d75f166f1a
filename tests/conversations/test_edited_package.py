"""A timer whose integration package was edited is not what somebody agreed to any more."""

from pathlib import Path

from tests.world.approval_story import IN_APPROVALS, ask, record
from tests.world.story import Story, read
from tests.world.test_approval_checks import BUSY, held

SAP = ("plant-a", "SAP work orders")
EDITED = "Package: SAP_WORK_ORDERS is now SAP_ALL"


async def test_a_package_edited_before_anybody_agrees_is_told(ruled: Story, policy: Path) -> None:
    card = await ask(ruled, policy, IN_APPROVALS)
    ruled.world.edfs.state.edit_timer(*SAP, package="SAP_ALL")
    await ruled.clicks("bob", "Approve", card.ts)
    said = await ruled.sees("bob", EDITED, "#approvals")
    assert "Void: turn off SAP work orders" in read(said)
    assert (await record(ruled, card)).votes == ()
    assert ruled.flips() == 0


async def test_a_package_edited_after_somebody_agreed_is_told(
    ruled: Story, policy: Path, redis_url: str
) -> None:
    card = await ask(ruled, policy, IN_APPROVALS)
    with held(ruled.world, redis_url):
        await ruled.clicks("bob", "Approve", card.ts)
        await ruled.sees("bob", BUSY)
        ruled.world.edfs.state.edit_timer(*SAP, package="SAP_ALL")
    ruled.world.clock.forward(6)
    await ruled.sees("bob", EDITED, "#approvals")
    assert ruled.flips() == 0
