// The modal on top of the person's stack: rendering, validation, submission and closing.

import { post } from "./api.js";
import { fieldIn, renderBlocks } from "./blocks.js";
import { byId, el, preserveFocus, successor } from "./dom.js";
import { cancelTypingReport } from "./fields.js";
import { icon } from "./icons.js";
import { state } from "./state.js";
import { surface } from "./surface.js";
import { showError, toast } from "./toast.js";
import { isEmpty } from "./values.js";

const dialog = byId("modal");
let shown = null; // {view, ctx, content}
let localErrors = {}; // by block_id: found here before the app is asked
let focusBefore = null; // the element that had the focus when the modal opened

export function renderModal() {
  const view = state.screen.modals.at(-1) ?? null;
  if (!view) return hide();
  if (shown?.view.id !== view.id) build(view);
  if (shown.view.hash !== view.hash) localErrors = {};
  const changed = shown.view.hash !== view.hash || JSON.stringify(shown.view.errors) !== JSON.stringify(view.errors);
  shown.view = view;
  dialog.dataset.hash = view.hash;
  if (changed) renderView();
}

function hide() {
  if (!dialog.open) return;
  dialog.close();
  dialog.replaceChildren();
  shown = null;
  const target = focusBefore?.isConnected && focusBefore !== document.body ? focusBefore : focusBefore && successor(focusBefore, document);
  (target ?? document.querySelector(state.place === "home" ? "#home .blocks" : "#composer textarea"))?.focus();
}

function build(view) {
  const { body } = view;
  localErrors = {};
  const content = el("div", { class: "modal-body" });
  const title = el("h2", { id: "modal-title", text: body.title.text });
  const form = el(
    "form", { novalidate: true, onsubmit: submit },
    el("div", { class: "modal-head" },
      view.previous ? el("button", { type: "button", class: "icon", "aria-label": "Back", onclick: close }, icon("back")) : null,
      title,
      el("button", { type: "button", class: "icon", "aria-label": "Close", onclick: close }, icon("close"))),
    content,
    el("div", { class: "modal-foot" }),
  );
  dialog.replaceChildren(form);
  dialog.setAttribute("aria-labelledby", "modal-title");
  shown = { view, content };
  renderView();
  if (!dialog.open) {
    focusBefore = document.activeElement;
    dialog.showModal();
  }
  focusFirst(body.blocks);
}

function focusFirst(blocks) {
  const wanted = blocks.find((block) => block.element?.focus_on_load);
  const scope = wanted ? shown.content.querySelector(`[data-key="${CSS.escape(wanted.block_id)}"]`) : shown.content;
  const field = scope?.querySelector("input,textarea,select") ?? dialog.querySelector(".modal-foot .primary") ?? dialog.querySelector("button");
  field?.focus();
}

function renderView() {
  const { view, content } = shown;
  const { body } = view;
  dialog.querySelector("#modal-title").textContent = body.title.text;
  const errors = { ...view.errors, ...localErrors };
  shown.ctx = surface(view.id, () => ({ view: view.id }), () => shown.view.body.blocks, errors);
  preserveFocus(dialog, () => fill(content, body, errors));
  if (Object.keys(errors).length) focusError(errors);
}

function fill(content, body, errors) {
  renderBlocks(content, body.blocks, shown.ctx);
  const general = errors[""];
  dialog.querySelector(".modal-body > .error")?.remove();
  if (general) content.prepend(el("p", { class: "error general", role: "alert", text: general }));
  dialog.querySelector(".modal-foot").replaceChildren(
    el("button", { type: "button", class: "button", onclick: close, data: { control: "close" }, text: body.close?.text ?? "Close" }),
    ...(body.submit ? [el("button", { type: "submit", class: "button primary", disabled: body.submit_disabled === true, data: { control: "submit" }, text: body.submit.text })] : []),
  );
}

function focusError(errors) {
  const first = shown.view.body.blocks.find((block) => errors[block.block_id]);
  const node = first && shown.content.querySelector(`[data-key="${CSS.escape(first.block_id)}"]`);
  if (node) fieldIn(node)?.focus();
}

// The errors that Slack's client finds itself, before it submits: empty or invalid inputs.
function validate() {
  const found = {};
  for (const block of shown.view.body.blocks) {
    if (block.type !== "input") continue;
    const node = shown.content.querySelector(`[data-key="${CSS.escape(block.block_id)}"]`);
    const field = node && fieldIn(node);
    if (!block.optional && isEmpty(shown.ctx.values.get(block, block.element))) found[block.block_id] = "Please fill this in.";
    else if (field && field.validity && !field.validity.valid) found[block.block_id] = field.validationMessage;
  }
  return found;
}

async function submit(event) {
  event.preventDefault();
  localErrors = validate();
  if (Object.keys(localErrors).length) return renderView();
  cancelTypingReport();
  const { view, ctx } = shown;
  const button = dialog.querySelector("[type=submit]");
  if (button?.getAttribute("aria-busy") === "true") return;
  button?.setAttribute("aria-busy", "true");
  try {
    await post("send-view", { as: state.person, view: view.id, values: ctx.values.state(view.body.blocks) });
  } catch (error) {
    toast(error.message);
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

async function close() {
  cancelTypingReport();
  try {
    showError((await post("close-view", { as: state.person, view: shown.view.id })).ack);
  } catch (error) {
    toast(error.message);
  }
}

dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  if (event.target === dialog && shown) close();
});
