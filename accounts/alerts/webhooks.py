"""Calls the webhooks of people with what is new.

A call is made with its papers in one transaction, and then tried: at once, and after a failure
again later, and later still. Who is called twice, since a process ended before it wrote the answer
down, knows the call by its id. Only public addresses are called, and redirects are not followed:
see `digest.curation.public_http`.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings as site
from django.db import transaction
from django.utils import timezone

from accounts.library import Library, NotFound
from accounts.library.searches import NEW_FOR
from accounts.models import (
    HookShape,
    Webhook,
    WebhookCall,
    WebhookPaper,
)
from accounts.names import for_mail
from accounts.secret_box import DecryptionError, decrypt
from digest.curation.public_http import Refused, Unanswered, post

from .messages import ShownGroup, shown
from .sections import Group, News, Recipient, find, unsent

LOGGED = 20
"""Calls of a webhook that are remembered."""
WAITS = tuple(timedelta(hours=hours) for hours in (0.25, 1, 3, 8, 24))
"""After each failure, how long until a call is tried again; after that it is given up."""
_SHOWN = 20
"""Papers that a message for people shows, at most."""
_DISCORD = 2_000
"""Characters that Discord takes."""

log = logging.getLogger(__name__)
Post = Callable[[str, bytes, dict[str, str]], int]


def call_to_test(hook: Webhook, send: Post = post) -> WebhookCall:
    """Call a webhook once, now, without papers. Raises NotFound if it was deleted meanwhile."""
    with transaction.atomic():
        if not Webhook.objects.select_for_update().filter(pk=hook.pk):
            raise NotFound("There is no such webhook.")
        call = WebhookCall.objects.create(webhook=hook, is_test=True, made_at=timezone.now())
    _try(call, [], send)
    _delete_old_calls(hook)
    return call


# Calling


@dataclass
class Called:
    """What became of a run: calls that were taken, that are tried again, and that were given up."""

    done: int = 0
    later: int = 0
    given_up: int = 0


def call_due(send: Post = post) -> Called:
    """Make the calls for what is new, and try all that are due."""
    outcome, news = Called(), News()
    hooks = Webhook.objects.filter(is_on=True, user__is_active=True)
    for hook in list(hooks.select_related("user", "reading_list").order_by("pk")):
        _make(hook, news)
    due = WebhookCall.objects.filter(next_at__lte=timezone.now()).order_by("pk")
    for call in list(due.select_related("webhook__user", "webhook__reading_list")):
        try:
            _call(call, news, send, outcome)
        except Exception:  # which is no matter to the others
            log.exception("A webhook could not be called")
            outcome.later += 1
    return outcome


def _make(hook: Webhook, news: News) -> None:
    """Make a call, if there is anything new, and no other call waits."""
    groups = _groups(hook, news)
    if not groups:
        return
    now = timezone.now()
    with transaction.atomic():
        row = Webhook.objects.select_for_update().filter(pk=hook.pk, is_on=True).first()
        if row is None or row.calls.filter(next_at__isnull=False).exists():
            return
        there = set(WebhookPaper.objects.filter(webhook=hook).values_list("paper", flat=True))
        papers = [paper for group in groups for paper in group.papers if paper not in there]
        if papers:
            call = WebhookCall.objects.create(webhook=hook, made_at=now, next_at=now)
            WebhookPaper.objects.bulk_create(
                WebhookPaper(webhook=hook, call=call, paper=paper) for paper in papers
            )


def _groups(hook: Webhook, news: News, only: Collection[int] | None = None) -> list[Group]:
    """What a call has now: what its person may read, and was not sent before. only: the papers of a
    call that was made."""
    recipient = Recipient(hook.user, hook.since, news, hook.since_paper)
    groups = _added(hook) if hook.reading_list else find(recipient)
    return unsent(hook.user, groups, WebhookPaper.objects.filter(webhook=hook), only)


def _added(hook: Webhook) -> list[Group]:
    """What was added to the list of a webhook, by whomever, as long as its person may read it."""
    assert hook.reading_list is not None
    try:
        opened = Library(hook.user).lists.open(hook.reading_list.slug)
    except NotFound:
        return []
    found = opened.reading_list
    since = max(hook.since, timezone.now() - NEW_FOR)
    items = opened.newest().filter(added_at__gt=since).select_related("added_by")
    about = {item.paper_id: f"added by {item.added_by}" for item in items if item.added_by}
    url = site.SITE_URL + found.get_absolute_url()
    return [Group(for_mail(found.name, 100), url, [item.paper_id for item in items], about)]


def _call(call: WebhookCall, news: News, send: Post, outcome: Called) -> None:
    """Try a call that is due, unless another process does."""
    now, hook = timezone.now(), call.webhook
    claimed = WebhookCall.objects.filter(pk=call.pk, tries=call.tries, next_at=call.next_at)
    last = call.tries >= len(WAITS)
    # Should this process end before the answer is written down, it is tried again later.
    next_at = now + WAITS[min(call.tries, len(WAITS) - 1)]
    if not claimed.update(tries=call.tries + 1, next_at=next_at):
        return
    call.tries, call.next_at = call.tries + 1, next_at
    only = set(call.papers.values_list("paper", flat=True))
    groups = _groups(hook, news, only) if hook.is_on and hook.user.is_active else []
    if not groups:
        call.delete()  # nothing of it may be sent any longer
        return
    _try(call, groups, send)
    if call.is_done:
        _change(call, next_at=None)
        outcome.done += 1
    elif call.status == 410 or last:  # gone, or failed for long
        _change(call, next_at=None)
        _change(hook, is_on=False, ended_at=now)
        outcome.given_up += 1
    else:
        outcome.later += 1
    _delete_old_calls(hook)


def _try(call: WebhookCall, groups: list[Group], send: Post) -> None:
    """Send a call, and write down what was answered."""
    hook = call.webhook
    status: int | None = None
    try:
        url, secret = decrypt(hook.url), decrypt(hook.secret)
        body = body_of(hook, shown(hook.user, groups), is_test=call.is_test)
        status, answer = send(url, body, headers_of(call.pk, body, secret)), ""
    except DecryptionError:
        answer = "its address cannot be read: make it anew"
    except Refused as error:
        answer = f"the address {error}"[:200]
    except Unanswered as error:
        answer = str(error)[:200]
    _change(call, status=status, answer=answer)


def _change(row: Webhook | WebhookCall, **values: Any) -> None:
    """Change a row, and in the database too if it is still there: while a call waits for its
    answer, its person may delete the webhook."""
    type(row)._default_manager.filter(pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, value)


def _delete_old_calls(hook: Webhook) -> None:
    """Delete all calls that have ended but the last LOGGED."""
    ended = hook.calls.filter(next_at=None)
    old = list(ended.values_list("pk", flat=True)[LOGGED:])
    if not old:
        return
    # Their papers stay known, so that they are not sent again.
    WebhookPaper.objects.filter(call__in=old).update(call=ended.first())
    WebhookCall.objects.filter(pk__in=old).delete()


# What is sent


def headers_of(key: int, body: bytes, secret: str) -> dict[str, str]:
    """The headers of a call: its id, the time, and an HMAC-SHA256 of the time, a full stop and the
    body, by which the other side knows that it comes from here, and not from long ago."""
    now = str(int(timezone.now().timestamp()))
    signed = hmac.digest(secret.encode(), f"{now}.".encode() + body, "sha256").hex()
    return {
        "Content-Type": "application/json",
        "X-Paper-Digest-Call": str(key),
        "X-Paper-Digest-Time": now,
        "X-Paper-Digest-Signature": f"sha256={signed}",
    }


def body_of(hook: Webhook, groups: list[ShownGroup], *, is_test: bool = False) -> bytes:
    """The body of a call in the shape of its webhook."""
    match hook.shape:
        case HookShape.JSON:
            content: dict[str, Any] = _json(hook, groups, is_test)
        case HookShape.DISCORD:
            content = {
                "content": _text(groups, _discord, _DISCORD),
                "allowed_mentions": {"parse": []},
            }
        case HookShape.SLACK:
            content = {"text": _text(groups, _slack)}
        case _:
            content = {"text": _text(groups, _mattermost)}
    return json.dumps(content, ensure_ascii=False).encode()


def _json(hook: Webhook, groups: list[ShownGroup], is_test: bool) -> dict[str, Any]:
    return {
        "event": "test" if is_test else "new_papers",
        "webhook": hook.name,
        "groups": [
            {
                "title": group.title,
                "url": group.url,
                "more": group.more,
                "papers": [
                    {name: getattr(paper, name) for name in ("title", "authors", "summary", "url")}
                    for paper in group.papers
                ],
            }
            for group in groups
        ],
    }


def _text(groups: list[ShownGroup], link: Callable[[str, str], str], most: int = 30_000) -> str:
    """A message for people: a line for each group and for each paper."""
    if not groups:
        return f"This is a test. New papers will come here from {site.SITE_URL}"
    lines, left = list[str](), _SHOWN
    for group in groups:
        papers = group.papers[:left]
        left -= len(papers)
        more = group.more + len(group.papers) - len(papers)
        added = [link(group.title, group.url), *(f"• {link(p.title, p.url)}" for p in papers)]
        lines += [*added, *([f"and {more:,} more"] if more else [])]
    text, used = list[str](), 0
    for line in lines:
        used += len(line) + 1
        if used > most - 20:
            text.append("and more")
            break
        text.append(line)
    return "\n".join(text)


def _slack(text: str, url: str) -> str:
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "¦")):
        text = text.replace(sign, entity)
    return f"<{url}|{_without_mentions(text)}>"


def _mattermost(text: str, url: str) -> str:
    escaped = "".join(f"\\{sign}" if sign in "[]()<>\\`*_~|" else sign for sign in text)
    return f"[{_without_mentions(escaped)}]({url})"


def _discord(text: str, url: str) -> str:
    return _mattermost(text, f"<{url}>")


def _without_mentions(text: str) -> str:
    """A text in which `@channel` is a word like any other."""
    return text.replace("@", "@\N{ZERO WIDTH SPACE}")
