"""The queue of differences: one after the other is settled, in one of three ways."""

import pytest
from django.contrib.admin.models import LogEntry

from digest.admin.papers import differences as differences_admin
from digest.catalogue.load import load
from digest.curation import decisions
from digest.models import Correction, Difference, Paper
from tests.samples import digest, row

from .conftest import messages, page, text

pytestmark = pytest.mark.sqlite

QUEUE = "/admin/digest/difference/"


@pytest.fixture
def differences(papers, curator):
    """One each of a title, a summary and a list of authors, the first filed first."""
    for number, field, value, said in [
        (1, "title", "Mine", {"title": "Theirs"}),
        (2, "summary", "My summary.", {"summary": "Their summary."}),
        (3, "authors", ["A B", "C D"], {"authors": "C D, E F"}),
    ]:
        decisions.correct(papers[number - 1], field, value, curator, f"why {number}")
        later = row(number, date="2025-02-07", **{"title": papers[number - 1].title, **said})
        load(digest(later), f"{number}.json")
    return list(Difference.objects.order_by("filed_at"))


@pytest.mark.databases
def test_the_queue(curating, differences, django_assert_num_queries):
    answer = curating.get(QUEUE)
    assert list(answer.context["cl"].result_list) == differences[::-1]
    shown = text(answer)
    assert "<del>Mine</del><ins>Theirs</ins>" in shown
    assert f'<a href="/admin/digest/difference/{differences[0].pk}/change/">Mine</a>' in shown
    with django_assert_num_queries(8):
        curating.get(QUEUE)
    Difference.objects.exclude(pk=differences[0].pk).delete()
    with django_assert_num_queries(8):
        curating.get(QUEUE)


def test_both_stand_beside_each_other(curating, differences, papers):
    shown = text(curating.get(page(differences[0])))
    assert "<b>3 of 3</b> open." in shown
    assert f'<a href="{page(papers[0])}"><bdi>Mine</bdi></a>' in shown
    assert '<p class="plain" dir="auto">Mine</p>' in shown
    assert '<p class="plain" dir="auto">Theirs</p>' in shown
    assert ": why 1" in shown
    source = differences[0].source
    link = f'<a href="/admin/digest/source/{source.pk}/change/">1.json</a>'
    assert f"{link}, line 1, for 7 February 2025" in shown
    assert "&quot;title&quot;: &quot;Theirs&quot;" in shown
    assert "<del>Mine</del><ins>Theirs</ins>" in shown


@pytest.mark.databases
def test_one_after_the_other_is_settled(curating, differences, curator, papers):
    first, second, third = differences
    answer = curating.post(page(third), {"taken": ""}, follow=True)
    assert answer.redirect_chain == [(page(second), 302)]
    assert messages(answer) == ["The value of the source was used: Robots."]
    assert "<b>1 of 2</b> open." in text(answer)
    assert [p.author.name for p in papers[2].authorships.all()] == ["C D", "E F"]
    answer = curating.post(page(first), {"kept": ""}, follow=True)
    assert answer.redirect_chain == [(page(second), 302)]  # round to the newest
    data = {"edited": "", "value": "Third.\r\nOf mine."}
    answer = curating.post(page(second), data, follow=True)
    assert answer.redirect_chain == [(QUEUE, 302)]
    assert messages(answer)[-1] == "No difference is open any longer."
    assert Paper.objects.get(pk=papers[1].pk).summary == "Third.\nOf mine."
    settled = Difference.objects.order_by("filed_at").values_list("settled", "settled_by")
    assert list(settled) == [(how, curator.pk) for how in ("kept", "edited", "taken")]
    assert LogEntry.objects.count() == 3


def test_lists_are_edited_a_line_each(curating, differences, papers):
    answer = curating.get(page(differences[2]))
    assert answer.context["form"]["value"].value() == "A B\nC D"
    curating.post(page(differences[2]), {"edited": "", "value": "One\r\n\r\n Two \r\n"})
    assert [p.author.name for p in papers[2].authorships.all()] == ["One", "Two"]


def test_what_is_no_value_is_said_and_nothing_lost(curating, differences):
    answer = curating.post(page(differences[0]), {"edited": "", "value": " "})
    assert "A paper has a title." in text(answer)
    long = "x" * 1001
    answer = curating.post(page(differences[0]), {"edited": "", "value": long})
    assert "At most 1,000 characters, and this has 1,001." in text(answer)
    assert long in text(answer)
    answer = curating.post(page(differences[0]), {})
    assert messages(answer) == ["Use one of the three buttons."]
    assert not Difference.objects.exclude(settled="").exists()


def test_what_is_settled_is_settled(curating, differences):
    curating.post(page(differences[0]), {"kept": ""})
    shown = text(curating.get(page(differences[0])))
    assert "Settled: the correction was kept, by curator on" in shown
    assert "Keep the correction" not in shown
    answer = curating.post(page(differences[0]), {"taken": ""}, follow=True)
    assert "This difference is settled already." in messages(answer)
    differences[0].refresh_from_db()
    assert differences[0].settled == "kept"


@pytest.mark.databases
def test_where_the_correction_ended_nothing_waits(curating, differences, curator):
    decisions.withdraw(differences[0].correction, curator)
    assert list(curating.get(QUEUE).context["cl"].result_list) == differences[:0:-1]
    ended = curating.get(f"{QUEUE}?state=ended").context["cl"].result_list
    assert list(ended) == differences[:1]
    assert "there is nothing to settle" in text(curating.get(page(differences[0])))
    answer = curating.post(page(differences[0]), {"taken": ""}, follow=True)
    assert messages(answer) == ["The correction has ended: there is nothing to settle."]
    for state, count in [("settled", 0), ("all", 3)]:
        assert curating.get(f"{QUEUE}?state={state}").context["cl"].result_count == count


def keep(client, differences):
    data = {"action": "keep", "_selected_action": [one.pk for one in differences]}
    return messages(client.post(QUEUE, data, follow=True))


@pytest.mark.databases
def test_several_are_kept_at_once(curating, differences):
    assert keep(curating, differences[:2]) == ["Kept: 2."]
    assert [one.settled for one in Difference.objects.order_by("filed_at")] == ["kept", "kept", ""]
    assert Correction.objects.active().count() == 3
    assert LogEntry.objects.filter(change_message="Kept the correction.").count() == 2


@pytest.mark.databases
def test_not_too_many_are_kept_at_once(curating, differences, monkeypatch):
    monkeypatch.setattr(differences_admin, "MOST", 2)
    assert keep(curating, differences) == ["An action settles at most 2 differences: choose fewer."]
    assert not Difference.objects.exclude(settled="").exists()


@pytest.mark.parametrize("key", ["0", "x", "9" * 30])
def test_no_such_difference(curating, key):
    assert curating.get(f"{QUEUE}{key}/change/").status_code == 404
