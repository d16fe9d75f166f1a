// A menu button (ARIA practices): arrow keys, Home, End and Escape; focus returns to the button.

import { el, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { openPopup } from "./popup.js";

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

// `items()` returns [{label, about, href, choose}].
export function menuButton({ label, glyph, text, items, control, kind = "icon" }) {
  const id = uniqueId("menu");
  const button = el(
    "button",
    {
      type: "button", class: kind, "aria-label": label, "aria-haspopup": "menu",
      "aria-expanded": "false", title: label, data: { control: control ?? label },
    },
    glyph ? icon(glyph) : null,
    text ?? null,
  );
  const menu = el("div", { id, role: "menu", class: "popup menu", "aria-label": label });
  const anchor = el("span", { class: "menu-anchor" }, button);
  let close = () => {};

  const open = (last) => {
    menu.replaceChildren(...items().map((item) => entry(item, () => close())));
    anchor.append(menu);
    button.setAttribute("aria-expanded", "true");
    button.setAttribute("aria-controls", id);
    close = openPopup(menu, button, () => {
      button.setAttribute("aria-expanded", "false");
      button.removeAttribute("aria-controls");
      const inside = menu.contains(document.activeElement);
      menu.remove();
      if (inside) button.focus();
    });
    (last ? menu.lastElementChild : menu.firstElementChild)?.focus();
  };

  button.addEventListener("click", () =>
    button.getAttribute("aria-expanded") === "true" ? close() : open(false),
  );
  button.addEventListener("keydown", (event) => {
    if (!STEPS[event.key]) return;
    event.preventDefault();
    open(event.key === "ArrowUp");
  });
  menu.addEventListener("keydown", (event) => moveFocus(event, menu, () => close()));
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) close();
  });
  return anchor;
}

function entry(item, close) {
  const about = item.about ? el("small", { text: item.about }) : null;
  const props = { role: "menuitem", tabindex: "-1", class: "entry" };
  if (item.href) {
    Object.assign(props, { href: item.href, target: "_blank", rel: "noopener noreferrer" });
  }
  const node = el(item.href ? "a" : "button", props, el("span", { text: item.label }), about);
  if (!item.href) node.type = "button";
  node.addEventListener("click", () => {
    close();
    item.choose();
  });
  return node;
}

function moveFocus(event, menu, close) {
  const items = [...menu.children];
  const at = items.indexOf(document.activeElement);
  if (STEPS[event.key]) items.at((at + STEPS[event.key]) % items.length).focus();
  else if (event.key === "Home") items[0].focus();
  else if (event.key === "End") items.at(-1).focus();
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
