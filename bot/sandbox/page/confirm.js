// The confirmation dialog of an element; resolves to whether the person confirmed.

import { el, uniqueId } from "./dom.js";
import { textNodes } from "./mrkdwn.js";

export function confirmAction(confirm, ctx) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    const title = el("h2", { id: uniqueId("confirm"), text: confirm.title.text });
    const close = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const style = confirm.style === "danger" ? "danger" : "primary";
    const dialog = el(
      "dialog",
      { class: "modal small", "aria-labelledby": title.id, role: "alertdialog" },
      el("div", { class: "modal-head" }, title),
      el("div", { class: "modal-body" }, el("p", {}, ...textNodes(confirm.text, ctx))),
      el(
        "div",
        { class: "modal-foot" },
        el("button", { type: "button", class: "button", onclick: () => close(false), text: confirm.deny.text }),
        el("button", { type: "button", class: `button ${style}`, onclick: () => close(true), text: confirm.confirm.text }),
      ),
    );
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(false);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
