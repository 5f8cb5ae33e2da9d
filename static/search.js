// The search page in place: what htmx does not see to by itself.

const form = document.getElementById("search");
const field = document.getElementById("q");
const status = document.getElementById("status");

// A field that is empty says nothing, so the address does not name it.
form.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
});

// A word that is being typed is one step back, not one for each pause.
let typing = false;
document.body.addEventListener("htmx:beforeHistoryUpdate", ({ detail }) => {
  const typed = detail.requestConfig.triggeringEvent?.type === "input";
  if (typed && typing) detail.history.type = "replace";
  typing = typed;
});
field.addEventListener("blur", () => { typing = false; });

// What was typed has its entry in the history already, by another spelling of the same address.
form.addEventListener("submit", (event) => {
  if (!typing) return;
  event.preventDefault();
  location.replace(`${form.action}?${new URLSearchParams(new FormData(form))}`);
});

// What was unfolded stays so; the field says what the papers were found by; their number is said,
// and the keyboard goes on from the papers where the link that it was at is no longer there.
let unfolded = [];
document.body.addEventListener("htmx:beforeSwap", () => {
  unfolded = [...document.querySelectorAll("#results details[id][open]")].map(({ id }) => id);
});
document.body.addEventListener("htmx:afterSettle", () => show(document.activeElement !== field));
document.body.addEventListener("htmx:historyRestore", () => show(true));

function show(says) {
  const results = document.getElementById("results");
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  if (says) field.value = results.dataset.words;
  if (document.activeElement === document.body) results.focus({ preventScroll: true });
  status.textContent = results.dataset.found;
}
