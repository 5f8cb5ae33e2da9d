// Saves a note while it is written. Without this script the button saves it.
//
// Saved is only what the note's own answer says so of. Until then the text is on the device as
// well, for the person who wrote it and for this note: neither a reload nor the end of the session
// loses a word. It is tried again by itself, as the same person only.

const SOON = 5_000; // milliseconds after which a failed save is tried again, then twice as many
const LATE = 300_000;
const { user } = document.documentElement.dataset;

for (const form of document.querySelectorAll("[data-autosave]")) watch(form);

function watch(form) {
  const { text, version } = form.elements;
  const draft = draftOf(form);
  const status = form.querySelector("[role=status]");
  const other = form.querySelector(".note-other");
  const shown = document.getElementById("note-shown");
  let saved = text.defaultValue; // what was typed before this script came is not
  let theirs = null;
  let timer = 0;
  let saving = false;
  let failed = 0; // how often, since it was saved
  let unsure = null; // what was sent and may have arrived, though no answer came

  const changed = () => text.value !== saved;
  const saveChanges = () => { if (changed() && !theirs) save(); };

  text.addEventListener("input", () => {
    clearTimeout(timer);
    keep();
    if (!failed) say("");
    timer = setTimeout(saveChanges, 1000);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!theirs) save();
  });
  // A page that goes takes nothing with it that is not saved; one that is shown again may have
  // the network back, or somebody logged in.
  document.addEventListener("visibilitychange", saveChanges);
  addEventListener("online", saveChanges);
  addEventListener("focus", () => { if (failed) saveChanges(); });
  addEventListener("storage", ({ key }) => { if (key === "user") saveChanges(); });
  addEventListener("beforeunload", (event) => changed() && event.preventDefault());

  const left = draft.read();
  if (left && left.text !== saved) {
    form.closest("details")?.setAttribute("open", "");
    text.value = changed() ? `${left.text}\n\n${text.value}` : left.text;
    // Where the note has been changed since, the person chooses.
    if (left.version !== version.value) {
      collide({ text: saved, version: version.value, html: shown?.innerHTML ?? "" });
    }
  }
  keep();
  saveChanges();

  // What is said already is not said again: it would be read out each time.
  function say(words, way = "") {
    const same = status.textContent === words + (way && way.textContent);
    if (!same) status.replaceChildren(words, way);
  }

  function keep() {
    if (changed()) draft.write({ text: text.value, version: version.value });
    else draft.forget();
  }

  async function save() {
    clearTimeout(timer);
    if (saving) {
      timer = setTimeout(saveChanges, 300);
      return;
    }
    saving = true;
    keep();
    if (!failed) say("Saving…");
    const sent = text.value;
    try {
      let answer = (failed && await refusal(form)) || await send(form);
      // The page is older than the last log-in.
      if (answer.status === 403) answer = await refusal(form) ?? await send(form);
      hear(answer, sent);
    } catch {
      unsure = sent;
      later("Not saved: there is no connection. It is tried again");
    } finally {
      saving = false;
    }
  }

  function hear({ status, said, wait }, sent) {
    if (status === 200 && Number.isInteger(said?.version)) {
      settle(said.version, sent);
      if (shown) shown.innerHTML = said.html; // made safe by the server
    } else if (status === 409 && said && said.text === unsure) {
      settle(said.version, unsure); // its answer did not arrive; what was written since is sent
      saveChanges();
    } else if (status === 409 && said) {
      collide(said);
    } else if (said?.errors) {
      say(`Not saved: ${said.errors.join(" ")}`);
    } else if (status === 404) {
      say("Not saved: this paper is not here any more. Copy what you wrote");
    } else if (status === "out") {
      later("Not saved: you are logged out. It is saved once you are logged in again. ", logIn());
    } else if (status === "other") {
      later("Not saved: somebody else is logged in now. It is saved once it is you again. ", reload());
    } else {
      const busy = status === 429 || status === 503;
      later(`Not saved: the site ${busy ? "is busy" : "failed"}. It is tried again`, "", wait);
    }
  }

  function settle(now, sent) {
    saved = sent;
    version.value = now;
    failed = 0;
    unsure = null;
    keep();
    say(changed() ? "" : "Saved"); // more may have been written meanwhile
  }

  function later(words, way, wait = 0) {
    say(words, way);
    clearTimeout(timer);
    timer = setTimeout(saveChanges, Math.max(wait, Math.min(SOON * 2 ** failed, LATE)));
    failed += 1;
  }

  // Two texts grew from one: the person chooses, and nothing is saved until then.
  function collide(said) {
    theirs = said;
    say("Not saved");
    other.querySelector("pre").textContent = said.text || "(It was deleted.)";
    other.hidden = false;
  }

  for (const button of other.querySelectorAll("[data-keep]")) {
    button.addEventListener("click", () => {
      const choice = button.dataset.keep;
      version.value = theirs.version;
      if (choice === "theirs") text.value = saved = theirs.text;
      if (choice === "theirs" && shown) shown.innerHTML = theirs.html;
      if (choice === "both") text.value = `${theirs.text}\n\n${text.value}`;
      theirs = null;
      other.hidden = true;
      text.focus();
      keep();
      if (choice === "theirs") say("");
      else save();
    });
  }
}

// What the site answered: its status, or "out" for nobody logged in; what it said; and the
// milliseconds that it wants to wait.
async function send(form) {
  const response = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { Accept: "application/json" },
    keepalive: form.elements.text.value.length < 16000,
    redirect: "manual", // the log-in page answers in JSON as well
  });
  const json = response.headers.get("Content-Type")?.startsWith("application/json");
  return {
    status: response.type === "opaqueredirect" || response.status === 401 ? "out" : response.status,
    said: json ? await response.json() : null,
    wait: Number(response.headers.get("Retry-After")) * 1000,
  };
}

// Why nothing may be sent: nobody is logged in, or somebody else. Null where it is the person of
// the page, whose token the form has then.
async function refusal(form) {
  const headers = { Accept: "text/html" };
  const response = await fetch(form.action, { headers, redirect: "manual" });
  if (response.type === "opaqueredirect") return { status: "out" };
  if (!response.ok) return { status: response.status };
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (page.documentElement.dataset.user !== user) return { status: "other" };
  const fresh = page.querySelector("[data-autosave]").elements.csrfmiddlewaretoken;
  form.elements.csrfmiddlewaretoken.value = fresh.value;
  return null;
}

function logIn() {
  const link = document.createElement("a");
  link.href = `/account/login/?next=${encodeURIComponent(location.pathname)}`;
  link.target = "_blank"; // the text stays where it is
  link.textContent = "Log in";
  return link;
}

function reload() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "Reload";
  button.addEventListener("click", () => location.reload());
  return button;
}

// What was written and is not saved, in this browser; the last tab's, if several write. Without a
// store, or where it is full, the page alone has it.
function draftOf(form) {
  const key = `note of ${user}: ${new URL(form.action).pathname}`;
  let mine = null;
  const attempt = (what) => {
    try {
      return what();
    } catch {
      return null;
    }
  };
  return {
    read: () => attempt(() => JSON.parse(mine = localStorage.getItem(key))),
    write: (kept) => attempt(() => localStorage.setItem(key, mine = JSON.stringify(kept))),
    forget: () => attempt(() => localStorage.getItem(key) === mine && localStorage.removeItem(key)),
  };
}
