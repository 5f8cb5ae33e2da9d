"""How a page looks: whether it fits its window, and what axe finds."""

from axe_playwright_python.sync_playwright import Axe

NARROW, WIDE, WIDEST = 320, 1280, 2560
AXE = Axe().axe_script


def sticking_out(page):
    """By how many pixels a page is wider than its window, and what is, unless something around it
    cuts it off or scrolls."""
    return page.evaluate(
        """() => {
            const cut = (e) => e && e !== document.body
                && (getComputedStyle(e).overflowX !== "visible" || cut(e.parentElement));
            const out = [...document.querySelectorAll("main *, header *, footer *")].filter((e) =>
                e.getBoundingClientRect().right > innerWidth + 1
                && !e.closest(".hidden") && !cut(e.parentElement));
            const wide = document.documentElement.scrollWidth - innerWidth;
            return [wide, out.map((e) => e.outerHTML.slice(0, 80))];
        }"""
    )


def violations(page, **options):
    """What axe finds, each with the first elements that it concerns. Options: by default all that
    axe has by default, and that what is pressed is large enough (WCAG 2.5.8), which it has not."""
    # What passes is looked at as well, but is not described, which would take as long again. Styles
    # are not loaded anew: no rule here reads any, and our policy refuses those with imports.
    options = options or {"rules": {"target-size": {"enabled": True}}}
    options |= {"resultTypes": ["violations"], "iframes": False, "preload": False}
    found = page.evaluate("(options) => axe.run(options).then((all) => all.violations)", options)
    return [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found]
