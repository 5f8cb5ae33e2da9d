// Without a connection, the page says so, and how old it is. Bookmarks that are made then wait on
// this device, with the notes that static/note.js saves there, and are sent when there is a
// connection again, for the same person. static/site.js loads this where it is needed.

import { ask, user } from "./requests.js";

const root = document.documentElement;
const KEY = `waiting of ${user}`;
const MARKS = ["add", "remove", "to-read", "reading", "read"];
const line = document.createElement("p");
line.className = "sample";
line.setAttribute("role", "status");
let sending = false;

const { marks, notes } = read();
for (const [paper, what] of Object.entries(marks)) {
  for (const field of document.querySelectorAll(`[name=paper][value=${CSS.escape(paper)}]`)) {
    if (field.form?.querySelector(".star")) paint(field.form, what);
  }
}
document.getElementById("content")?.prepend(line);
list();
showStatus();
send();
addEventListener("offline", () => showStatus());
addEventListener("online", send);

// Before the site's own message that something was not sent
document.addEventListener("htmx:sendError", (event) => {
  const { elt, requestConfig: { path, parameters } } = event.detail;
  const { paper, do: what } = parameters;
  if (!user || navigator.onLine || path !== "/library/mark/" || !MARKS.includes(what)) return;
  marks[paper] = what;
  if (!write()) return;
  event.stopPropagation();
  if (elt.querySelector(".star")) paint(elt, what);
  showStatus();
}, true);
document.addEventListener("input", ({ target }) => {
  const form = target.closest("[data-autosave]");
  if (!form || navigator.onLine) return;
  const path = new URL(form.action).pathname;
  if (!notes.includes(path)) notes.push(path);
  write();
  showStatus();
});

function read() {
  try {
    return { marks: {}, notes: [], ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return { marks: {}, notes: [] };
  }
}

function write() {
  try {
    if (count()) localStorage.setItem(KEY, JSON.stringify({ marks, notes }));
    else localStorage.removeItem(KEY);
    return true;
  } catch {
    return false;
  }
}

function count() {
  return Object.keys(marks).length + notes.length;
}

function paint(form, what) {
  const star = form.querySelector(".star");
  const on = what !== "remove";
  star.value = on ? "remove" : "add";
  star.ariaPressed = String(on);
  star.firstElementChild.textContent = on ? "★" : "☆";
  star.querySelector(".label").textContent = `${on ? "Bookmarked" : "Bookmark removed"}, not sent yet`;
}

// sent: a sentence about what was sent
function showStatus(sent = "") {
  const parts = [sent];
  if (!navigator.onLine || root.dataset.stored) parts.push("There is no connection.");
  if (root.dataset.stored) parts.push(`This page is as it was on ${new Date(root.dataset.stored).toLocaleString()}.`);
  if (user && count()) parts.push(`${changes(count())} on this device, to be sent when there is a connection.`);
  line.textContent = parts.join(" ").trim();
  line.hidden = !line.textContent;
}

function changes(number) {
  return number === 1 ? "1 change waits" : `${number} changes wait`;
}

async function send() {
  if (!user || !count() || sending || !navigator.onLine) return;
  sending = true;
  const { data } = await ask("/account/session/");
  let done = 0;
  let gone = 0;
  if (data?.user === user) {
    delete root.dataset.stored; // there is a connection
    for (const [paper, what] of Object.entries(marks)) {
      const status = await sendMark(paper, what, data.token);
      if (status !== 404 && status !== 410 && !(status >= 200 && status < 300)) break;
      if (marks[paper] === what) delete marks[paper];
      if (status < 300) done += 1;
      else gone += 1;
    }
    for (const path of [...notes]) {
      if (!(await sendNote(path, data.token))) continue;
      notes.splice(notes.indexOf(path), 1);
      done += 1;
    }
    write();
  }
  sending = false;
  const lost = gone ? ` ${gone} of them concerned papers that no longer exist.` : "";
  showStatus(done || gone ? `What you did without a connection is saved: ${done} change${done === 1 ? "" : "s"}.${lost}` : "");
}

// Bookmarking what is bookmarked changes nothing, so that it may be sent twice.
async function sendMark(paper, what, token) {
  const status = ["add", "remove"].includes(what) ? {} : { status: what };
  const removed = what === "remove";
  try {
    const response = await fetch(`/api/v1/library/bookmarks/${encodeURI(paper)}/`, {
      method: removed ? "DELETE" : "PUT",
      headers: { "X-CSRFToken": token, "Content-Type": "application/json" },
      body: removed ? undefined : JSON.stringify(status),
    });
    return response.status;
  } catch {
    return 0;
  }
}

// Whether nothing of a note is left to send. If it was changed elsewhere, its page asks which text
// to save; if it is on this page, static/note.js sends it.
async function sendNote(path, token) {
  const key = `note of ${user}: ${path}`;
  const written = localStorage.getItem(key);
  if (!written) return true;
  if (document.querySelector(`form[action="${path}"]`)) return false;
  const { text, version } = JSON.parse(written);
  const body = new FormData();
  for (const [name, value] of [["text", text], ["version", version], ["csrfmiddlewaretoken", token]]) body.append(name, value);
  const { status, data, reason } = await ask(path, { method: "POST", body });
  const saved = !reason && Number.isInteger(data?.version);
  if (!saved && !(status === 409 && data?.text === text)) return false;
  if (localStorage.getItem(key) === written) localStorage.removeItem(key);
  return true;
}

// On the page that is shown in place of one that is not on this device: links to those that are
async function list() {
  const place = document.getElementById("saved-pages");
  if (!place) return;
  const links = document.createElement("ul");
  place.append(links);
  for (const name of await caches.keys()) {
    if (!name.startsWith("pages ")) continue;
    const cache = await caches.open(name);
    for (const request of (await cache.keys()).reverse()) {
      const found = await cache.match(request, { ignoreVary: true });
      const title = new DOMParser().parseFromString(await found.text(), "text/html").title;
      if (!title) continue;
      const link = document.createElement("a");
      link.href = request.url;
      link.textContent = title.replace(/ · Paper Digest$/, "");
      const item = document.createElement("li");
      item.append(link);
      links.append(item);
      place.hidden = false;
    }
  }
}
