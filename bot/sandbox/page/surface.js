// What blocks need to know of the surface they stand on: a message, a modal or the App Home.

import { post } from "./api.js";
import { now, state, valuesFor } from "./state.js";
import { complainOf, toast } from "./toast.js";
import { actionId } from "./values.js";

// `name`: what the filled-in values are kept under; `where()`: {message: ts} or {view: id};
// `blocks()`: those that stand there now.
export function surface(name, where, blocks, errors) {
  const values = valuesFor(name);
  const spot = (block, element) => ({
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
        complainOf((await post("press", { ...spot(block, element), answer })).ack);
      } catch (error) {
        toast(error.message);
      } finally {
        button?.removeAttribute("aria-busy");
      }
    },

    async suggest(block, element, typed) {
      const { ack } = await post("suggest", { ...spot(block, element), typed });
      if (!ack) throw new Error("This list has just changed. Open it again.");
      const offered = ack.status === 200 && typeof ack.body === "object" && ack.body;
      if (!offered) throw new Error("EDFS Bot gave no options in time. Type again.");
      return ack.body;
    },
  };
}
