// The values filled in on one surface, in the shape of Slack's `state.values`.

const KEYS = {
  static_select: ["selected_option", "initial_option"],
  external_select: ["selected_option", "initial_option"],
  radio_buttons: ["selected_option", "initial_option"],
  checkboxes: ["selected_options", "initial_options"],
  multi_static_select: ["selected_options", "initial_options"],
  users_select: ["selected_user", "initial_user"],
  multi_users_select: ["selected_users", "initial_users"],
  conversations_select: ["selected_conversation", "initial_conversation"],
  channels_select: ["selected_channel", "initial_channel"],
  datepicker: ["selected_date", "initial_date"],
  timepicker: ["selected_time", "initial_time"],
  datetimepicker: ["selected_date_time", "initial_date_time"],
  overflow: ["selected_option", ""],
};
const SEVERAL = new Set(["checkboxes", "multi_static_select", "multi_users_select"]);

export function actionId(block, element) {
  return element.action_id ?? `auto-${block.block_id}`;
}

export function controlKey(block, element) {
  return `${block.block_id} ${actionId(block, element)}`;
}

export function actionValue(element, value) {
  const [key] = KEYS[element.type] ?? ["value"];
  return { type: element.type, [key]: value };
}

export class Values {
  #filled = {};

  // The value itself: an option, a list, a text or null.
  get(block, element) {
    const entry = this.#filled[block.block_id]?.[actionId(block, element)];
    const [key, initial] = KEYS[element.type] ?? ["value", "initial_value"];
    if (entry?.type === element.type && isOffered(element, entry[key])) return entry[key];
    return element[initial] ?? (SEVERAL.has(element.type) ? [] : null);
  }

  set(block, element, value) {
    const own = (this.#filled[block.block_id] ??= {});
    own[actionId(block, element)] = actionValue(element, value);
  }

  // Only what the person filled in and what still exists; the server knows the initial values.
  state(blocks) {
    const values = {};
    for (const block of blocks) {
      for (const element of elementsOf(block)) {
        const id = actionId(block, element);
        if (!this.#filled[block.block_id]?.[id]) continue;
        (values[block.block_id] ??= {})[id] = actionValue(element, this.get(block, element));
      }
    }
    return values;
  }
}

// An update may remove options; a chosen option that is gone is no valid value any more.
function isOffered(element, value) {
  const options = element.options ?? element.option_groups?.flatMap((group) => group.options);
  if (!value || !options) return true;
  const known = new Set(options.map((option) => JSON.stringify(option)));
  return [value].flat().every((one) => known.has(JSON.stringify(one)));
}

export function elementsOf(block) {
  if (block.type === "input") return [block.element];
  if (block.type === "actions") return block.elements;
  return block.accessory ? [block.accessory] : [];
}

export function isEmpty(value) {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);
}
