// Shows a paper in the style of citation that is chosen without a page load, and in the one that was
// chosen last on this device. Without this script each style is a link to the page in it.

const KEY = "cite-style";
const PARTS = ["#cite .switch", "#cite-style", "#cite-style-text", "[data-copies='cite-style-text'] span"];
const cite = document.getElementById("cite");
const styles = () => [...cite.querySelectorAll(".switch a")];

async function show(link) {
  const focused = document.activeElement === link;
  const response = await fetch(link.href, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(response.statusText);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of PARTS) document.querySelector(part).replaceWith(page.querySelector(part));
  if (focused) styles().find((style) => style.search === link.search)?.focus();
}

function last(style) {
  try {
    if (style) localStorage.setItem(KEY, style);
    return localStorage.getItem(KEY);
  } catch {
    return null; // the browser stores nothing
  }
}

cite.addEventListener("click", (event) => {
  const link = event.target.closest(".switch a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  last(link.search);
  show(link).catch(() => location.assign(link.href));
});

cite.addEventListener("toggle", () => {
  const link = styles().find((style) => style.search === last());
  if (cite.open && link && !link.hasAttribute("aria-current") && !location.search) show(link).catch(() => {});
});
