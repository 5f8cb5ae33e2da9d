// The keys of lists and pages, and the dialog that explains them. Without this script the dialog is a
// page of its own, and each key has a control that does the same.

import { showFault } from "./requests.js";

const GO = { d: "/", n: "/library/unread/", l: "/library/", p: "/papers/" };
const SOON = 2000; // milliseconds within which the second of two keys must follow
const GAP = 8; // pixels
// What these keys put the focus on: in the menu of a paper in a list, and on the paper's own page
const PLACES = {
  s: ["button[name=do]", ".paper .bookmark [value=to-read], .paper .bookmark .star"],
  l: ["button[name=list], input[name=name]", "#lists :is(button[name=list], input[name=name])"],
  n: ["textarea", "#note textarea"],
};
const { dataset } = document.documentElement;

let current = null; // the card that keys act on
let pressedG = -Infinity; // the time at which g was pressed

const ACTIONS = {
  j: () => step(1),
  k: () => step(-1),
  o: () => current?.querySelector("h2 a, .dismissed a")?.click(),
  e: () => {
    const rest = current?.querySelector(".card > details");
    if (rest) rest.open = !rest.open;
    if (rest) intoSight(current);
  },
  u: markRead,
  s: file,
  l: file,
  n: file,
  g: (_, { timeStamp }) => { pressedG = timeStamp; },
  "[": () => document.querySelector("main a[rel=prev]")?.click(),
  "]": () => document.querySelector("main a[rel=next]")?.click(),
  "?": () => showKeys("/keys/"),
};

// A key that was pressed, without modifiers and in no field.
export function press(event) {
  const { key, timeStamp, repeat } = event;
  find();
  if (timeStamp - pressedG < SOON && key in GO) {
    location.assign(GO[key]);
  } else if (key === "Enter") {
    if (document.activeElement === document.body) ACTIONS.o();
  } else if (!repeat || key === "j" || key === "k") {
    if (key !== "g") pressedG = -Infinity;
    if (key in ACTIONS) ACTIONS[key](key, event);
    else use(key);
  }
}

// The current card

function find() {
  const focused = document.activeElement.closest(".cards > li");
  if (focused) mark(focused);
  else if (!current?.isConnected) mark(null);
}

function mark(card) {
  if (card === current) return;
  current?.removeAttribute("aria-current");
  current = card;
  current?.setAttribute("aria-current", "true");
}

document.addEventListener("focusin", ({ target }) => {
  const card = target.closest(".cards > li");
  if (!card) return;
  mark(card);
  if (target.matches("h2 a:focus-visible")) intoSight(card);
});

// Moves to the next card or the one before. If the current card is not on the screen, it begins with
// those that are.
function step(by) {
  const cards = [...document.querySelectorAll(".cards > li")].filter((card) => card.getClientRects().length);
  const inSight = (card) => {
    const { top, bottom } = card.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  const isWhole = (card) => card.getBoundingClientRect().top >= 0 && inSight(card);
  const from = cards.indexOf(current);
  const next = from >= 0 && inSight(current)
    ? cards[from + by]
    : cards.find(isWhole) ?? cards.find(inSight) ?? cards.at(from + by) ?? cards[0];
  if (!next) return;
  mark(next);
  next.querySelector("h2 a, .dismissed :is(a, button), a, button")?.focus({ preventScroll: true });
  intoSight(next);
}

// Scrolls so that no sticky part covers a card, or the beginning of one that is too tall. Twice, since
// a part may become sticky while the page scrolls.
function intoSight(card) {
  for (let pass = 0; pass < 2; pass += 1) {
    const box = card.getBoundingClientRect();
    const [top, bottom] = uncovered(card, box.left + box.width / 2);
    const room = box.height + 2 * GAP <= bottom - top;
    const below = Math.max(0, box.bottom + GAP - bottom);
    const by = box.top < top + GAP || !room ? box.top - top - GAP : below;
    if (by) scrollBy({ top: by, behavior: "instant" });
  }
}

function uncovered(card, x) {
  let [top, bottom] = [0, innerHeight];
  const cover = (y) => document.elementsFromPoint(x, y).find(
    (part) => /sticky|fixed/.test(getComputedStyle(part).position) && !part.contains(card) && !card.contains(part),
  )?.getBoundingClientRect();
  for (let part; (part = cover(top + 1)) && part.bottom > top && part.bottom < innerHeight / 2;) top = part.bottom;
  for (let part; (part = cover(bottom - 1)) && part.top < bottom && part.top > innerHeight / 2;) bottom = part.top;
  return [top, bottom];
}

// What keys do

// Marks the digest of the current card as read; a page may have several.
function markRead() {
  const controls = [...document.querySelectorAll("[aria-keyshortcuts=u]")];
  const before = (control) => current
    && control.compareDocumentPosition(current) & Node.DOCUMENT_POSITION_FOLLOWING;
  (controls.findLast(before) ?? controls[0])?.click();
}

// Uses the control of the current card, or of a paper's own page, that a key is for.
function use(key) {
  const paper = current ?? document.querySelector(".paper");
  const control = paper?.querySelector(`[aria-keyshortcuts~="${key}"]`);
  if (control) control.click();
  else if (key === "i") refuseDismissal(paper?.querySelector(".star[aria-pressed=true]"));
}

// A bookmarked paper has no control for “not interested”: its bookmark would be lost with its status.
function refuseDismissal(star) {
  if (!star) return;
  const words = "It is bookmarked";
  const what = "press b to remove the bookmark, and then i for “not interested”";
  showFault(star.closest(".cards > li, form"), "bookmarked", { words, what });
}

function file(key) {
  const [inMenu, onPage] = PLACES[key];
  const link = current?.querySelector(".file");
  const menu = current?.querySelector(".file-menu");
  if (link && !menu) {
    link.dataset.focus = inMenu;
    link.click();
    return;
  }
  const places = menu ? [...menu.querySelectorAll(inMenu)] : [...document.querySelectorAll(onPage)];
  // On a paper's page the star comes first, but the key is for the status.
  const place = places.find(({ value }) => value === "to-read") ?? places[0];
  const folded = place?.closest("details");
  if (folded) folded.open = true;
  place?.focus();
}

// The dialog

export async function showKeys(address) {
  if (location.pathname === "/keys/") return;
  let sheet = document.querySelector("dialog.keys");
  if (!sheet) {
    let keys;
    try {
      const response = await fetch(address, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      keys = page.getElementById("keys");
    } catch {
      // The page of the keys is opened below: if that fails too, the browser says why.
    }
    if (!keys) {
      location.assign(address);
      return;
    }
    sheet = document.createElement("dialog");
    sheet.className = "keys";
    sheet.setAttribute("aria-labelledby", "keys-heading");
    const close = document.createElement("button");
    close.textContent = "Close";
    close.type = "button";
    close.addEventListener("click", () => sheet.close());
    sheet.append(keys, close);
    document.body.append(sheet);
    globalThis.htmx?.process(sheet);
    prepare();
  }
  sheet.showModal();
}

const isOff = () => localStorage.getItem("keys") === "off";

// Whether single keys do anything: a person's choice is saved by the form, a visitor's on the device.
export function prepare() {
  const choice = document.querySelector(".single-keys");
  const button = choice.querySelector("button[type=button]");
  if (!button) return;
  const show = () => {
    const off = isOff();
    choice.querySelector("b").textContent = off ? "off" : "on";
    button.textContent = `Switch them ${off ? "on" : "off"} on this device`;
  };
  button.addEventListener("click", () => {
    localStorage.setItem("keys", isOff() ? "on" : "off");
    show();
  });
  try {
    show();
    button.hidden = false;
  } catch {
    // The browser allows no storage.
  }
}

document.addEventListener("htmx:load", ({ detail: { elt } }) => {
  if (elt.matches?.(".single-keys")) dataset.keys = elt.dataset.choice;
});

find();
