// The sidebar: channels, direct messages and the app, with a count of unread messages.

import { byId, el, visuallyHidden } from "./dom.js";
import { icon } from "./icons.js";
import { state, unread } from "./state.js";

const nav = byId("channels");

export function renderChannels(navigate) {
  const rooms = state.screen.channels.filter((one) => one.type !== "im");
  const direct = state.screen.channels.filter((one) => one.type === "im");
  const parts = [group("Channels", rooms.map((one) => entry(one.id, one.name, one.type === "group" ? "lock" : "hash", navigate, one.shared)))];
  if (direct.length) parts.push(group("Direct messages", direct.map((one) => entry(one.id, one.name, "reply", navigate))));
  if (state.screen.has_home) parts.push(group("Apps", [entry("home", "App Home", "home", navigate)]));
  const content = JSON.stringify([state.person, state.place, rooms, direct, rooms.concat(direct).map((one) => unread(one.id))]);
  if (nav.renderedFrom === content) return;
  const focused = document.activeElement?.dataset?.place;
  nav.replaceChildren(...parts);
  nav.renderedFrom = content;
  if (focused) nav.querySelector(`[data-place="${CSS.escape(focused)}"]`)?.focus();
}

function group(title, entries) {
  return el("section", {}, el("h2", { text: title }), el("ul", {}, ...entries.map((one) => el("li", {}, one))));
}

function entry(id, name, glyph, navigate, shared = false) {
  const count = id === "home" ? 0 : unread(id);
  const here = state.place === id;
  return el(
    "button",
    { type: "button", class: count && !here ? "channel new" : "channel", "aria-current": here ? "page" : null, onclick: () => navigate(id), data: { place: id } },
    icon(glyph),
    el("span", { class: "name", text: name }),
    shared ? el("span", { class: "tag", text: "shared" }) : null,
    count && !here ? el("span", { class: "count" }, String(count), visuallyHidden(" new")) : null,
  );
}

nav.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...nav.querySelectorAll("button")];
  all.at((all.indexOf(document.activeElement) + step) % all.length).focus();
});
