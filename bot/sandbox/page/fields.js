// Fields that are typed into: text, number, address, e-mail, date and time.

import { el } from "./dom.js";
import { controlName } from "./values.js";

const KINDS = {
  plain_text_input: "text", email_text_input: "email", url_text_input: "url",
  number_input: "number", datepicker: "date", timepicker: "time",
  datetimepicker: "datetime-local",
};
const PICKED = new Set(["datepicker", "timepicker", "datetimepicker"]);
const TYPING_PAUSE = 250;

export const FIELDS = new Set(Object.keys(KINDS));

// datetime-local speaks the browser's zone; Slack wants seconds since the epoch.
function localText(seconds) {
  if (!seconds) return "";
  const date = new Date(seconds * 1000);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function valueOf(element, field) {
  if (!field.value) return null;
  if (element.type !== "datetimepicker") return field.value;
  return Math.floor(new Date(field.value).getTime() / 1000);
}

export function drawField(element, block, ctx, { label, describedBy, optional, reports, changed }) {
  const long = element.type === "plain_text_input" && element.multiline;
  const kept = ctx.values.of(block, element);
  const field = el(long ? "textarea" : "input", {
    type: long ? null : KINDS[element.type],
    class: "field", rows: long ? "3" : null,
    "aria-label": label, "aria-describedby": describedBy, "aria-required": optional ? null : "true",
    placeholder: element.placeholder?.text,
    minlength: element.min_length, maxlength: element.max_length,
    min: element.min_value, max: element.max_value,
    step: element.type === "number_input" ? (element.is_decimal_allowed ? "any" : "1") : null,
    autocomplete: "off", data: { control: controlName(block, element) },
  });
  field.value = element.type === "datetimepicker" ? localText(kept) : (kept ?? "");
  const keep = () => ctx.values.set(block, element, valueOf(element, field));
  const report = () => changed(valueOf(element, field));
  if (PICKED.has(element.type)) {
    field.addEventListener("change", report);
    return field;
  }
  field.addEventListener("input", keep);
  if (reports) reportTyping(element, field, report);
  return field;
}

let waiting = 0;

// What was typed last need not be told any more: the window is sent or closed.
export function forgetTyping() {
  clearTimeout(waiting);
}

// /block-kit/composition-objects/dispatch-action-configuration-object: Enter unless said otherwise.
function reportTyping(element, field, report) {
  const wanted = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  if (wanted.includes("on_character_entered")) {
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(report, TYPING_PAUSE);
    });
  }
  if (!wanted.includes("on_enter_pressed")) return;
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    report();
  });
}
