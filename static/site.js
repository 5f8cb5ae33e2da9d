// What every page has: its keys, which static/keys.js knows, and what other tabs hear. Without this
// script each key has a control that does the same.

const { dataset } = document.documentElement;
const { user } = dataset;
const field = document.getElementById("q");
const { keys: address } = document.querySelector("script[data-keys]").dataset;
const KEYS = "/?[]begijklnopsux";

function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // there is no store
  }
}

// Other tabs hear when somebody logs in or out, and a page that was left before then is made anew
// when it is gone back to.
try {
  localStorage.setItem("user", user);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && stored("user") !== user) location.reload();
  });
} catch {
  // Nobody hears.
}

// A paper that becomes a line leaves the keyboard at the next one; one that is shown again has it.
// The row's check box is no part of what is put in place.
document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  const box = target.matches(".cards > li") && target.querySelector(":scope > input");
  if (box) target.addEventListener("htmx:afterSwap", () => target.prepend(box), { once: true });
});
document.addEventListener("htmx:afterSettle", ({ detail: { elt, requestConfig } }) => {
  const done = requestConfig?.parameters.do; // none where a page is gone back to
  if (!elt.matches(".cards > li") || !["dismiss", "show"].includes(done)) return;
  const next = done === "dismiss" && elt.nextElementSibling;
  (next || elt).querySelector("h2 a, .dismissed :is(a, button)")?.focus();
});

// The keys come when the first is pressed, and are done in turn.
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
  // Nor is the key typed into what it leads to.
  if (KEYS.includes(key)) event.preventDefault();
  else if (key !== "Enter" && key !== "d") return;
  if (key === "/") {
    field.focus();
    field.select();
  } else {
    withKeys(({ press }) => press(event));
  }
});

// Pages that were seen can be read without a connection: static/sw.js. The rest is loaded where it
// is needed: without a connection, and while something waits to be sent.
navigator.serviceWorker?.register("/sw.js").catch(() => {});
const { offline } = dataset;
const help = () => import(offline).catch(() => {}); // which is not there if it was never kept
const waits = stored(`waiting of ${user}`) !== null;
if (!navigator.onLine || dataset.stored !== undefined || waits || document.getElementById("kept")) help();
else addEventListener("offline", help, { once: true });

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a.keys-link");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  withKeys(({ showKeys }) => showKeys(link.href), () => location.assign(link.href));
});

if (document.querySelector(".single-keys")) withKeys(({ prepare }) => prepare());
