// Keys: / leads to the search field; in a list, j and k to the next card and back, and b bookmarks.

const field = document.getElementById("q");

// Other tabs hear when somebody logs in or out, and a page that was left before then is made anew
// when it is gone back to.
const { user } = document.documentElement.dataset;
try {
  localStorage.setItem("user", user);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && localStorage.getItem("user") !== user) location.reload();
  });
} catch {
  // There is no store, and nobody hears.
}

// A paper that is not shown any more leaves the keyboard at the next one.
document.addEventListener("htmx:afterSettle", ({ detail: { elt, requestConfig } }) => {
  const row = elt.matches(".cards > li") && requestConfig.parameters.do === "dismiss" && elt;
  const next = row && (row.nextElementSibling ?? row);
  next?.querySelector?.("h2 a, .dismissed :is(a, button)")?.focus();
});

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (event.ctrlKey || event.metaKey || event.altKey || writing) return;
  const card = document.activeElement.closest(".cards > li");
  if (event.key === "/") {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "j" || event.key === "k") {
    const cards = [...document.querySelectorAll(".cards > li")];
    const next = cards.indexOf(card) + (event.key === "j" ? 1 : -1);
    cards[next]?.querySelector("h2 a, .dismissed a, .card-foot a, button")?.focus();
  } else if (event.key === "b") {
    (card ?? document.querySelector(".paper"))?.querySelector(".star")?.click();
  }
});

// Pages that were seen can be read without a connection: static/sw.js. The rest is loaded where it
// is needed: without a connection, and while something waits to be sent.
navigator.serviceWorker?.register("/sw.js").catch(() => {});
const { offline, stored } = document.documentElement.dataset;
const help = () => import(offline).catch(() => {}); // which is not there if it was never kept
let waits = false;
try {
  waits = localStorage.getItem(`waiting of ${user}`) !== null;
} catch {
  // There is no store, and nothing waits.
}
if (!navigator.onLine || stored !== undefined || waits || document.getElementById("kept")) help();
else addEventListener("offline", help, { once: true });
