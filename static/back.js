// Whoever goes back in the browser sees their marks as they are now, not as they were when the page
// was left: it comes from the browser's memory, or from a copy on the disk.

import { hush, isTyped, showFault, user } from "./requests.js";

// What a person's doings change in a page.
const PARTS = ".masthead nav ul, .bookmark, .dismissed, .read-digest, #lists, #items";

addEventListener("pageshow", ({ persisted }) => {
  const type = performance.getEntriesByType("navigation")[0]?.type;
  if (user && (persisted || type === "back_forward")) renew();
});

async function renew() {
  const head = document.querySelector("main .head");
  let page;
  try {
    // While a page is gone back to, browsers answer from their copies unless they are told not to.
    const headers = { Accept: "text/html" };
    const response = await fetch(location.href, { headers, cache: "no-cache" });
    if (!response.ok) throw new Error(response.statusText);
    page = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    const reason = navigator.onLine ? "silent" : "offline";
    showFault(head, reason, { again: renew, what: "what is marked here may be older" });
    return;
  }
  hush(head);
  const before = parts(document);
  const now = parts(page);
  const alike = page.documentElement.dataset.user === user
    && before.length === now.length
    && before.every((part, place) => nameOf(part) === nameOf(now[place]));
  if (alike) {
    before.forEach((part, place) => put(now[place], part));
    document.dispatchEvent(new CustomEvent("renewed", { detail: page }));
  } else if (!isTyped()) {
    location.reload();
  }
}

function parts(page) {
  return [...page.querySelectorAll(PARTS)].filter((part) => !part.parentElement.closest(PARTS));
}

// What a part is, and of which paper.
function nameOf(part) {
  return `${part.id || part.classList[0]} ${part.querySelector("[name=paper]")?.value}`;
}

function put(now, part) {
  const { id } = document.activeElement;
  const focused = id && part.contains(document.activeElement);
  part.replaceWith(now);
  htmx.process(now);
  if (focused) document.getElementById(id)?.focus({ preventScroll: true });
}
