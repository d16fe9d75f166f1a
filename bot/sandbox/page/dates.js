// Slack's date tokens (docs.slack.dev/messaging/formatting-message-text, "Date formatting"), in
// the browser's time zone. "Today" is by the world's clock, which can be ahead of the browser's.

const LANGUAGE = "en-US";

function written(date, options) {
  return new Intl.DateTimeFormat(LANGUAGE, options).format(date);
}

function ordinal(day) {
  const tens = day % 100;
  if (tens >= 11 && tens <= 13) return `${day}th`;
  return `${day}${{ 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th"}`;
}

function two(number) {
  return String(number).padStart(2, "0");
}

const long = (date) =>
  `${written(date, { month: "long" })} ${ordinal(date.getDate())}, ${date.getFullYear()}`;
const short = (date) => written(date, { month: "short", day: "numeric", year: "numeric" });
const weekday = (date) => written(date, { weekday: "long" });
const number = (date) =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
const clock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;

function near(date, now) {
  const start = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
  const days = Math.round((start(date) - start(now)) / 86_400_000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
}

function ago(date, now) {
  const seconds = (date - now) / 1000;
  const steps = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
  const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? steps[3];
  const format = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
  return format.format(Math.round(seconds / size), unit);
}

const TOKENS = {
  date_num: (date) => number(date),
  date_slash: (date) => number(date).replaceAll("-", "/"),
  date: (date) => long(date),
  date_short: (date) => short(date),
  date_long: (date) => `${weekday(date)}, ${long(date)}`,
  date_long_full: (date) => `${weekday(date)}, ${long(date)}`,
  date_pretty: (date, now) => near(date, now) ?? long(date),
  date_short_pretty: (date, now) => near(date, now) ?? short(date),
  date_long_pretty: (date, now) => near(date, now) ?? `${weekday(date)}, ${long(date)}`,
  day_divider_pretty: (date, now) => near(date, now) ?? `${weekday(date)}, ${long(date)}`,
  time: (date) => clock(date),
  time_secs: (date) => `${clock(date)}:${two(date.getSeconds())}`,
  // Our own, for the head of a message: the day only where it is another one.
  recent: (date, now) => (near(date, now) === "today" ? clock(date) : `${near(date, now) ?? short(date)} ${clock(date)}`),
  ago: (date, now) => ago(date, now),
};

export function formatted(format, seconds, now) {
  const date = new Date(seconds * 1000);
  return format.replace(/\{(\w+)\}/g, (whole, name) =>
    TOKENS[name] ? TOKENS[name](date, new Date(now * 1000)) : whole,
  );
}

// An element that says the moment; `refreshDates` says it anew when the clock has moved.
export function moment(format, seconds, now, fallback) {
  const node = document.createElement("time");
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) {
    node.textContent = fallback ?? "";
    return node;
  }
  node.dateTime = date.toISOString();
  node.title = written(date, { dateStyle: "full", timeStyle: "long" });
  node.dataset.format = format;
  node.dataset.seconds = seconds;
  node.textContent = formatted(format, seconds, now);
  return node;
}

export function refreshDates(root, now) {
  for (const node of root.querySelectorAll("time[data-format]")) {
    const says = formatted(node.dataset.format, Number(node.dataset.seconds), now);
    if (node.textContent !== says) node.textContent = says;
  }
}
