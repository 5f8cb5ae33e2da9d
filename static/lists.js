// A reading list, in place: papers are dragged by their handles, and the keyboard stays where it is.

const drop = document.getElementById("drop");
const EDGE = 60; // pixels from the window's edge within which it scrolls
const STEP = 12;

// What is being dragged, where the pointer is, and beside which paper it would come.
let drag = null;

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest?.(".grip");
  if (!grip || event.button !== 0 || drag) return;
  event.preventDefault();
  grip.setPointerCapture(event.pointerId);
  drag = { item: grip.closest("li"), x: event.clientX, y: event.clientY, near: null };
  drag.item.dataset.dragged = "";
  requestAnimationFrame(scroll);
});

document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  drag.x = event.clientX;
  drag.y = event.clientY;
  aim();
});

document.addEventListener("pointerup", () => {
  if (!drag) return;
  const { item, near } = drag;
  const side = near?.dataset.drop;
  end();
  if (!near) return;
  const from = Number(item.dataset.place);
  let to = Number(near.dataset.place) + (side === "after" ? 1 : 0);
  if (from < to) to -= 1;
  const { section } = near.parentElement.dataset;
  if (to === from && section === item.parentElement.dataset.section) return;
  drop.elements.paper.value = item.dataset.paper;
  drop.elements.to.value = `${to}/${section}`;
  drop.requestSubmit();
});

document.addEventListener("pointercancel", end);
document.addEventListener("keydown", ({ key }) => { if (key === "Escape") end(); });

function aim() {
  // The middle of the list's width, so that the pointer need not stay within it.
  const { left, width } = drag.item.getBoundingClientRect();
  const under = document.elementFromPoint(left + width / 2, drag.y)?.closest("#items [data-paper]");
  delete drag.near?.dataset.drop;
  drag.near = under && under !== drag.item ? under : null;
  if (!drag.near) return;
  const { top, height } = under.getBoundingClientRect();
  under.dataset.drop = drag.y < top + height / 2 ? "before" : "after";
}

function scroll() {
  if (!drag) return;
  const by = drag.y < EDGE ? -STEP : drag.y > innerHeight - EDGE ? STEP : 0;
  if (by) {
    scrollBy({ top: by, behavior: "instant" });
    aim();
  }
  requestAnimationFrame(scroll);
}

function end() {
  if (!drag) return;
  delete drag.near?.dataset.drop;
  delete drag.item.dataset.dragged;
  drag = null;
}

// htmx gives the focus back to the button that had it. One that is gone, since its paper is on
// another page now or out of the list, leaves it to the list.
document.body.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement === document.body) {
    document.getElementById("items").focus({ preventScroll: true });
  } else {
    document.activeElement.scrollIntoView({ block: "nearest" });
  }
});
