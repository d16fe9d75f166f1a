// The context for rendering blocks on one surface: a message, a modal or the App Home.

import { post } from "./api.js";
import { now, state, valuesFor } from "./state.js";
import { showError, toast } from "./toast.js";
import { actionId } from "./values.js";

// `name`: the key of the filled-in values; `where()`: {message: ts} or {view: id}; `blocks()`: the
// blocks that the surface has now.
export function surface(name, where, blocks, errors) {
  const values = valuesFor(name);
  const controlRef = (block, element) => ({
    as: state.person, ...where(), block_id: block.block_id, action_id: actionId(block, element),
    values: values.state(blocks()),
  });
  return {
    values, errors, now,
    get names() { return state.screen.names; },
    get me() { return state.screen.me.id; },
    people: () => state.screen.people.filter((one) => !one.deleted),
    channels: () => state.screen.channels,
    here: () => (state.place === "home" ? null : state.place),

    async press(block, element, answer, button) {
      if (button?.getAttribute("aria-busy") === "true") return;
      button?.setAttribute("aria-busy", "true");
      try {
        showError((await post("press", { ...controlRef(block, element), answer })).ack);
      } catch (error) {
        toast(error.message);
      } finally {
        button?.removeAttribute("aria-busy");
      }
    },

    async suggest(block, element, typed) {
      const { ack } = await post("suggest", { ...controlRef(block, element), typed });
      if (!ack) throw new Error("This list has just changed. Open it again.");
      const valid = ack.status === 200 && typeof ack.body === "object" && ack.body;
      if (!valid) throw new Error("EDFS Bot gave no options in time. Type again.");
      return ack.body;
    },
  };
}
