// Entry point: builds the page, and renders it again whenever the world has changed.

import { post, subscribe } from "./api.js";
import { renderChannels } from "./channels.js";
import { loadCommands } from "./completion.js";
import { renderComposer } from "./composer.js";
import { byId, el } from "./dom.js";
import { drawers } from "./drawers.js";
import { renderHome } from "./home.js";
import { icon } from "./icons.js";
import { renderMessages, renderPlace } from "./messages.js";
import { renderModal } from "./modal.js";
import { buildPanel, loadPanel, renderClock, renderPanel } from "./panel.js";
import { channel, loadScreen, markRead, readHash, state, writeHash } from "./state.js";
import { startTheme } from "./theme.js";
import { renderThread } from "./thread.js";
import { toast } from "./toast.js";

let composedFor = "";
let refreshing = false;
let again = false;
const drawer = drawers(() => {
  const covered = state.thread !== null;
  if (covered) closeThread();
  return covered;
});

function render() {
  renderPersonSelect();
  renderPlace();
  if (state.place !== "home") markRead(state.place);
  renderChannels(navigate);
  renderHome();
  updateComposer();
  if (state.place !== "home") renderMessages(openThread);
  renderThread(closeThread);
  byId("panel").inert = state.thread !== null;
  renderModal();
  renderClock();
}

function renderPersonSelect() {
  const select = byId("who");
  const content = JSON.stringify(state.screen.people);
  if (select.renderedFrom !== content) {
    select.replaceChildren(...state.screen.people.map((one) => el("option", { value: one.name, text: `${one.real_name} · ${one.role}` })));
    select.renderedFrom = content;
  }
  select.value = state.person;
}

// Rebuilds the composer only when its channel or person changes, so that typed text stays.
function updateComposer() {
  const here = channel();
  const key = JSON.stringify([state.person, here, state.screen.me.deleted, state.screen.shortcuts]);
  if (state.place === "home" || key === composedFor) return;
  composedFor = key;
  renderComposer(byId("composer"), { channel: here, thread: null });
}

async function refresh() {
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  try {
    do {
      again = false;
      const [current] = await Promise.all([loadScreen(), loadPanel()]);
      if (current) render();
      else again = true;
      renderPanel();
    } while (again);
    document.body.dataset.ready = state.person;
  } catch (error) {
    toast(error.message);
  } finally {
    refreshing = false;
  }
}

function navigate(place) {
  state.place = place;
  state.thread = null;
  writeHash();
  drawer.closeChannels();
  render();
  if (place === "home") openHome();
}

// As in Slack, the person sees no error where the app fails on an event.
async function openHome() {
  try {
    await post("home", { as: state.person });
  } catch (error) {
    toast(error.message);
  }
}

function openThread(ts) {
  state.thread = ts;
  render();
  byId("thread").querySelector("textarea")?.focus();
}

function closeThread() {
  const root = state.thread;
  state.thread = null;
  render();
  document.querySelector(`#messages [data-ts="${CSS.escape(root ?? "")}"]`)?.focus();
}

async function switchPerson(person) {
  state.person = person;
  state.thread = null;
  delete document.body.dataset.ready;
  writeHash();
  await refresh();
  if (state.place === "home") openHome();
}

async function start() {
  startTheme();
  readHash();
  byId("open-channels").append(icon("menu"));
  byId("who").addEventListener("change", (event) => switchPerson(event.target.value));
  buildPanel(drawer.panelCloser());
  setInterval(renderClock, 1000);
  await loadCommands();
  await refresh();
  if (state.place === "home") openHome();
  subscribe(refresh, (connected) => document.body.classList.toggle("away", !connected));
}

// Handled here because the fragment of the address holds person and place; see state.js.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  const target = state.place === "home" ? byId("home").querySelector("button, a, input") : byId("messages");
  target?.focus();
});

addEventListener("hashchange", () => {
  const before = `${state.person} ${state.place}`;
  readHash();
  if (`${state.person} ${state.place}` !== before) switchPerson(state.person);
});

start();
