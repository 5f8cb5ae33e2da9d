import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import models
from accounts.library import Library
from accounts.models import User
from digest.catalogue.load import load
from digest.models import Paper
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import errors, heading, text
from tests.samples import digest, row

NOW = timezone.now()


@pytest.fixture
def shelf(owner, other):
    """All that a person can have, and what others have of theirs."""
    load(digest(row(1), row(2)), "a.json")
    paper, second = Paper.objects.order_by("slug")
    for user in (owner, other):
        models.Bookmark.objects.create(user=user, paper=paper, added_at=NOW)
        models.Note.objects.create(
            user=user, paper=paper, text="x", html="x", words="x", added_at=NOW, changed_at=NOW
        )
        models.Dismissal.objects.create(user=user, paper=second, added_at=NOW)
        models.ReadDigest.objects.create(user=user, date=paper.date)
        library = Library(user)
        library.searches.save("papers", "q=x", "X")
        library.mails.choose("daily", 8, 0, [])
        library.feeds.make(None)
        hook, _ = Library(user).webhooks.create("Lab", "https://example.org/", "json", None)
        call = models.WebhookCall.objects.create(webhook=hook, made_at=NOW)
        models.WebhookPaper.objects.create(webhook=hook, call=call, paper=paper.pk)
        mail = models.Mail.objects.create(user=user, due_at=NOW, claimed_at=NOW)
        models.MailedPaper.objects.create(user=user, mail=mail, paper=paper.pk)
        SocialAccount.objects.create(user=user, provider="orcid", uid=str(user.pk))
        Authenticator.objects.create(user=user, type="recovery_codes", data={})
    models.Bookmark.objects.create(user=owner, paper=second, added_at=NOW)
    mine = reading_list(owner, "Shared", "members")
    reading_list(owner, "Mine alone", "private")
    theirs = reading_list(other, "Theirs", "members")
    for member, shared in ((other, mine), (owner, theirs)):
        models.Membership.objects.create(reading_list=shared, user=member, added_at=NOW)
        for invitee in ("x", "Owner", "owner@Example.org"):
            models.Invitation.objects.create(reading_list=shared, invitee=invitee, added_at=NOW)
        models.ListItem.objects.create(
            reading_list=shared, paper=paper, position=1, added_by=owner, added_at=NOW
        )


def reading_list(owner, name, visibility):
    return models.ReadingList.objects.create(
        owner=owner,
        slug=name[:10],
        secret=name,
        name=name,
        visibility=visibility,
        added_at=NOW,
        changed_at=NOW,
    )


def belongings(user):
    """Every row of the database that names a person."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if field.concrete and field.related_model is User and not field.many_to_many:
                found += model.objects.filter(**{field.name: user.pk})
    for session in Session.objects.all():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            found.append(session)
    return found


def test_the_page_says_what_goes(enter, owner, shelf):
    page = enter(owner).get("/account/delete/")
    assert heading(page) == "Delete your account"
    assert "2 bookmarks 1 note 2 reading lists 1 saved search" in text(page)
    assert "Others read this list, and would lose it too." in text(page)
    assert "To keep a list, transfer it to a member first: Shared" in text(page)
    assert "Mine alone" not in text(page)


def test_nobody_is_warned_of_what_nobody_else_reads(enter, viewer):
    page = text(enter(viewer).get("/account/delete/"))
    assert "0 bookmarks 0 notes 0 reading lists 0 saved searches" in page
    assert "transfer it to a member" not in page


def test_all_of_it_goes(enter, owner, other, shelf):
    client, elsewhere, theirs = enter(owner), enter(owner), enter(other)
    kinds = {type(each).__name__ for each in belongings(owner)}
    assert kinds >= {
        *("Bookmark", "Note", "Dismissal", "ReadDigest", "ReadingList", "Membership", "ListItem"),
        *("SavedSearch", "MailSettings", "Mail", "MailedPaper", "PrivateFeed", "Webhook"),
        *("EmailAddress", "SocialAccount", "Authenticator", "UserSession", "Session"),
    }
    kept = len(belongings(other)) - 1  # a membership of a list that goes
    answer = client.post("/account/delete/", {"password": PASSWORD})
    assert (answer.status_code, answer.url) == (302, "/")
    assert text(client.get("/")).startswith("Your account and all your data are deleted.")
    assert belongings(owner) == []
    assert not User.objects.filter(pk=owner.pk).exists()
    assert [len(belongings(other)), Paper.objects.count()] == [kept, 2]
    assert models.ListItem.objects.get().added_by is None  # in the list of another
    assert models.Invitation.objects.get().invitee == "x"
    assert elsewhere.get("/account/").status_code == 302
    assert theirs.get("/account/").status_code == 200
    answer = client.post("/account/login/", {"login": "owner", "password": PASSWORD})
    assert answer.status_code == 200


def test_a_wrong_password_deletes_nothing(enter, owner, shelf):
    client = enter(owner)
    before = len(belongings(owner))
    for password in ("wrong horse", "", PASSWORD.upper()):
        answer = client.post("/account/delete/", {"password": password})
        assert (answer.status_code, list(errors(answer))) == (200, ["password"])
    assert errors(client.post("/account/delete/", {"password": "x"})) == {
        "password": ["This is not your password. Nothing was deleted."]
    }
    assert len(belongings(owner)) == before


def test_guessing_the_password_is_stopped(enter, owner):
    client = enter(owner)
    answers = [client.post("/account/delete/", {"password": "x"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]


def test_looking_deletes_nothing(enter, owner):
    enter(owner).get("/account/delete/", {"password": PASSWORD})
    assert User.objects.filter(pk=owner.pk).exists()


def test_who_logs_in_elsewhere_types_their_name(client, owner):
    owner.set_unusable_password()
    owner.save()
    client.force_login(owner)
    answer = client.post("/account/delete/", {"username": "other"})
    assert errors(answer) == {"username": ["Type owner, exactly as here. Nothing was deleted."]}
    assert client.post("/account/delete/", {"username": "owner"}).url == "/"
    assert not User.objects.exists()
