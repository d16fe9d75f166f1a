// Text objects: plain_text stays exactly what it is, mrkdwn is read.

import { marked } from "./marked.js";

export function textOf(text, ctx) {
  if (text.type === "mrkdwn") return marked(text.text, ctx);
  return text.text.split("\n").flatMap((line, place) =>
    place ? [document.createElement("br"), line] : [line],
  );
}

// What a text object says, for labels that are read aloud.
export function spoken(text) {
  return text ? text.text : "";
}
