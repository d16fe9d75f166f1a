// The interactive elements of Block Kit. Each is drawn, remembers what is filled in, and reports.

import { confirmed } from "./confirm.js";
import { el, freshId } from "./dom.js";
import { drawField, FIELDS } from "./fields.js";
import { menuButton } from "./menu.js";
import { drawSelect } from "./selects.js";
import { spoken, textOf } from "./text.js";
import { actionId, answerOf, controlName } from "./values.js";

const SELECTS = new Set([
  "static_select", "multi_static_select", "external_select", "users_select",
  "multi_users_select", "conversations_select", "channels_select",
]);

// What is said of a control that has neither a label nor a placeholder.
const CALLED = {
  datepicker: "Date", timepicker: "Time", datetimepicker: "Date and time", checkboxes: "Choices",
  radio_buttons: "Choices",
};

// `wiring`: {label, describedBy, optional, reports}; `reports`: a change is told to the app.
export function drawElement(element, block, ctx, wiring) {
  if (element.type === "button") return drawButton(element, block, ctx);
  if (element.type === "overflow") return drawOverflow(element, block, ctx);
  if (element.type === "image") return drawImage(element);
  const label = wiring.label || spoken(element.placeholder) || CALLED[element.type] || "Choice";
  const changed = change(element, block, ctx, wiring.reports);
  const whole = { ...wiring, label, changed };
  if (SELECTS.has(element.type)) return drawSelect(element, block, ctx, whole);
  if (element.type === "checkboxes") return drawChoices(element, block, ctx, whole, "checkbox");
  if (element.type === "radio_buttons") return drawChoices(element, block, ctx, whole, "radio");
  if (FIELDS.has(element.type)) return drawField(element, block, ctx, whole);
  return el("span", { class: "unknown", text: element.type });
}

// Asks first where the element says so, keeps the new value, and tells the app.
function change(element, block, ctx, reports) {
  return async (value) => {
    if (reports && !(await confirmed(element.confirm, ctx))) return false;
    ctx.values.set(block, element, value);
    if (reports) await ctx.press(block, element, answerOf(element, value));
    return true;
  };
}

function drawButton(element, block, ctx) {
  const allowed = element.visible_to_user_ids;
  if (allowed?.length && !allowed.includes(ctx.me)) return null;
  const props = {
    class: `button ${element.style ?? ""}`.trim(),
    "aria-label": element.accessibility_label,
    data: { control: controlName(block, element), action: actionId(block, element) },
  };
  const label = spoken(element.text);
  const press = async () => {
    if (!(await confirmed(element.confirm, ctx))) return;
    await ctx.press(block, element, null, button);
  };
  let button;
  if (element.url && /^(https?|mailto):/i.test(element.url)) {
    const opens = el("span", { class: "heard", text: " (opens a new tab)" });
    button = el("a", { ...props, href: element.url, target: "_blank", rel: "noopener noreferrer", onclick: press }, label, element.accessibility_label ? null : opens);
  } else button = el("button", { ...props, type: "button", onclick: press, text: label });
  return button;
}

function drawOverflow(element, block, ctx) {
  const allOf = () =>
    element.options.map((option) => ({
      label: option.text.text,
      about: option.description?.text,
      href: /^(https?|mailto):/i.test(option.url ?? "") ? option.url : null,
      choose: async () => {
        if (await confirmed(element.confirm, ctx)) await ctx.press(block, element, answerOf(element, option));
      },
    }));
  return menuButton({ label: "More", drawing: "more", items: allOf, kind: "button square", control: controlName(block, element) });
}

// An image from elsewhere would be a request to elsewhere, so its description stands in for it.
export function drawImage(element) {
  return el("span", { class: "picture", role: "img", "aria-label": element.alt_text, text: element.alt_text });
}

function drawChoices(element, block, ctx, { label, describedBy, changed }, type) {
  const name = freshId("choice");
  const value = ctx.values.of(block, element);
  const chosen = new Set((Array.isArray(value) ? value : value ? [value] : []).map((one) => one.value));
  const boxes = element.options.map((option) => {
    const about = option.description
      ? el("small", { id: freshId("about") }, ...textOf(option.description, ctx)) : null;
    const box = el("input", { type, name, checked: chosen.has(option.value), "aria-describedby": about?.id, onchange: report });
    box.option = option;
    const words = el("span", {}, ...textOf(option.text, ctx), about);
    return el("label", { class: "choice" }, box, words);
  });
  const inputs = () => boxes.map((box) => box.firstElementChild);

  async function report() {
    const options = inputs().filter((box) => box.checked).map((box) => box.option);
    const value = type === "radio" ? (options[0] ?? null) : options;
    if ((await changed(value)) !== false) return;
    for (const box of inputs()) box.checked = chosen.has(box.option.value);
  }

  const role = type === "radio" ? "radiogroup" : "group";
  return el("div", { class: "choices", role, "aria-label": label, "aria-describedby": describedBy, data: { control: controlName(block, element) } }, ...boxes);
}
