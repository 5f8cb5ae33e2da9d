"""Papers for you: what they are learned from, what people say of it, and the pages."""

import io
import json
import zipfile
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.library import Library, NotFound
from accounts.library.examples import examples_of
from accounts.library.for_you import Reason, SavedPreference
from accounts.models import (
    Bookmark,
    InterestModel,
    ListItem,
    Preference,
    Rating,
    ReadDigest,
    User,
    WeeklyCount,
)
from accounts.profile.erasure import erase
from accounts.recommender.vectors import Vectors
from accounts.transfer import export, restore
from digest.catalogue.load import load
from digest.curation import decisions
from digest.models import Paper
from tests.accounts.pages import errors, text
from tests.accounts.recommender.test_training import robots, speech
from tests.samples import digest

pytestmark = pytest.mark.django_db

DAYS = [date(2025, 2, day) for day in range(1, 18)]
PAGE = "/library/for-you/"
UNREAD = "/library/unread/"


@pytest.fixture
def robotic(db):
    """Seventeen days of five papers each, of which the last one is about robots."""
    rows = []
    for number, day in enumerate(map(str, DAYS)):
        first = number * 5 + 1
        rows += [speech(first + place, date=day) for place in range(4)]
        rows.append(robots(first + 4, date=day))
    load(digest(*rows), "a.json")
    return list(Paper.objects.filter(title__startswith="Grasping").order_by("date"))


@pytest.fixture
def library(owner):
    return Library(owner)


@pytest.fixture
def client(owner):
    client = Client()
    client.force_login(owner)
    return client


def keep(user, papers):
    Bookmark.objects.bulk_create(
        Bookmark(user=user, paper=paper, added_at=datetime(2025, 3, 1, 8, number, tzinfo=UTC))
        for number, paper in enumerate(papers)
    )


@pytest.fixture
def learned(owner, robotic):
    """The owner kept papers about robots, all but the last two days'."""
    keep(owner, robotic[:15])
    call_command("recommend", verbosity=0)
    return robotic


def test_each_person_gets_a_model_of_their_own(owner, other, robotic, capsys):
    keep(owner, robotic[:15])
    call_command("recommend")
    assert capsys.readouterr().out == "Learned for 1 person.\n"
    model = InterestModel.objects.get()
    assert (model.user, model.kept, model.tested) == (owner, 15, 5)
    assert (model.by_model, model.by_order, model.is_useful) == (5, 0, True)
    assert model.by_chance == pytest.approx(1)  # one of the five of a day


def test_nobody_elses_rows_count(owner, other, robotic):
    keep(owner, robotic[:5])
    call_command("recommend", verbosity=0)
    before = InterestModel.objects.get().weights
    keep(other, list(Paper.objects.filter(title__startswith="Speech")[:50]))
    Library(other).bookmarks.dismiss([robotic[0].pk])
    call_command("recommend", verbosity=0)
    assert InterestModel.objects.get(user=owner).weights == before


def test_notes_lists_and_answers_count(owner, robotic, library):
    vectors = Vectors()
    library.notes.save(robotic[0], "A note", 0)
    opened = library.lists.open(library.lists.create("A list").slug)
    opened.add([robotic[1].pk])
    library.for_you.rate({robotic[2].pk: True})
    assert library.for_you.train(vectors).kept == 3
    examples = examples_of(owner, library.for_you.preferences)
    assert {one.paper: one.importance for one in examples.kept} == {
        robotic[0].pk: 0.5,
        robotic[1].pk: 0.3,
        robotic[2].pk: 1.0,
    }
    # What others put into a list of the person says nothing of them.
    ListItem.objects.update(added_by=None)
    assert Library(owner).for_you.train(vectors).kept == 2


def test_a_paper_that_is_kept_is_not_refused(owner, robotic, library):
    library.for_you.rate({robotic[0].pk: False, robotic[1].pk: False})
    library.bookmarks.dismiss([robotic[2].pk])
    library.bookmarks.add([robotic[0].pk], "read")
    examples = examples_of(owner, library.for_you.preferences)
    assert [(one.paper, one.importance) for one in examples.kept] == [(robotic[0].pk, 1.5)]
    assert sorted((one.paper, one.importance) for one in examples.refused) == [
        (robotic[1].pk, 0.5),
        (robotic[2].pk, 1.0),
    ]


def test_what_was_seen_and_not_kept_counts_a_little(owner, robotic, library):
    library.digests.mark_read(DAYS[0])
    library.bookmarks.add([robotic[0].pk])
    seen = examples_of(owner, library.for_you.preferences).seen
    assert len(seen) == 4
    assert robotic[0].pk not in seen
    # That all until a day counts as read says nothing of what was looked at.
    library.digests.mark_all_read()
    assert not ReadDigest.objects.exists()
    assert examples_of(owner, library.for_you.preferences).seen == []


def test_who_keeps_nothing_any_more_has_no_model(owner, learned, library):
    Bookmark.objects.all().delete()
    call_command("recommend", verbosity=0)
    assert not InterestModel.objects.exists()


def test_reasons_are_words_authors_and_categories(learned, library):
    found = library.for_you.likely([learned[-1].pk])[learned[-1].pk]
    assert found.value > 0
    assert {Reason("word", "robots"), Reason("category", "Robotics")} <= {*found.reasons}
    assert Reason("author", "Grace Hopper") in found.reasons
    assert Reason("word", "robots") in library.for_you.learned()


def test_less_of_a_reason_holds_and_is_undone(owner, learned, library):
    paper = learned[-1].pk
    before = library.for_you.likely([paper])[paper]
    reasons = [Reason("word", "robotic"), Reason("author", "Grace Hopper")]
    library.for_you.prefer(reasons, more=False)
    after = library.for_you.likely([paper])[paper]
    assert after.value < before.value
    assert {reason.name for reason in after.reasons}.isdisjoint({"robots", "Grace Hopper"})
    # Learning anew changes nothing of it.
    call_command("recommend", verbosity=0)
    again = Library(owner).for_you
    assert again.likely([paper])[paper] == after
    for preference in again.preferences:
        again.forget_preference(preference.pk)
    assert again.likely([paper])[paper] == before


def test_only_so_many_preferences(library, monkeypatch):
    monkeypatch.setattr("accounts.library.for_you.MOST_PREFERENCES", 2)
    library.for_you.prefer([Reason("word", "a"), Reason("word", "b")], more=False)
    with pytest.raises(ValidationError, match="undo some first"):
        library.for_you.prefer([Reason("word", "c")], more=False)
    assert len(library.for_you.preferences) == 2
    library.for_you.restore([], [SavedPreference("word", "d", True, timezone.now())])
    assert {one.name for one in library.for_you.preferences} == {"a", "b"}


def test_what_may_not_be_read_is_not_rated(library, robotic):
    Paper.objects.filter(pk=robotic[0].pk).update(hidden=True)
    library.for_you.rate({robotic[0].pk: True, robotic[1].pk: True})
    assert [one.paper for one in library.for_you.ratings()] == [robotic[1]]


def test_nobody_is_asked_of_what_they_have_said(library, robotic):
    keys = [paper.pk for paper in robotic[:5]]
    library.bookmarks.add([keys[0]])
    library.bookmarks.dismiss([keys[1]])
    library.notes.save(robotic[2], "A note", 0)
    library.for_you.rate({keys[3]: False})
    assert library.for_you.questions(keys, 10) == keys[4:]


def test_somebody_elses_preference_is_not_there(library, other):
    library.for_you.prefer([Reason("word", "a")], more=False)
    with pytest.raises(NotFound):
        Library(other).for_you.forget_preference(Preference.objects.get().pk)


def test_queries_are_fixed(learned, library, django_assert_num_queries):
    few = [learned[0].pk]
    many = list(Paper.objects.values_list("pk", flat=True)[:200])
    for papers in (few, many):
        with django_assert_num_queries(6):  # the person, model, preferences, texts, names twice
            Library(User.objects.get(pk=library.user.pk)).for_you.likely(papers)


# Pages


def titles(response):
    return [paper.title.split()[0] for paper in response.context["papers"]]


def test_new_papers_are_ordered_within_their_days(client, owner, learned):
    User.objects.update(read_until=DAYS[-3])
    plain = client.get(UNREAD)
    assert titles(plain).index("Grasping") == 4
    assert "For you:" not in text(plain)
    ordered = client.get(UNREAD, {"order": "for-you"})
    assert [n for n, title in enumerate(titles(ordered)) if title == "Grasping"] == [0, 5]
    assert "For you: grasping, robots" in text(ordered) or "For you:" in text(ordered)
    assert ">for you first</a>" in ordered.content.decode()


def test_an_order_that_is_no_better_steps_back(client, learned):
    InterestModel.objects.update(by_model=0)
    User.objects.update(read_until=DAYS[-3])
    page = client.get(UNREAD, {"order": "for-you"})
    assert titles(page).index("Grasping") == 4
    assert "the newest are first" in text(page)
    assert ">for you first</a>" not in page.content.decode()
    assert "That is no better than newest first" in text(client.get(PAGE))


def test_the_page_says_how_good_it_is(client, learned):
    said = text(client.get(PAGE))
    assert "Of the 5 papers that you kept last, 5 would have been in the top tenth" in said
    assert "In the order of the digest, 0 would have been there, and by chance 1.0" in said
    assert "from 15 papers" in said


def test_too_few_papers_are_not_tested(client, owner, robotic):
    keep(owner, robotic[:5])
    call_command("recommend", verbosity=0)
    assert "You have kept too few papers to test it" in text(client.get(PAGE))
    assert ">for you first</a>" in client.get(UNREAD).content.decode()


def test_somebody_new_is_told_how_to_begin(client):
    assert "Nothing was learned yet of what you want" in text(client.get(PAGE))


def test_a_reason_is_struck_out_in_the_menu(client, learned):
    menu = client.get(f"/library/menu/{learned[-1].slug}/", headers={"HX-Request": "true"})
    assert "For you because of these" in menu.content.decode()
    answer = client.post(
        f"{PAGE}less/",
        {"reason": "word:robots", "paper": learned[-1].slug},
        headers={"HX-Request": "true"},
    )
    body = answer.content.decode()
    assert "You will get less of “robots”." in body
    assert 'value="word:robots"' not in body
    assert 'value="category:Robotics"' in body
    stated = Preference.objects.get()
    assert (stated.kind, stated.name, stated.wants_more) == ("word", "robots", False)
    client.post(f"{PAGE}preferences/{stated.pk}/")
    assert not Preference.objects.exists()


@pytest.mark.parametrize("reason", ["", "word:", "colour:red", "robots", f"word:{'x' * 201}"])
def test_a_wrong_reason_is_refused(client, reason):
    answer = client.post(f"{PAGE}less/", {"reason": reason}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert 'class="error"' in answer.content.decode()
    assert not Preference.objects.exists()


def test_ten_papers_are_answered(client, owner, robotic):
    page = client.get(f"{PAGE}questions/")
    asked = page.context["papers"]
    assert len(asked) == 10
    answers = {
        f"answer-{paper.slug}": "yes" if paper.title.startswith("Grasping") else "no"
        for paper in asked
    }
    assert set(answers.values()) == {"yes", "no"}
    done = client.post(f"{PAGE}questions/", answers, follow=True)
    assert "Learned from what you kept and said until now." in text(done)
    assert Rating.objects.count() == 10
    assert Library(owner).for_you.likely([robotic[0].pk])[robotic[0].pk].value > 0
    # They are not asked of again, and can be taken back.
    again = client.get(f"{PAGE}questions/").context["papers"]
    assert {*again}.isdisjoint(asked)
    client.post(f"{PAGE}settings/", {"do": "forget-answers"})
    assert not Rating.objects.exists()
    assert not InterestModel.objects.exists()


def test_no_answer_is_refused(client, robotic):
    answers = {"answer-x": "yes", "answer-2502.00001": "perhaps", "answer-\0": "no"}
    answer = client.post(f"{PAGE}questions/", answers)
    assert answer.status_code == 400
    assert "Say yes or no to one paper at least." in text(answer)
    assert not Rating.objects.exists()


def test_authors_are_named(client, owner, robotic):
    answer = client.post(f"{PAGE}authors/", {"authors": "Grace Hopper\nNobody Known"})
    assert answer.status_code == 400
    assert errors(answer) == {"authors": ["No paper here is by “Nobody Known”."]}
    client.post(f"{PAGE}authors/", {"authors": " grace hopper \n\n"})
    stated = Preference.objects.get()
    assert (stated.kind, stated.name, stated.wants_more) == ("author", "Grace Hopper", True)
    assert Library(owner).for_you.likely([robotic[0].pk])[robotic[0].pk].value > 0
    many = "\n".join(f"Person {number}" for number in range(21))
    assert "at most 20" in errors(client.post(f"{PAGE}authors/", {"authors": many}))["authors"][0]


def test_it_is_switched_off_and_on(client, owner, learned):
    client.post(f"{PAGE}settings/", {"do": "off"})
    assert not InterestModel.objects.exists()
    assert "Nothing is learned from what you keep" in text(client.get(PAGE))
    call_command("recommend", verbosity=0)
    assert not InterestModel.objects.exists()
    client.post(f"{PAGE}settings/", {"do": "on"})
    assert InterestModel.objects.get().kept == 15
    # By the profile, too.
    fields = {"time_zone": "UTC", "theme": "auto", "density": "brief", "papers_on_a_page": 25}
    assert client.post("/account/", fields).status_code == 302
    assert not User.objects.get().recommendations
    assert not InterestModel.objects.exists()


def test_it_is_learned_at_once_only_so_often(client, owner, robotic, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"learn": "1/5m/user"}
    keep(owner, robotic[:5])
    client.post(f"{PAGE}settings/", {"do": "learn"})
    Library(owner).bookmarks.add([robotic[5].pk])
    answer = client.post(f"{PAGE}settings/", {"do": "learn"}, follow=True)
    assert "tomorrow at the latest" in text(answer)
    assert InterestModel.objects.get().kept == 5


def test_a_wrong_setting_is_refused(client):
    answer = client.post(f"{PAGE}settings/", {"do": "sing"}, follow=True)
    assert "“sing” is nothing that can be done here." in text(answer)


def test_what_several_bookmarked_comes_first(client, robotic):
    User.objects.update(read_until=DAYS[-3])
    assert ">bookmarked by several first</a>" not in client.get(UNREAD).content.decode()
    WeeklyCount.objects.create(paper=robotic[-1], people=5, counted_on=DAYS[-1])
    page = client.get(UNREAD, {"order": "group"})
    assert titles(page).index("Grasping") == 0
    assert "Bookmarked this week by 5 or more people here" in text(page)


# What leaves with the account, and what a merge does


def test_an_export_has_what_was_stated(library, owner, other, learned):
    library.for_you.rate({learned[0].pk: True, learned[1].pk: False})
    library.for_you.prefer([Reason("word", "robots")], more=False)
    file = io.BytesIO()
    export(library, owner, file)
    with zipfile.ZipFile(file) as archive:
        data = json.loads(archive.read("library.json"))
    assert [row["relevant"] for row in data["ratings"]] == [True, False]
    assert [(row["kind"], row["name"], row["wants"]) for row in data["preferences"]] == [
        ("word", "robots", "less")
    ]
    assert "weights" not in json.dumps(data)
    theirs = Library(other)
    for _ in range(2):
        restore(theirs, other, file.getvalue())
    assert [(one.paper, one.is_relevant) for one in theirs.for_you.ratings()] == [
        (learned[0], True),
        (learned[1], False),
    ]
    assert [str(one) for one in Library(other).for_you.preferences] == ["less of the word robots"]


def test_all_of_it_goes_with_the_account(library, owner, learned):
    library.for_you.rate({learned[0].pk: True})
    library.for_you.prefer([Reason("word", "robots")], more=False)
    erase(owner)
    for model in (InterestModel, Rating, Preference):
        assert not model.objects.exists()


def test_answers_go_with_merged_papers(library, owner, robotic):
    library.for_you.rate({robotic[0].pk: False, robotic[1].pk: True})
    merge = decisions.merge_papers(robotic[0], robotic[1], owner)
    rating = Rating.objects.get()
    assert (rating.paper, rating.is_relevant) == (robotic[1], True)
    decisions.split_paper(merge, owner)
    assert {(one.paper, one.is_relevant) for one in Rating.objects.all()} == {
        (robotic[0], False),
        (robotic[1], True),
    }


# Programs


def test_programs_get_the_best_new_papers(client, owner, learned):
    User.objects.update(read_until=DAYS[-3])
    data = client.get("/api/v1/library/for-you/").json()
    assert data["model"]["tested"] == 5
    assert data["model"]["is_useful"] is True
    assert [row["paper"]["id"] for row in data["results"]] == [
        learned[16].slug,
        learned[15].slug,
    ]
    assert {"kind": "word", "name": "robots"} in data["results"][0]["reasons"]
    Library(owner).bookmarks.dismiss([learned[16].pk])
    data = client.get("/api/v1/library/for-you/").json()
    assert [row["paper"]["id"] for row in data["results"]] == [learned[15].slug]
    InterestModel.objects.update(by_model=0)
    data = client.get("/api/v1/library/for-you/").json()
    assert (data["model"]["is_useful"], data["results"]) == (False, [])


def test_programs_are_told_that_nothing_is_known(client):
    assert client.get("/api/v1/library/for-you/").json() == {"model": None, "results": []}
