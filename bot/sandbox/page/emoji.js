// Emoji by name, as far as they are likely in messages about timers; others stay written out.

const KNOWN = {
  white_check_mark: "✅", x: "❌", warning: "⚠️", hourglass: "⌛", hourglass_flowing_sand: "⏳",
  bell: "🔔", no_bell: "🔕", lock: "🔒", unlock: "🔓", key: "🔑", eyes: "👀", memo: "📝",
  calendar: "📅", clock1: "🕐", alarm_clock: "⏰", timer_clock: "⏲️", wave: "👋", tada: "🎉",
  information_source: "ℹ️", question: "❓", star: "⭐", rocket: "🚀", wrench: "🔧", gear: "⚙️",
  red_circle: "🔴", large_green_circle: "🟢", white_circle: "⚪", large_yellow_circle: "🟡",
  black_circle: "⚫", arrow_right: "➡️", leftwards_arrow_with_hook: "↩️", rotating_light: "🚨",
  "+1": "👍", "-1": "👎", smile: "😄", thinking_face: "🤔", zap: "⚡", bulb: "💡",
};

export function emoji(name) {
  return KNOWN[name];
}
