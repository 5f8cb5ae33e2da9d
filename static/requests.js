// What scripts ask of the site, and what is shown where it was not done: beside the control that was
// used, with a way on. Nothing that failed looks done, and nothing is sent for somebody else.

const LOG_IN = "/account/login/";
const REASONS = {
  "logged-out": "You are logged out",
  other: "Somebody else is logged in now",
  returned: "You are logged in again",
  offline: "There is no connection",
  silent: "The site does not answer",
  limited: "Too many requests in a short time",
  busy: "The site is busy",
  failed: "The site failed",
  stale: "You cannot do this",
  gone: "This no longer exists",
  refused: "The site did not accept this",
};

// Whose page this is; empty for a visitor's.
export const { user } = document.querySelector("[data-user]").dataset;

// Asks the site. status, data: its answer, in JSON. reason: of a failure, one of the REASONS,
// or null. wait: milliseconds after which to try again.
export async function ask(address, options) {
  try {
    // No redirect is followed: what stands there is no answer to what was asked.
    const response = await fetch(address, {
      headers: { Accept: "application/json" },
      redirect: "manual",
      ...options,
    });
    const json = response.headers.get("Content-Type")?.startsWith("application/json");
    const data = json ? await response.json() : null;
    const led = response.type === "opaqueredirect";
    const reason = led ? "logged-out" : reasonOf(response.status) ?? (data ? null : "failed");
    const wait = Number(response.headers.get("Retry-After")) * 1000 || 0;
    return { status: response.status, data, reason, wait };
  } catch {
    return { status: 0, data: null, reason: silence(), wait: 0 };
  }
}

// Why nothing can be sent now. Null where the person of the page is logged in: its forms have the
// token of that log-in then, and so has a form that is in the page no longer.
export async function refusal(form) {
  const { data, reason } = await ask("/account/session/");
  if (reason) return reason;
  if ((data.user ?? "") !== user) return data.user ? "other" : "logged-out";
  const fields = [...document.getElementsByName("csrfmiddlewaretoken"), form?.elements.csrfmiddlewaretoken];
  for (const field of fields) if (field) field.value = data.token;
  return null;
}

function reasonOf(status) {
  if (status < 400) return null;
  const known = { 401: "logged-out", 403: "stale", 404: "gone", 410: "gone", 429: "limited" };
  if (status >= 502 && status <= 504) return "busy";
  return known[status] ?? (status < 500 ? "refused" : "failed");
}

function silence() {
  return navigator.onLine ? "silent" : "offline";
}

// Ways on

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "plain";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

// In another tab where something is typed here, which would be gone.
export function logIn() {
  const link = document.createElement("a");
  link.href = `${LOG_IN}?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = "Log in";
  const aim = () => { link.target = isTyped() ? "_blank" : ""; };
  link.addEventListener("click", aim);
  aim();
  return link;
}

export function reload() {
  return button("Reload", () => location.reload());
}

// Whether something was typed that is in this page alone.
export function isTyped() {
  const fields = document.querySelectorAll("textarea, input:not([type=hidden], [type=search])");
  return [...fields].some(({ value, defaultValue }) => value !== defaultValue);
}

// Faults

const tries = new WeakMap(); // the element of a fault -> how the request is tried again

// Shows at the end of an element why something was not done, in place of an earlier fault.
// used: the control. again: tries once more. what: that it was not done, in words. words: why, in
// the site's words.
export function showFault(at, reason, { used = at, again, what = "nothing was changed", words }) {
  let fault = at.querySelector(":scope > .fault");
  if (!fault) {
    fault = document.createElement("span");
    fault.className = "fault";
    fault.setAttribute("role", "alert");
    at.append(fault);
  }
  const ways = [];
  if (reason === "logged-out") ways.push(logIn());
  if (["other", "stale", "gone", "refused"].includes(reason)) ways.push(reload());
  else if (again) ways.push(button("Try again", () => {
    used.focus();
    fault.textContent = "Trying again…";
    again();
  }));
  fault.dataset.reason = reason;
  const links = ways.flatMap((way) => [" ", way]);
  fault.replaceChildren(`${words ?? REASONS[reason]}: ${what}.`, ...links);
  tries.set(fault, { used, again, what });
}

export function hush(at) {
  at.querySelector(":scope > .fault")?.remove();
}

// Whoever logs in in another tab sees here that they are.
async function lookAgain() {
  const waiting = document.querySelectorAll(
    ".fault:is([data-reason=logged-out], [data-reason=other])",
  );
  if (document.visibilityState !== "visible" || !waiting.length) return;
  const reason = (await refusal()) ?? "returned";
  for (const fault of waiting) {
    if (fault.dataset.reason === reason) continue;
    showFault(fault.parentElement, reason, tries.get(fault));
  }
}
addEventListener("focus", lookAgain);
addEventListener("storage", ({ key }) => { if (key === "user") lookAgain(); });
document.addEventListener("visibilitychange", lookAgain);

// htmx's requests

const renewed = new WeakSet(); // what was sent again with a new token, and not yet answered

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, requestConfig, xhr } = event.detail;
  const led = new URL(xhr.responseURL, location.href).pathname === LOG_IN;
  const reason = led ? "logged-out" : reasonOf(xhr.status);
  if (reason) {
    event.preventDefault(); // it is put nowhere
    fail(elt, requestConfig, reason, xhr);
  } else {
    renewed.delete(elt);
    hush(placeOf(elt));
  }
});
document.addEventListener("htmx:sendError", ({ detail: { elt, requestConfig } }) => {
  fail(elt, requestConfig, silence());
});
// Where the page that was gone back to does not come, the address would be another's.
document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());
document.addEventListener("htmx:historyCacheMiss", ({ detail: { xhr } }) => {
  xhr.addEventListener("error", () => location.reload());
});

function placeOf(element) {
  const { faults } = element.dataset;
  if (faults) return document.getElementById(faults);
  if (element.matches(".cards > li > *")) return element.parentElement; // too narrow beside a card
  return element.matches("a") ? element.closest("li, p, nav, div, section") : element;
}

async function fail(elt, sent, reason, xhr) {
  const submitter = sent.triggeringEvent?.submitter;
  const again = () => {
    if (!elt.isConnected) return; // something else was done meanwhile, and has replaced it
    if (elt.matches("form")) elt.requestSubmit(submitter);
    else htmx.ajax(sent.verb, sent.path, { source: elt }).catch(() => {}); // it was told
  };
  if (reason === "gone" && sent.verb === "get") {
    location.assign(sent.path); // there is a page that says so
    return;
  }
  if (reason === "stale" && !renewed.has(elt)) {
    // The page is older than the last log-in.
    renewed.add(elt);
    reason = await refusal();
    if (!reason) {
      again();
      return;
    }
  }
  renewed.delete(elt);
  const words = reason === "refused" ? messageOf(xhr) : undefined;
  const what = undone(reason, sent.verb);
  showFault(placeOf(elt), reason, { used: submitter ?? elt, again, what, words });
}

// An answer that did not come, or that failed, says nothing of what was done before.
function undone(reason, verb) {
  if (verb === "get") return "nothing was loaded";
  return ["silent", "failed"].includes(reason) ? "this may not be done" : "nothing was changed";
}

function messageOf(xhr) {
  const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
  return page.querySelector(".messages li")?.textContent.trim().replace(/\.$/, "");
}

// Forms that the browser sends. Where one could not be sent, the page stays, with what was typed.

const asking = new WeakSet();
const checked = new WeakSet();

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const sends = form.getAttribute("method")?.toLowerCase() === "post";
  if (!user || !sends || event.defaultPrevented || checked.delete(form)) return;
  event.preventDefault();
  if (asking.has(form)) return;
  asking.add(form);
  const reason = await refusal();
  asking.delete(form);
  const again = () => form.requestSubmit(submitter);
  const row = submitter?.closest("p, .one-line, .submit-row, .actions, form");
  const at = row && row !== form && form.contains(row) ? row.parentElement : form;
  if (reason) {
    showFault(at, reason, { used: submitter ?? form, again });
  } else {
    hush(at);
    checked.add(form);
    again();
  }
});
