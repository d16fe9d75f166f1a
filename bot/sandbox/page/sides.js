// The two sides: always there where the window is wide, drawers over the rest where it is not.

import { byId, el } from "./dom.js";
import { icon } from "./icons.js";

const wide = matchMedia("(min-width: 64rem)");
const roomy = matchMedia("(min-width: 48rem)");

function toggle(node, button, open) {
  node.classList.toggle("open", open);
  node.classList.toggle("closed", !open);
  button.setAttribute("aria-expanded", String(open));
}

// `uncover()`: takes away what lies over the panel, and says whether anything did.
export function drawers(uncover) {
  const channels = byId("channels");
  const panel = byId("panel");
  const forChannels = byId("open-channels");
  const forPanel = byId("open-panel");

  const setChannels = (open) => {
    toggle(channels, forChannels, open);
    if (open && !roomy.matches) channels.querySelector("[aria-current]")?.focus();
  };
  const setPanel = (open) => {
    toggle(panel, forPanel, open);
    if (open && !wide.matches) panel.querySelector("button")?.focus();
  };
  const fit = () => {
    setChannels(roomy.matches);
    setPanel(wide.matches);
  };

  forChannels.addEventListener("click", () => setChannels(!channels.classList.contains("open")));
  forPanel.addEventListener("click", () => {
    const covered = uncover();
    setPanel(covered || !panel.classList.contains("open"));
  });
  escapes(channels, () => {
    if (roomy.matches) return;
    setChannels(false);
    forChannels.focus();
  });
  escapes(panel, () => {
    setPanel(false);
    forPanel.focus();
  });
  wide.addEventListener("change", fit);
  roomy.addEventListener("change", fit);
  fit();

  return {
    closeChannels: () => {
      if (!wide.matches) setPanel(false);
      if (roomy.matches) return;
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

function escapes(node, close) {
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  });
}
