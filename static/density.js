// How much lists show of each paper: a button shows it at once. A person's choice is saved by the
// button's form, a visitor's in the browser. This runs before the page is painted. Without it, the
// form leads back to the list, and visitors see brief lists.
{
  const root = document.documentElement;
  const show = () => {
    for (const button of document.querySelectorAll(".density button")) {
      button.ariaPressed = String(button.value === root.dataset.density);
    }
  };

  if (!root.dataset.user) {
    try {
      root.dataset.density = localStorage.getItem("density") ?? root.dataset.density;
    } catch {
      // The browser allows no storage: lists are brief.
    }
  }
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("htmx:load", show);

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".density button");
    if (!button) return;
    const first = [...document.querySelectorAll(".cards > li")].find(
      (card) => card.getBoundingClientRect().top >= 0,
    );
    const top = first?.getBoundingClientRect().top;
    root.dataset.density = button.value;
    show();
    // The first paper that was wholly in sight stays where it is.
    if (first) scrollBy({ top: first.getBoundingClientRect().top - top, behavior: "instant" });
    if (root.dataset.user) return;
    try {
      localStorage.setItem("density", button.value);
    } catch {
      // The browser allows no storage: the next page is brief again.
    }
  });
}
