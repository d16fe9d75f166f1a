// A select with a search field for one choice or several (combobox pattern of the ARIA practices).

import { el, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { openPopup, place } from "./popup.js";

const DEBOUNCE_MS = 150;

// `load(typed)` resolves to {groups: [{label, options}], note}; an option has text, description and
// whatever else the caller wants back. `chosen` is a list. Where `changed(list)` resolves to false,
// the choice is reverted.
export function combobox({ label, describedBy, placeholder, chosen, several, optional, most, load, changed, control }) {
  const id = uniqueId("list");
  const input = el("input", {
    type: "text", role: "combobox", class: "field", autocomplete: "off", spellcheck: "false",
    "aria-label": label, "aria-describedby": describedBy, "aria-expanded": "false",
    "aria-autocomplete": "list", "aria-controls": id, placeholder: placeholder ?? "Choose one",
  });
  const list = el("div", { id, role: "listbox", "aria-label": label });
  const note = el("p", { class: "note", role: "status" });
  const popup = el("div", { class: "popup options" }, list, note);
  const chips = several ? el("ul", { class: "chips", "aria-label": `${label}: chosen` }) : null;
  const clear = optional && !several
    ? el("button", { type: "button", class: "icon clear", "aria-label": `Clear ${label}`, onclick: () => choose([]) }, icon("close"))
    : null;
  const root = el("div", { class: "select", data: { control } }, chips, input, clear, popup);
  let now = [...chosen];
  let close = () => {};
  let timer = 0;
  let request = 0;

  const isOpen = () => input.getAttribute("aria-expanded") === "true";
  const entries = () => [...list.querySelectorAll("[role=option]")];
  const active = () => list.querySelector("[role=option].active");

  function show() {
    if (!several) input.value = now[0]?.text ?? "";
    if (clear) clear.hidden = !now.length;
    chips?.replaceChildren(...now.map(chip));
  }

  function chip(option) {
    const remove = () => choose(now.filter((other) => other !== option));
    const button = el("button", { type: "button", "aria-label": `Remove ${option.text}`, onclick: remove }, icon("close"));
    return el("li", { class: "chip" }, option.text, button);
  }

  async function choose(next) {
    const before = now;
    now = next;
    close();
    show();
    if ((await changed(next)) !== false) return;
    now = before;
    show();
  }

  function open() {
    if (isOpen()) return;
    input.setAttribute("aria-expanded", "true");
    close = openPopup(popup, input, () => {
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
      clearTimeout(timer);
      request += 1;
    });
    fill("");
  }

  async function fill(typed) {
    const current = (request += 1);
    note.textContent = "Looking …";
    list.setAttribute("aria-busy", "true");
    const answer = await load(typed);
    if (current !== request || !isOpen()) return;
    list.removeAttribute("aria-busy");
    list.replaceChildren(...answer.groups.flatMap(group));
    note.textContent = answer.note ?? (entries().length ? "" : "Nothing fits.");
    note.hidden = !note.textContent;
    list.hidden = !entries().length;
    input.removeAttribute("aria-activedescendant");
    place(popup, input);
    if (typed) step(1);
  }

  function group({ label: name, options }) {
    const nodes = options.map(entry);
    if (!name) return nodes;
    const title = el("div", { class: "group-title", role: "presentation", text: name });
    return [el("div", { role: "group", "aria-label": name }, title, ...nodes)];
  }

  function entry(option) {
    const taken = now.some((other) => other.key === option.key);
    const about = option.description ? el("small", { text: option.description }) : null;
    const node = el(
      "div",
      { id: uniqueId("option"), role: "option", class: "entry", "aria-selected": String(taken) },
      el("span", { text: option.text }), about,
    );
    node.option = option;
    node.addEventListener("pointerdown", (event) => event.preventDefault());
    node.addEventListener("click", () => toggleOption(option));
    return node;
  }

  function toggleOption(option) {
    if (!several) return choose([option]);
    input.value = "";
    if (now.some((other) => other.key === option.key)) {
      return choose(now.filter((other) => other.key !== option.key));
    }
    return now.length >= (most ?? 100) ? undefined : choose([...now, option]);
  }

  function step(by) {
    const all = entries();
    if (!all.length) return;
    const at = all.indexOf(active());
    activate(all.at(by === 1 ? (at + 1) % all.length : at <= 0 ? -1 : at - 1));
  }

  function activate(node) {
    active()?.classList.remove("active");
    node.classList.add("active");
    node.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", node.id);
  }

  input.addEventListener("click", open);
  input.addEventListener("input", () => {
    open();
    clearTimeout(timer);
    const typed = input.value;
    timer = setTimeout(() => fill(typed), DEBOUNCE_MS);
  });
  input.addEventListener("blur", () => {
    close();
    show();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (isOpen()) step(event.key === "ArrowDown" ? 1 : -1);
      else open();
    } else if (event.key === "Enter" && isOpen()) {
      if (active()) toggleOption(active().option);
    } else if (event.key === "Escape" && isOpen()) {
      close();
      show();
    } else if (event.key === "Backspace" && several && !input.value && now.length) {
      choose(now.slice(0, -1));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  input.addEventListener("focus", () => input.select());
  show();
  return root;
}
