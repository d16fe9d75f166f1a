// The composer: Enter sends, Shift+Enter starts a new line, Tab accepts a completion.

import { post } from "./api.js";
import { completions, toMrkdwn } from "./completion.js";
import { el, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { menuButton } from "./menu.js";
import { useShortcut } from "./message.js";
import { state } from "./state.js";
import { announce, toast } from "./toast.js";

export function renderComposer(container, { channel, thread }) {
  const reason = refusal(channel);
  if (reason) {
    container.replaceChildren(el("p", { class: "no-composer", text: reason }));
    return;
  }
  const name = thread ? "Reply in thread" : `Message ${channel.type === "im" ? channel.name : `#${channel.name}`}`;
  const id = uniqueId("offers");
  const field = el("textarea", {
    class: "write", rows: "1", "aria-label": name, placeholder: name, "aria-autocomplete": "list",
    "aria-controls": id, autocomplete: "off", spellcheck: "false", data: { control: `write ${thread ?? ""}` },
  });
  const list = el("div", { id, role: "listbox", class: "offers", "aria-label": "What can be typed", hidden: true });
  const usage = el("p", { class: "usage", "aria-live": "polite", hidden: true });
  const send = el("button", { type: "button", class: "icon send", "aria-label": "Send", title: "Send (Enter)" }, icon("send"));
  const shortcuts = state.screen.shortcuts.filter((one) => one.type === "global");
  const menu = shortcuts.length && !thread
    ? menuButton({ label: "Shortcuts", glyph: "bolt", items: () => shortcuts.map((one) => ({ label: one.name, about: "EDFS Bot", choose: () => useShortcut(one) })) })
    : null;
  container.replaceChildren(el("div", { class: "composer" }, list, usage, el("div", { class: "write-row" }, menu, field, send)));
  connect(field, list, usage, send, { channel, thread });
}

function refusal(channel) {
  if (!channel) return "There is nowhere to write.";
  if (state.screen.me.deleted) return "This account is deactivated: it can only look.";
  if (channel.archived) return "This channel is archived.";
  return null;
}

function connect(field, list, usage, send, where) {
  let offered = {};
  let at = -1;

  function complete() {
    const before = field.value.slice(0, field.selectionStart);
    offered = completions(before);
    at = -1;
    const options = offered.options ?? [];
    list.hidden = !options.length;
    list.replaceChildren(...options.map((option) => entry(option)));
    usage.hidden = !offered.usage;
    usage.textContent = offered.usage ? `/edfs ${offered.usage}` : "";
    field.removeAttribute("aria-activedescendant");
    if (options.length) announce(`${options.length} to choose from`);
    grow(field);
  }

  function entry(option) {
    const node = el("div", { role: "option", id: uniqueId("offer"), class: "entry", "aria-selected": "false" },
      el("span", { text: option.label }), el("small", { text: option.about }));
    node.addEventListener("pointerdown", (event) => event.preventDefault());
    node.addEventListener("click", () => accept(option));
    return node;
  }

  function accept(option) {
    const rest = field.value.slice(field.selectionStart);
    const start = field.value.slice(0, offered.from) + option.insert;
    const gap = start.endsWith(" ") ? "" : " ";
    field.value = start + gap + rest.trimStart();
    field.setSelectionRange(start.length + gap.length, start.length + gap.length);
    field.focus();
    complete();
  }

  function step(by) {
    const options = [...list.children];
    options[at]?.setAttribute("aria-selected", "false");
    at = (at + by + options.length + (at < 0 && by < 0 ? 1 : 0)) % options.length;
    options[at].setAttribute("aria-selected", "true");
    options[at].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", options[at].id);
  }

  function hide() {
    list.hidden = true;
    usage.hidden = true;
    offered = {};
  }

  async function submit() {
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    hide();
    grow(field);
    field.dispatchEvent(new Event("sent", { bubbles: true }));
    const sent = text.startsWith("/") ? text : toMrkdwn(text);
    try {
      const body = { as: state.person, in: where.channel.id, text: sent };
      if (where.thread) body.thread = where.thread;
      await post("type", body);
    } catch (error) {
      field.value ||= text;
      toast(error.message);
    }
  }

  field.addEventListener("input", complete);
  field.addEventListener("blur", hide);
  send.addEventListener("click", submit);
  field.addEventListener("keydown", (event) => {
    const open = !list.hidden;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) step(event.key === "ArrowDown" ? 1 : -1);
    else if (open && event.key === "Tab" && !event.shiftKey) accept(offered.options[Math.max(at, 0)]);
    else if (open && event.key === "Enter" && at >= 0) accept(offered.options[at]);
    else if (event.key === "Escape" && (open || !usage.hidden)) hide();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function grow(field) {
  field.rows = Math.min(6, field.value.split("\n").length);
}
