// Saves a note while it is written. Without this script the button saves it.
//
// Saved is only what the note's own answer says so of. Until then the text is on the device as
// well, for the person who wrote it and for this note: neither a reload nor the end of the session
// loses a word. Trying again by itself, as the same person only.

import { ask, logIn, refusal, reload, user } from "./requests.js";

const SOON = 5_000; // milliseconds after which a failed save is tried again, then twice as many
const LATE = 300_000;
const FAULTS = {
  offline: "there is no connection",
  silent: "the site does not answer",
  busy: "the site is busy",
  limited: "the site is busy",
};

const watched = new WeakSet();
const watchAll = () => {
  for (const form of document.querySelectorAll("[data-autosave]")) {
    if (!watched.has(form)) watch(form);
    watched.add(form);
  }
};
watchAll();
// A menu that was opened since has one as well.
document.addEventListener("htmx:load", watchAll);

function watch(form) {
  const { text, version } = form.elements;
  const draft = draftOf(form);
  const status = form.querySelector("[role=status]");
  const other = form.querySelector(".note-other");
  const shown = document.getElementById("note-shown");
  const undo = form.querySelector(".undo");
  const first = text.defaultValue; // what there was before anything was saved here
  let saved = text.defaultValue; // what was typed before this script came is not
  let theirs = null;
  let timer = 0;
  let saving = false;
  let failed = 0; // how often, since it was saved
  const unsure = new Set(); // what was sent and may be saved, though no answer said so

  // The note of a menu that was closed is left to the menu that was opened after it.
  const replaced = () => !form.isConnected
    && document.querySelector(`[data-autosave][action="${form.getAttribute("action")}"]`);
  const changed = () => text.value !== saved && !replaced();
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
  // The page was gone back to, and this is what the note says today.
  document.addEventListener("renewed", ({ detail: page }) => {
    const now = page.getElementById(text.id)?.form;
    if (!now || changed() || theirs) return;
    text.value = text.defaultValue = saved = now.elements.text.value;
    version.value = now.elements.version.value;
    if (shown) shown.innerHTML = page.getElementById(shown.id).innerHTML;
  });
  undo.addEventListener("click", () => {
    if (theirs) return;
    text.value = first;
    text.focus();
    save();
  });
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
    status.classList.toggle("fault", words.startsWith("Not saved"));
  }

  function keep() {
    form.toggleAttribute("data-unsaved", changed());
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
    let reason = failed ? await refusal(form) : null;
    let answer = reason ? { reason } : await send(form);
    if (answer.status === 403) {
      reason = await refusal(form); // the page may be older than the last log-in
      answer = reason ? { reason } : await send(form);
    }
    saving = false;
    hear(answer, sent);
  }

  function hear({ status, data, reason, wait }, sent) {
    if (!reason && Number.isInteger(data.version)) {
      settle(data.version, sent);
      if (shown) shown.innerHTML = data.html; // made safe by the server
    } else if (status === 409 && (data?.text === sent || unsure.has(data?.text))) {
      settle(data.version, data.text); // and what was written since is sent
      saveChanges();
    } else if (status === 409 && data) {
      collide(data);
    } else if (data?.errors) {
      say(`Not saved: ${data.errors.join(" ")}`);
    } else if (reason === "gone") {
      say("Not saved: this paper no longer exists. Copy your text");
    } else if (reason === "logged-out") {
      later("Not saved: you are logged out. It will be saved when you are logged in again. ", logIn());
    } else if (reason === "other") {
      later("Not saved: somebody else is logged in. It will be saved when you are logged in again. ", reload());
    } else {
      if (status === 0 || status >= 500) unsure.add(sent);
      later(`Not saved: ${FAULTS[reason] ?? "the site failed"}. Trying again`, "", wait);
    }
  }

  function settle(now, sent) {
    saved = text.defaultValue = sent;
    version.value = now;
    failed = 0;
    unsure.clear();
    keep();
    say(changed() ? "" : "Saved"); // more may have been written meanwhile
    undo.hidden = saved === first;
    form.dispatchEvent(new Event("saved", { bubbles: true }));
  }

  function later(words, way, wait = 0) {
    say(words, way);
    clearTimeout(timer);
    timer = setTimeout(saveChanges, Math.max(wait, Math.min(SOON * 2 ** failed, LATE)));
    failed += 1;
  }

  // Two texts grew from one: the person chooses, and nothing is saved until then.
  function collide(data) {
    theirs = data;
    say("Not saved");
    other.querySelector("pre").textContent = data.text || "(It was deleted.)";
    other.hidden = false;
  }

  for (const button of other.querySelectorAll("[data-version]")) {
    button.addEventListener("click", () => {
      const choice = button.dataset.version;
      version.value = theirs.version;
      if (choice === "theirs") text.value = text.defaultValue = saved = theirs.text;
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

function send(form) {
  return ask(form.action, {
    method: "POST",
    body: new FormData(form),
    keepalive: form.elements.text.value.length < 16000,
  });
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
