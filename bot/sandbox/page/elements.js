// Renders the interactive elements of Block Kit, which store their values and report to the app.

import { confirmAction } from "./confirm.js";
import { el, uniqueId } from "./dom.js";
import { FIELDS, renderField } from "./fields.js";
import { menuButton } from "./menu.js";
import { plainText, textNodes } from "./mrkdwn.js";
import { renderSelect } from "./selects.js";
import { actionId, actionValue, controlKey } from "./values.js";

const SELECTS = new Set([
  "static_select", "multi_static_select", "external_select", "users_select",
  "multi_users_select", "conversations_select", "channels_select",
]);

// The accessible name of a control that has neither a label nor a placeholder.
const DEFAULT_LABELS = {
  datepicker: "Date", timepicker: "Time", datetimepicker: "Date and time", checkboxes: "Choices",
  radio_buttons: "Choices",
};

// `options`: {label, describedBy, optional, reports}; `reports`: a change sends a block_actions.
export function renderElement(element, block, ctx, options) {
  if (element.type === "button") return renderButton(element, block, ctx);
  if (element.type === "overflow") return renderOverflow(element, block, ctx);
  if (element.type === "image") return renderImage(element);
  const label = options.label || plainText(element.placeholder) || DEFAULT_LABELS[element.type] || "Choice";
  const changed = changeHandler(element, block, ctx, options.reports);
  const whole = { ...options, label, changed };
  if (SELECTS.has(element.type)) return renderSelect(element, block, ctx, whole);
  if (element.type === "checkboxes") return renderChoices(element, block, ctx, whole, "checkbox");
  if (element.type === "radio_buttons") return renderChoices(element, block, ctx, whole, "radio");
  if (FIELDS.has(element.type)) return renderField(element, block, ctx, whole);
  return el("span", { class: "unknown", text: element.type });
}

// The change handler of an element: confirms first where the element asks for it, stores the new
// value, and reports it. Resolves to false where the person did not confirm.
function changeHandler(element, block, ctx, reports) {
  return async (value) => {
    if (reports && !(await confirmAction(element.confirm, ctx))) return false;
    ctx.values.set(block, element, value);
    if (reports) await ctx.press(block, element, actionValue(element, value));
    return true;
  };
}

function renderButton(element, block, ctx) {
  const allowed = element.visible_to_user_ids;
  if (allowed?.length && !allowed.includes(ctx.me)) return null;
  const props = {
    class: `button ${element.style ?? ""}`.trim(),
    "aria-label": element.accessibility_label,
    data: { control: controlKey(block, element), action: actionId(block, element) },
  };
  const label = plainText(element.text);
  const press = async () => {
    if (!(await confirmAction(element.confirm, ctx))) return;
    await ctx.press(block, element, null, button);
  };
  let button;
  if (element.url && /^(https?|mailto):/i.test(element.url)) {
    const opens = el("span", { class: "visually-hidden", text: " (opens a new tab)" });
    button = el("a", { ...props, href: element.url, target: "_blank", rel: "noopener noreferrer", onclick: press }, label, element.accessibility_label ? null : opens);
  } else button = el("button", { ...props, type: "button", onclick: press, text: label });
  return button;
}

function renderOverflow(element, block, ctx) {
  const items = () =>
    element.options.map((option) => ({
      label: option.text.text,
      about: option.description?.text,
      href: /^(https?|mailto):/i.test(option.url ?? "") ? option.url : null,
      choose: async () => {
        if (await confirmAction(element.confirm, ctx)) await ctx.press(block, element, actionValue(element, option));
      },
    }));
  return menuButton({ label: "More", glyph: "more", items, kind: "button square", control: controlKey(block, element) });
}

// Shows the alt text only: to load an image would be a request to another host.
export function renderImage(element) {
  return el("span", { class: "picture", role: "img", "aria-label": element.alt_text, text: element.alt_text });
}

function renderChoices(element, block, ctx, { label, describedBy, changed }, type) {
  const name = uniqueId("choice");
  const value = ctx.values.get(block, element);
  const chosen = new Set((Array.isArray(value) ? value : value ? [value] : []).map((one) => one.value));
  const boxes = element.options.map((option) => {
    const about = option.description
      ? el("small", { id: uniqueId("about") }, ...textNodes(option.description, ctx)) : null;
    const box = el("input", { type, name, checked: chosen.has(option.value), "aria-describedby": about?.id, onchange: report });
    box.option = option;
    const text = el("span", {}, ...textNodes(option.text, ctx), about);
    return el("label", { class: "choice" }, box, text);
  });
  const inputs = () => boxes.map((box) => box.firstElementChild);

  async function report() {
    const options = inputs().filter((box) => box.checked).map((box) => box.option);
    const value = type === "radio" ? (options[0] ?? null) : options;
    if ((await changed(value)) !== false) return;
    for (const box of inputs()) box.checked = chosen.has(box.option.value);
  }

  const role = type === "radio" ? "radiogroup" : "group";
  return el("div", { class: "choices", role, "aria-label": label, "aria-describedby": describedBy, data: { control: controlKey(block, element) } }, ...boxes);
}
