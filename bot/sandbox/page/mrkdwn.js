// Text objects and Slack's mrkdwn (docs.slack.dev/messaging/formatting-message-text) as DOM nodes.

import { timeElement } from "./dates.js";
import { el } from "./dom.js";
import { emoji } from "./emoji.js";

const STYLES = { "*": "strong", _: "em", "~": "s" };
const SAFE = /^(https?:|mailto:)/i;
const EMOJI = /^:([a-z0-9_+-]{1,60}):/;

// A text object: plain_text stays as it is, mrkdwn is parsed.
export function textNodes(text, ctx) {
  if (text.type === "mrkdwn") return mrkdwn(text.text, ctx);
  return text.text.split("\n").flatMap((line, place) =>
    place ? [document.createElement("br"), line] : [line],
  );
}

// The text of a text object, for labels.
export function plainText(text) {
  return text ? text.text : "";
}

export function unescaped(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

export function link(url, ...children) {
  if (!SAFE.test(url)) return el("span", {}, ...(children.length ? children : [url]));
  const shown = children.length ? children : [url.replace(/^mailto:/i, "")];
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...shown);
}

export function mention(id, ctx, sign = "@") {
  const own = id === ctx.me ? " own" : "";
  return el("span", { class: `mention${own}`, text: `${sign}${ctx.names[id] ?? id}` });
}

export function mrkdwn(text, ctx) {
  const nodes = [];
  const pieces = text.split(/```([\s\S]*?)```/);
  pieces.forEach((piece, place) => {
    if (place % 2) nodes.push(el("pre", {}, el("code", {}, ...inline(piece.replace(/^\n/, ""), ctx, true))));
    else nodes.push(...withQuotes(piece, ctx));
  });
  return nodes;
}

// Lines that begin with > are a quotation; Slack escapes that character too.
function withQuotes(text, ctx) {
  const nodes = [];
  let quote = null;
  text.split("\n").forEach((line, place, lines) => {
    const found = /^(?:>|&gt;) ?(.*)$/.exec(line);
    const last = place === lines.length - 1;
    if (found) {
      quote ??= nodes[nodes.push(el("blockquote")) - 1];
      if (quote.childNodes.length) quote.append(el("br"));
      quote.append(...inline(found[1], ctx));
      return;
    }
    nodes.push(...inline(line, ctx));
    if (!last) nodes.push(el("br"));
    quote = null;
  });
  return nodes;
}

function inline(text, ctx, verbatim = false) {
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push(document.createTextNode(unescaped(plain)));
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    const found = token(text, at, ctx, verbatim);
    if (found) {
      flush();
      nodes.push(found.node);
      at += found.length;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

function token(text, at, ctx, verbatim) {
  const rest = text.slice(at);
  const found = /^<([^<>|]+)(?:\|([^<>]*))?>/.exec(rest);
  if (found) return { node: reference(found[1], found[2], ctx), length: found[0].length };
  if (verbatim) return null;
  const code = /^`([^`\n]+)`/.exec(rest);
  if (code) return { node: el("code", {}, ...inline(code[1], ctx, true)), length: code[0].length };
  const named = EMOJI.exec(rest);
  if (named && emoji(named[1])) return { node: emojiNode(named[1]), length: named[0].length };
  return styled(text, at, ctx);
}

function styled(text, at, ctx) {
  const sign = text[at];
  const tag = STYLES[sign];
  if (!tag || (at > 0 && /[\w*_~]/.test(text[at - 1]))) return null;
  const end = text.indexOf(sign, at + 1);
  const inner = text.slice(at + 1, end);
  if (end < 0 || !inner || /^\s|\s$|\n/.test(inner) || /\w/.test(text[end + 1] ?? "")) return null;
  return { node: el(tag, {}, ...inline(inner, ctx)), length: end + 1 - at };
}

export function emojiNode(name) {
  return el("span", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " "), text: emoji(name) });
}

function reference(target, label, ctx) {
  const shown = label === undefined ? null : unescaped(label);
  if (target.startsWith("@")) return mention(target.slice(1), ctx);
  if (target.startsWith("#")) return mention(target.slice(1), ctx, "#");
  if (!target.startsWith("!")) return link(unescaped(target), ...(shown ? [shown] : []));
  const date = /^!date\^(\d+)\^([^^]+)(?:\^(.+))?$/.exec(target);
  if (date) return linked(date[3], timeElement(unescaped(date[2]), Number(date[1]), ctx.now(), shown));
  const group = /^!subteam\^(\w+)/.exec(target);
  if (group) return mention(group[1], ctx);
  return el("span", { class: "mention", text: shown ?? `@${target.slice(1)}` });
}

function linked(url, node) {
  return url ? link(unescaped(url), node) : node;
}
