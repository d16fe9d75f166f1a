// Creates and updates elements. Strings become text nodes only: nothing here parses HTML.

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

export function uniqueId(stem) {
  count += 1;
  return `${stem}-${count}`;
}

export function visuallyHidden(text) {
  return el("span", { class: "visually-hidden", text });
}

export function byId(id) {
  return document.getElementById(id);
}

// Makes the children match `items` ({key, content, …}). A node whose key and content are the same is
// kept, so that focus and typed text stay; the others are rendered.
export function reconcile(container, items, render) {
  const old = new Map([...container.children].map((node) => [node.dataset.key, node]));
  let place = container.firstElementChild;
  for (const item of items) {
    let node = old.get(item.key);
    old.delete(item.key);
    if (!node || node.renderedFrom !== item.content) {
      const fresh = render(item);
      fresh.dataset.key = item.key;
      fresh.renderedFrom = item.content;
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

const nameOf = (node) => node.getAttribute("aria-label") ?? node.textContent.trim();

// The control that replaced `node` in a new rendering: the one with the same key, or else name.
export function successor(node, scope) {
  const control = node.closest("[data-control]")?.dataset.control;
  const same = control && scope.querySelector(`[data-control="${CSS.escape(control)}"]`);
  return same || [...scope.querySelectorAll(node.localName)].find((one) => nameOf(one) && nameOf(one) === nameOf(node));
}

// Runs `work`, which may replace nodes, and gives the focus back to the control that had it.
export function preserveFocus(container, work) {
  const active = document.activeElement;
  const inside = active && container.contains(active);
  const key = inside ? active.closest("[data-focus]")?.dataset.focus : null;
  work();
  if (!inside || (active.isConnected && document.activeElement === active)) return;
  const scope = key ? container.querySelector(`[data-focus="${CSS.escape(key)}"]`) : container;
  const again = scope && successor(active, scope);
  const target = again?.matches("button,input,select,textarea,a") ? again : again?.querySelector("button,input,select,textarea,a");
  (target ?? scope)?.focus();
}
