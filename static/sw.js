// The service worker: it stores pages that were seen, with the files that they need, to be read
// without a connection. The header Offline-Copy of a page says that it may be stored, and for whom.
// No page of the admin, of an account, of the API, or of what others share privately has it. With a
// connection every page comes from the site. Only one person's pages are stored at a time, and a
// log-out removes them.
//
// digest/pages/installed.py puts in the version of the site, and the files that every page needs.

const VERSION = "{version}";
const NEEDED = {needed};
const STATIC = `static ${VERSION}`;
const PAGES = `pages ${VERSION} `; // and whose: a visitor's, or the key of a person
const VISITOR = "visitor";
const MOST = 80; // pages; those that were seen longest ago are removed
const REFRESHED = "/refreshed"; // the name under which it is stored when a library was fetched last
const OFTEN = 3600_000; // milliseconds after which it is fetched again
const LISTS = 20; // reading lists that are fetched with it, at most

addEventListener("install", (event) => {
  skipWaiting();
  const requests = NEEDED.map((address) => new Request(address, { credentials: "omit" }));
  event.waitUntil(caches.open(STATIC).then((cache) => cache.addAll(requests)));
});

// What an earlier version of the site stored is removed.
addEventListener("activate", (event) => {
  event.waitUntil(remove((name) => name !== STATIC && !name.startsWith(PAGES)));
  event.waitUntil(clients.claim());
  event.waitUntil(storeOpenPages());
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

// Pages that are open already were loaded before this worker could store them.
async function storeOpenPages() {
  const open = await clients.matchAll({ includeUncontrolled: true, type: "window" });
  for (const { url } of open) await fetched(url.replace(/#.*/, ""));
}

async function remove(which) {
  const names = await caches.keys();
  await Promise.all(names.filter(which).map((name) => caches.delete(name)));
}

// fixed: whether the name of the file changes with its content
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
    return (await storedPage(request)) ?? (await caches.match("/offline/", { ignoreVary: true })) ?? Response.error();
  }
  event.waitUntil(store(request.url, response.clone()).then(refresh));
  return response;
}

// Stores a page, if the site allows it. Returns whose page it is, or null.
async function store(address, response) {
  const whose = response.headers.get("Offline-Copy");
  if (!whose || !response.ok || response.redirected) return null;
  const name = PAGES + whose;
  await remove((other) => other.startsWith(PAGES) && other !== name);
  const cache = await caches.open(name);
  await cache.delete(address, { ignoreVary: true }); // so that it is the last again
  await cache.put(address, response);
  const pages = await cache.keys();
  await Promise.all(pages.slice(0, -MOST).map((each) => cache.delete(each, { ignoreVary: true })));
  return whose;
}

// Fetches a person's library and reading lists, so that they are stored without being looked at.
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

// Fetches and stores a page. Returns its text, or null without a connection.
async function fetched(address) {
  try {
    const response = await fetch(address);
    await store(new URL(address, location.origin).href, response.clone());
    return await response.text();
  } catch {
    return null;
  }
}

// A page that was stored, with the time at which it was; null if it is not here.
async function storedPage(request) {
  const found = await caches.match(request, { ignoreVary: true });
  if (!found) return null;
  const headers = new Headers(found.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  const date = found.headers.get("Date") ?? "";
  const text = await found.text();
  return new Response(text.replace("<html ", () => `<html data-stored="${date}" `), { headers });
}
