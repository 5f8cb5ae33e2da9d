"""People who read and write while something is broken, and what they are answered."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import Any
from urllib.parse import quote

from django.db import connection

from accounts.models import Bookmark, Note
from accounts.tokens import create as create_token
from tests.faults.base import (
    FOLDER,
    PASSWORD,
    Seen,
    check_consistency,
    collect_static_files,
    person,
)
from tests.served import Answer, Browser, served


class Asking:
    """Browsers that read and write while something is broken, and know what was acknowledged."""

    PAGES = (
        *("/", "/papers/", "/papers/?q=point", "/papers/2502.00007/", "/digests/2025-02-06/"),
        *("/robots.txt", "/digests.atom", "/api/v1/papers/", "/account/login/"),
    )

    def __init__(self, port: int) -> None:
        self.port = port
        self.visitor, self.member = Browser(port), Browser(port)
        self.member.log_in("person0", PASSWORD)
        self.acknowledged: dict[str, str] = {}
        self.number = 0
        self.logged_in_at = 0.0
        self.user = person(0)
        _, self.secret = create_token(self.user, f"faults {port}", ["library:write"])
        connection.close()

    def reads(self) -> list[tuple[str, Answer | None]]:
        """What pages answer to a visitor and to somebody who is logged in."""
        found = [(path, ask(self.visitor, "GET", path)) for path in self.PAGES]
        own = ("/papers/", "/library/", "/papers/2502.00009/")
        return found + [(f"{path}, logged in", ask(self.member, "GET", path)) for path in own]

    def writes(self) -> list[tuple[str, Answer | None]]:
        """What is answered to a star, a note, a call of the API, and somebody who logs in."""
        self.number += 1
        slug = f"2502.{self.number % 100 + 1:05}"
        status = ("to-read", "reading", "read")[self.number % 3]
        star = ask(self.member, "POST", "/library/mark/", {"paper": slug, "do": status})
        if star and star.status == 302:
            self.acknowledged[slug] = status
        text = f"Note {self.number}, *kept*."
        path = f"/library/notes/{quote(slug)}/"
        form = {"text": text, "version": 0}
        note = ask(self.member, "POST", path, form, Accept="application/json")
        if note and note.status == 200:
            self.acknowledged[f"note {slug}"] = text
        deleted = f"2502.{(self.number + 50) % 100 + 1:05}"
        call = ask(
            Browser(self.port),
            "DELETE",
            f"/api/v1/library/bookmarks/{deleted}/",
            Authorization=f"Bearer {self.secret}",
        )
        if call is None or call.status == 204:
            self.acknowledged.pop(deleted, None)
        answers = [("star", star), ("note", note), ("API", call)]
        if time.monotonic() > self.logged_in_at + 5:  # more often is more than anybody may
            self.logged_in_at = time.monotonic()
            newcomer = Browser(self.port)
            ask(newcomer, "GET", "/account/login/")
            form = {"login": "person1", "password": PASSWORD}
            answers.append(("log-in", ask(newcomer, "POST", "/account/login/", form)))
            newcomer.close()
        return answers

    def missing(self) -> list[str]:
        """What was acknowledged and is not there."""
        marks = Bookmark.objects.filter(user=self.user).values_list("paper__slug", "status")
        notes = Note.objects.filter(user=self.user).values_list("paper__slug", "text")
        there = {*marks, *((f"note {slug}", text) for slug, text in notes)}
        return sorted({*self.acknowledged.items()} - there)

    def close(self) -> None:
        self.visitor.close()
        self.member.close()


def ask(browser: Browser, method: str, path: str, form: Any = None, **headers: str) -> Any:
    """The answer; None if there is none."""
    with suppress(OSError, HTTPException):
        return browser.ask(method, path, form, **headers)
    return None


@contextmanager
def asking(url: str, **settings: str) -> Iterator[Asking]:
    collect_static_files()
    log = FOLDER / f"log-{time.monotonic_ns()}"
    with served(log, DATABASE_URL=url, **settings) as port:
        people = Asking(port)
        for _ in range(4):  # both processes have answered everything once
            people.reads()
        people.writes()
        yield people
        people.close()
    tracebacks = log.read_text().count("Traceback (most recent call last)")
    people.tracebacks = tracebacks  # type: ignore[attr-defined]


def summary(answers: list[tuple[str, Answer | None]]) -> str:
    """Statuses, each with how often it came, and the longest that one had to wait."""
    statuses: dict[str, Counter[str]] = defaultdict(Counter)
    for what, answer in answers:
        statuses[str(answer.status) if answer else "no answer"][what] += 1
    counted = ", ".join(f"{sum(some.values())} x {status}" for status, some in statuses.items())
    return f"{counted}; the slowest after {slowest(answers):.2f} s"


def slowest(answers: list[tuple[str, Answer | None]]) -> float:
    """Seconds."""
    return max((answer.seconds for _, answer in answers if answer), default=0)


def works(answers: list[tuple[str, Answer | None]]) -> bool:
    return all(answer and answer.status in (200, 204, 302) for _, answer in answers)


def refused(answers: list[tuple[str, Answer | None]], within: float) -> bool:
    """Whether all are 503 with Retry-After, in time; or were done none the less."""
    return all(
        answer
        and answer.seconds < within
        and (answer.status in (200, 204, 302) or _is_refusal(answer))
        for _, answer in answers
    )


def _is_refusal(answer: Answer) -> bool:
    return answer.status == 503 and "Retry-After" in answer.headers


def what_503_says(answers: list[tuple[str, Answer | None]]) -> str:
    for what, answer in answers:
        if answer and answer.status == 503:
            words = " ".join(answer.text.split())
            at = max(words.lower().find("busy"), 0)
            return f"{what}: “{words[max(at - 40, 0) : at + 90]}”"
    return "nobody was told anything"


def wrong_ones(answers: list[tuple[str, Answer | None]]) -> str:
    some = [
        f"{what}: {answer.status if answer else 'no answer'}"
        for what, answer in answers
        if not (answer and answer.status in (200, 204, 302))
    ]
    return ", ".join(dict.fromkeys(some)) or "none failed"


def afterwards(seen: Seen, people: Asking) -> None:
    """All is well again, and nothing is missing."""
    people.logged_in_at = 0
    answers = people.reads() + people.writes()
    seen.check(works(answers), f"afterwards: {summary(answers)} ({wrong_ones(answers)})")
    missing = people.missing()
    number = len(people.acknowledged)
    seen.check(not missing, f"{number} acknowledged writes, missing: {missing or 'none'}")
    check_consistency(seen)
    connection.close()
