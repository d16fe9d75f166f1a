// The client of the sandbox's HTTP API.

const PREFIX = "/sandbox/api";

export class ApiError extends Error {}

async function bodyOf(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(body.error ?? `the sandbox answered ${response.status}`);
  return body;
}

export async function get(path, query = {}) {
  const search = new URLSearchParams(query).toString();
  return bodyOf(await fetch(`${PREFIX}/${path}${search ? `?${search}` : ""}`));
}

export async function post(path, body = {}) {
  const response = await fetch(`${PREFIX}/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return bodyOf(response);
}

// Calls `onChange` at once and whenever the world has changed, and `onConnection(connected)` as the
// stream of events opens and breaks. A hidden page closes its stream: browsers allow few connections
// to one host, and hidden tabs would use them up.
export function subscribe(onChange, onConnection) {
  let source = null;
  const open = () => {
    source?.close();
    source = document.hidden ? null : new EventSource(`${PREFIX}/live`);
    source?.addEventListener("change", onChange);
    source?.addEventListener("open", () => onConnection(true));
    source?.addEventListener("error", lost);
  };
  const lost = () => {
    onConnection(false);
    if (source?.readyState === EventSource.CLOSED) setTimeout(open, 2000);
  };
  document.addEventListener("visibilitychange", open);
  addEventListener("pagehide", () => source?.close());
  open();
}
