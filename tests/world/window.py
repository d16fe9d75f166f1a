"""A window as somebody fills it in: options are picked from what is offered, letters are typed."""

from typing import Any

from bot.sandbox.describe import describe_view
from bot.sandbox.slack.gestures import ControlRef
from bot.sandbox.slack.modals import View
from tests.world.story import Story
from tests.world.waiting import until


class Window:
    """Somebody's open window; what is filled in stays, as Slack keeps it over an update."""

    def __init__(self, story: Story, person: str) -> None:
        self._story = story
        self._person = person
        self._filled: dict[str, dict[str, Any]] = {}

    @property
    def _top(self) -> View | None:
        return self._story.world.slack.state.modals.top(self._story.world.person(self._person))

    async def shows(self, words: str) -> str:
        """Wait until the window says this; return all that it says."""
        await until(lambda: words in self.says(), reason=f"{words!r} in\n{self.says()}")
        return self.says()

    def says(self) -> str:
        view = self._top
        return "" if view is None else "\n".join(describe_view(view.body, view.errors))

    def holds(self, label: str) -> str:
        """What an input was filled in with when it was shown; empty where nothing was."""
        _, element = self._input(label)
        option = element.get("initial_option")
        return str(option["text"]["text"] if option else element.get("initial_value", ""))

    def may_be_empty(self, label: str) -> bool:
        return bool(self._input(label)[0].get("optional"))

    async def closed(self) -> None:
        await until(lambda: self._top is None, reason=self.says())

    async def offered(self, label: str, typed: str = "") -> list[str]:
        """What a select offers for these letters."""
        return [option["text"]["text"] for option in await self._options(label, typed)]

    async def picks(self, label: str, option: str, typed: str = "") -> None:
        """Pick the first option that begins so, from a select, a menu or round buttons."""
        block, element = self._input(label)
        options = element.get("options") or await self._options(label, typed)
        chosen = next(one for one in options if one["text"]["text"].startswith(option))
        await self._answers(block, element, "selected_option", chosen)

    async def types(self, label: str, text: str) -> None:
        block, element = self._input(label)
        await self._answers(block, element, "value", text)

    async def types_on(self, label: str, *texts: str) -> None:
        """Type faster than the window follows: nothing is waited for in between."""
        block, element = self._input(label)
        for text in texts:
            await self._given(block, element, "value", text)

    async def picks_at_once(self, label: str, option: str) -> None:
        """Pick, and do not wait for what the window says to it."""
        block, element = self._input(label)
        options = element.get("options") or await self._options(label, "")
        chosen = next(one for one in options if one["text"]["text"].startswith(option))
        await self._given(block, element, "selected_option", chosen)

    async def submits(self) -> None:
        view = self._open
        hands = self._story.world.slack.gestures
        values = self._values()
        await hands.submits(self._story.world.person(self._person), view.id, values)

    @property
    def _open(self) -> View:
        view = self._top
        assert view is not None, f"{self._person} has no window open"
        return view

    def _input(self, label: str) -> tuple[dict[str, Any], dict[str, Any]]:
        for block in self._open.body["blocks"]:
            if block["type"] == "input" and block["label"]["text"].startswith(label):
                return block, block["element"]
        raise AssertionError(f"no input {label!r} in\n{self.says()}")

    def _values(self) -> dict[str, dict[str, Any]]:
        """What is filled in of the inputs that are still there."""
        there = {(b["block_id"], b["element"]["action_id"]) for b in self._inputs()}
        return {
            block: {action: value for action, value in given.items() if (block, action) in there}
            for block, given in self._filled.items()
        }

    def _inputs(self) -> list[dict[str, Any]]:
        return [block for block in self._open.body["blocks"] if block["type"] == "input"]

    async def _options(self, label: str, typed: str) -> list[dict[str, Any]]:
        block, element = self._input(label)
        spot = self._spot(block, element)
        hands = self._story.world.slack.gestures
        ack = await hands.suggests(self._story.world.person(self._person), spot, typed)
        groups = ack.body.get("option_groups") or [ack.body]
        return [option for group in groups for option in group["options"]]

    def _spot(self, block: dict[str, Any], element: dict[str, Any]) -> ControlRef:
        place = (block["block_id"], element["action_id"])
        return ControlRef(*place, view=self._open.id, values=self._values())

    async def _answers(
        self, block: dict[str, Any], element: dict[str, Any], key: str, given: Any
    ) -> None:
        before = self._open.hash
        if await self._given(block, element, key, given):
            await until(lambda: self._top is None or self._top.hash != before)

    async def _given(
        self, block: dict[str, Any], element: dict[str, Any], key: str, given: Any
    ) -> bool:
        """Fill it in; whether the bot was told of it."""
        answer = {"type": element["type"], key: given}
        self._filled.setdefault(block["block_id"], {})[element["action_id"]] = answer
        told = bool(block.get("dispatch_action"))
        if told:
            world = self._story.world
            spot = self._spot(block, element)
            await world.slack.gestures.presses(world.person(self._person), spot, answer)
        return told
