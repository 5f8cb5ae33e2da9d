// What every page needs: it loads static/suggestions.js for the search field, static/keys.js for the
// first key and static/offline.js without a connection, and tells other tabs of a log-in. Without this
// script each key has a control that does the same.

const { dataset } = document.documentElement;
const { user } = dataset;
const field = document.getElementById("q");
const { keys: address, suggestions } = document.querySelector("script[data-keys]").dataset;
const KEYS = "/?[]begijklnopsux";

function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // the browser allows no storage
  }
}

// Other tabs get an event when somebody logs in or out. A page that was left before that is loaded
// again when the reader goes back to it.
try {
  localStorage.setItem("user", user);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && stored("user") !== user) location.reload();
  });
} catch {
  // The browser allows no storage: other tabs get no event.
}

// When a paper becomes a line, the next one gets the focus; a paper that is shown again gets it
// itself. The check box of the row is not in the answer: it is put back.
document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  const box = target.matches(".cards > li") && target.querySelector(":scope > input");
  if (box) target.addEventListener("htmx:afterSwap", () => target.prepend(box), { once: true });
});
document.addEventListener("htmx:afterSettle", ({ detail: { elt, requestConfig } }) => {
  const done = requestConfig?.parameters.do; // undefined where the reader goes back to a page
  if (!elt.matches(".cards > li") || !["dismiss", "show"].includes(done)) return;
  const next = done === "dismiss" && elt.nextElementSibling;
  (next || elt).querySelector("h2 a, .dismissed :is(a, button)")?.focus();
});

// A click or letters that come before the suggestions are loaded are told to them afterwards.
field.addEventListener("focus", () => {
  const early = new Set();
  const note = ({ type }) => early.add(type);
  for (const type of ["click", "input"]) field.addEventListener(type, note, { once: true });
  import(suggestions).then(() => {
    for (const type of early) field.dispatchEvent(new Event(type));
  }, () => {}); // the field works without
}, { once: true });

// The keys are loaded when the first is pressed; each acts after the one before it.
let keys = null;
function withKeys(act, otherwise) {
  keys ??= import(address);
  keys.then(act, () => {
    keys = null;
    otherwise?.();
  });
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  const modified = event.ctrlKey || event.metaKey || event.altKey;
  if (event.isComposing || (modified && !event.getModifierState?.("AltGraph"))) return;
  if (target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable], dialog")) return;
  if ((user ? dataset.keys : stored("keys")) === "off") return;
  // Else the key would also be typed into the field that it leads to.
  if (KEYS.includes(key)) event.preventDefault();
  else if (key !== "Enter" && key !== "d") return;
  if (key === "/") {
    field.focus();
    field.select();
  } else {
    withKeys(({ press }) => press(event));
  }
});

// static/sw.js lets pages that were seen be read without a connection. static/offline.js is loaded
// without a connection, and while something waits to be sent.
navigator.serviceWorker?.register("/sw.js").catch(() => {});
const { offline } = dataset;
const help = () => import(offline).catch(() => {}); // it may not be on this device
const waits = stored(`waiting of ${user}`) !== null;
if (!navigator.onLine || dataset.stored !== undefined || waits || document.getElementById("saved-pages")) help();
else addEventListener("offline", help, { once: true });

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a.keys-link");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  withKeys(({ showKeys }) => showKeys(link.href), () => location.assign(link.href));
});

if (document.querySelector(".single-keys")) withKeys(({ prepare }) => prepare());
