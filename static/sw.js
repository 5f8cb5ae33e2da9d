// What is readable without a connection: pages that were seen, with what they need. The site names
// those that may be kept, and for whom, in the header Offline-Copy of a page: no page of the admin,
// of an account, of the API, or of what others share privately has it. With a connection every page
// comes from the site. One person's pages are here at a time; a log-out removes them.
//
// digest/pages/installed.py puts in the version of the site, and the files that every page needs.

const VERSION = "{version}";
const NEEDED = {needed};
const STATIC = `static ${VERSION}`;
const PAGES = `pages ${VERSION} `; // and whose: a visitor's, or the key of a person
const VISITOR = "visitor";
const MOST = 80; // pages; the ones that were seen longest ago go
const REFRESHED = "/refreshed"; // under which the time is kept at which a library was
const OFTEN = 3600_000; // milliseconds between that
const LISTS = 20;

addEventListener("install", (event) => {
  skipWaiting();
  const requests = NEEDED.map((address) => new Request(address, { credentials: "omit" }));
  event.waitUntil(caches.open(STATIC).then((cache) => cache.addAll(requests)));
});

// What an earlier version of the site kept goes.
addEventListener("activate", (event) => {
  event.waitUntil(remove((name) => name !== STATIC && !name.startsWith(PAGES)));
  event.waitUntil(clients.claim());
  event.waitUntil(keepOpen());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method === "POST" && pathname === "/account/logout/") {
    event.waitUntil(remove((name) => name.startsWith(PAGES)));
  } else if (request.method !== "GET") {
    return;
  } else if (pathname.startsWith("/static/")) {
    event.respondWith(file(request, /\.[0-9a-f]{12}\./.test(pathname)));
  } else if (request.mode === "navigate") {
    event.respondWith(page(event));
  }
});

// The pages that are open came before this could see them.
async function keepOpen() {
  const open = await clients.matchAll({ includeUncontrolled: true, type: "window" });
  for (const { url } of open) await fetched(url.replace(/#.*/, ""));
}

async function remove(which) {
  const names = await caches.keys();
  await Promise.all(names.filter(which).map((name) => caches.delete(name)));
}

// fixed: its name changes with its content.
async function file(request, fixed) {
  const found = await caches.match(request, { ignoreVary: true });
  if (found && fixed) return found;
  let response;
  try {
    response = await fetch(request);
  } catch {
    return found ?? Response.error();
  }
  if (response.ok) {
    const cache = await caches.open(STATIC);
    await cache.put(request, response.clone());
  }
  return response;
}

async function page(event) {
  const { request } = event;
  let response;
  try {
    response = await fetch(request);
  } catch {
    return (await kept(request)) ?? (await caches.match("/offline/", { ignoreVary: true })) ?? Response.error();
  }
  event.waitUntil(keep(request.url, response.clone()).then(refresh));
  return response;
}

// Keeps a page, if it may be. Gives whose it is.
async function keep(address, response) {
  const whose = response.headers.get("Offline-Copy");
  if (!whose || !response.ok || response.redirected) return null;
  const name = PAGES + whose;
  await remove((other) => other.startsWith(PAGES) && other !== name);
  const cache = await caches.open(name);
  await cache.delete(address, { ignoreVary: true }); // so that it is the last again
  await cache.put(address, response);
  const stored = await cache.keys();
  await Promise.all(stored.slice(0, -MOST).map((each) => cache.delete(each, { ignoreVary: true })));
  return whose;
}

// A person's library and lists are here though they were not looked at.
async function refresh(whose) {
  if (!whose || whose === VISITOR) return;
  const cache = await caches.open(PAGES + whose);
  const last = await cache.match(REFRESHED);
  if (last && Date.now() - Number(await last.text()) < OFTEN) return;
  await cache.put(REFRESHED, new Response(String(Date.now())));
  const lists = await fetched("/lists/");
  await fetched("/library/");
  const addresses = [...(lists ?? "").matchAll(/href="(\/lists\/[^"/?#]+\/)"/g)].map((match) => match[1]);
  for (const address of [...new Set(addresses)].slice(0, LISTS)) await fetched(address);
}

// The text of a page, which is kept if it may be.
async function fetched(address) {
  try {
    const response = await fetch(address);
    await keep(new URL(address, location.origin).href, response.clone());
    return await response.text();
  } catch {
    return null;
  }
}

// A page that was kept; it says when it was.
async function kept(request) {
  const found = await caches.match(request, { ignoreVary: true });
  if (!found) return null;
  const headers = new Headers(found.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  const stored = found.headers.get("Date") ?? "";
  const text = await found.text();
  return new Response(text.replace("<html ", () => `<html data-stored="${stored}" `), { headers });
}
