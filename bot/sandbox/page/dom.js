// Elements made of plain parts. Text only ever becomes text: nothing here reads HTML.

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

function set(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "text") node.textContent = value;
  else if (name === "value") node.value = value;
  else if (name === "checked" || name === "disabled" || name === "selected") node[name] = value;
  else if (name === "data") Object.assign(node.dataset, value);
  else node.setAttribute(name, value === true ? "" : String(value));
}

let count = 0;

export function freshId(stem) {
  count += 1;
  return `${stem}-${count}`;
}

export function heard(text) {
  return el("span", { class: "heard", text });
}

export function byId(id) {
  return document.getElementById(id);
}

// Keeps the nodes whose key and content are the same, so that focus and typed text stay.
export function keep(container, items, draw) {
  const old = new Map([...container.children].map((node) => [node.dataset.key, node]));
  let place = container.firstElementChild;
  for (const item of items) {
    let node = old.get(item.key);
    old.delete(item.key);
    if (!node || node.drawnFrom !== item.content) {
      const fresh = draw(item);
      fresh.dataset.key = item.key;
      fresh.drawnFrom = item.content;
      if (node) {
        if (place === node) place = fresh;
        node.replaceWith(fresh);
      }
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else container.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}

const called = (node) => node.getAttribute("aria-label") ?? node.textContent.trim();

// What took the place of a control that was drawn anew: known by its place, or else by its name.
export function heirOf(node, scope) {
  const control = node.closest("[data-control]")?.dataset.control;
  const same = control && scope.querySelector(`[data-control="${CSS.escape(control)}"]`);
  return same || [...scope.querySelectorAll(node.localName)].find((one) => called(one) && called(one) === called(node));
}

// The control that has the focus, found again after what holds it was drawn anew.
export function holdFocus(container, work) {
  const active = document.activeElement;
  const inside = active && container.contains(active);
  const key = inside ? active.closest("[data-focus]")?.dataset.focus : null;
  work();
  if (!inside || (active.isConnected && document.activeElement === active)) return;
  const scope = key ? container.querySelector(`[data-focus="${CSS.escape(key)}"]`) : container;
  const again = scope && heirOf(active, scope);
  const target = again?.matches("button,input,select,textarea,a") ? again : again?.querySelector("button,input,select,textarea,a");
  (target ?? scope)?.focus();
}
