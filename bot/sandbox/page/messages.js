// The list of a channel's messages: kept at its end, walked with the arrow keys.

import { byId, el, holdFocus, keep } from "./dom.js";
import { refreshDates } from "./dates.js";
import { contentOf, drawMessage, summary } from "./message.js";
import { channel, listed, now, state } from "./state.js";
import { announce } from "./toast.js";

const list = byId("messages");
let shownPlace = "";
let heardUpTo = "";

export function drawMessages(openThread) {
  const place = `${state.person} ${state.place}`;
  const fresh = place !== shownPlace;
  const atEnd = fresh || list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const messages = listed(state.place);
  const items = messages.map((message) => ({ key: message.ts, content: contentOf(message, false), message }));
  if (fresh) list.replaceChildren();
  holdFocus(list, () => {
    keep(list, items, ({ message }) => drawMessage(message, { inThread: false, openThread }));
    if (!items.length) list.append(empty());
  });
  walkable(list);
  refreshDates(list, now());
  if (atEnd) list.scrollTop = list.scrollHeight;
  tell(messages, fresh);
  shownPlace = place;
}

const FIRST = '/edfs toggle plant-a "SAP work orders"';

function empty() {
  const words = state.place ? "Nothing here yet." : "This person is in no channel.";
  const node = el("div", { class: "empty" }, el("p", { text: words }));
  const write = document.querySelector("#composer textarea");
  if (channel()?.has_bot && write) {
    const begin = () => {
      write.value = FIRST;
      write.focus();
    };
    node.append(el("button", { type: "button", class: "button", onclick: begin, text: `Try ${FIRST}` }));
  }
  node.dataset.key = "empty";
  return node;
}

// New messages are read aloud, those that stood there when the channel was opened are not.
function tell(messages, fresh) {
  const last = state.screen.messages.at(-1)?.ts ?? "";
  if (!fresh) {
    const news = state.screen.messages.filter(
      (one) => one.ts > heardUpTo && one.user !== state.screen.me.id && (one.channel === state.place || one.only_you),
    );
    if (news.length) announce(news.map(summary).join(". "));
  }
  heardUpTo = last;
}

// One message of the list can be reached by Tab; the arrow keys go on from there.
export function walkable(container) {
  const all = [...container.querySelectorAll(":scope > article")];
  const current = all.find((node) => node === document.activeElement) ?? all.at(-1);
  for (const node of all) node.tabIndex = node === current ? 0 : -1;
}

export function walks(container) {
  container.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !document.activeElement.matches("article.message")) return;
    event.preventDefault();
    const all = [...container.querySelectorAll(":scope > article")];
    const next = all[all.indexOf(document.activeElement) + step];
    if (!next) return;
    next.focus();
    walkable(container);
  });
}

walks(list);

// Whoever has written something wants to see the answer, wherever they had scrolled to.
byId("composer").addEventListener("sent", () => {
  list.scrollTop = list.scrollHeight;
});

export function drawPlace() {
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
