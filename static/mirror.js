// The search page of a mirror: digest/static_site. It finds papers with the index that Pagefind made,
// and takes the parameters that the site's own list of papers has in its address. It is no module,
// for browsers load none from a folder.
{
  const SHOWN = 25; // papers at a time
  const FILTERS = ["category", "area", "has", "stream"];
  const KNOWN = [...FILTERS, "q", "not_category", "date_from", "date_to", "order"];
  const root = new URL("../", location.href);
  const byId = (id) => document.getElementById(id);
  const [form, field, results, list, more] = ["search", "q", "results", "papers", "more"].map(byId);
  const orders = [...document.querySelectorAll(".switch button")];
  const [first, last] = [byId("date_from").min, byId("date_to").max];
  let pagefind = null;
  let asked = 0; // how often; what an earlier question finds is not shown
  let left = []; // what was found and is not shown yet

  const parameters = () => new URLSearchParams(location.search);

  // What the controls ask for, without what is empty, and what only an address can.
  function chosen() {
    const asks = parameters();
    for (const { name, value } of form.elements) {
      if (name && value !== (asks.get(name) ?? "")) value ? asks.set(name, value) : asks.delete(name);
    }
    return asks;
  }

  function go(asks, replace) {
    const query = asks.toString();
    history[replace ? "replaceState" : "pushState"](null, "", query ? `?${query}` : location.pathname);
    show();
  }

  // The question to Pagefind. A filter has the values of all days of a span.
  function question(asks) {
    const all = FILTERS.flatMap((name) => asks.getAll(name).map((value) => ({ [name]: value })));
    const [from, to] = [asks.get("date_from") || first, asks.get("date_to") || last];
    if (from > first || to < last) {
      const days = [{ date: "none" }];
      const end = new Date(to < last ? to : last);
      for (const day = new Date(from > first ? from : first); day <= end; day.setUTCDate(day.getUTCDate() + 1)) {
        days.push({ date: day.toISOString().slice(0, 10) });
      }
      all.push({ any: days });
    }
    const none = asks.getAll("not_category").map((category) => ({ category }));
    const words = (asks.get("q") ?? "").trim();
    const best = words && asks.get("order") !== "newest";
    const filters = { ...(all.length && { all }), ...(none.length && { none }) };
    return [words || null, { filters, ...(!best && { sort: { date: "desc" } }) }, best];
  }

  async function show() {
    const asks = parameters();
    const turn = (asked += 1);
    showChosen(asks);
    const [words, options, best] = question(asks);
    byId("without-script").hidden = true;
    results.hidden = false;
    try {
      pagefind ??= await import(new URL("pagefind/pagefind.js", root).href);
      const found = await pagefind.search(words, options);
      if (turn !== asked) return;
      left = found.results;
      const count = left.length;
      const papers = count ? `${count.toLocaleString("en")} paper${count === 1 ? "" : "s"}` : "No paper matches";
      byId("found").textContent = count ? `${papers}, ${best ? "best match" : "newest"} first` : `${papers}.`;
      byId("status").textContent = papers;
      await showMore(turn, true);
    } catch {
      if (turn !== asked) return;
      list.replaceChildren();
      more.hidden = true;
      byId("found").textContent = location.protocol === "file:"
        ? "The search needs a web server: browsers do not let a page search that was opened from a folder."
        : "The search could not be loaded. Load the page again to try once more.";
    }
    document.querySelector(".switch").hidden = !words;
    for (const button of orders) {
      button.ariaPressed = String((button.value === "best") === Boolean(best));
    }
  }

  async function showMore(turn, anew) {
    const data = await Promise.all(left.slice(0, SHOWN).map((one) => one.data()));
    if (turn !== asked) return;
    left = left.slice(SHOWN);
    if (anew) list.replaceChildren();
    list.append(...data.map(card));
    more.hidden = !left.length;
  }

  function element(name, attributes, ...children) {
    const made = Object.assign(document.createElement(name), attributes);
    made.append(...children);
    return made;
  }

  function card({ raw_url, url, meta, excerpt }) {
    const href = new URL((raw_url ?? url).replace(/^\//, ""), root).href;
    const day = new Date(meta.date);
    const date = day.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
    return element("li", {}, element(
      "article", { className: "card" },
      element("div", { className: "card-head" }, element("h2", { dir: "auto" }, element("a", { href }, meta.title))),
      ...(meta.authors ? [element("p", { className: "authors" }, meta.authors)] : []),
      element("div", { className: "point", dir: "auto" }, ...marked(excerpt, meta)),
      element("div", { className: "card-foot" }, element(
        "p", { className: "facts" }, element("time", { dateTime: meta.date }, date),
      )),
    ));
  }

  // The words around those that were sought, which are marked; no other markup in an excerpt counts.
  // Where it would say the title again, the summary is shown.
  function marked(excerpt, { title, summary = "" }) {
    const { body } = new DOMParser().parseFromString(excerpt, "text/html");
    const mark = (text) => element("mark", {}, text);
    const found = new Set([...body.querySelectorAll("mark")].map((one) => one.textContent));
    if (!found.size || body.textContent.startsWith(title.slice(0, 20))) {
      return summary.split(/(\s+)/).map((word) => (found.has(word) ? mark(word) : word));
    }
    return [...body.childNodes].map(({ nodeName, textContent }) => (
      nodeName === "MARK" ? mark(textContent) : textContent
    ));
  }

  // The controls as the address says, its filters in words with a way to drop each, and what of it is
  // no parameter of this page.
  function showChosen(asks) {
    field.value = asks.get("q") ?? "";
    const chips = [];
    for (const control of form.elements) {
      if (control.name && control !== field) control.value = asks.get(control.name) ?? "";
    }
    for (const [name, value] of asks) {
      if (!KNOWN.includes(name) || ["q", "order"].includes(name) || !value) continue;
      const rest = new URLSearchParams([...asks].filter(([key, one]) => key !== name || one !== value));
      const option = byId(`filter-${name.replace("not_", "")}`)?.querySelector(`[value="${CSS.escape(value)}"]`);
      const before = { not_category: "excluding ", date_from: "From ", date_to: "To " }[name] ?? "";
      const link = element("a", { href: `?${rest}` }, `${before}${option?.textContent ?? value}`);
      link.prepend(element("span", { className: "hidden" }, "Remove filter "));
      const cross = element("span", { className: "cross", ariaHidden: "true" }, "×");
      link.append(cross);
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go(rest);
        results.focus({ preventScroll: true });
      });
      chips.push(element("li", {}, link));
    }
    byId("chosen").replaceChildren(...chips);
    const unknown = [...new Set(asks.keys())].filter((name) => !KNOWN.includes(name));
    byId("problems").replaceChildren(
      ...unknown.map((name) => element("li", {}, `${name}: this copy has no such filter. It was left out.`)),
    );
    byId("problems").className = unknown.length ? "problems" : "";
  }

  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => go(chosen(), true), 200);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    go(chosen());
  });
  for (const control of form.elements) {
    if (control !== field) control.addEventListener("change", () => go(chosen()));
  }
  for (const button of orders) {
    button.addEventListener("click", () => {
      const asks = chosen();
      asks.set("order", button.value);
      go(asks);
    });
  }
  more.addEventListener("click", async () => {
    const before = list.lastElementChild;
    await showMore(asked);
    before.nextElementSibling?.querySelector("a")?.focus();
  });
  addEventListener("popstate", show);
  if (!location.search) field.focus();
  show();
}
