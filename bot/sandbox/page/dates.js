// Slack's date tokens (docs.slack.dev/messaging/formatting-message-text, "Date formatting"), in
// the browser's time zone. "Today" goes by the world's clock, which can be ahead of the browser's.

const LANGUAGE = "en-US";

function intl(date, options) {
  return new Intl.DateTimeFormat(LANGUAGE, options).format(date);
}

function ordinal(day) {
  const tens = day % 100;
  if (tens >= 11 && tens <= 13) return `${day}th`;
  return `${day}${{ 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th"}`;
}

function pad(number) {
  return String(number).padStart(2, "0");
}

const long = (date) =>
  `${intl(date, { month: "long" })} ${ordinal(date.getDate())}, ${date.getFullYear()}`;
const short = (date) => intl(date, { month: "short", day: "numeric", year: "numeric" });
const weekday = (date) => intl(date, { weekday: "long" });
const number = (date) =>
  `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
const clock = (date) => `${pad(date.getHours())}:${pad(date.getMinutes())}`;

function relativeDay(date, now) {
  const start = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
  const days = Math.round((start(date) - start(now)) / 86_400_000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
}

function relativeTime(date, now) {
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
  date_pretty: (date, now) => relativeDay(date, now) ?? long(date),
  date_short_pretty: (date, now) => relativeDay(date, now) ?? short(date),
  date_long_pretty: (date, now) => relativeDay(date, now) ?? `${weekday(date)}, ${long(date)}`,
  day_divider_pretty: (date, now) => relativeDay(date, now) ?? `${weekday(date)}, ${long(date)}`,
  time: (date) => clock(date),
  time_secs: (date) => `${clock(date)}:${pad(date.getSeconds())}`,
  // Not one of Slack's: the time in the head of a message, with the day where it is not today.
  recent: (date, now) => (relativeDay(date, now) === "today" ? clock(date) : `${relativeDay(date, now) ?? short(date)} ${clock(date)}`),
  ago: (date, now) => relativeTime(date, now),
};

export function formatDate(format, seconds, now) {
  const date = new Date(seconds * 1000);
  return format.replace(/\{(\w+)\}/g, (whole, name) =>
    TOKENS[name] ? TOKENS[name](date, new Date(now * 1000)) : whole,
  );
}

// A <time> element; `refreshDates` updates its text when the clock has moved.
export function timeElement(format, seconds, now, fallback) {
  const node = document.createElement("time");
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) {
    node.textContent = fallback ?? "";
    return node;
  }
  node.dateTime = date.toISOString();
  node.title = intl(date, { dateStyle: "full", timeStyle: "long" });
  node.dataset.format = format;
  node.dataset.seconds = seconds;
  node.textContent = formatDate(format, seconds, now);
  return node;
}

export function refreshDates(root, now) {
  for (const node of root.querySelectorAll("time[data-format]")) {
    const text = formatDate(node.dataset.format, Number(node.dataset.seconds), now);
    if (node.textContent !== text) node.textContent = text;
  }
}
