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

// Calls `changed` at once and whenever the world has changed, for as long as the page is seen:
// a browser keeps few connections to one place, and hidden tabs would use them up.
export function live(changed, away) {
  let source = null;
  const open = () => {
    source?.close();
    source = document.hidden ? null : new EventSource(`${PREFIX}/live`);
    source?.addEventListener("change", changed);
    source?.addEventListener("open", () => away(false));
    source?.addEventListener("error", lost);
  };
  const lost = () => {
    away(true);
    if (source?.readyState === EventSource.CLOSED) setTimeout(open, 2000);
  };
  document.addEventListener("visibilitychange", open);
  addEventListener("pagehide", () => source?.close());
  open();
}
