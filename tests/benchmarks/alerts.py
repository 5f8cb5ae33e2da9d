"""How long it takes to find what is new for many people, among many papers.

    python tests/benchmarks/alerts.py FOLDER [--papers N...] [--people N] [--searches N]
        [--keep FOLDER]

For each size builds a catalogue of so many papers from the real digests of a folder (`corpus.py`),
with people who have so many saved searches each: authors, categories, words, phrases, and several
of these together. Then it does what `manage.py send_mails` does for all of them, whose mails go
nowhere: each search is asked of the new papers, and each person's mail is claimed and written.
Prints seconds on the clock and of the processor, which others may be using: first for what is
new in each search alone, then for all. The papers of the last 30 days of the catalogue are new.

On two cores that others used as well, SQLite took with 200,000 papers 1.8 s (0.6 s of the
processor) to ask 5,000 searches of 1,000 people of 1,457 new papers, and 175 s (69 s of the
processor) for all of `send_mails`, with 148 papers for each person; with 5,000 papers as much of
the processor.
"""

import argparse
import random
import sys
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent))

import search as catalogues  # which sets the database up
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.alerts.sections import News
from accounts.alerts.sending import send_due
from accounts.models import (
    Mail,
    MailedPaper,
    MailSettings,
    SavedSearch,
    SearchKind,
    User,
)
from digest.models import Author, Category, Paper
from digest.search.addresses import normalized_text


def make_people(people: int, searches: int) -> None:
    """Make people with saved searches, whose mails are due."""
    chance = random.Random(18)
    authors = list(Author.objects.order_by("-paper_count")[:2_000].values_list("slug", flat=True))
    categories = list(Category.objects.filter(paper_count__gt=0).values_list("slug", flat=True))
    titles = list(Paper.objects.order_by("-pk").values_list("title", flat=True)[:5_000])

    def words(number: int) -> str:
        found = [word.strip(":,.()") for word in chance.choice(titles).split()]
        start = chance.randrange(max(len(found) - number, 1))
        return "+".join(word for word in found[start : start + number] if word.isalnum())

    def query() -> str:
        match chance.randrange(5):
            case 0:
                return f"author={chance.choice(authors)}"
            case 1:
                return f"category={chance.choice(categories)}"
            case 2:
                return f"q={words(2) or 'model'}"
            case 3:
                return f"q=%22{words(2) or 'language+models'}%22&has=code"
        return f"category={chance.choice(categories)}&q={words(1) or 'data'}"

    past = timezone.now() - timedelta(days=2)
    users = User.objects.bulk_create(
        User(username=f"reader{number}", email=f"reader{number}@example.org")
        for number in range(people)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, primary=True, verified=True) for user in users
    )
    MailSettings.objects.bulk_create(
        MailSettings(user=user, frequency="daily", hour=0, since=past, last_due=past)
        for user in users
    )
    # One in two is looked up as if it was saved by a page; more would take longer than the rest.
    pool = [normalized_text(query()) for _ in range(people * searches // 2)]
    for user in users:
        chosen = {one for one in chance.sample(pool, 2 * searches) if one}
        SavedSearch.objects.bulk_create(
            SavedSearch(
                user=user,
                name=f"Search {number}",
                kind=SearchKind.PAPERS,
                query=one,
                added_at=past,
                seen_at=past,
            )
            for number, one in enumerate(sorted(chosen)[:searches])
        )


def measure(people: int, searches: int) -> None:
    every = SavedSearch.objects.all()
    begun, used = perf_counter(), process_time()
    news = News()
    news.prepare({*every.values_list("query", flat=True)})
    found = sum(bool(news.of_search(one, 0)) for one in every)
    print(
        f"  {every.count():,} searches of {people:,} people asked of"
        f" {len(news.documents.papers):,} new papers: {perf_counter() - begun:.1f} s,"
        f" {process_time() - used:.1f} s of the processor; {found:,} found something"
    )
    begun, used = perf_counter(), process_time()
    outcome = send_due()
    print(
        f"  send_mails: {outcome.sent:,} mails of {MailedPaper.objects.count():,} papers:"
        f" {perf_counter() - begun:.1f} s, {process_time() - used:.1f} s of the processor"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--papers", type=int, nargs="+", default=[5_000, 200_000])
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--searches", type=int, default=5)
    parser.add_argument("--keep", type=Path, default=catalogues.FOLDER)
    options = parser.parse_args()
    options.keep.mkdir(exist_ok=True)
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    made = catalogues.Catalogues(options.folder, options.keep.resolve())
    for papers in options.papers:
        made.use(papers)
        newest = Paper.objects.order_by("-date").values_list("date", flat=True)[0]
        now = timezone.now()
        ago = timedelta(days=(now.date() - newest).days)
        with patch.object(timezone, "now", lambda: now - ago):  # noqa: B023
            for model in (MailedPaper, Mail, MailSettings, SavedSearch, EmailAddress, User):
                model.objects.all().delete()
            make_people(options.people, options.searches)
            measure(options.people, options.searches)


if __name__ == "__main__":
    try:
        main()
    finally:
        connection.close()
        catalogues.shutil.rmtree(catalogues.FOLDER, ignore_errors=True)
