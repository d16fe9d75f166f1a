// The thread pane beside the channel: the root, its replies, and their composer.

import { renderComposer } from "./composer.js";
import { refreshDates } from "./dates.js";
import { byId, el, preserveFocus, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { contentKey, renderMessage } from "./message.js";
import { moveWithArrowKeys, setRovingTabindex } from "./messages.js";
import { channel, now, replies, state } from "./state.js";

const pane = byId("thread");
let shown = "";

export function renderThread(close) {
  pane.hidden = !state.thread;
  if (!state.thread) {
    shown = "";
    return;
  }
  const key = `${state.person} ${state.thread}`;
  if (shown !== key) build(close);
  shown = key;
  const list = pane.querySelector(".messages");
  const root = state.screen.messages.find((message) => message.ts === state.thread);
  const items = [root, ...replies(state.thread)].map((message) => ({
    key: message.ts, content: contentKey(message, true), message,
  }));
  const count = list.children.length;
  preserveFocus(list, () => reconcile(list, items, ({ message }) => renderMessage(message, { inThread: true })));
  setRovingTabindex(list);
  refreshDates(list, now());
  if (list.children.length > count) list.scrollTop = list.scrollHeight;
}

function build(close) {
  const list = el("div", { class: "messages", role: "log", "aria-live": "off", "aria-label": "Thread", tabindex: "-1" });
  moveWithArrowKeys(list);
  const composer = el("div", { class: "composer-place" });
  const here = channel(state.screen.messages.find((one) => one.ts === state.thread)?.channel);
  pane.replaceChildren(
    el("header", { class: "side-head" },
      el("h2", { text: "Thread" }),
      el("button", { type: "button", class: "icon", "aria-label": "Close thread", onclick: close }, icon("close"))),
    list, composer,
  );
  renderComposer(composer, { channel: here, thread: state.thread });
}

pane.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) pane.querySelector(".side-head button").click();
});
