// Suggestions while a search is typed: a combobox with a list, by keyboard and mouse. Recent searches
// stay on this device, each person's by themselves.

const form = document.getElementById("search");
const field = document.getElementById("q");
const list = document.getElementById("suggestions");
const status = document.getElementById("suggested");
const key = `searches ${document.documentElement.dataset.user}`;
const MOST = 8;
const PAUSE = 150;

let active = null;
let timer = 0;
let request = null;

for (const [name, value] of [
  ["role", "combobox"],
  ["aria-autocomplete", "list"],
  ["aria-haspopup", "listbox"],
  ["aria-controls", list.id],
  ["aria-expanded", "false"],
]) field.setAttribute(name, value);
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", "Suggestions");

function options() {
  return [...list.querySelectorAll("[role=option]")];
}

function activate(option) {
  active?.setAttribute("aria-selected", "false");
  active = option;
  if (option) {
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  } else {
    field.removeAttribute("aria-activedescendant");
  }
}

function open() {
  const found = options();
  found.forEach((option, number) => { option.id = `suggestion-${number}`; });
  activate(null);
  list.hidden = found.length === 0;
  field.setAttribute("aria-expanded", String(!list.hidden));
  status.textContent = `${found.length} suggestion${found.length === 1 ? "" : "s"}`;
}

function stop() {
  clearTimeout(timer);
  request?.abort();
}

function close() {
  stop();
  activate(null);
  list.hidden = true;
  field.setAttribute("aria-expanded", "false");
  status.textContent = "";
}

async function ask() {
  request = new AbortController();
  const { signal } = request;
  try {
    const address = `${form.dataset.suggestions}?q=${encodeURIComponent(field.value)}`;
    const response = await fetch(address, { signal, redirect: "error" });
    const html = response.ok ? await response.text() : "";
    if (signal.aborted) return;
    list.innerHTML = html;
    open();
  } catch {
    // Nothing is suggested: the field works without.
  }
}

function suggest() {
  stop();
  if (field.value.trim()) timer = setTimeout(ask, PAUSE);
  else showRecent();
}

// Recent searches

function recent() {
  try {
    const found = JSON.parse(localStorage.getItem(key));
    return Array.isArray(found) ? found.filter((text) => typeof text === "string") : [];
  } catch {
    return [];
  }
}

function remember(text) {
  if (!text) return;
  try {
    const found = [text, ...recent().filter((other) => other !== text)].slice(0, MOST);
    localStorage.setItem(key, JSON.stringify(found));
  } catch {
    // There is no store, or it is full.
  }
}

function option(text, data) {
  const made = document.createElement("div");
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  Object.assign(made.dataset, data);
  made.dir = "auto";
  made.textContent = text;
  return made;
}

function showRecent() {
  const found = recent();
  const group = document.createElement("div");
  const name = document.createElement("p");
  name.id = "suggested-recent";
  name.setAttribute("role", "presentation");
  name.textContent = "Recent searches";
  group.setAttribute("role", "group");
  group.setAttribute("aria-labelledby", name.id);
  group.append(name, ...found.map((text) => option(text, { search: text })));
  if (found.length) group.append(option("Clear recent searches", { clear: "" }));
  list.replaceChildren(...(found.length ? [group] : []));
  if (found.length) open();
  else close();
}

// What is chosen

function choose({ dataset }) {
  close();
  if (dataset.address) {
    location.assign(dataset.address);
  } else if ("clear" in dataset) {
    try {
      localStorage.removeItem(key);
    } catch {
      // There is no store.
    }
  } else {
    field.value = dataset.text ?? dataset.search;
    if (dataset.search) form.requestSubmit();
    else field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

form.addEventListener("submit", () => {
  remember(field.value.trim());
  close();
});
field.addEventListener("input", suggest);
field.addEventListener("blur", close);
field.addEventListener("click", () => {
  if (list.hidden && !field.value) showRecent();
});
field.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey) return;
  const found = options();
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    stop(); // an answer that comes now would take away what is chosen
    if (list.hidden) return void (field.value.trim() ? ask() : showRecent());
    // Past either end is the field itself, where nothing is chosen.
    const step = event.key === "ArrowDown" ? 1 : -1;
    const places = found.length + 1;
    activate(found[(found.indexOf(active) + 1 + step + places) % places - 1] ?? null);
  } else if (event.key === "Enter" && active) {
    event.preventDefault();
    choose(active);
  } else if (event.key === "Escape" && !list.hidden) {
    event.preventDefault();
    close();
  }
});
// The focus stays in the field.
list.addEventListener("mousedown", (event) => event.preventDefault());
list.addEventListener("click", ({ target }) => {
  const chosen = target.closest("[role=option]");
  if (chosen) choose(chosen);
});
