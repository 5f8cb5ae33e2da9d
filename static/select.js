// Choosing many papers of a list at once, and counting those that are chosen. Without this script each
// is chosen by its own box.

const bulk = document.getElementById("bulk");
const number = bulk?.querySelector(".bulk-label");
const boxes = () => [...document.querySelectorAll("input[form=bulk]")];
let last = null; // the box that was used last

function count() {
  number.textContent = `${boxes().filter(({ checked }) => checked).length} chosen:`;
}

function choose(from, to, checked) {
  for (const box of boxes().slice(Math.min(from, to), Math.max(from, to) + 1)) box.checked = checked;
  count();
}

if (bulk) {
  for (const button of bulk.querySelectorAll("[data-choose]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const all = boxes();
      const chosen = all.filter(({ checked }) => checked);
      // From the first chosen paper to the last one; if only one is chosen, from the top of the list.
      const from = chosen.length > 1 ? all.indexOf(chosen[0]) : 0;
      if (button.dataset.choose === "here") choose(from, all.indexOf(chosen.at(-1)), true);
      else choose(0, all.length, button.dataset.choose === "all");
    });
  }
  document.addEventListener("click", ({ target, shiftKey }) => {
    if (!target.matches("input[form=bulk]")) return;
    const all = boxes();
    if (shiftKey && last?.isConnected) choose(all.indexOf(last), all.indexOf(target), target.checked);
    last = target;
    count();
  });
  addEventListener("pageshow", count); // browsers put back what was chosen
  document.addEventListener("htmx:afterSettle", count);
}
