// The list of channels, direct messages and the app, with marks for what is new.

import { byId, el, heard } from "./dom.js";
import { icon } from "./icons.js";
import { state, unread } from "./state.js";

const nav = byId("channels");

export function drawChannels(go) {
  const rooms = state.screen.channels.filter((one) => one.type !== "im");
  const direct = state.screen.channels.filter((one) => one.type === "im");
  const parts = [group("Channels", rooms.map((one) => entry(one.id, one.name, one.type === "group" ? "lock" : "hash", go, one.shared)))];
  if (direct.length) parts.push(group("Direct messages", direct.map((one) => entry(one.id, one.name, "reply", go))));
  if (state.screen.has_home) parts.push(group("Apps", [entry("home", "App Home", "home", go)]));
  const content = JSON.stringify([state.person, state.place, rooms, direct, rooms.concat(direct).map((one) => unread(one.id))]);
  if (nav.drawnFrom === content) return;
  const focused = document.activeElement?.dataset?.place;
  nav.replaceChildren(...parts);
  nav.drawnFrom = content;
  if (focused) nav.querySelector(`[data-place="${CSS.escape(focused)}"]`)?.focus();
}

function group(title, entries) {
  return el("section", {}, el("h2", { text: title }), el("ul", {}, ...entries.map((one) => el("li", {}, one))));
}

function entry(id, name, drawing, go, shared = false) {
  const count = id === "home" ? 0 : unread(id);
  const here = state.place === id;
  return el(
    "button",
    { type: "button", class: count && !here ? "channel new" : "channel", "aria-current": here ? "page" : null, onclick: () => go(id), data: { place: id } },
    icon(drawing),
    el("span", { class: "name", text: name }),
    shared ? el("span", { class: "tag", text: "shared" }) : null,
    count && !here ? el("span", { class: "count" }, String(count), heard(" new")) : null,
  );
}

nav.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...nav.querySelectorAll("button")];
  all.at((all.indexOf(document.activeElement) + step) % all.length).focus();
});
