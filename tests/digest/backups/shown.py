"""Prints a checksum of each page and file that the site shows to visitors, and to everybody who has
an account. DATABASE_URL says of which database."""

import hashlib
import io
import os
import re
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.test import Client  # noqa: E402

from accounts.models import ReadingList, User  # noqa: E402
from digest.models import Author, Category, Digest, Paper  # noqa: E402

PAGES = (
    *("/", "/digests/", "/digests.atom", "/papers/", "/papers/?q=paper", "/papers/?q=has:code"),
    *("/papers.bib", "/papers.ris", "/papers.csl.json", "/papers.md", "/authors/", "/trends/"),
    *("/categories/", "/sitemap.xml", "/feeds.opml", "/api/v1/papers/?page_size=100"),
)
OWN = ("/library/", "/library.bib", "/library/export.zip", "/library/unread/", "/lists/")


def show(client: Client, who: str, path: str) -> None:
    answer = client.get(path)
    content = answer.getvalue()
    if path.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as files:
            content = b"".join(files.read(name) for name in files.namelist())
        content = re.sub(rb'"exported_at": "[^"]+"', b"", content)
    # What is drawn by lot for each answer.
    content = re.sub(rb'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]+', b"", content)
    # Pages of errors have the id of their request.
    seen = hashlib.sha256(content).hexdigest() if answer.status_code == 200 else ""
    print(who, answer.status_code, path, seen)


visitor = Client(SERVER_NAME="localhost")
for path in PAGES:
    show(visitor, "visitor", path)
for day in Digest.objects.order_by("date").values_list("date", flat=True):
    for end in ("/", ".md", ".json", ".bib"):
        show(visitor, "visitor", f"/digests/{day}{end}")
EVERY = ((Paper, "papers", 25), (Author, "authors", 100), (Category, "categories", 5))
for model, place, step in EVERY:
    for slug in model.objects.order_by("pk").values_list("slug", flat=True)[::step]:
        show(visitor, "visitor", f"/{place}/{slug}/")
for user in User.objects.order_by("pk"):
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    own = ReadingList.objects.filter(owner=user).values_list("slug", flat=True)
    for path in (*OWN, *(f"/lists/{slug}{end}" for slug in own for end in ("/", ".md"))):
        show(client, user.username, path)
