"""Everything that writes, done once: each command, page and API call, one after the other.

A walk is given each by its name, and does it: `tests/benchmarks/holds.py` measures, among many
papers, how long it keeps others from writing; `tests/test_writes.py`, among few, what is worked out
meanwhile.
"""

import io
import json
import re
import threading
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from unittest.mock import patch

from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from accounts.alerts import webhooks
from accounts.library import Library
from accounts.models import MailSettings, Note, Preference, ReadingList, User
from digest import models
from digest.catalogue.load import load as load_file
from digest.curation import link_health
from digest.curation.http_check import Checker
from digest.fetch import arxiv, huggingface
from digest.formats import Format
from tests.admin import PASSWORD, enter, holder
from tests.samples import digest, hugging_face, hugging_face_paper, in_format, row

ROOT = Path(__file__).resolve().parents[1]
JSON = "application/json"


class Walk(Protocol):
    def do(self, name: str, work: Callable[[], Any]) -> Any:
        """Do the work, and return what it returns; an answer of 400 or more is no answer."""


class Sizes(NamedTuple):
    """How much is brought, chosen and kept.

    day, days, archive, huge: rows of files. forgotten: rows that are deleted together. mended: rows
    of the index. chosen, marked: papers at once. references, bookmarks, notes, lists: of an import.
    note: characters. papers: that people have to do with.
    """

    day: int = 30
    days: int = 100
    archive: int = 1_500
    huge: int = 10_000
    forgotten: int = 20_000
    mended: int = 2_000
    chosen: int = 500
    marked: int = 100
    references: int = 5_000
    bookmarks: int = 1_000
    notes: int = 25
    lists: int = 10
    note: int = 100_000
    papers: int = 15_000


SMALL = Sizes(2, 3, 6, 8, 3, 2, 3, 2, 4, 3, 1, 1, 5_000, 20)


# What is brought


class Rows:
    """New digests of as many rows as are asked for, of what real rows say."""

    def __init__(self, real: list[dict[str, Any]]) -> None:
        self.real = real
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
            "density": "brief",
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


def commands(walk: Walk, rows: Rows, size: Sizes, home: Path) -> None:
    folder = home / "digests"
    folder.mkdir()

    def command(name: str, *arguments: str, **options: Any) -> Callable[[], None]:
        return lambda: call_command(
            name, *arguments, stdout=io.StringIO(), stderr=io.StringIO(), **options
        )

    def load(name: str, content: bytes, *options: str) -> None:
        path = home / f"{rows.made}.json"
        path.write_bytes(content)
        walk.do(name, command("load_digest", str(path), *options))

    first = date(2026, 1, 1)
    for number in range(20):
        day = first + timedelta(days=number)
        (folder / f"{day}.json").write_bytes(rows.new(size.days // 2, day))
    (folder / "archive.json").write_bytes(rows.new(size.archive, first))
    walk.do(
        f"load_digest --dry-run, a folder of {rows.made:,} rows",
        command("load_digest", str(folder), dry_run=True),
    )
    walk.do(
        f"load_digest --strict, 3 files of {size.days // 2} rows",
        command(
            "load_digest",
            *(str(folder / f"{first + timedelta(days=n)}.json") for n in range(3)),
            strict=True,
        ),
    )
    load(f"load_digest, a day of {size.day}", rows.new(size.day, date(2026, 2, 1)))
    load(f"load_digest, a day of {size.days}", rows.new(size.days, date(2026, 2, 2), size.days))
    start = rows.made
    load(f"load_digest, {size.archive:,} rows", rows.new(size.archive, date(2026, 3, 1)))
    again = range(start, start + size.archive)
    load(
        f"load_digest, the {size.archive:,} again, said otherwise",
        rows.of(again, date(2026, 5, 1), summary="- Now.\n"),
    )
    load(
        f"load_digest, the {size.archive:,} in another order of days",
        rows.of(again, date(2026, 3, 1), 60, "- Then.\n"),
    )
    load(f"load_digest, {size.huge:,} rows", rows.new(size.huge, date(2027, 1, 1)))
    walk.do("check_search_index --dry-run", command("check_search_index", dry_run=True))
    walk.do("check_search_index", command("check_search_index"))
    some = models.SearchText.objects.order_by("pk").values_list("pk", flat=True)[: size.mended]
    models.SearchText.objects.filter(pk__in=list(some)).delete()
    walk.do(f"check_search_index, {size.mended:,} rows to mend", command("check_search_index"))
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER digest_searchtext_insert")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; DROP INDEX digest_searchindex")
    walk.do("check_search_index, the index to make anew", command("check_search_index"))
    walk.do("migrate, with nothing to do", command("migrate", verbosity=0))
    walk.do("find_duplicates", command("find_duplicates"))
    walk.do("find_duplicates, again", command("find_duplicates"))
    walk.do("doctor", command("doctor"))
    links(walk, size)
    fetched(walk, size, home)
    past = timezone.now() - timedelta(days=1)
    Session.objects.bulk_create(
        Session(session_key=f"old{n}", session_data="x" * 300, expire_date=past)
        for n in range(size.forgotten)
    )
    walk.do(f"clearsessions, {size.forgotten:,} of them", command("clearsessions"))
    walk.do("invite", command("invite", "new@example.org"))
    alerts(walk, rows, size, command)
    walk.do("export_digest --all", command("export_digest", all=True, output=home / "out"))


def alerts(walk: Walk, rows: Rows, size: Sizes, command: Callable[..., Callable[[], None]]) -> None:
    """Mails to so many people, and a call of a webhook of each, which is answered by nobody."""
    today = timezone.now().date()
    for number in range(size.chosen):
        user = User.objects.create_user(f"subscriber{number}", f"s{number}@example.org")
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        library = Library(user)
        library.searches.save("papers", "date_from=2020-01-01", "All")
        library.mails.choose("daily", 0, 0, [])
        Library(user).webhooks.create("Nobody", "https://hooks.invalid/", "json", None)
    MailSettings.objects.update(last_due=timezone.now() - timedelta(days=2))
    load_file(rows.new(size.day, today), "alerts.json")
    walk.do(f"send_mails, {size.chosen} mails", command("send_mails"))
    walk.do(f"call_webhooks, {size.chosen} calls", lambda: webhooks.call_due(lambda *_: 204))


class Links(BaseHTTPRequestHandler):
    """Every second link is dead."""

    def do_HEAD(self) -> None:
        self.send_response(404 if len(self.path) % 2 else 200)
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *_: Any) -> None:
        pass


def links(walk: Walk, size: Sizes) -> None:
    """What check_links does, against a server of this machine that stands for all others."""
    now = timezone.now()
    models.LinkHealth.objects.bulk_create(
        models.LinkHealth(url=f"https://example.org/{n}", status=200, checked_at=now)
        for n in range(size.forgotten)
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), Links) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        checker = Checker(lambda host, port: [server.server_address[:2]], pause=0)
        urls = walk.do(f"check_links: what is due, {size.forgotten:,} to forget", link_health.due)
        near = [url.replace("https://", "http://") for url in urls[: size.chosen]]
        walk.do(f"check_links: {size.chosen} links", lambda: link_health.check(near, checker))
        server.shutdown()
        thread.join()


class Services(BaseHTTPRequestHandler):
    """Hugging Face with a list of a day, and arXiv, which knows one paper in two."""

    papers = b"[]"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        if "/daily_papers?" in self.path:
            self.wfile.write(self.papers if self.path.endswith("&p=0") else b"[]")
        else:
            numbers = re.findall(r"2502\.(\d{5})", self.path)[::2]
            self.wfile.write(in_format(Format.ARXIV_ATOM, *map(int, numbers)))

    def log_message(self, *_: Any) -> None:
        pass


def fetched(walk: Walk, size: Sizes, home: Path) -> None:
    """What is fetched from services, which a server of this machine plays."""
    now = timezone.now()
    Services.papers = hugging_face(
        *(
            hugging_face_paper(n, submittedOnDailyAt=now.isoformat(), authors=[{"name": "Ada"}])
            for n in range(80_001, 80_001 + min(size.days, 100))
        )
    )
    cut = [row(n, authors="A, B, C, D, E") for n in range(90_001, 90_001 + size.chosen)]
    load_file(digest(*cut), "cut.json")
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Services) as server,
        patch.object(huggingface, "PAUSE", 0),
        patch.object(arxiv, "PAUSE", 0),
    ):
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        with override_settings(HUGGINGFACE_URL=address, ARXIV_URL=address, LOCKS=home):
            for name, arguments in (
                ("fetch", ["huggingface", "--date", f"{now.date()}"]),
                ("repair_metadata", ["--limit", f"{size.chosen}"]),
                ("suggest_categories", ["--limit", f"{size.chosen}"]),
            ):
                work = partial(
                    call_command, name, *arguments, stdout=io.StringIO(), stderr=io.StringIO()
                )
                walk.do(name, work)
        server.shutdown()
        thread.join()


def curators(walk: Walk, rows: Rows, size: Sizes) -> None:
    holder("curator", "Curators")
    client = enter(User.objects.get(username="curator"))
    admin = "/admin/digest"

    # Loading
    day, archive = rows.new(size.day, date(2028, 1, 1)), rows.new(size.archive, date(2028, 2, 1))
    files = [named(day, "2028-01-01.json"), named(archive, "archive.json")]
    batch = walk.do(
        "admin: upload 2 files", lambda: client.post(f"{admin}/upload/add/", {"digests": files})
    ).url
    uploads = list(models.Upload.objects.order_by("-pk").values_list("pk", flat=True)[:2])
    walk.do(f"admin: preview of {size.day} rows (GET)", lambda: client.get(f"{batch}{uploads[1]}/"))
    walk.do(
        f"admin: preview of {size.archive:,} rows (GET)",
        lambda: client.get(f"{batch}{uploads[0]}/"),
    )
    walk.do("admin: confirm", lambda: client.post(f"{batch}confirm/", {"load": uploads}))
    walk.do("admin: load both", lambda: client.post(f"{batch}load/"))
    call = "/api/v1/digests/"
    day = rows.new(size.day, date(2029, 1, 1))
    walk.do(
        f"API: POST digests, a dry run of {size.day}",
        lambda: client.post(f"{call}?dry_run=1", day, JSON),
    )
    walk.do(f"API: POST digests, {size.day} rows", lambda: client.post(call, day, JSON))
    archive = rows.new(size.archive, date(2029, 2, 1))
    walk.do(
        f"API: POST digests, a dry run of {size.archive:,}",
        lambda: client.post(f"{call}?dry_run=1", archive, JSON),
    )
    walk.do(f"API: POST digests, {size.archive:,} rows", lambda: client.post(call, archive, JSON))

    # Sources
    one, many = (
        models.Source.objects.filter(rows=number).order_by("-pk").first()
        for number in (size.day, size.archive)
    )
    for name, source in ((f"{size.day} rows", one), (f"{size.archive:,} rows", many)):
        reread = f"{admin}/source/{source.pk}/reread/"
        walk.do(f"admin: read again, {name} (GET)", lambda: client.get(reread))  # noqa: B023
        undo = f"{admin}/source/undo/?source={source.pk}"
        walk.do(f"admin: undo, {name} (GET)", lambda: client.get(undo))  # noqa: B023
        done = walk.do(f"admin: read again, {name}", lambda: client.post(reread))  # noqa: B023
        keys = {"source": done.url.rstrip("/").split("/")[-2]}
        walk.do(f"admin: undo, {name}", lambda: client.post(f"{admin}/source/undo/", keys))  # noqa: B023

    # Papers
    paper, other = models.Paper.objects.visible().order_by("-pk")[:2]
    page = f"{admin}/paper/{paper.pk}/change/"
    form = sent(walk.do("admin: a paper's page (GET)", lambda: client.get(page)))
    form |= {"title": "Corrected", "authors-0-value": "Somebody New"}
    walk.do("admin: correct title and authors", lambda: client.post(page, form))
    form = sent(client.get(page)) | {"hidden": "on"}
    walk.do("admin: hide a paper", lambda: client.post(page, form))
    shown = sent(client.get(page))
    shown.pop("hidden")
    walk.do("admin: show it again", lambda: client.post(page, shown))
    merge = {"into": other.pk, "why": ""}
    there = f"{admin}/paper/{paper.pk}/merge/"
    walk.do("admin: preview of a merge", lambda: client.post(there, merge))
    walk.do("admin: merge papers", lambda: client.post(there, merge | {"confirm": "1"}))
    split = f"{admin}/merge/{models.Merge.objects.latest('pk').pk}/split/"
    walk.do("admin: preview of a split (GET)", lambda: client.get(split))
    walk.do("admin: split papers", lambda: client.post(split))
    frequent, into = models.Author.objects.order_by("-paper_count")[:2]
    there = f"{admin}/author/{frequent.pk}/change/"
    alias = {"into": into.name, "why": ""}
    name = f"admin: an author of {frequent.paper_count:,} papers is another"
    walk.do(f"{name}, preview", lambda: client.post(there, alias))
    walk.do(name, lambda: client.post(there, alias | {"confirm": "1"}))
    apart = f"{admin}/alias/{models.Alias.objects.latest('pk').pk}/split/"
    walk.do("admin: preview of that ended (GET)", lambda: client.get(apart))
    walk.do("admin: that ended", lambda: client.post(apart))
    chosen = list(
        models.Paper.objects.visible().order_by("pk").values_list("pk", flat=True)[: size.marked]
    )
    for action in ("hide", "show"):
        data = {"action": action, "_selected_action": chosen}
        name = f"admin: {action} {size.marked} papers"
        walk.do(name, lambda: client.post(f"{admin}/paper/", data))  # noqa: B023


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
                data[f"{field.of.name}-{number}-value"] = one["value"].value() or ""
                data[f"{field.of.name}-{number}-ORDER"] = one["ORDER"].value() or ""
    return data


def texts(length: int) -> dict[str, str]:
    """Notes of so many characters: what people write, and what is costly to render."""
    some = {
        "prose": "It compares *diffusion* with what the model learns, see $x^2$. ",
        "emphasis": "**a** ",
    }
    return {name: (text * length)[:length].rstrip() for name, text in some.items()}


def people(walk: Walk, size: Sizes, fill: Callable[[User], list[str]]) -> None:
    """fill: makes a person's library, with a long list “List 0”; addresses of its pages."""
    join = {"username": "newcomer", "email": "newcomer@example.org", "password1": PASSWORD + " 7"}
    walk.do("sign up", lambda: Client().post("/account/signup/", join))
    big = holder("big")
    pages = fill(big)
    client = Client()
    login = {"login": "big", "password": PASSWORD}
    walk.do("log in", lambda: client.post("/account/login/", login))
    wrong = {"login": "big", "password": "wrong"}
    walk.do("log in, wrong password", lambda: Client().post("/account/login/", wrong))
    kept = set(Library(big).bookmarks.all().values_list("paper", flat=True))
    found = models.Paper.objects.visible().order_by("-date", "pk")[: size.papers]
    papers = [paper for paper in found if paper.pk not in kept]
    slugs = [paper.slug for paper in papers]
    one = slugs[0]

    def mark(name: str, do: str, *chosen: str) -> None:
        data = {"paper": chosen, "do": do}
        walk.do(name, lambda: client.post("/library/mark/", data))

    mark("star", "add", one)
    mark("status", "reading", one)
    mark("dismiss", "dismiss", one)
    mark("show again", "show", one)
    mark(f"bulk: {size.marked} papers read", "read", *slugs[: size.marked])
    walk.do("undo it", lambda: client.post("/library/undo/"))
    mark(f"bulk: {size.marked} papers removed", "remove", *slugs[: size.marked])
    for name, text in texts(size.note).items():
        data = {"text": text, "version": 0}
        there = f"/library/notes/{slugs[1]}/"
        walk.do(f"note of {size.note:,} characters, {name}", lambda: client.post(there, data))  # noqa: B023
        version = Note.objects.get(user=big, paper__slug=slugs[1]).version
        data = {"text": "", "version": version}
        walk.do(f"delete it, {name}", lambda: client.post(there, data))  # noqa: B023
    day = models.Digest.objects.latest("date").date
    walk.do("a digest read", lambda: client.post(f"/library/unread/{day}/", {"do": "read"}))
    walk.do("a digest unread", lambda: client.post(f"/library/unread/{day}/", {"do": "unread"}))
    days = {"first": "2000-01-01", "last": day}
    walk.do("days read", lambda: client.post("/library/unread/days/", days))
    walk.do("days unread", lambda: client.post("/library/unread/undo/"))
    walk.do("a digest done", lambda: client.post(f"/library/unread/{day}/", {"do": "done"}))
    walk.do("all digests read", lambda: client.post("/library/unread/all/"))
    walk.do(
        "a digest unread, after all",
        lambda: client.post(f"/library/unread/{day}/", {"do": "unread"}),
    )
    there = "/library/for-you/"
    answers = {f"answer-{slug}": "yes" for slug in slugs[:10]}
    walk.do("ten answers", lambda: client.post(f"{there}questions/", answers))
    walk.do("less of a word", lambda: client.post(f"{there}less/", {"reason": "word:learning"}))
    stated = Preference.objects.filter(user=big).latest("pk").pk
    walk.do("undo less", lambda: client.post(f"{there}preferences/{stated}/"))
    for do in ("learn", "off", "on", "forget-answers"):
        walk.do(f"for you: {do}", lambda: client.post(f"{there}settings/", {"do": do}))  # noqa: B023
    User.objects.filter(pk=big.pk).update(is_counted=True)
    walk.do("learn for all", lambda: call_command("recommend", verbosity=0))
    walk.do("count bookmarks", lambda: call_command("count_bookmarks", verbosity=0))
    walk.do(
        "report",
        lambda: client.post(f"/library/reports/{one}/", {"kind": "title", "comment": "It is cut."}),
    )
    walk.do("reports seen (GET)", lambda: client.get("/account/reports/"))
    token = {
        "name": "holds",
        "scopes": ["library:read", "library:write", "catalogue:read"],
        "expires": "30",
    }
    sure = {"password": PASSWORD}
    walk.do("password asked once more", lambda: client.post("/account/reauthenticate/", sure))
    answer = walk.do("token", lambda: client.post("/account/tokens/", token))
    secret = answer.context["created"][1]
    for address in pages:
        walk.do(f"GET {address[:40]}", lambda: client.get(address))  # noqa: B023
    walk.do("GET / of a visitor", lambda: Client().get("/"))
    lists(walk, client, big, slugs, size)
    program(walk, secret, slugs, size)
    transfer(walk, client, papers, size)
    walk.do("export", lambda: b"".join(client.get("/library/export.zip").streaming_content))
    walk.do("log out", lambda: client.post("/account/logout/"))
    client.post("/account/login/", login)
    gone = {"password": PASSWORD, "username": "big", "confirm": "on"}
    walk.do(
        "account deleted, with its large library", lambda: client.post("/account/delete/", gone)
    )
    if User.objects.filter(username="big").exists():
        raise SystemExit("The account is still there.")


def lists(walk: Walk, client: Client, user: User, slugs: list[str], size: Sizes) -> None:
    made = {"name": "Mine", "description": "*What* it is"}
    walk.do("list made", lambda: client.post("/lists/", made))
    mine = ReadingList.objects.get(owner=user, name="Mine").slug
    long = ReadingList.objects.get(owner=user, name="List 0").slug

    def items(name: str, slug: str, do: str, chosen: list[str], **more: str) -> None:
        data = {"paper": chosen, "do": do, **more}
        walk.do(name, lambda: client.post(f"/lists/{slug}/items/", data))

    items("list: add one", mine, "add", slugs[:1])
    items(f"list: add {size.chosen}", mine, "add", slugs[: size.chosen])
    items("list: move", mine, "move", slugs[size.chosen - 1 : size.chosen], to="1")
    items("list: describe", mine, "describe", slugs[:1], comment="x " * 900, section="Methods")
    items("list: remove one", mine, "remove", slugs[:1])
    items(f"list: remove {size.chosen}", mine, "remove", slugs[: size.chosen])
    walk.do(f"list: undo of {size.chosen} removals", lambda: client.post("/lists/undo/"))
    entries = list(
        ReadingList.objects.get(slug=long)
        .items.order_by("position")
        .values_list("paper__slug", flat=True)
    )
    items("long list: move", long, "move", entries[-1:], to="2")
    items(f"long list: remove {size.chosen}", long, "remove", entries[: size.chosen])
    walk.do("long list: undo of that", lambda: client.post("/lists/undo/"))
    said = {"name": "Mine too", "description": "x " * 900, "visibility": "link"}
    walk.do("list: settings", lambda: client.post(f"/lists/{mine}/settings/", said))
    whom = {"invitee": "newcomer", "role": "editor"}
    walk.do("list: invite", lambda: client.post(f"/lists/{mine}/invitations/", whom))
    walk.do("long list: deleted", lambda: client.post(f"/lists/{long}/delete/"))


def program(walk: Walk, secret: str, slugs: list[str], size: Sizes) -> None:
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    at = "/api/v1/library"
    one, some = slugs[0], slugs[: size.chosen]

    def call(name: str, method: str, path: str, data: Any = None) -> Any:
        send = getattr(client, method)
        body = {} if data is None else {"data": data, "content_type": JSON}
        return walk.do(f"API: {name}", lambda: send(f"{at}{path}", **body))

    walk.do("API: GET papers", lambda: client.get("/api/v1/papers/"))
    walk.do("API: GET papers of a visitor", lambda: Client().get("/api/v1/papers/"))
    walk.do(
        f"API: lookup of {size.chosen}",
        lambda: client.post("/api/v1/papers/lookup/", {"ids": slugs[: size.chosen]}, JSON),
    )
    call("PUT a bookmark", "put", f"/bookmarks/{one}/", {"status": "reading"})
    call("DELETE a bookmark", "delete", f"/bookmarks/{one}/")
    call(
        f"bulk: {size.chosen} bookmarks",
        "post",
        "/bookmarks/",
        {"papers": some, "do": "add"},
    )
    call(
        f"bulk: {size.chosen} dismissed",
        "post",
        "/bookmarks/",
        {"papers": some, "do": "dismiss"},
    )
    call(
        f"bulk: {size.chosen} shown again",
        "post",
        "/bookmarks/",
        {"papers": some, "do": "show"},
    )
    for name, text in texts(size.note).items():
        there = f"/notes/{slugs[2]}/"
        client.defaults.pop("HTTP_IF_MATCH", None)
        call(f"PUT a note of {size.note:,}, {name}", "put", there, {"text": text})
        client.defaults["HTTP_IF_MATCH"] = client.get(f"{at}{there}")["ETag"]
        call(f"DELETE the note, {name}", "delete", there)
        client.defaults.pop("HTTP_IF_MATCH")
    made = call("POST a list", "post", "/lists/", {"name": "By API"}).json()["id"]
    call("PATCH a list", "patch", f"/lists/{made}/", {"description": "*Said*."})
    call(
        f"POST {size.chosen} items",
        "post",
        f"/lists/{made}/items/",
        {"papers": some},
    )
    call(
        "PATCH an item", "patch", f"/lists/{made}/items/{one}/", {"position": 400, "comment": "*x*"}
    )
    call("DELETE an item", "delete", f"/lists/{made}/items/{one}/")
    asked = call("invite to a list", "post", f"/lists/{made}/members/", {"invitee": "newcomer"})
    call("uninvite", "delete", f"/lists/{made}/invitations/{asked.json()['id']}/")
    call("DELETE a list", "delete", f"/lists/{made}/")
    day = models.Digest.objects.latest("date").date
    call("PUT a digest read", "put", f"/unread/{day}/", {"read": True})
    text = "\n".join(f"arXiv:{slug}" for slug in slugs[: size.references])
    call(f"import of {size.references:,} references, a dry run", "post", "/import/", {"text": text})
    call(
        f"import of {size.references:,} references",
        "post",
        "/import/",
        {"text": text, "dry_run": False},
    )


def transfer(walk: Walk, client: Client, papers: list[models.Paper], size: Sizes) -> None:
    bibtex = "\n".join(
        f"@misc{{k{n}, title={{{{{p.title}}}}}, eprint={{{p.slug}}}, archivePrefix={{arXiv}}}}"
        for n, p in enumerate(papers[-size.references :])
    ).encode()
    there = "/library/import/"
    shown = walk.do(
        f"import: preview of {size.references:,} references",
        lambda: client.post(there, {"file": named(bibtex, "a.bib")}),
    )
    data = {"papers": shown.context["form"]["papers"].value(), "new_list": "Brought"}
    walk.do("import: taken in, with a new list", lambda: client.post(f"{there}confirm/", data))
    walk.do("undo it", lambda: client.post(f"{there}undo/"))
    for name, text in texts(size.note).items():
        for notes, lists in ((size.notes, size.lists), (1, 1)):
            content = archive_of(papers[: size.bookmarks], notes, text, lists)
            walk.do(
                f"import: an archive of {notes} notes, {lists} lists, {name}",
                lambda: client.post(there, {"file": named(content, "a.zip")}),  # noqa: B023
            )
            Note.objects.filter(user__username="big", text=text).delete()
            ReadingList.objects.filter(owner__username="big", name__startswith="Brought ").delete()
    usual = "A *note* of a usual length. " * 40
    content = archive_of(papers[: size.bookmarks], size.bookmarks, usual, 2 * size.lists)
    walk.do(
        f"import: an archive of {size.bookmarks:,} usual notes, {2 * size.lists} lists",
        lambda: client.post(there, {"file": named(content, "a.zip")}),
    )
