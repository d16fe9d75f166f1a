// The sidebar and the panel: beside the messages in a wide window, drawers over them in a narrow one.

import { byId, el } from "./dom.js";
import { icon } from "./icons.js";

const wide = matchMedia("(min-width: 64rem)");
const medium = matchMedia("(min-width: 48rem)");

function toggle(node, button, open) {
  node.classList.toggle("open", open);
  node.classList.toggle("closed", !open);
  button.setAttribute("aria-expanded", String(open));
}

// `uncover()` closes what covers the panel, and returns whether anything did.
export function drawers(uncover) {
  const channels = byId("channels");
  const panel = byId("panel");
  const forChannels = byId("open-channels");
  const forPanel = byId("open-panel");

  const setChannels = (open) => {
    toggle(channels, forChannels, open);
    if (open && !medium.matches) channels.querySelector("[aria-current]")?.focus();
  };
  const setPanel = (open) => {
    toggle(panel, forPanel, open);
    if (open && !wide.matches) panel.querySelector("button")?.focus();
  };
  const applyWidth = () => {
    setChannels(medium.matches);
    setPanel(wide.matches);
  };

  forChannels.addEventListener("click", () => setChannels(!channels.classList.contains("open")));
  forPanel.addEventListener("click", () => {
    const covered = uncover();
    setPanel(covered || !panel.classList.contains("open"));
  });
  onEscape(channels, () => {
    if (medium.matches) return;
    setChannels(false);
    forChannels.focus();
  });
  onEscape(panel, () => {
    setPanel(false);
    forPanel.focus();
  });
  wide.addEventListener("change", applyWidth);
  medium.addEventListener("change", applyWidth);
  applyWidth();

  return {
    closeChannels: () => {
      if (!wide.matches) setPanel(false);
      if (medium.matches) return;
      setChannels(false);
      forChannels.focus();
    },
    panelCloser: () =>
      el("button", {
        type: "button", class: "icon", "aria-label": "Close World",
        onclick: () => {
          setPanel(false);
          forPanel.focus();
        },
      }, icon("close")),
  };
}

function onEscape(node, close) {
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  });
}
