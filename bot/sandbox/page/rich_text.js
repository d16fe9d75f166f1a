// rich_text blocks: sections, lists, quotes and preformatted text, and all that stands in them.

import { el } from "./dom.js";
import { moment } from "./dates.js";
import { emoji } from "./emoji.js";
import { link, mention } from "./marked.js";

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
      ? el("span", { class: "emoji", role: "img", "aria-label": part.name.replaceAll("_", " "), text: emoji(part.name) })
      : document.createTextNode(`:${part.name}:`),
  date: (part, ctx) => {
    const node = moment(part.format, part.timestamp, ctx.now(), part.fallback);
    return part.url ? link(part.url, node) : node;
  },
  color: (part) => el("code", { text: part.value }),
};

function inline(part, ctx) {
  const draw = INLINE[part.type];
  let node = draw ? draw(part, ctx) : el("span", { class: "unknown", text: part.type });
  for (const [style, tag] of WRAPS) if (part.style?.[style]) node = el(tag, {}, node);
  return node;
}

const PARTS = {
  rich_text_section: (part, ctx) => el("p", { class: "rich" }, ...all(part, ctx)),
  rich_text_preformatted: (part, ctx) => el("pre", {}, el("code", {}, ...all(part, ctx))),
  rich_text_quote: (part, ctx) => el("blockquote", {}, ...all(part, ctx)),
  rich_text_list: (part, ctx) => {
    const tag = part.style === "ordered" ? "ol" : "ul";
    const list = el(tag, { class: `indent-${part.indent ?? 0}` });
    if (part.offset) list.start = part.offset + 1;
    list.append(...part.elements.map((item) => el("li", {}, ...all(item, ctx))));
    return list;
  },
};

function all(part, ctx) {
  return part.elements.map((element) => inline(element, ctx));
}

export function richParts(parts, ctx) {
  return parts.map((part) => {
    const draw = PARTS[part.type];
    return draw ? draw(part, ctx) : el("span", { class: "unknown", text: part.type });
  });
}
