// The state of the page: the person, the place, and the screen as the server last sent it.

import { get } from "./api.js";
import { Values } from "./values.js";

const READ = "edfs-sandbox-read";

export const state = {
  person: "alice",
  place: "C0PLANTOPS", // a channel's id, or "home"
  thread: null, // the ts of a root
  screen: null,
  panel: null,
  skew: 0, // the world's clock minus this browser's, in seconds
};

const surfaces = new Map();
const lastRead = JSON.parse(sessionStorage.getItem(READ) ?? "{}");

export function now() {
  return Date.now() / 1000 + state.skew;
}

// The filled-in values of one person in one message, modal or App Home.
export function valuesFor(surface) {
  const key = `${state.person} ${surface}`;
  if (!surfaces.has(key)) surfaces.set(key, new Values());
  return surfaces.get(key);
}

// Loads the screen; false where the person was switched meanwhile.
export async function loadScreen() {
  const person = state.person;
  const screen = await get("view", { as: person });
  if (person !== state.person) return false;
  state.screen = screen;
  state.skew = screen.now - Date.now() / 1000;
  const places = [...screen.channels.map((channel) => channel.id), ...(screen.has_home ? ["home"] : [])];
  if (!places.includes(state.place)) state.place = places[0] ?? "";
  const root = screen.messages.find((message) => message.ts === state.thread);
  if (!root) state.thread = null;
  return true;
}

export function channel(id = state.place) {
  return state.screen.channels.find((one) => one.id === id);
}

export function nameOf(id) {
  return state.screen.names[id] ?? id;
}

// The messages that a channel's list shows: replies only where they were sent to the channel too.
export function channelMessages(id) {
  return state.screen.messages.filter(
    (message) => message.channel === id && (!message.thread || message.broadcast),
  );
}

export function replies(ts) {
  return state.screen.messages.filter((message) => message.thread === ts);
}

export function unread(id) {
  const last = lastRead[`${state.person} ${id}`] ?? "";
  const own = state.screen.me.id;
  return state.screen.messages.filter(
    (message) => message.channel === id && message.user !== own && message.ts > last,
  ).length;
}

export function markRead(id) {
  const last = state.screen.messages.filter((message) => message.channel === id).at(-1);
  if (!last || (lastRead[`${state.person} ${id}`] ?? "") >= last.ts) return;
  lastRead[`${state.person} ${id}`] = last.ts;
  sessionStorage.setItem(READ, JSON.stringify(lastRead));
}

// The fragment of the address holds person and place, so that a reload or a second window keeps them.
export function readHash() {
  const given = new URLSearchParams(location.hash.slice(1));
  state.person = given.get("as") ?? state.person;
  state.place = given.get("in") ?? state.place;
}

export function writeHash() {
  const hash = new URLSearchParams({ as: state.person, in: state.place }).toString();
  history.replaceState(null, "", `#${hash}`);
}
