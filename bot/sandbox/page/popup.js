// Opens a popup beside a control, and closes it on a press outside, a resize or another popup.

let closeOpen = null;

export function openPopup(popup, anchor, closed = () => {}) {
  closeOpen?.();
  popup.setAttribute("popover", "manual");
  popup.showPopover?.();
  place(popup, anchor);
  const close = () => {
    if (closeOpen !== close) return;
    closeOpen = null;
    removeEventListener("pointerdown", outside, true);
    removeEventListener("resize", close);
    removeEventListener("scroll", moved, true);
    if (popup.isConnected) popup.hidePopover?.();
    closed();
  };
  const outside = (event) => {
    if (!popup.contains(event.target) && !anchor.contains(event.target)) close();
  };
  const moved = (event) => {
    if (!popup.contains(event.target)) place(popup, anchor);
  };
  addEventListener("pointerdown", outside, true);
  addEventListener("resize", close);
  addEventListener("scroll", moved, true);
  closeOpen = close;
  return close;
}

export function place(popup, anchor) {
  const at = anchor.getBoundingClientRect();
  popup.style.minWidth = `${Math.min(at.width, innerWidth - 16)}px`;
  const { width, height } = popup.getBoundingClientRect();
  const below = at.bottom + height + 8 <= innerHeight || at.top < height + 8;
  const top = below ? at.bottom + 4 : at.top - height - 4;
  popup.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
  popup.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
}
