// Renders rich_text blocks: sections, lists, quotes, preformatted text and their inline elements.

import { timeElement } from "./dates.js";
import { el } from "./dom.js";
import { emoji } from "./emoji.js";
import { emojiNode, link, mention } from "./mrkdwn.js";

const WRAPS = [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"]];

const INLINE = {
  text: (part) => document.createTextNode(part.text),
  link: (part) => link(part.url, part.text || part.url),
  user: (part, ctx) => mention(part.user_id, ctx),
  channel: (part, ctx) => mention(part.channel_id, ctx, "#"),
  usergroup: (part, ctx) => mention(part.usergroup_id, ctx),
  broadcast: (part) => el("span", { class: "mention", text: `@${part.range}` }),
  emoji: (part) =>
    emoji(part.name)
      ? emojiNode(part.name)
      : document.createTextNode(`:${part.name}:`),
  date: (part, ctx) => {
    const node = timeElement(part.format, part.timestamp, ctx.now(), part.fallback);
    return part.url ? link(part.url, node) : node;
  },
  color: (part) => el("code", { text: part.value }),
};

function inline(part, ctx) {
  const render = INLINE[part.type];
  let node = render ? render(part, ctx) : el("span", { class: "unknown", text: part.type });
  for (const [style, tag] of WRAPS) if (part.style?.[style]) node = el(tag, {}, node);
  return node;
}

const PARTS = {
  rich_text_section: (part, ctx) => el("p", { class: "rich" }, ...inlines(part, ctx)),
  rich_text_preformatted: (part, ctx) => el("pre", {}, el("code", {}, ...inlines(part, ctx))),
  rich_text_quote: (part, ctx) => el("blockquote", {}, ...inlines(part, ctx)),
  rich_text_list: (part, ctx) => {
    const tag = part.style === "ordered" ? "ol" : "ul";
    const list = el(tag, { class: `indent-${part.indent ?? 0}` });
    if (part.offset) list.start = part.offset + 1;
    list.append(...part.elements.map((item) => el("li", {}, ...inlines(item, ctx))));
    return list;
  },
};

function inlines(part, ctx) {
  return part.elements.map((element) => inline(element, ctx));
}

export function richParts(parts, ctx) {
  return parts.map((part) => {
    const render = PARTS[part.type];
    return render ? render(part, ctx) : el("span", { class: "unknown", text: part.type });
  });
}
