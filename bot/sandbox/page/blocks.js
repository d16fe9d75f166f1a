// Block Kit, drawn from the very JSON that the bot sent: one function a block.

import { el, freshId, keep } from "./dom.js";
import { drawElement, drawImage } from "./elements.js";
import { richParts } from "./rich_text.js";
import { spoken, textOf } from "./text.js";
import { elementsOf } from "./values.js";

const DRAW = {
  header: (block) => el(`h${2 + (block.level ?? 1)}`, { class: "block-header", text: block.text.text }),
  divider: () => el("hr"),
  section: drawSection,
  context: (block, ctx) =>
    el("div", { class: "context" }, ...block.elements.map((part) =>
      part.type === "image" ? drawImage(part) : el("span", {}, ...textOf(part, ctx)))),
  actions: (block, ctx) =>
    el("div", { class: "actions" }, ...block.elements.map((element) =>
      drawElement(element, block, ctx, { reports: true, optional: true }))),
  rich_text: (block, ctx) => el("div", { class: "rich-text" }, ...richParts(block.elements, ctx)),
  image: (block) =>
    el("figure", { class: "figure" }, drawImage(block),
      block.title ? el("figcaption", { text: spoken(block.title) }) : null),
  video: (block) => el("div", { class: "picture", text: `${spoken(block.title)}: ${block.alt_text}` }),
  markdown: (block) => el("div", { class: "as-written", text: block.text }),
  table: drawTable,
  input: drawInput,
};

export function drawBlocks(container, blocks, ctx) {
  const errors = ctx.errors ?? {};
  const items = blocks.map((block, place) => ({
    key: block.block_id ?? String(place),
    content: `${JSON.stringify(block)}${errors[block.block_id] ?? ""}`,
    block,
  }));
  keep(container, items, ({ block }) => drawBlock(block, ctx));
}

export function drawBlock(block, ctx) {
  const draw = Object.hasOwn(DRAW, block.type) ? DRAW[block.type] : drawUnknown;
  const node = draw(block, ctx);
  node.classList.add("block");
  node.dataset.block = block.type;
  return node;
}

function drawUnknown(block) {
  return el("div", { class: "unknown", text: `This page cannot draw a “${block.type}” block.` });
}

function drawSection(block, ctx) {
  const words = el("div", { class: "words" });
  if (block.text) words.append(el("div", {}, ...textOf(block.text, ctx)));
  if (block.fields) {
    const fields = block.fields.map((field) => el("div", {}, ...textOf(field, ctx)));
    words.append(el("div", { class: "fields" }, ...fields));
  }
  const section = el("div", { class: "section" }, words);
  const [element] = elementsOf(block);
  if (element) {
    const label = spoken(element.placeholder) || words.textContent.slice(0, 100);
    const drawn = drawElement(element, block, ctx, { reports: true, optional: true, label });
    if (drawn) section.append(el("div", { class: "accessory" }, drawn));
  }
  return section;
}

function drawTable(block, ctx) {
  const [head, ...rows] = block.rows;
  const cell = (tag) => (part, column) => {
    const align = block.column_settings?.[column]?.align ?? "left";
    const inner = part.type === "rich_text" ? richParts(part.elements, ctx) : [String(part.text ?? part.value ?? "")];
    return el(tag, { class: `to-${align}`, scope: tag === "th" ? "col" : null }, ...inner);
  };
  const lines = rows.map((row) => el("tr", {}, ...row.map(cell("td"))));
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...head.map(cell("th")))), el("tbody", {}, ...lines));
  return el("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" }, table);
}

function drawInput(block, ctx) {
  const id = freshId("input");
  const label = spoken(block.label);
  const error = ctx.errors?.[block.block_id];
  const about = [
    error ? el("p", { id: `${id}-error`, class: "error", text: error }) : null,
    block.hint ? el("p", { id: `${id}-hint`, class: "hint", text: spoken(block.hint) }) : null,
  ].filter(Boolean);
  const element = drawElement(block.element, block, ctx, {
    label, optional: block.optional === true, reports: block.dispatch_action === true,
    describedBy: about.map((node) => node.id).join(" ") || null,
  });
  const field = fieldIn(element);
  if (error) field?.setAttribute("aria-invalid", "true");
  const typed = field && !["checkbox", "radio"].includes(field.type);
  if (typed) field.id = id;
  const title = el(typed ? "label" : "div", { class: "label", for: typed ? id : null, text: label });
  if (block.optional) title.append(el("span", { class: "optional", text: " (optional)" }));
  return el("div", { class: "input", data: { input: label } }, title, element, ...about);
}

export function fieldIn(node) {
  return node.matches("input,textarea,button") ? node : node.querySelector("input,textarea,button");
}
