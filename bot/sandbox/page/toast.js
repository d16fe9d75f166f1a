// Short words about what did not work, read aloud at once.

import { byId, el } from "./dom.js";
import { icon } from "./icons.js";

export function toast(text) {
  const close = () => node.remove();
  const node = el(
    "div", { class: "toast" }, el("span", { text }),
    el("button", { type: "button", class: "icon", "aria-label": "Close this note", onclick: close }, icon("close")),
  );
  byId("toasts").append(node);
  setTimeout(close, 8000);
}

// How Slack puts it when an app does not answer well.
export function complainOf(ack) {
  if (!ack || ack.status === 200) return;
  const late = ack.status === 0 ? ` (${ack.body})` : ` (HTTP ${ack.status})`;
  toast(`EDFS Bot did not take it${late}. Try again.`);
}

export function announce(text) {
  const node = byId("news");
  node.textContent = node.textContent === text ? `${text} ` : text;
}
