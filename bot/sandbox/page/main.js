// Puts the page together, and draws it again whenever the world has changed.

import { live, post } from "./api.js";
import { learnCommands } from "./completion.js";
import { drawChannels } from "./channels.js";
import { drawComposer } from "./composer.js";
import { byId, el } from "./dom.js";
import { drawHome } from "./home.js";
import { icon } from "./icons.js";
import { drawMessages, drawPlace } from "./messages.js";
import { drawModal } from "./modal.js";
import { buildPanel, drawClock, drawPanel, lookAtPanel } from "./panel.js";
import { drawers } from "./sides.js";
import { channel, look, markRead, readAddress, state, writeAddress } from "./state.js";
import { startTheme } from "./theme.js";
import { drawThread } from "./thread.js";
import { toast } from "./toast.js";

let composedFor = "";
let looking = false;
let again = false;
const sides = drawers(() => {
  const covered = state.thread !== null;
  if (covered) closeThread();
  return covered;
});

function draw() {
  drawWho();
  drawPlace();
  if (state.place !== "home") markRead(state.place);
  drawChannels(go);
  drawHome();
  compose();
  if (state.place !== "home") drawMessages(openThread);
  drawThread(closeThread);
  byId("panel").inert = state.thread !== null;
  drawModal();
  drawClock();
}

function drawWho() {
  const who = byId("who");
  const content = JSON.stringify(state.screen.people);
  if (who.drawnFrom !== content) {
    who.replaceChildren(...state.screen.people.map((one) => el("option", { value: one.name, text: `${one.real_name} · ${one.role}` })));
    who.drawnFrom = content;
  }
  who.value = state.person;
}

// The composer keeps what is typed while messages come in.
function compose() {
  const here = channel();
  const key = JSON.stringify([state.person, here, state.screen.me.deleted, state.screen.shortcuts]);
  if (state.place === "home" || key === composedFor) return;
  composedFor = key;
  drawComposer(byId("composer"), { channel: here, thread: null });
}

async function refresh() {
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  try {
    do {
      again = false;
      const [fits] = await Promise.all([look(), lookAtPanel()]);
      if (fits) draw();
      else again = true;
      drawPanel();
    } while (again);
    document.body.dataset.ready = state.person;
  } catch (error) {
    toast(error.message);
  } finally {
    looking = false;
  }
}

function go(place) {
  state.place = place;
  state.thread = null;
  writeAddress();
  sides.closeChannels();
  draw();
  if (place === "home") openHome();
}

// As in Slack, nobody is told when an app does not take an event.
async function openHome() {
  try {
    await post("home", { as: state.person });
  } catch (error) {
    toast(error.message);
  }
}

function openThread(ts) {
  state.thread = ts;
  draw();
  byId("thread").querySelector("textarea")?.focus();
}

function closeThread() {
  const root = state.thread;
  state.thread = null;
  draw();
  document.querySelector(`#messages [data-ts="${CSS.escape(root ?? "")}"]`)?.focus();
}

async function become(person) {
  state.person = person;
  state.thread = null;
  delete document.body.dataset.ready;
  writeAddress();
  await refresh();
  if (state.place === "home") openHome();
}

async function start() {
  startTheme();
  readAddress();
  byId("open-channels").append(icon("menu"));
  byId("who").addEventListener("change", (event) => become(event.target.value));
  buildPanel(sides.panelCloser());
  setInterval(drawClock, 1000);
  await learnCommands();
  await refresh();
  if (state.place === "home") openHome();
  live(refresh, (away) => document.body.classList.toggle("away", away));
}

// The address keeps who looks and where, so this link does not go into it.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  const target = state.place === "home" ? byId("home").querySelector("button, a, input") : byId("messages");
  target?.focus();
});

addEventListener("hashchange", () => {
  const before = `${state.person} ${state.place}`;
  readAddress();
  if (`${state.person} ${state.place}` !== before) become(state.person);
});

start();
