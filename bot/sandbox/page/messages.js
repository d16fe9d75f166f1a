// The message list of a channel: scrolled to its end, moved through with the arrow keys.

import { refreshDates } from "./dates.js";
import { byId, el, preserveFocus, reconcile } from "./dom.js";
import { contentKey, renderMessage, summary } from "./message.js";
import { channel, channelMessages, now, state } from "./state.js";
import { announce } from "./toast.js";

const list = byId("messages");
let shownPlace = "";
let announcedUpTo = "";

export function renderMessages(openThread) {
  const place = `${state.person} ${state.place}`;
  const fresh = place !== shownPlace;
  const atEnd = fresh || list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const messages = channelMessages(state.place);
  const items = messages.map((message) => ({ key: message.ts, content: contentKey(message, false), message }));
  if (fresh) list.replaceChildren();
  preserveFocus(list, () => {
    reconcile(list, items, ({ message }) => renderMessage(message, { inThread: false, openThread }));
    if (!items.length) list.append(empty());
  });
  setRovingTabindex(list);
  refreshDates(list, now());
  if (atEnd) list.scrollTop = list.scrollHeight;
  announceNew(fresh);
  shownPlace = place;
}

const FIRST = '/edfs toggle plant-a "SAP work orders"';

function empty() {
  const text = state.place ? "Nothing here yet." : "This person is in no channel.";
  const node = el("div", { class: "empty" }, el("p", { text }));
  const write = document.querySelector("#composer textarea");
  if (channel()?.has_bot && write) {
    const fillIn = () => {
      write.value = FIRST;
      write.focus();
    };
    node.append(el("button", { type: "button", class: "button", onclick: fillIn, text: `Try ${FIRST}` }));
  }
  node.dataset.key = "empty";
  return node;
}

// Announces messages that came after the channel was opened to screen readers.
function announceNew(fresh) {
  const last = state.screen.messages.at(-1)?.ts ?? "";
  if (!fresh) {
    const added = state.screen.messages.filter(
      (one) => one.ts > announcedUpTo && one.user !== state.screen.me.id && (one.channel === state.place || one.only_you),
    );
    if (added.length) announce(added.map(summary).join(". "));
  }
  announcedUpTo = last;
}

// Makes one message of the list reachable by Tab (roving tabindex); arrow keys move from there.
export function setRovingTabindex(container) {
  const all = [...container.querySelectorAll(":scope > article")];
  const current = all.find((node) => node === document.activeElement) ?? all.at(-1);
  for (const node of all) node.tabIndex = node === current ? 0 : -1;
}

export function moveWithArrowKeys(container) {
  container.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !document.activeElement.matches("article.message")) return;
    event.preventDefault();
    const all = [...container.querySelectorAll(":scope > article")];
    const next = all[all.indexOf(document.activeElement) + step];
    if (!next) return;
    next.focus();
    setRovingTabindex(container);
  });
}

moveWithArrowKeys(list);

// After sending, scrolls to the end, where the answer will be.
byId("composer").addEventListener("sent", () => {
  list.scrollTop = list.scrollHeight;
});

export function renderPlace() {
  const here = channel();
  const home = state.place === "home";
  const name = home ? "EDFS Bot" : here ? `${here.type === "im" ? "" : "#"}${here.name}` : "Nowhere";
  byId("place").textContent = name;
  byId("about").textContent = home ? "App Home: what only you see" : about(here);
  list.setAttribute("aria-label", home ? "App Home" : `Messages in ${name}`);
  document.title = `${name} · EDFS Bot sandbox`;
}

function about(here) {
  if (!here) return "";
  if (here.type === "im") return "Direct messages with the app";
  return [
    here.shared ? "Shared with another organisation" : here.type === "group" ? "Private channel" : "Channel",
    `${here.people} members`,
    here.has_bot ? null : "EDFS Bot is not in it",
    here.archived ? "archived" : null,
  ].filter(Boolean).join(" · ");
}
