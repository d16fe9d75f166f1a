// Slack's confirmation dialog, before a control does what it says.

import { el, freshId } from "./dom.js";
import { textOf } from "./text.js";

export function confirmed(confirm, ctx) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    const title = el("h2", { id: freshId("confirm"), text: confirm.title.text });
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
      el("div", { class: "modal-body" }, el("p", {}, ...textOf(confirm.text, ctx))),
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
