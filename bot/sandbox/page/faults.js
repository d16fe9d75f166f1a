// The fault section of the panel: common faults as switches, the others in a form.

import { post } from "./api.js";
import { byId, el, reconcile } from "./dom.js";
import { state } from "./state.js";
import { toast } from "./toast.js";

const SWITCHES = [
  { label: "EDFS cannot be reached", service: "edfs", operation: null, fault: "refused" },
  { label: "EDFS loses the answer to a flip", service: "edfs", operation: "toggle", fault: "lost_answer" },
  { label: "EDFS says: too many requests", service: "edfs", operation: null, fault: "429" },
  { label: "EDFS fails with 500", service: "edfs", operation: null, fault: "500" },
  { label: "Sign-in service fails", service: "ims", operation: null, fault: "503" },
  { label: "Slack refuses to post", service: "slack", operation: "chat.postMessage", fault: "503" },
];

async function act(path, body) {
  try {
    await post(path, body);
  } catch (error) {
    toast(error.message);
  }
}

const same = (one, fault) =>
  one.service === fault.service && one.operation === fault.operation && one.kind === fault.fault && one.times === null;
const mend = (fault) => act("mend", { service: fault.service, operation: fault.operation, kind: fault.kind ?? fault.fault });

export function buildFaults() {
  const switches = SWITCHES.map((fault) => {
    const button = el("button", { type: "button", role: "switch", class: "switch", "aria-checked": "false" },
      el("span", { class: "knob", "aria-hidden": "true" }), el("span", { text: fault.label }), el("span", { class: "on", text: "off" }));
    button.fault = fault;
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-checked") === "true";
      if (on) mend(fault);
      else act("faults", { service: fault.service, operation: fault.operation, fault: fault.fault, times: null });
    });
    return button;
  });
  const clear = el("button", { type: "button", class: "button", text: "Mend all", onclick: () => act("faults", { clear: true }) });
  return el("section", { class: "part", "aria-label": "Faults" },
    el("h3", { text: "Faults" }), ...switches,
    el("details", {}, el("summary", { text: "Any other fault" }), form()),
    el("ul", { id: "panel-faults", class: "rows" }), clear);
}

function form() {
  const service = select("Service", ["edfs", "ims", "slack"]);
  const operation = select("Operation", []);
  const kind = select("Fault", []);
  const times = el("input", { type: "number", min: "1", max: "99", value: "1", class: "field short", "aria-label": "Times" });
  const about = el("p", { class: "muted" });
  const explain = () => {
    about.textContent = state.panel.kinds[kind.value] ?? "this status, no effect";
  };
  const operations = () => fill(operation, ["any", ...state.panel.operations[service.value]]);
  service.addEventListener("change", operations);
  kind.addEventListener("change", explain);
  const arm = (event) => {
    event.preventDefault();
    act("faults", {
      service: service.value, fault: kind.value, times: Number(times.value) || 1,
      operation: operation.value === "any" ? null : operation.value,
    });
  };
  const node = el("form", { class: "fault-form", onsubmit: arm }, service, operation, kind, about, times,
    el("button", { type: "submit", class: "button", text: "Arm" }));
  node.fillOptions = () => {
    if (kind.options.length) return;
    fill(kind, [...Object.keys(state.panel.kinds), "429", "500", "503"]);
    operations();
    explain();
  };
  return node;
}

function select(label, names) {
  const node = el("select", { class: "field", "aria-label": label });
  fill(node, names);
  return node;
}

function fill(node, names) {
  node.replaceChildren(...names.map((name) => el("option", { value: name, text: name })));
}

export function renderFaults() {
  const armed = state.panel.faults;
  document.querySelector(".fault-form").fillOptions();
  for (const button of document.querySelectorAll(".switch")) {
    const on = armed.some((one) => same(one, button.fault));
    button.setAttribute("aria-checked", String(on));
    button.querySelector(".on").textContent = on ? "on" : "off";
  }
  const rows = armed.map((one, place) => ({ key: String(place), content: JSON.stringify(one), one }));
  reconcile(byId("panel-faults"), rows, ({ one }) => {
    const label = `${one.service} ${one.operation ?? "anything"}: ${one.kind}`;
    return el("li", {},
      el("span", { class: "grow" }, label, el("small", { text: one.times === null ? "until mended" : `${one.times} more` })),
      el("button", { type: "button", class: "button", "aria-label": `Mend ${label}`, onclick: () => mend(one), text: "Mend" }));
  });
}
