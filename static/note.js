// Saves a note while it is written. Without this script the button saves it.

for (const form of document.querySelectorAll("[data-autosave]")) watch(form);

function watch(form) {
  const { text, version } = form.elements;
  const status = form.querySelector("[role=status]");
  const other = form.querySelector(".note-other");
  const shown = document.getElementById("note-shown");
  let saved = text.defaultValue; // what was typed before this script came is not
  let theirs = null;
  let timer = 0;
  let saving = false;

  const changed = () => text.value !== saved;

  text.addEventListener("input", () => {
    clearTimeout(timer);
    status.textContent = "";
    if (!theirs) timer = setTimeout(save, 1000);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!theirs) save();
  });
  addEventListener("online", () => changed() && !theirs && save());
  // A page that goes takes nothing with it that is not saved.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && changed() && !theirs) save();
  });
  addEventListener("beforeunload", (event) => changed() && event.preventDefault());
  if (changed()) save();

  async function save() {
    clearTimeout(timer);
    if (saving) {
      timer = setTimeout(save, 300);
      return;
    }
    saving = true;
    const sent = text.value;
    status.textContent = "Saving…";
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
        keepalive: sent.length < 16000,
      });
      const said = response.headers.get("Content-Type")?.startsWith("application/json")
        ? await response.json()
        : null;
      if (response.ok && said) {
        saved = sent;
        version.value = said.version;
        if (shown) shown.innerHTML = said.html; // made safe by the server
        status.textContent = changed() ? "" : "Saved"; // more may have been written meanwhile
      } else if (response.status === 409 && said) {
        collide(said);
      } else {
        status.textContent =
          said?.errors?.join(" ") ?? "Not saved: reload the page in another tab, and log in there";
      }
    } catch {
      status.textContent = "Not saved: there is no connection. It is tried again";
      timer = setTimeout(save, 5000);
    } finally {
      saving = false;
    }
  }

  // Two texts grew from one: the person chooses, and nothing is saved until then.
  function collide(said) {
    theirs = said;
    status.textContent = "Not saved";
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
      if (choice === "theirs") status.textContent = "";
      else save();
    });
  }
}
