// Completions in the composer: commands with their usage, people and channels.

import { get } from "./api.js";
import { state } from "./state.js";

let commands = {};

export async function loadCommands() {
  commands = (await get("commands")).commands;
}

// For the text before the caret: {options: [{insert, label, about}], from}, {usage} or {}.
export function completions(before) {
  if (before.startsWith("/")) return commandCompletions(before);
  const found = /(^|\s)([@#])([\w-]*)$/.exec(before);
  if (!found) return {};
  const from = before.length - found[3].length - 1;
  const wanted = found[3].toLowerCase();
  const options = (found[2] === "@" ? people() : channels()).filter((one) =>
    one.insert.slice(1).startsWith(wanted) || one.about.toLowerCase().startsWith(wanted));
  return options.length ? { options, from } : {};
}

function commandCompletions(before) {
  const typed = before.toLowerCase();
  const exact = Object.keys(commands).find((name) => typed === name || typed.startsWith(`${name} `));
  if (exact && typed.length > exact.length) return { usage: commands[exact] };
  const roots = [...new Set(Object.keys(commands).map((name) => name.split(" ")[0]))];
  const fits = Object.keys(commands).filter((name) => name.startsWith(typed));
  const options = fits.map((name) => ({ insert: `${name} `, label: name, about: commands[name] }));
  const bare = roots.filter((root) => root.startsWith(typed));
  for (const root of bare) options.unshift({ insert: `${root} `, label: root, about: "EDFS Bot" });
  return options.length ? { options, from: 0 } : {};
}

function people() {
  const bot = { insert: "@edfs", label: "@edfs", about: "EDFS Bot" };
  const others = state.screen.people.map((one) => ({
    insert: `@${one.name}`, label: `@${one.name}`, about: one.real_name,
  }));
  return [bot, ...others];
}

function channels() {
  return state.screen.channels
    .filter((one) => one.type !== "im")
    .map((one) => ({ insert: `#${one.name}`, label: `#${one.name}`, about: one.shared ? "shared" : "channel" }));
}

// A typed message in the form in which Slack sends it: &, < and > escaped, names as references.
export function toMrkdwn(text) {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return escaped.replace(/(^|[\s(])([@#])([\w-]+)/g, (whole, before, sign, name) => {
    const id = sign === "@" ? personId(name) : channelId(name);
    return id ? `${before}<${sign}${id}>` : whole;
  });
}

function personId(name) {
  if (name.toLowerCase() === "edfs") return state.screen.bot;
  return state.screen.people.find((one) => one.name === name.toLowerCase())?.id;
}

function channelId(name) {
  return state.screen.channels.find((one) => one.type !== "im" && one.name === name)?.id;
}
