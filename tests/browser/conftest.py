import os
import re
import shutil
import threading
from itertools import count
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.middleware.csrf import get_random_string
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from tests.browser.look import AXE, NARROW, WIDE, WIDEST, sticking_out, violations

NAMES = ["chromium-headless-shell", "chromium", "chromium-browser"]
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
expect.set_options(timeout=20_000)  # a busy machine is no failure


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        pytest.skip("needs Chromium: apt install chromium-headless-shell")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop running in this thread, which Django takes for async code.
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def meant():
    """What a browser may complain of; a test that makes the site fail adds its faults."""
    known = ["status of 40[49]", "Status Error Code 404", "ERR_INTERNET_DISCONNECTED"]
    return [*known, "Service Worker registration blocked by Playwright"]


@pytest.fixture
def log_in(live_server):
    """Gives a browser the session of a person, and another token for forms, as a log-in does."""

    def log_in(page, user):
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        for name, value in (
            (settings.SESSION_COOKIE_NAME, session),
            (settings.CSRF_COOKIE_NAME, get_random_string(32)),
        ):
            page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])

    return log_in


@pytest.fixture
def visit(browser, live_server, meant):
    """Opens a page; afterwards, what the browser complained of and whom it asked is looked at."""
    contexts, complaints, hosts = [], [], set()

    def visit(address, width=1280, **options):
        # What a service worker asks for is seen by no test that changes what the site answers.
        options = {"service_workers": "block"} | options
        options |= {"viewport": {"width": width, "height": 800}, "reduced_motion": "reduce"}
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.goto(live_server.url + address)
        return page

    yield visit
    for context in contexts:
        context.close()
    # The server's threads end with the connections, and let go of the database: others empty it
    # after the test, or remove it.
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(10)
    known = re.compile("|".join(meant))
    assert [complaint for complaint in complaints if not known.search(complaint)] == []
    assert hosts == {urlsplit(live_server.url).netloc}


@pytest.fixture
def look(pytestconfig):
    """look(page, "its name"): a page, all of it open, fits its window at each width, and is
    accessible. Dark colours are looked at on every fourth page, or on each with --thorough.

    seen: a page of the same layout was looked at, so that axe looks with --thorough alone.
    """
    looked = count()
    dark = 1 if pytestconfig.getoption("thorough") else 4

    def look(page, what, seen=False):
        page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true })")
        size = page.viewport_size
        for width in (NARROW, WIDE, WIDEST):
            page.set_viewport_size({"width": width, "height": 800})
            assert sticking_out(page) == [0, []], (what, width)
        page.set_viewport_size(size)
        if seen and dark > 1:
            return
        page.evaluate(AXE)
        assert violations(page) == [], what
        if next(looked) % dark == 0:
            page.emulate_media(color_scheme="dark")
            assert violations(page, runOnly=["color-contrast"]) == [], what
            page.emulate_media(color_scheme="light")

    return look
