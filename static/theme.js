// A visitor's colours: a button at the foot of a page shows them at once, and they are saved in the
// browser. This runs before the page is painted. Without it, the colours are the system's, and there
// are no buttons. A person chooses in their account.
{
  const root = document.documentElement;
  const show = () => {
    for (const button of document.querySelectorAll(".theme button")) {
      button.ariaPressed = String(button.value === (root.dataset.theme ?? "auto"));
    }
  };

  if (!root.dataset.user) {
    try {
      root.dataset.theme = localStorage.getItem("theme") ?? "auto";
    } catch {
      // The browser allows no storage: the colours are the system's.
    }
    document.addEventListener("DOMContentLoaded", show);
    document.addEventListener("click", ({ target }) => {
      const button = target.closest?.(".theme button");
      if (!button) return;
      root.dataset.theme = button.value;
      show();
      try {
        localStorage.setItem("theme", button.value);
      } catch {
        // The browser allows no storage: the next page has the system's colours again.
      }
    });
  }
}
