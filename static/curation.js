// The curators' pages: names are suggested while one is typed, and rows are moved by the keyboard
// (Alt with an arrow). Without this, names are typed in full, and places are numbers.

import { ask, hush, showFault } from "./requests.js";

const list = document.createElement("datalist");
list.id = "suggested";
document.body.append(list);

let asked = 0;
let waiting;

async function suggest(input) {
  const number = ++asked;
  const address = new URL(input.dataset.suggest, location.href);
  address.searchParams.set("term", input.value);
  const { data, reason } = await ask(address);
  if (number !== asked) return;
  if (reason) {
    list.replaceChildren();
    const again = () => suggest(input);
    showFault(input.parentElement, reason, { used: input, again, what: "no names are suggested" });
    return;
  }
  hush(input.parentElement);
  list.replaceChildren(...data.results.map(({ text }) => new Option(text, text)));
}

document.addEventListener("input", ({ target }) => {
  if (!target.dataset.suggest) return;
  target.setAttribute("list", list.id);
  clearTimeout(waiting);
  if (target.value.trim()) waiting = setTimeout(suggest, 150, target);
});

// Once select2 is there: it shows what is chosen in a text box that has no name.
window.django?.jQuery(() => {
  for (const shown of document.querySelectorAll(".select2-selection__rendered")) {
    const select = shown.closest(".select2-container").previousElementSibling;
    shown.ariaLabel = select.labels[0].textContent;
  }
});

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("tr.form-row");
  const up = event.key === "ArrowUp";
  if (!row || !event.altKey || !(up || event.key === "ArrowDown")) return;
  const other = up ? row.previousElementSibling : row.nextElementSibling;
  event.preventDefault();
  if (!other?.matches(".form-row:not(.empty-form)")) return;
  up ? other.before(row) : other.after(row);
  const rows = row.parentElement.querySelectorAll(".form-row:not(.empty-form)");
  [...rows].forEach((each, place) => {
    const input = each.querySelector(".place input");
    if (input) input.value = place + 1;
  });
  event.target.focus();
});
