// Toasts for errors, and announcements for screen readers.

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

// Shows a toast where the app did not answer a payload with 200 in time.
export function showError(ack) {
  if (!ack || ack.status === 200) return;
  const cause = ack.status === 0 ? ` (${ack.body})` : ` (HTTP ${ack.status})`;
  toast(`EDFS Bot did not take it${cause}. Try again.`);
}

export function announce(text) {
  const node = byId("news");
  node.textContent = node.textContent === text ? `${text} ` : text;
}
