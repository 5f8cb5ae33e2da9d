"""What the Status page says of webhooks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.library import Library
from accounts.models import WebhookCall
from digest import status

pytestmark = pytest.mark.django_db


def found():
    (finding,) = (one for check, one in status.examine() if check.name == "webhooks")
    return finding


def failed(hook):
    now = timezone.now()
    return WebhookCall.objects.create(
        webhook=hook, made_at=now, tries=1, status=503, next_at=now + timedelta(hours=1)
    )


def test_webhooks_that_fail_are_counted(owner):
    assert (found().is_wrong, [one.value for one in found().figures]) == (False, [0, 0])
    one, two, three = (
        Library(owner).webhooks.create(name, "https://hooks.example.org/", "json", None)[0]
        for name in ("One", "Two", "Three")
    )
    three.is_on, three.ended_at = False, timezone.now()
    three.save()
    failed(one)
    failed(one)
    assert found().text == (
        "2 switched on, 1 of these failed and will be tried again;"
        " 1 switched off, since their calls failed."
    )
    assert (found().is_wrong, [one.value for one in found().figures]) == (False, [1, 1])
    failed(two)
    assert found().is_wrong
