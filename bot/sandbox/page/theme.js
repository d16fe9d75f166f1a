// The light or dark theme: the system's, until the button overrides it.

import { byId } from "./dom.js";
import { icon } from "./icons.js";

const KEY = "edfs-sandbox-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const button = byId("theme");

function applyTheme() {
  const theme = localStorage.getItem(KEY) ?? (dark.matches ? "dark" : "light");
  document.documentElement.dataset.theme = theme;
  button.setAttribute("aria-pressed", String(theme === "dark"));
  button.title = theme === "dark" ? "Light theme" : "Dark theme";
}

export function startTheme() {
  button.append(icon("theme"));
  button.addEventListener("click", () => {
    localStorage.setItem(KEY, document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    applyTheme();
  });
  dark.addEventListener("change", applyTheme);
  applyTheme();
}
