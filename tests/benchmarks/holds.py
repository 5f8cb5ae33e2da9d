"""How long each command, page and API call that writes keeps all others from writing.

    python tests/benchmarks/holds.py FOLDER [--papers N] [--keep FOLDER] [--only WORD...]

Builds a catalogue of so many papers from the real digests of a folder (or takes it up again from
--keep, and works on a copy), a person with a large library in it, and a curator. Then does all that
writes, one after the other and alone, and prints for each its longest hold of SQLite's write lock
in milliseconds, how much of that the database itself took, the statements in it, all holds
together, how long the whole took, and the line of the project that began the longest hold. The
longest come once more at the end, with those of over half a second marked.

--only: the actions whose names have one of these words, and what they need.
"""

import argparse
import io
import json
import os
import shutil
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

FOLDER = Path(tempfile.mkdtemp(prefix="benchmark-"))
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/material.sqlite3"
os.environ["API_RATE"] = "100000"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

import django  # noqa: E402

django.setup()

import library  # noqa: E402
import search  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.library import Library  # noqa: E402
from accounts.models import Note, ReadingList, User  # noqa: E402
from digest import link_health, models  # noqa: E402
from digest.ingest import find_files  # noqa: E402
from tests.admin import PASSWORD, enter, holder  # noqa: E402
from tests.holds import watch  # noqa: E402

LIMIT = 0.5
"""Seconds that nobody should have to wait for another."""
JSON = "application/json"


class Measured(NamedTuple):
    """An action and its holds, in seconds."""

    name: str
    longest: float
    in_sql: float
    statements: int
    count: int
    together: float
    whole: float
    where: str

    def __str__(self) -> str:
        return (
            f"  {self.name:52}{self.longest * 1000:9.0f}{self.in_sql * 1000:9.0f}"
            f"{self.statements:8}{self.count:7}{self.together * 1000:10.0f}"
            f"{self.whole * 1000:10.0f}  {self.where}"
        )


HEADING = (
    f"  {'':52}{'longest':>9}{'in SQL':>9}{'stmts':>8}{'holds':>7}{'together':>10}{'whole':>10}"
    "  where the longest began (ms)"
)


class Table:
    """Does actions, and prints a line for each as it is done."""

    def __init__(self, only: list[str]) -> None:
        self.only = only
        self.lines: list[Measured] = []
        print(HEADING, flush=True)

    def wants(self, name: str) -> bool:
        return not self.only or any(word in name for word in self.only)

    def do(self, name: str, work: Callable[[], Any]) -> Any:
        """Do and measure it. An answer that is an error ends everything."""
        with watch() as holds:
            begun = perf_counter()
            answer = work()
            whole = perf_counter() - begun
        status = getattr(answer, "status_code", 200)
        if status >= 400:
            raise SystemExit(f"{name} gave {status}: {answer.content[:2000]!r}")
        longest = max(holds, key=lambda hold: hold.seconds, default=None)
        line = Measured(
            name,
            longest.seconds if longest else 0,
            longest.in_sql if longest else 0,
            longest.statements if longest else 0,
            len(holds),
            sum(hold.seconds for hold in holds),
            whole,
            longest.where if longest else "",
        )
        self.lines.append(line)
        if self.wants(name):
            print(line, flush=True)
        return answer

    def end(self) -> None:
        print("\nThe longest holds:")
        print(HEADING)
        wanted = [line for line in self.lines if self.wants(line.name)]
        for line in sorted(wanted, key=lambda line: -line.longest)[:25]:
            print(str(line) + ("  OVER" if line.longest > LIMIT else ""))
        over = sum(line.longest > LIMIT for line in wanted)
        print(f"\n{over} of {len(wanted)} over {LIMIT * 1000:.0f} ms. {load_average()}")


def load_average() -> str:
    return "Load average: " + ", ".join(f"{value:.1f}" for value in os.getloadavg()) + "."


# What is brought


class Rows:
    """New digests of as many rows as are asked for, of what real rows say."""

    def __init__(self, folder: Path) -> None:
        self.real = [
            row
            for path in find_files(folder)
            if path.suffix == ".json"
            for row in json.loads(path.read_bytes())
        ]
        self.made = 0

    def new(self, number: int, first: date, a_day: int = 50, summary: str = "") -> bytes:
        """A file of papers that nobody knows, so many a day from the first day on."""
        start, self.made = self.made, self.made + number
        return self.of(range(start, self.made), first, a_day, summary)

    def of(self, numbers: range, first: date, a_day: int = 50, summary: str = "") -> bytes:
        """The same of papers by their numbers, which may be known."""
        rows = []
        for place, number in enumerate(numbers):
            row = dict(self.real[number % len(self.real)])
            row["title"] = f"{row['title']} ({number})"
            row["link"] = f"https://arxiv.org/abs/26{number // 90_000 + 1:02}.{number % 90_000:05}"
            row["summary"] = summary + (row["summary"] or "")
            row["date"] = (first + timedelta(days=place // a_day)).isoformat()
            rows.append(row)
        return json.dumps(rows).encode()


def archive_of(papers: list[models.Paper], notes: int, note: str, lists: int) -> bytes:
    """An account's export: all papers bookmarked, so many notes, and lists of 500 papers."""
    named = [{"id": p.slug, "title": p.title, "arxiv_id": p.arxiv_id, "url": p.url} for p in papers]
    now = timezone.now().isoformat()
    about = {"section": "", "comment": "A *comment*.", "shows_note": False, "added_at": now}
    said = {
        "format": "paper-digest-library/1",
        "exported_at": now,
        "profile": {
            "user_name": "x",
            "display_name": "",
            "time_zone": "UTC",
            "theme": "auto",
            "papers_on_a_page": 25,
        },
        "read": {"until": None, "days": []},
        "bookmarks": [{"paper": p, "status": "to-read", "added_at": now} for p in named],
        "dismissed": [],
        "notes": [
            {"paper": p, "file": f"notes/{n}.md", "added_at": now, "changed_at": now}
            for n, p in enumerate(named[:notes])
        ],
        "lists": [
            {
                "name": f"Brought {number}",
                "description": "",
                "visibility": "private",
                "added_at": now,
                "members": [],
                "items": [{"paper": p, **about} for p in named[:500]],
            }
            for number in range(lists)
        ],
        "reports": [],
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(notes):
            archive.writestr(f"notes/{number}.md", note)
        archive.writestr("library.json", json.dumps(said))
    return file.getvalue()


def named(content: bytes, name: str) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


# What is done


def commands(table: Table, rows: Rows) -> None:
    folder = FOLDER / "digests"
    folder.mkdir()

    def command(name: str, *arguments: str, **options: Any) -> Callable[[], None]:
        return lambda: call_command(
            name, *arguments, stdout=io.StringIO(), stderr=io.StringIO(), **options
        )

    def load(name: str, content: bytes, *options: str) -> None:
        path = FOLDER / f"{len(table.lines)}.json"
        path.write_bytes(content)
        table.do(name, command("load_digest", str(path), *options))

    first = date(2026, 1, 1)
    for number in range(20):
        day = first + timedelta(days=number)
        (folder / f"{day}.json").write_bytes(rows.new(40, day))
    (folder / "archive.json").write_bytes(rows.new(1_500, first))
    table.do(
        "load_digest --dry-run, a folder of 2,300 rows",
        command("load_digest", str(folder), dry_run=True),
    )
    table.do(
        "load_digest --strict, 3 files of 40 rows",
        command(
            "load_digest",
            *(str(folder / f"{first + timedelta(days=n)}.json") for n in range(3)),
            strict=True,
        ),
    )
    load("load_digest, a day of 30", rows.new(30, date(2026, 2, 1)))
    load("load_digest, a day of 100", rows.new(100, date(2026, 2, 2), 100))
    start = rows.made
    load("load_digest, 1,500 rows of 30 days", rows.new(1_500, date(2026, 3, 1)))
    again = range(start, start + 1_500)
    load(
        "load_digest, the 1,500 again, said otherwise",
        rows.of(again, date(2026, 5, 1), summary="- Now.\n"),
    )
    load(
        "load_digest, the 1,500 in another order of days",
        rows.of(again, date(2026, 3, 1), 60, "- Then.\n"),
    )
    load("load_digest, 10,000 rows of 200 days", rows.new(10_000, date(2027, 1, 1)))
    table.do("check_search_index --dry-run", command("check_search_index", dry_run=True))
    table.do("check_search_index", command("check_search_index"))
    some = models.SearchText.objects.order_by("pk").values_list("pk", flat=True)[:2_000]
    models.SearchText.objects.filter(pk__in=list(some)).delete()
    table.do("check_search_index, 2,000 rows to mend", command("check_search_index"))
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER digest_searchtext_insert")
    table.do("check_search_index, the index to make anew", command("check_search_index"))
    table.do("migrate, with nothing to do", command("migrate", verbosity=0))
    table.do("find_duplicates", command("find_duplicates"))
    table.do("find_duplicates, again", command("find_duplicates"))
    table.do("doctor", command("doctor"))
    links(table)
    past = timezone.now() - timedelta(days=1)
    Session.objects.bulk_create(
        Session(session_key=f"old{n}", session_data="x" * 300, expire_date=past)
        for n in range(20_000)
    )
    table.do("clearsessions, 20,000 of them", command("clearsessions"))
    table.do("invite", command("invite", "new@example.org"))
    table.do("export_digest --all", command("export_digest", all=True, output=FOLDER / "out"))


class Links(BaseHTTPRequestHandler):
    """Every second link is dead."""

    def do_HEAD(self) -> None:
        self.send_response(404 if len(self.path) % 2 else 200)
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *_: Any) -> None:
        pass


def links(table: Table) -> None:
    """What check_links does, against a server of this machine that stands for all others."""
    now = timezone.now()
    models.LinkHealth.objects.bulk_create(
        models.LinkHealth(url=f"https://example.org/{n}", status=200, checked_at=now)
        for n in range(20_000)
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), Links) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        checker = link_health.Checker(lambda host, port: [server.server_address[:2]], pause=0)
        urls = table.do("check_links: what is due, 20,000 to forget", link_health.due)
        near = [url.replace("https://", "http://") for url in urls[:500]]
        table.do("check_links: 500 links", lambda: link_health.check(near, checker))
        server.shutdown()
        thread.join()


def curators(table: Table, rows: Rows) -> None:
    holder("curator", "Curators")
    client = enter(User.objects.get(username="curator"))
    admin = "/admin/digest"

    # Loading
    day, archive = rows.new(30, date(2028, 1, 1)), rows.new(1_500, date(2028, 2, 1))
    files = [named(day, "2028-01-01.json"), named(archive, "archive.json")]
    batch = table.do(
        "admin: upload 2 files", lambda: client.post(f"{admin}/upload/add/", {"digests": files})
    ).url
    uploads = list(models.Upload.objects.order_by("-pk").values_list("pk", flat=True)[:2])
    table.do("admin: preview of a day of 30 (GET)", lambda: client.get(f"{batch}{uploads[1]}/"))
    table.do("admin: preview of 1,500 rows (GET)", lambda: client.get(f"{batch}{uploads[0]}/"))
    table.do("admin: confirm", lambda: client.post(f"{batch}confirm/", {"load": uploads}))
    table.do("admin: load both", lambda: client.post(f"{batch}load/"))
    call = "/api/v1/digests/"
    day = rows.new(30, date(2029, 1, 1))
    table.do(
        "API: POST digests, a dry run of 30", lambda: client.post(f"{call}?dry_run=1", day, JSON)
    )
    table.do("API: POST digests, a day of 30", lambda: client.post(call, day, JSON))
    archive = rows.new(1_500, date(2029, 2, 1))
    table.do(
        "API: POST digests, a dry run of 1,500",
        lambda: client.post(f"{call}?dry_run=1", archive, JSON),
    )
    table.do("API: POST digests, 1,500 rows", lambda: client.post(call, archive, JSON))

    # Sources
    one, many = (
        models.Source.objects.filter(rows=number).order_by("-pk").first() for number in (30, 1_500)
    )
    for name, source in (("30 rows", one), ("1,500 rows", many)):
        reread = f"{admin}/source/{source.pk}/reread/"
        table.do(f"admin: read again, {name} (GET)", lambda: client.get(reread))  # noqa: B023
        undo = f"{admin}/source/undo/?source={source.pk}"
        table.do(f"admin: undo, {name} (GET)", lambda: client.get(undo))  # noqa: B023
        done = table.do(f"admin: read again, {name}", lambda: client.post(reread))  # noqa: B023
        keys = {"source": done.url.rstrip("/").split("/")[-2]}
        table.do(f"admin: undo, {name}", lambda: client.post(f"{admin}/source/undo/", keys))  # noqa: B023

    # Papers
    paper, other = models.Paper.objects.visible().order_by("-pk")[:2]
    page = f"{admin}/paper/{paper.pk}/change/"
    form = sent(table.do("admin: a paper's page (GET)", lambda: client.get(page)))
    form |= {"title": "Corrected", "authors-0-value": "Somebody New"}
    table.do("admin: correct title and authors", lambda: client.post(page, form))
    form = sent(client.get(page)) | {"hidden": "on"}
    table.do("admin: hide a paper", lambda: client.post(page, form))
    shown = sent(client.get(page))
    shown.pop("hidden")
    table.do("admin: show it again", lambda: client.post(page, shown))
    merge = {"into": other.pk, "why": ""}
    there = f"{admin}/paper/{paper.pk}/merge/"
    table.do("admin: preview of a merge", lambda: client.post(there, merge))
    table.do("admin: merge papers", lambda: client.post(there, merge | {"confirm": "1"}))
    split = f"{admin}/merge/{models.Merge.objects.latest('pk').pk}/split/"
    table.do("admin: preview of a split (GET)", lambda: client.get(split))
    table.do("admin: split papers", lambda: client.post(split))
    frequent, into = models.Author.objects.order_by("-paper_count")[:2]
    there = f"{admin}/author/{frequent.pk}/change/"
    alias = {"into": into.name, "why": ""}
    name = f"admin: an author of {frequent.paper_count:,} papers is another"
    table.do(f"{name}, preview", lambda: client.post(there, alias))
    table.do(name, lambda: client.post(there, alias | {"confirm": "1"}))
    apart = f"{admin}/alias/{models.Alias.objects.latest('pk').pk}/split/"
    table.do("admin: preview of that ended (GET)", lambda: client.get(apart))
    table.do("admin: that ended", lambda: client.post(apart))
    chosen = list(models.Paper.objects.visible().order_by("pk").values_list("pk", flat=True)[:100])
    for action in ("hide", "show"):
        data = {"action": action, "_selected_action": chosen}
        table.do(f"admin: {action} 100 papers", lambda: client.post(f"{admin}/paper/", data))  # noqa: B023


def sent(answer: Any) -> dict[str, Any]:
    """What a browser sends of a paper's page on which nothing was changed."""
    form = answer.context["form"]
    data = {name: form[name].value() or "" for name in ("title", "summary", "why", "seen")}
    data |= {name: "on" for name in ("authors_cut", "hidden") if form[name].value()}
    for field in answer.context["fields"]:
        if field.rows:
            for bound in field.rows.management_form:
                data[bound.html_name] = bound.value()
            for number, one in enumerate(field.rows.forms):
                data[f"{field.name}-{number}-value"] = one["value"].value() or ""
                data[f"{field.name}-{number}-ORDER"] = one["ORDER"].value() or ""
    return data


NOTES = {
    "prose": ("It compares *diffusion* with what the model learns, see $x^2$. " * 2_000)[:100_000],
    "emphasis": ("**a** " * 20_000)[:100_000],
}


def people(table: Table) -> None:
    join = {"username": "newcomer", "email": "newcomer@example.org", "password1": PASSWORD + " 7"}
    table.do("sign up", lambda: Client().post("/account/signup/", join))
    big = holder("big")
    pages = library.fill(big, library.BOOKMARKS, library.NOTES, library.LISTS, library.LONGEST)
    client = Client()
    login = {"login": "big", "password": PASSWORD}
    table.do("log in", lambda: client.post("/account/login/", login))
    wrong = {"login": "big", "password": "wrong"}
    table.do("log in, wrong password", lambda: Client().post("/account/login/", wrong))
    kept = set(Library(big).bookmarks.all().values_list("paper", flat=True))
    found = models.Paper.objects.visible().order_by("-date", "pk")[:15_000]
    papers = [paper for paper in found if paper.pk not in kept]
    slugs = [paper.slug for paper in papers]
    one = slugs[0]

    def mark(name: str, do: str, *chosen: str) -> None:
        data = {"paper": chosen, "do": do}
        table.do(name, lambda: client.post("/library/mark/", data))

    mark("star", "add", one)
    mark("status", "reading", one)
    mark("dismiss", "dismiss", one)
    mark("show again", "show", one)
    mark("bulk: 100 papers read", "read", *slugs[:100])
    table.do("undo it", lambda: client.post("/library/undo/"))
    mark("bulk: 100 papers removed", "remove", *slugs[:100])
    for name, text in NOTES.items():
        data = {"text": text, "version": 0}
        there = f"/library/notes/{slugs[1]}/"
        table.do(f"note of 100,000 characters, {name}", lambda: client.post(there, data))  # noqa: B023
        version = Note.objects.get(user=big, paper__slug=slugs[1]).version
        data = {"text": "", "version": version}
        table.do(f"delete it, {name}", lambda: client.post(there, data))  # noqa: B023
    day = models.Digest.objects.latest("date").date
    table.do("a digest read", lambda: client.post(f"/library/unread/{day}/", {"do": "read"}))
    table.do("a digest unread", lambda: client.post(f"/library/unread/{day}/", {"do": "unread"}))
    table.do("all digests read", lambda: client.post("/library/unread/all/"))
    table.do(
        "a digest unread, after all",
        lambda: client.post(f"/library/unread/{day}/", {"do": "unread"}),
    )
    table.do(
        "report",
        lambda: client.post(f"/library/reports/{one}/", {"kind": "title", "comment": "It is cut."}),
    )
    table.do("reports seen (GET)", lambda: client.get("/account/reports/"))
    token = {
        "name": "holds",
        "scopes": ["library:read", "library:write", "catalogue:read"],
        "expires": "30",
    }
    sure = {"password": PASSWORD}
    table.do("password asked once more", lambda: client.post("/account/reauthenticate/", sure))
    answer = table.do("token", lambda: client.post("/account/tokens/", token))
    secret = answer.context["made"][1]
    for address in pages:
        table.do(f"GET {address[:40]}", lambda: client.get(address))  # noqa: B023
    table.do("GET / of a visitor", lambda: Client().get("/"))
    lists(table, client, big, slugs)
    program(table, secret, slugs)
    transfer(table, client, papers)
    table.do("export", lambda: b"".join(client.get("/library/export.zip").streaming_content))
    table.do("log out", lambda: client.post("/account/logout/"))
    client.post("/account/login/", login)
    gone = {"password": PASSWORD, "username": "big", "confirm": "on"}
    table.do(
        "account deleted, with its large library", lambda: client.post("/account/delete/", gone)
    )
    if User.objects.filter(username="big").exists():
        raise SystemExit("The account is still there.")


def lists(table: Table, client: Client, user: User, slugs: list[str]) -> None:
    made = {"name": "Mine", "description": "*What* it is"}
    table.do("list made", lambda: client.post("/lists/", made))
    mine = ReadingList.objects.get(owner=user, name="Mine").slug
    long = ReadingList.objects.get(owner=user, name="List 0").slug

    def items(name: str, slug: str, do: str, chosen: list[str], **more: str) -> None:
        data = {"paper": chosen, "do": do, **more}
        table.do(name, lambda: client.post(f"/lists/{slug}/items/", data))

    items("list: add one", mine, "add", slugs[:1])
    items("list: add 500", mine, "add", slugs[:500])
    items("list: move", mine, "move", slugs[300:301], to="1")
    items("list: describe", mine, "describe", slugs[:1], comment="x " * 900, section="Methods")
    items("list: remove one", mine, "remove", slugs[:1])
    items("list: remove 500", mine, "remove", slugs[:500])
    table.do("list: undo of 500 removals", lambda: client.post("/lists/put-back/"))
    entries = list(
        ReadingList.objects.get(slug=long)
        .items.order_by("position")
        .values_list("paper__slug", flat=True)
    )
    items("list of 10,000: move", long, "move", entries[9_000:9_001], to="2")
    items("list of 10,000: remove 500", long, "remove", entries[:500])
    table.do("list of 10,000: undo of that", lambda: client.post("/lists/put-back/"))
    said = {"name": "Mine too", "description": "x " * 900, "visibility": "link"}
    table.do("list: settings", lambda: client.post(f"/lists/{mine}/settings/", said))
    whom = {"invitee": "newcomer", "role": "editor"}
    table.do("list: invite", lambda: client.post(f"/lists/{mine}/invitations/", whom))
    table.do("list of 10,000: deleted", lambda: client.post(f"/lists/{long}/delete/"))


def program(table: Table, secret: str, slugs: list[str]) -> None:
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    at = "/api/v1/library"
    one = slugs[0]

    def call(name: str, method: str, path: str, data: Any = None) -> Any:
        send = getattr(client, method)
        body = {"data": data, "content_type": JSON} if method != "get" else {}
        return table.do(f"API: {name}", lambda: send(f"{at}{path}", **body))

    table.do("API: GET papers", lambda: client.get("/api/v1/papers/"))
    table.do("API: GET papers of a visitor", lambda: Client().get("/api/v1/papers/"))
    table.do(
        "API: lookup of 500",
        lambda: client.post("/api/v1/papers/lookup/", {"ids": slugs[:500]}, JSON),
    )
    call("PUT a bookmark", "put", f"/bookmarks/{one}/", {"status": "reading"})
    call("DELETE a bookmark", "delete", f"/bookmarks/{one}/")
    call("bulk: 500 bookmarks", "post", "/bookmarks/", {"papers": slugs[:500], "do": "add"})
    call("bulk: 500 dismissed", "post", "/bookmarks/", {"papers": slugs[:500], "do": "dismiss"})
    call("bulk: 500 shown again", "post", "/bookmarks/", {"papers": slugs[:500], "do": "show"})
    for name, text in NOTES.items():
        there = f"/notes/{slugs[2]}/"
        client.defaults.pop("HTTP_IF_MATCH", None)
        call(f"PUT a note of 100,000, {name}", "put", there, {"text": text})
        client.defaults["HTTP_IF_MATCH"] = client.get(f"{at}{there}")["ETag"]
        call(f"DELETE the note, {name}", "delete", there)
        client.defaults.pop("HTTP_IF_MATCH")
    made = call("POST a list", "post", "/lists/", {"name": "By API"}).json()["id"]
    call("PATCH a list", "patch", f"/lists/{made}/", {"description": "*Said*."})
    call("POST 500 items", "post", f"/lists/{made}/items/", {"papers": slugs[:500]})
    call(
        "PATCH an item", "patch", f"/lists/{made}/items/{one}/", {"position": 400, "comment": "*x*"}
    )
    call("DELETE an item", "delete", f"/lists/{made}/items/{one}/")
    asked = call("invite to a list", "post", f"/lists/{made}/members/", {"invitee": "newcomer"})
    call("uninvite", "delete", f"/lists/{made}/invitations/{asked.json()['id']}/")
    call("DELETE a list", "delete", f"/lists/{made}/")
    day = models.Digest.objects.latest("date").date
    call("PUT a digest read", "put", f"/unread/{day}/", {"read": True})
    text = "\n".join(f"arXiv:{slug}" for slug in slugs[:5_000])
    call("import of 5,000 references, a dry run", "post", "/import/", {"text": text})
    call("import of 5,000 references", "post", "/import/", {"text": text, "dry_run": False})


def transfer(table: Table, client: Client, papers: list[models.Paper]) -> None:
    bibtex = "\n".join(
        f"@misc{{k{n}, title={{{{{p.title}}}}}, eprint={{{p.slug}}}, archivePrefix={{arXiv}}}}"
        for n, p in enumerate(papers[5_000:10_000])
    ).encode()
    there = "/library/import/"
    shown = table.do(
        "import: preview of 5,000 references",
        lambda: client.post(there, {"file": named(bibtex, "a.bib")}),
    )
    data = {"papers": shown.context["form"]["papers"].value(), "new_list": "Brought"}
    table.do("import: taken in, with a new list", lambda: client.post(f"{there}take-in/", data))
    table.do("undo it", lambda: client.post("/library/undo/"))
    for name, text in NOTES.items():
        for notes, lists in ((25, 10), (1, 1)):
            content = archive_of(papers[: 40 * notes], notes, text, lists)
            table.do(
                f"import: an archive of {notes} notes, {lists} lists, {name}",
                lambda: client.post(there, {"file": named(content, "a.zip")}),  # noqa: B023
            )
            Note.objects.filter(user__username="big", text=text).delete()
            ReadingList.objects.filter(owner__username="big", name__startswith="Brought ").delete()
    content = archive_of(papers[:1_000], 1_000, "A *note* of a usual length. " * 40, 20)
    table.do(
        "import: an archive of 1,000 usual notes, 20 lists",
        lambda: client.post(there, {"file": named(content, "a.zip")}),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--papers", type=int, default=200_000)
    parser.add_argument("--keep", type=Path, default=FOLDER)
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD")
    parser.add_argument("--part", choices=("commands", "people", "curators"), nargs="*")
    options = parser.parse_args()
    options.keep.mkdir(exist_ok=True)
    setup_test_environment()  # mail goes nowhere, and answers say what pages were made of
    search.Catalogues(options.folder, options.keep.resolve()).use(options.papers)
    connection.close()
    copy = FOLDER / "copy.sqlite3"
    shutil.copy(options.keep / f"{options.papers}.sqlite3", copy)
    connection.settings_dict["NAME"] = copy
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    print(f"on {connection.display_name}. {load_average()}")
    table, rows = Table(options.only), Rows(options.folder)
    parts: dict[str, Callable[[], None]] = {
        "people": lambda: people(table),
        "curators": lambda: curators(table, rows),
        "commands": lambda: commands(table, rows),
    }
    for name, part in parts.items():
        if name in (options.part or parts):
            print(f"\n{name}")
            part()
    table.end()


if __name__ == "__main__":
    try:
        main()
    finally:
        connection.close()
        for folder in (FOLDER, search.FOLDER, library.FOLDER):
            shutil.rmtree(folder)
