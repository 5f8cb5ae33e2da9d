"""The site for assistants, asked by the protocol's own client: each tool, with each scope, by HTTP
and by standard input and output."""

import asyncio
import http.client
import json
import os
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
import uvicorn
from django.core.management import CommandError, call_command
from django.db import connection
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from starlette.datastructures import Headers

from accounts import tokens
from accounts.library import Library
from accounts.mcp_server import Caller, caller_of, http_app, server
from accounts.models import Bookmark, Note, Scope
from digest.catalogue.load import load
from digest.models import Paper
from tests.accounts.conftest import person
from tests.conftest import ROOT
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PAPER = "2502.00001"
ANYBODY = {Scope.CATALOGUE_READ, None}
READ, WRITE = {Scope.LIBRARY_READ}, {Scope.LIBRARY_WRITE}
TOOLS = {
    # The arguments of each tool, and the scopes with which it does what it says.
    "search_papers": ({"query": "paper", "limit": 2}, ANYBODY),
    "read_paper": ({"paper": f"arXiv:{PAPER}v2"}, ANYBODY),
    "cite_papers": ({"papers": [PAPER], "format": "bib"}, ANYBODY),
    "my_library": ({}, READ),
    "my_lists": ({}, READ),
    "papers_for_me": ({}, READ),
    "read_note": ({"paper": PAPER}, READ),
    "bookmark_paper": ({"paper": PAPER, "status": "read"}, WRITE),
    "add_to_list": ({"list": "{list}", "papers": [PAPER]}, WRITE),
    "write_note": ({"paper": "2502.00002", "text": "New"}, WRITE),
}


class World:
    def __init__(self):
        load(digest(*(row(number) for number in range(1, 4))), "2025-02-06.json")
        self.owner = person("owner")
        self.library = Library(self.owner)
        first = Paper.objects.get(slug=PAPER)
        self.library.bookmarks.add([first.pk])
        self.library.notes.save(first, "Private", 0)
        self.list = self.library.lists.create("A list").slug
        self.tokens = {None: ""}
        for scope in Scope:
            _, self.tokens[scope] = tokens.create(self.owner, scope, [scope])


@pytest.fixture
def world(db):
    return World()


@pytest.fixture
def address(world):
    """Where the server answers by HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = uvicorn.Config(http_app(server()), port=port, log_config=None, access_log=False)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{port}/mcp"
    running.should_exit = True
    thread.join()


def finish(coroutine):
    """What a coroutine returns. It runs in another thread: tests of the browser leave a loop that
    runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


@asynccontextmanager
async def connected(address, token):
    """The client, with a token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        create_mcp_http_client(headers=headers) as http,
        Client(streamable_http_client(address, http_client=http)) as client,
    ):
        yield client


def call(address, token, name, arguments):
    """What a tool answers: whether it did what it should, and its text."""

    async def run():
        async with connected(address, token) as client:
            return await client.call_tool(name, arguments)

    result = finish(run())
    return not result.is_error, result.content[0].text


def test_each_tool_with_each_scope(world, address):
    async def run():
        found = {}
        for scope, token in world.tokens.items():
            async with connected(address, token) as client:
                listed = {tool.name for tool in (await client.list_tools()).tools}
                assert listed == {*TOOLS}
                for name, (arguments, _) in TOOLS.items():
                    filled = json.loads(json.dumps(arguments).replace("{list}", world.list))
                    result = await client.call_tool(name, filled)
                    found[name, scope] = not result.is_error
        return found

    assert finish(run()) == {
        (name, scope): scope in scopes
        for name, (_, scopes) in TOOLS.items()
        for scope in world.tokens
    }


WRONG = [
    ("read_paper", {"paper": "2502.99999"}, "No digest here has a paper"),
    ("read_paper", {"paper": "../lists?x"}, "is no id of a paper"),
    ("search_papers", {"date_from": "yesterday"}, "date_from"),
    ("search_papers", {"limit": 1000}, "page_size"),
    ("search_papers", {"order": "random"}, "order"),
    ("cite_papers", {"papers": []}, "Name 1 to 20 papers."),
    ("cite_papers", {"papers": [PAPER] * 21}, "Name 1 to 20 papers."),
    ("cite_papers", {"papers": ["2502.99999"]}, "No digest here has a paper"),
    ("my_lists", {"list": "a/b"}, "is no id of a list"),
    ("my_lists", {"list": "{theirs}"}, "no such reading list"),
    ("add_to_list", {"list": "{theirs}", "papers": [PAPER]}, "no such reading list"),
    ("write_note", {"paper": PAPER, "text": ""}, "text"),
    ("write_note", {"paper": PAPER}, "text"),
    ("delete_everything", {}, "Unknown tool"),
]


def test_what_is_wrong_is_said(world, address):
    other = person("other")
    theirs = Library(other).lists.create("Theirs").slug

    async def run(token):
        async with connected(address, token) as client:
            for name, arguments, said in WRONG:
                filled = json.loads(json.dumps(arguments).replace("{theirs}", theirs))
                result = await client.call_tool(name, filled)
                assert result.is_error, name
                assert said.lower() in result.content[0].text.lower()

    _, token = tokens.create(world.owner, "All", [*Scope.values])
    finish(run(token))
    assert Note.objects.get().text == "Private"


def test_what_is_done(world, address, settings):
    _, token = tokens.create(world.owner, "All", [*Scope.values])

    async def run():
        async with connected(address, token) as client:

            async def said(name, **arguments):
                result = await client.call_tool(name, arguments)
                assert not result.is_error, result.content[0].text
                return result.structured_content

            found = await said("search_papers", query="paper", limit=2, order="newest")
            assert [one["id"] for one in found["results"]] == [PAPER, "2502.00002"]
            more = await said(
                "search_papers", query="paper", limit=2, order="newest", cursor=found["next_cursor"]
            )
            assert [one["id"] for one in more["results"]] == ["2502.00003"]
            assert more["next_cursor"] is None
            assert (await said("read_paper", paper=PAPER))["title"] == "Paper 1"
            cited = await said("cite_papers", papers=[PAPER, "2502.00002"])
            assert cited["result"].count("@misc{") + cited["result"].count("@article{") == 2
            await said("bookmark_paper", paper="2502.00002", status="reading")
            library = await said("my_library", status="reading")
            assert [one["paper"]["id"] for one in library["results"]] == ["2502.00002"]
            await said("add_to_list", list=world.list, papers=[PAPER, "2502.00003"])
            items = await said("my_lists", list=world.list)
            assert [one["paper"]["id"] for one in items["results"]] == [PAPER, "2502.00003"]
            assert [one["name"] for one in (await said("my_lists"))["results"]] == ["A list"]
            await said("write_note", paper=PAPER, text="And more.")
            note = await said("read_note", paper=PAPER)
            assert (note["text"], note["version"]) == ("Private\n\nAnd more.", 2)
            assert await said("papers_for_me") == {"model": None, "results": []}

    finish(run())
    assert Bookmark.objects.get(paper__slug="2502.00002").status == "reading"


def test_the_limits_of_the_api_hold(world, address, settings):
    settings.API_RATE = 2
    token = world.tokens[Scope.CATALOGUE_READ]
    answers = [call(address, token, "read_paper", {"paper": PAPER}) for _ in range(3)]
    assert [done for done, _ in answers] == [True, True, False]
    assert "throttled" in answers[2][1]


def test_a_token_that_ended_lets_nobody_in(world, address, settings):
    """Nor does the one of standard input and output."""
    settings.MCP_TOKEN = world.tokens[Scope.LIBRARY_READ]
    assert not call(address, None, "my_library", {})[0]
    tokens.revoke_all(world.owner)
    done, text = call(address, settings.MCP_TOKEN, "my_library", {})
    assert not done
    assert "Give a token of the API" in text


def test_other_hosts_are_refused(world, address):
    """A page of another site, whose name leads to this machine, gets nothing."""
    port = int(address.split(":")[2].partition("/")[0])
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    for headers, status in (
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
    ):
        asked = http.client.HTTPConnection("127.0.0.1", port)
        accept = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        }
        asked.request("POST", "/mcp", body, {**accept, **headers})
        assert asked.getresponse().status == status
        asked.close()


@pytest.mark.sqlite
def test_by_standard_input_and_output(world):
    command = StdioServerParameters(
        command=sys.executable,
        args=["manage.py", "mcp"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
            "MCP_TOKEN": world.tokens[Scope.LIBRARY_READ],
        },
    )

    async def run():
        async with Client(command) as client:
            result = await client.call_tool("my_library", {})
            return result.structured_content, await client.call_tool("read_paper", {"paper": PAPER})

    library, refused = finish(run())
    assert [one["paper"]["id"] for one in library["results"]] == [PAPER]
    assert refused.is_error


@pytest.mark.parametrize("place", ["8001", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", ":1"])
def test_a_wrong_address_is_refused(place):
    with pytest.raises(CommandError, match="give a host and a port"):
        call_command("mcp", "--http", place)


@pytest.mark.parametrize(
    ("lines", "forwarded"),
    [
        ([], ""),
        ([b"192.0.2.1, 198.51.100.1"], "192.0.2.1, 198.51.100.1"),
        ([b"192.0.2.1", b"198.51.100.1"], "192.0.2.1, 198.51.100.1"),
    ],
)
def test_a_proxy_may_say_the_address_in_a_line_of_its_own(lines, forwarded):
    """Else a client would choose the address by which it is limited."""
    headers = Headers(raw=[(b"x-forwarded-for", line) for line in lines])
    request = SimpleNamespace(client=None)
    context = SimpleNamespace(headers=headers, request_context=SimpleNamespace(request=request))
    assert caller_of(context) == Caller("", "127.0.0.1", forwarded)
