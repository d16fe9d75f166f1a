// The sandbox's own HTTP API, and nobody else's.

const PREFIX = "/sandbox/api";

export class Refused extends Error {}

async function answered(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(body.error ?? `the sandbox answered ${response.status}`);
  return body;
}

export async function get(path, query = {}) {
  const search = new URLSearchParams(query).toString();
  return answered(await fetch(`${PREFIX}/${path}${search ? `?${search}` : ""}`));
}

export async function post(path, body = {}) {
  const response = await fetch(`${PREFIX}/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return answered(response);
}

// Calls `changed` at once and whenever the world has changed, for as long as the page is open.
export function live(changed, away) {
  const source = new EventSource(`${PREFIX}/live`);
  source.addEventListener("change", changed);
  source.addEventListener("open", () => away(false));
  source.addEventListener("error", () => {
    away(true);
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => live(changed, away), 2000);
  });
  addEventListener("pagehide", () => source.close());
}
