// Renders the App Home that the app has published for the person.

import { renderBlocks } from "./blocks.js";
import { refreshDates } from "./dates.js";
import { byId, el, preserveFocus } from "./dom.js";
import { now, state } from "./state.js";
import { surface } from "./surface.js";

const page = byId("home");

export function renderHome() {
  const here = state.place === "home";
  page.hidden = !here;
  byId("messages").hidden = here;
  byId("composer").hidden = here;
  if (!here) return;
  const view = state.screen.home;
  if (!view) {
    page.replaceChildren(el("p", { class: "empty", text: "The app has not published a Home for you yet." }));
    page.shownFor = null;
    return;
  }
  if (page.shownFor !== state.person) {
    page.replaceChildren(el("div", { class: "blocks", role: "region", "aria-label": "App Home", tabindex: "-1" }));
    page.shownFor = state.person;
  }
  const blocks = page.querySelector(".blocks");
  const ctx = surface("home", () => ({ view: state.screen.home.id }), () => state.screen.home.body.blocks);
  preserveFocus(blocks, () => renderBlocks(blocks, view.body.blocks, ctx));
  page.dataset.hash = view.hash;
  refreshDates(blocks, now());
}
