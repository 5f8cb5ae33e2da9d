"""A mail about new papers: plain text, and HTML without pictures or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac

from accounts.models import MailSettings, User
from digest.exports import Citation
from digest.models import Paper

from . import links
from .sections import Group

SHOWN = 25
"""Papers of a group that a mail shows; to the others it has a link."""
MARK = "X-Paper-Digest-Mail"
"""The header by which a mail is known when it comes back."""


class ShownPaper(NamedTuple):
    """A paper as a mail shows it. about: what to say of it, such as who added it."""

    title: str
    authors: str
    summary: str
    about: str
    url: str
    bookmark_url: str


class ShownGroup(NamedTuple):
    """A group as a mail shows it. more: how many papers it does not show."""

    title: str
    url: str
    papers: list[ShownPaper]
    more: int


def shown(user: User, groups: Iterable[Group]) -> list[ShownGroup]:
    """The groups with what a mail says of their papers, in five queries."""
    groups = list(groups)
    keys = {paper for group in groups for paper in group.papers[:SHOWN]}
    papers = Paper.objects.visible().for_cards().in_bulk(keys)
    return [
        ShownGroup(
            group.title,
            group.url,
            [
                _shown(user, papers[key], group.about.get(key, ""))
                for key in group.papers[:SHOWN]
                if key in papers
            ],
            max(len(group.papers) - SHOWN, 0),
        )
        for group in groups
    ]


def _shown(user: User, paper: Paper, about: str) -> ShownPaper:
    cited = Citation.of(paper)
    authors = ", ".join(name.text for name in cited.authors) + (" and others" if cited.cut else "")
    text = paper.summary or paper.abstract
    first = next((line for line in text.splitlines() if line.strip()), "")
    return ShownPaper(
        " ".join(cited.title.split()),
        authors,
        " ".join(first.removeprefix("- ").split()),
        about,
        settings.SITE_URL + paper.get_absolute_url(),
        links.bookmark_link(user, paper.pk),
    )


def message_id(user: User, due_at: datetime) -> str:
    """The same for a person and a time at which a mail was due: where a mail is sent a second time,
    since it was not known whether it had gone out, mail programs know it by that."""
    name = salted_hmac("accounts.alerts", f"{user.pk} {due_at.isoformat()}", algorithm="sha256")
    return f"<{name.hexdigest()[:32]}@{settings.SITE_HOST.strip('[]')}>"


def write(
    mail_settings: MailSettings, groups: list[Group], address: str, due_at: datetime
) -> EmailMultiAlternatives:
    """The mail to a person, whose address is confirmed."""
    user = mail_settings.user
    many = sum(len(group.papers) for group in groups)
    stop = links.stop_link(user)
    context = {
        "groups": shown(user, groups),
        "many": many,
        "stop": stop,
        "settings": settings.SITE_URL + reverse("mails"),
        "frequency": mail_settings.get_frequency_display(),
        "site": settings.SITE_URL,
    }
    message = EmailMultiAlternatives(
        f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{many:,} new paper{'s' * (many != 1)}",
        # A plain text: pages would take what a template made for HTML.
        "".join(render_to_string("accounts/email/new_papers.txt", context)),
        None,
        [address],
        headers={
            "Message-ID": message_id(user, due_at),
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "Precedence": "bulk",
            MARK: links.mark(user, address),
        },
    )
    message.attach_alternative(
        render_to_string("accounts/email/new_papers.html", context), "text/html"
    )
    return message
