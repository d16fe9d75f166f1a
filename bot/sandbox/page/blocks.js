// Renders Block Kit from the JSON that the bot sent, with one function for each type of block.

import { el, reconcile, uniqueId } from "./dom.js";
import { renderElement, renderImage } from "./elements.js";
import { plainText, textNodes } from "./mrkdwn.js";
import { richParts } from "./rich_text.js";
import { elementsOf } from "./values.js";

const RENDERERS = {
  header: (block) => el(`h${2 + (block.level ?? 1)}`, { class: "block-header", text: block.text.text }),
  divider: () => el("hr"),
  section: renderSection,
  context: (block, ctx) =>
    el("div", { class: "context" }, ...block.elements.map((part) =>
      part.type === "image" ? renderImage(part) : el("span", {}, ...textNodes(part, ctx)))),
  actions: (block, ctx) =>
    el("div", { class: "actions" }, ...block.elements.map((element) =>
      renderElement(element, block, ctx, { reports: true, optional: true }))),
  rich_text: (block, ctx) => el("div", { class: "rich-text" }, ...richParts(block.elements, ctx)),
  image: (block) =>
    el("figure", { class: "figure" }, renderImage(block),
      block.title ? el("figcaption", { text: plainText(block.title) }) : null),
  video: (block) => el("div", { class: "picture", text: `${plainText(block.title)}: ${block.alt_text}` }),
  markdown: (block) => el("div", { class: "raw-markdown", text: block.text }),
  table: renderTable,
  input: renderInput,
};

export function renderBlocks(container, blocks, ctx) {
  const errors = ctx.errors ?? {};
  const items = blocks.map((block, place) => ({
    key: block.block_id ?? String(place),
    content: `${JSON.stringify(block)}${errors[block.block_id] ?? ""}`,
    block,
  }));
  reconcile(container, items, ({ block }) => renderBlock(block, ctx));
}

export function renderBlock(block, ctx) {
  const render = Object.hasOwn(RENDERERS, block.type) ? RENDERERS[block.type] : renderUnknown;
  const node = render(block, ctx);
  node.classList.add("block");
  node.dataset.block = block.type;
  return node;
}

function renderUnknown(block) {
  return el("div", { class: "unknown", text: `This page cannot draw a “${block.type}” block.` });
}

function renderSection(block, ctx) {
  const text = el("div", { class: "section-text" });
  if (block.text) text.append(el("div", {}, ...textNodes(block.text, ctx)));
  if (block.fields) {
    const fields = block.fields.map((field) => el("div", {}, ...textNodes(field, ctx)));
    text.append(el("div", { class: "fields" }, ...fields));
  }
  const section = el("div", { class: "section" }, text);
  const [element] = elementsOf(block);
  if (element) {
    const label = plainText(element.placeholder) || text.textContent.slice(0, 100);
    const accessory = renderElement(element, block, ctx, { reports: true, optional: true, label });
    if (accessory) section.append(el("div", { class: "accessory" }, accessory));
  }
  return section;
}

function renderTable(block, ctx) {
  const [head, ...rows] = block.rows;
  const cell = (tag) => (part, column) => {
    const align = block.column_settings?.[column]?.align ?? "left";
    const inner = part.type === "rich_text" ? richParts(part.elements, ctx) : [String(part.text ?? part.value ?? "")];
    return el(tag, { class: `align-${align}`, scope: tag === "th" ? "col" : null }, ...inner);
  };
  const lines = rows.map((row) => el("tr", {}, ...row.map(cell("td"))));
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...head.map(cell("th")))), el("tbody", {}, ...lines));
  return el("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" }, table);
}

function renderInput(block, ctx) {
  const id = uniqueId("input");
  const label = plainText(block.label);
  const error = ctx.errors?.[block.block_id];
  const about = [
    error ? el("p", { id: `${id}-error`, class: "error", text: error }) : null,
    block.hint ? el("p", { id: `${id}-hint`, class: "hint", text: plainText(block.hint) }) : null,
  ].filter(Boolean);
  const element = renderElement(block.element, block, ctx, {
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

// The control inside an input block that takes the focus.
export function fieldIn(node) {
  return node.matches("input,textarea,button") ? node : node.querySelector("input,textarea,button");
}
