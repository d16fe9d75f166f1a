// Renders the select elements of Block Kit with one combobox; they differ in their source of options.

import { combobox } from "./combobox.js";
import { controlKey } from "./values.js";

const SEVERAL = new Set(["multi_static_select", "multi_users_select"]);

function fromOption(option) {
  return {
    text: option.text.text, description: option.description?.text, key: option.value, raw: option,
  };
}

function fromId(id, text, description) {
  return { text, description, key: id, raw: id };
}

function grouped(answer) {
  const groups = answer.option_groups?.map((group) => ({
    label: group.label.text, options: group.options.map(fromOption),
  }));
  return groups ?? [{ options: (answer.options ?? []).map(fromOption) }];
}

function filtered(groups, typed) {
  const wanted = typed.trim().toLocaleLowerCase();
  const fits = (option) => option.text.toLocaleLowerCase().includes(wanted);
  return groups
    .map((group) => ({ ...group, options: group.options.filter(fits) }))
    .filter((group) => group.options.length);
}

function people(ctx) {
  return [{ options: ctx.people().map((one) => fromId(one.id, one.real_name, one.role)) }];
}

function channels(ctx, element) {
  const wanted = ctx.channels().filter((one) => {
    if (element.type === "channels_select") return one.type === "channel";
    if (element.filter?.exclude_external_shared_channels && one.shared) return false;
    const kinds = { channel: "public", group: "private", im: "im" };
    return !element.filter?.include || element.filter.include.includes(kinds[one.type]);
  });
  return [{ options: wanted.map((one) => fromId(one.id, one.type === "im" ? one.name : `#${one.name}`)) }];
}

const SOURCES = {
  static_select: (element) => grouped(element),
  multi_static_select: (element) => grouped(element),
  users_select: (element, ctx) => people(ctx),
  multi_users_select: (element, ctx) => people(ctx),
  conversations_select: (element, ctx) => channels(ctx, element),
  channels_select: (element, ctx) => channels(ctx, element),
};

// The app is asked from three letters on unless min_query_length says otherwise.
async function externalOptions(element, block, ctx, typed) {
  const least = element.min_query_length ?? 3;
  if (typed.length < least) {
    return { groups: [], note: `Type ${least} ${least === 1 ? "letter" : "letters"} or more.` };
  }
  try {
    const answer = await ctx.suggest(block, element, typed);
    return { groups: grouped(answer) };
  } catch (error) {
    return { groups: [], note: error.message };
  }
}

function selectedOptions(element, block, ctx) {
  const here = element.default_to_current_conversation ? ctx.here() : null;
  if (here && !ctx.values.get(block, element)) ctx.values.set(block, element, here);
  const value = ctx.values.get(block, element);
  const list = Array.isArray(value) ? value : value ? [value] : [];
  return list.map((one) => (typeof one === "string" ? fromId(one, nameById(one, ctx)) : fromOption(one)));
}

function nameById(id, ctx) {
  const channel = ctx.channels().find((one) => one.id === id);
  return channel ? `${channel.type === "im" ? "" : "#"}${channel.name}` : (ctx.names[id] ?? id);
}

export function renderSelect(element, block, ctx, { label, describedBy, optional, changed }) {
  const several = SEVERAL.has(element.type);
  const source = SOURCES[element.type];
  return combobox({
    label, describedBy, several, optional,
    most: element.max_selected_items,
    placeholder: element.placeholder?.text,
    chosen: selectedOptions(element, block, ctx),
    control: controlKey(block, element),
    load: async (typed) =>
      source ? { groups: filtered(source(element, ctx), typed) } : externalOptions(element, block, ctx, typed),
    changed: (list) => {
      const raw = list.map((one) => one.raw);
      return changed(several ? raw : (raw[0] ?? null));
    },
  });
}
