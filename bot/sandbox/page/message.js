// Renders one message: author, time, content, and its actions.

import { post } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { timeElement } from "./dates.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { menuButton } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";
import { nameOf, now, replies, state } from "./state.js";
import { surface } from "./surface.js";
import { showError, toast } from "./toast.js";

export function avatar(name, id) {
  const initials = name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
  const shade = [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 6;
  const own = id === state.screen.bot ? "bot" : `shade-${shade}`;
  return el("span", { class: `avatar ${own}`, "aria-hidden": "true", text: initials });
}

// Everything that the rendering of a message depends on; a change of it renders the message again.
export function contentKey(message, inThread) {
  const count = inThread ? 0 : replies(message.ts).length;
  return JSON.stringify([state.person, message, count, state.screen.shortcuts.length]);
}

export function renderMessage(message, { inThread, openThread }) {
  const name = nameOf(message.user);
  const isBot = message.user === state.screen.bot;
  const body = el("div", { class: "body" });
  if (message.blocks.length) {
    const ctx = surface(message.ts, () => ({ message: message.ts }), () => message.blocks);
    const card = el("div", { class: isBot ? "blocks card" : "blocks" });
    renderBlocks(card, message.blocks, ctx);
    body.append(card);
  } else {
    const ctx = { names: state.screen.names, me: state.screen.me.id, now };
    body.append(el("div", { class: "message-text" }, ...mrkdwn(message.text, ctx)));
  }
  const head = el(
    "header", { class: "message-head" },
    el("span", { class: "author", text: name }),
    isBot ? el("span", { class: "tag", text: "app" }) : null,
    timeElement("{recent}", Number(message.ts), now()),
    message.edited ? el("span", { class: "muted", text: "edited" }) : null,
    message.broadcast ? el("span", { class: "muted", text: "also sent to the channel" }) : null,
  );
  const only = message.only_you ? el("p", { class: "only-you", text: "Only visible to you" }) : null;
  return el(
    "article",
    { class: message.only_you ? "message private" : "message", tabindex: "-1", "aria-label": `${name}${message.only_you ? ", only visible to you" : ""}`, data: { focus: message.ts, ts: message.ts } },
    avatar(name, message.user),
    el("div", { class: "content" }, only, head, body, threadLink(message, inThread, openThread)),
    tools(message, inThread, openThread),
  );
}

function threadLink(message, inThread, openThread) {
  const count = inThread || message.broadcast ? 0 : replies(message.ts).length;
  if (!count) return null;
  const label = `${count} ${count === 1 ? "reply" : "replies"}`;
  return el("button", { type: "button", class: "replies", onclick: () => openThread(message.ts), data: { control: "replies" } }, icon("reply"), label);
}

function tools(message, inThread, openThread) {
  if (message.only_you) return null;
  const reply = inThread ? null : el(
    "button",
    { type: "button", class: "icon", "aria-label": "Reply in thread", title: "Reply in thread", onclick: () => openThread(message.thread ?? message.ts), data: { control: "reply" } },
    icon("reply"),
  );
  const shortcuts = state.screen.shortcuts.filter((one) => one.type === "message");
  const menu = shortcuts.length
    ? menuButton({ label: "More actions", glyph: "more", items: () => shortcuts.map((one) => ({ label: one.name, about: "EDFS Bot", choose: () => useShortcut(one, message.ts) })) })
    : null;
  return el("div", { class: "tools" }, reply, menu);
}

export async function useShortcut(shortcut, message) {
  try {
    showError((await post("shortcut", { as: state.person, callback_id: shortcut.callback_id, message })).ack);
  } catch (error) {
    toast(error.message);
  }
}

export function summary(message) {
  const text = message.text || "a message with controls";
  return `${nameOf(message.user)}${message.only_you ? ", only to you" : ""}: ${plain(text)}`;
}

function plain(text) {
  const ctx = { names: state.screen.names, me: "", now };
  return el("div", {}, ...mrkdwn(text, ctx)).textContent.slice(0, 240);
}
