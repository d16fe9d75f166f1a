// Renders input fields: text, number, URL, e-mail, date and time.

import { el } from "./dom.js";
import { controlKey } from "./values.js";

const KINDS = {
  plain_text_input: "text", email_text_input: "email", url_text_input: "url",
  number_input: "number", datepicker: "date", timepicker: "time",
  datetimepicker: "datetime-local",
};
const PICKED = new Set(["datepicker", "timepicker", "datetimepicker"]);
const DEBOUNCE_MS = 250;

export const FIELDS = new Set(Object.keys(KINDS));

// datetime-local is in the browser's time zone; Slack's value is seconds since the epoch.
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

export function renderField(element, block, ctx, { label, describedBy, optional, reports, changed }) {
  const long = element.type === "plain_text_input" && element.multiline;
  const value = ctx.values.get(block, element);
  const field = el(long ? "textarea" : "input", {
    type: long ? null : KINDS[element.type],
    class: "field", rows: long ? "3" : null,
    "aria-label": label, "aria-describedby": describedBy, "aria-required": optional ? null : "true",
    placeholder: element.placeholder?.text,
    minlength: element.min_length, maxlength: element.max_length,
    min: element.min_value, max: element.max_value,
    step: element.type === "number_input" ? (element.is_decimal_allowed ? "any" : "1") : null,
    autocomplete: "off", data: { control: controlKey(block, element) },
  });
  field.value = element.type === "datetimepicker" ? localText(value) : (value ?? "");
  const store = () => ctx.values.set(block, element, valueOf(element, field));
  const report = () => changed(valueOf(element, field));
  if (PICKED.has(element.type)) {
    field.addEventListener("change", report);
    return field;
  }
  field.addEventListener("input", store);
  if (reports) reportTyping(element, field, report);
  return field;
}

let waiting = 0;

// Drops the pending report of typed text, because the modal is being submitted or closed.
export function cancelTypingReport() {
  clearTimeout(waiting);
}

// The default is Enter: /block-kit/composition-objects/dispatch-action-configuration-object.
function reportTyping(element, field, report) {
  const wanted = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  if (wanted.includes("on_character_entered")) {
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(report, DEBOUNCE_MS);
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
