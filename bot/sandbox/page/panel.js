// The panel: the world's clock, the timers and calls of EDFS, faults, and the reset.

import { get, post } from "./api.js";
import { formatDate, timeElement } from "./dates.js";
import { byId, el, reconcile } from "./dom.js";
import { buildFaults, renderFaults } from "./faults.js";
import { now, state } from "./state.js";
import { announce, toast } from "./toast.js";

const panel = byId("panel");
const STEPS = [["+1 min", 60], ["+15 min", 900], ["+1 h", 3_600], ["+1 day", 86_400]];
const UNITS = { minutes: 60, hours: 3_600, days: 86_400 };

export async function loadPanel() {
  state.panel = await get("panel");
}

export function buildPanel(close) {
  panel.replaceChildren(
    el("header", { class: "side-head" },
      el("h2", { text: "World" }),
      close),
    el("div", { class: "side-body" }, clockSection(), timersSection(), callsSection(), buildFaults(), resetSection()),
  );
}

function section(title, ...children) {
  return el("section", { class: "part", "aria-label": title }, el("h3", { text: title }), ...children);
}

async function act(path, body, label) {
  try {
    await post(path, body);
    announce(label);
  } catch (error) {
    toast(error.message);
  }
}

const forward = (seconds, label) => act("clock", { forward: seconds }, `The clock went ${label} forward`);

function clockSection() {
  const amount = el("input", { type: "number", min: "1", max: "1000", value: "8", class: "field short", "aria-label": "How far" });
  const unit = el("select", { class: "field", "aria-label": "Unit" },
    ...Object.keys(UNITS).map((name) => el("option", { value: name, text: name })));
  unit.value = "hours";
  const go = (event) => {
    event.preventDefault();
    forward(Number(amount.value) * UNITS[unit.value], `${amount.value} ${unit.value}`);
  };
  return section("Clock",
    el("p", { id: "panel-clock", class: "time" }),
    el("p", { id: "panel-ahead", class: "muted" }),
    el("div", { class: "row" }, ...STEPS.map(([label, seconds]) =>
      el("button", { type: "button", class: "button", onclick: () => forward(seconds, label.slice(1)), text: label }))),
    el("form", { class: "row", onsubmit: go }, amount, unit, el("button", { type: "submit", class: "button", text: "Forward" })));
}

function timersSection() {
  return section("EDFS timers", el("ul", { id: "panel-timers", class: "rows scrolls", tabindex: "0", "aria-label": "Timers" }));
}

function callsSection() {
  return section("EDFS calls",
    el("p", { id: "panel-count", class: "muted" }),
    el("ol", { id: "panel-calls", class: "rows scrolls", tabindex: "0", "aria-label": "Calls, newest first" }));
}

function resetSection() {
  const reset = el("button", { type: "button", class: "button danger", text: "Begin again" });
  reset.addEventListener("click", () => act("reset", {}, "The first world again"));
  return section("Reset", el("p", { class: "muted", text: "Empties the channels, forgets sign-ins, mends faults, sets the clock right." }), reset);
}

export function renderClock() {
  if (!state.screen) return;
  const text = formatDate("{date_short}, {time_secs}", now(), now());
  byId("clock").textContent = text;
  const node = byId("panel-clock");
  if (node) node.textContent = text;
}

export function renderPanel() {
  const { timers: all, calls: made, count, offset } = state.panel;
  byId("panel-ahead").textContent = offset >= 1 ? `${durationText(offset)} ahead of this machine` : "as on this machine";
  reconcile(byId("panel-timers"), all.map((one) => ({ key: one.id, content: JSON.stringify(one), one })), timerRow);
  byId("panel-count").textContent = count ? `${count} so far, newest first` : "None so far.";
  const first = count - made.length;
  const rows = made.map((one, place) => ({ key: String(first + place), content: JSON.stringify(one), one })).reverse();
  reconcile(byId("panel-calls"), rows, callRow);
  renderFaults();
}

function timerRow({ one }) {
  const text = one.enabled ? "enabled" : "disabled";
  return el("li", { data: { timer: `${one.itwin}/${one.name}` } },
    el("span", { class: "grow" }, el("strong", { text: one.name }), el("small", { text: `${one.itwin} · ${one.cronStr}` })),
    el("span", { class: `state ${text}`, text }));
}

function callRow({ one }) {
  const bad = one.status === 0 || one.status >= 400;
  const path = one.path.replace(/\/?\?.*/, "").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…"); // the title has the whole path
  return el("li", { title: one.path },
    el("span", { class: `method ${one.method === "PATCH" ? "writes" : ""}`, text: one.method }),
    el("span", { class: "grow path" }, path, el("small", {}, `${one.person ?? "nobody"} · `, timeElement("{time_secs}", one.at, now()))),
    el("span", { class: bad ? "state bad" : "state", text: one.status === 0 ? "no answer" : String(one.status) }));
}

function durationText(seconds) {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3_600);
  const minutes = Math.round((seconds % 3_600) / 60);
  return [[days, "d"], [hours, "h"], [minutes, "min"]].filter(([many]) => many).map(([many, unit]) => `${many} ${unit}`).join(" ") || "a moment";
}
