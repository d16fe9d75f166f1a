// The icons, as SVG paths.

const NAMESPACE = "http://www.w3.org/2000/svg";
const PATHS = {
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  reply: "M5 6h14v10h-8l-4 4v-4H5z",
  bolt: "M13 3L6 13h5l-1 8 8-11h-6z",
  send: "M4 12l16-8-6 16-3-6z",
  theme: "M12 4a8 8 0 1 0 0 16z M12 4a8 8 0 0 1 0 16",
  down: "M6 9l6 6 6-6",
  home: "M4 11l8-7 8 7M6 10v10h12V10",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5z",
  hash: "M9 4L7 20M17 4l-2 16M4 9h16M4 15h16",
  back: "M14 6l-6 6 6 6",
};

export function icon(name) {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `glyph glyph-${name}`);
  const path = document.createElementNS(NAMESPACE, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
