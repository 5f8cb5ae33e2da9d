// The menu of a paper in a list: its reading status, lists and note. It is fetched when it is opened.
// Without this script the link to it leads to the paper's page, which has the same controls.

import { hush } from "./requests.js";

const shown = new WeakMap(); // a menu that is open -> whether the paper had a note then
const closing = new WeakSet(); // menus that close as soon as the note in them is saved

const menus = () => document.querySelectorAll(".file-menu");
const rowOf = (menu) => menu.closest("li");
const noteIn = (menu) => menu.querySelector("[data-autosave]");

document.addEventListener("htmx:load", show);
show();

function show() {
  for (const menu of menus()) if (!shown.has(menu)) open(menu);
}

function open(menu) {
  for (const other of menus()) if (other !== menu) close(other);
  shown.set(menu, Boolean(noteIn(menu).elements.text.value));
  expand(menu);
  const { focus } = linkTo(menu).dataset;
  (menu.querySelector(focus || null) ?? menu).focus({ preventScroll: true });
  delete linkTo(menu).dataset.focus;
  menu.scrollIntoView({ block: "nearest" });
}

function linkTo(menu) {
  return rowOf(menu).querySelector(".file");
}

function expand(menu) {
  linkTo(menu).ariaExpanded = "true";
}

// While its note cannot be saved, the menu stays open and shows why. Closed a second time, it closes:
// the text is on the device, and is saved later.
function close(menu) {
  const note = noteIn(menu);
  if (note.hasAttribute("data-unsaved") && !closing.has(menu)) {
    closing.add(menu);
    note.requestSubmit();
    return;
  }
  const link = linkTo(menu);
  link?.removeAttribute("aria-expanded");
  if (menu.contains(document.activeElement)) link?.focus({ preventScroll: true });
  menu.remove();
}

document.addEventListener("input", ({ target }) => closing.delete(target.closest(".file-menu")));

document.addEventListener("saved", async ({ target: note }) => {
  const menu = note.closest(".file-menu");
  if (!menu) return;
  const has = Boolean(note.elements.text.defaultValue);
  if (has !== shown.get(menu)) {
    // The card says whether there is a note.
    shown.set(menu, has);
    const link = linkTo(menu);
    const target = link.closest(".bookmark");
    const values = { part: "card" };
    const source = rowOf(menu); // the menu may be closed meanwhile
    await htmx.ajax("GET", link.getAttribute("hx-get"), { source, target, swap: "outerHTML settle:0ms", values });
  }
  if (closing.has(menu) && !note.hasAttribute("data-unsaved")) close(menu);
});

// The link closes the menu that it opened, and so does each action on the card itself.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  const menu = elt.matches(".file, .bookmark") && elt.closest("li")?.querySelector(".file-menu");
  if (!menu) return;
  if (elt.matches(".file")) event.preventDefault();
  hush(rowOf(menu));
  close(menu);
});

document.addEventListener("htmx:afterSettle", () => menus().forEach(expand));

document.addEventListener("click", ({ target }) => {
  if (target.matches(".file-menu .close")) close(target.closest(".file-menu"));
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement.closest("li")?.querySelector(".file-menu");
  if (menu) close(menu);
});
