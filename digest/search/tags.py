"""Tags: what is known of a paper beside its texts, as words of the index. Letters and digits alone,
whatever the database; what begins alike is of one kind."""

import re
from calendar import monthrange
from datetime import date
from hashlib import sha256

from digest.models import DEFAULT, DigestKey
from digest.text.links import clean_url, link_names

EVERY = "every"
"""The tag of all papers: what a query without a positive part is about."""
_OWNER_AND_NAME = re.compile(r"(?a:[\w.-]+/[\w.-]*\w)")


def arxiv_tag(number: str) -> str:
    return "x" + re.sub(r"\W", "", number)


def category_tag(pk: int) -> str:
    return f"c{pk}"


def author_tag(pk: int) -> str:
    return f"u{pk}"


def digest_tag(digest: DigestKey) -> str:
    """The tag of the papers of a digest, whether or not it is their first one."""
    tag = f"in{digest.date:%Y%m%d}"
    return tag if digest.stream == DEFAULT else f"{tag}s{digest.stream}"


def stream_tag(pk: int) -> str:
    """The tag of the papers of all digests of a stream."""
    return f"s{pk}"


def kind_tag(kind: str) -> str:
    return f"k{kind.split()[0]}"


def link_tag(name: str) -> str:
    """Of the papers that link what has this name, as `link_names` gives it."""
    return "l" + sha256(name.encode()).hexdigest()[:12]


def is_link_tag(tag: str) -> bool:
    """Whether a tag is of papers that link something."""
    return tag[0] == "l"


def link_tags(text: str) -> list[str]:
    """Of the papers that link what a person means by its address, or by its owner and name."""
    names = []
    if url := clean_url(text):
        names.append(link_names(url)[0])
    if _OWNER_AND_NAME.fullmatch(text):
        names.append(text.lower().removesuffix(".git"))
    return [link_tag(name) for name in names]


def date_tags(day: date) -> tuple[str, str, str]:
    """The year, the month and the day of a paper's date."""
    iso = day.isoformat()
    return f"d{iso[:4]}", f"d{iso[:4]}{iso[5:7]}", f"d{iso.replace('-', '')}"


def days_of(tag: str) -> tuple[date, date]:
    """The first and the last day of such a tag."""
    year, month, day = int(tag[1:5]), int(tag[5:7] or 0), int(tag[7:] or 0)
    first = date(year, month or 1, day or 1)
    if day:
        return first, first
    return first, date(year, month or 12, monthrange(year, month or 12)[1])
