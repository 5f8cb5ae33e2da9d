"""What curators see of dead links, likely duplicates and the doctor's findings, and do about it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from digest.admin import links
from digest.catalogue.load import load
from digest.curation import link_health
from digest.curation.doctor import CHECKS
from digest.curation.duplicates import propose
from digest.curation.http_check import Answer, Checker, LinkOutcome
from digest.curation.link_health import write
from digest.models import Alias, Author, LinkHealth, Merge, Paper, Proposal
from tests.admin import enter, holder
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

TITLE = "A title that is long enough to be alike"


@pytest.fixture
def curating():
    return enter(holder("curator", "Curators"))


@pytest.fixture
def papers():
    rows = [
        row(1, title=TITLE, authors="Ada Lovelace, Alan Turing"),
        row(2, title=f"{TITLE}s", link="https://lab.org/2", authors="Lovelace Ada, Alan Turing"),
        row(3, title="A title of its", authors="Grace Hopper", github_urls=["https://gone.org/3"]),
    ]
    load_once((digest(*rows), "2025-02-06.json"))
    return list(Paper.objects.order_by("position"))


@pytest.fixture
def proposals(papers):
    propose()
    return {proposal.kind: proposal for proposal in Proposal.objects.all()}


def page(proposal):
    return f"/admin/digest/proposal/{proposal.pk}/change/"


def said():
    return list(LogEntry.objects.values_list("content_type__model", "change_message"))


def text(response):
    return " ".join(response.content.decode().split())


# Duplicates


def test_the_queue_has_both_sides(curating, proposals):
    queue = text(curating.get("/admin/digest/proposal/"))
    for link in (
        f'<a href="/papers/2502.00001/">{TITLE} (2502.00001)</a>',
        '<a href="/authors/ada-lovelace/">Ada Lovelace</a>',
    ):
        assert queue.count(link) == 1
    assert "titles differ in 1 letter" in queue
    narrowed = text(curating.get("/admin/digest/proposal/?kind__exact=author"))
    assert "titles differ" not in narrowed
    assert "the same words in another order" in narrowed


@pytest.mark.databases
def test_the_queue_takes_as_many_queries_for_one_as_for_many(
    curating, proposals, django_assert_num_queries
):
    curating.get("/admin/digest/proposal/")
    with django_assert_num_queries(8):
        curating.get("/admin/digest/proposal/?kind__exact=author")
    Proposal.objects.bulk_create(
        Proposal(kind="author", first=f"A{n}", second=f"B{n}", reason="alike") for n in range(20)
    )
    with django_assert_num_queries(8):
        curating.get("/admin/digest/proposal/?kind__exact=author")


def test_two_papers_side_by_side(curating, proposals, papers):
    shown = text(curating.get(page(proposals["paper"])))
    for cells in (
        f'<td dir="auto"><a href="/papers/2502.00001/">{TITLE}</a></td>',
        f">{TITLE}s</a></td>",
        '<td dir="auto"><a href="https://arxiv.org/abs/2502.00001">',
        '<td dir="auto">Ada Lovelace, Alan Turing</td>',
        '<td dir="auto">- First point of 1. - Second point.</td>',
        '<a href="/digests/2025-02-06/">6 Feb 2025</a>',
        '<td dir="auto">1 entry</td> <td dir="auto">1 entry</td>',
    ):
        assert cells in shown
    assert shown.count('name="do"') == 3


def test_two_authors_side_by_side(curating, proposals):
    shown = text(curating.get(page(proposals["author"])))
    assert '<td dir="auto">1 paper</td> <td dir="auto">1 paper</td>' in shown
    assert f'<td dir="auto"><a href="/papers/2502.00001/">{TITLE}</a></td>' in shown


@pytest.mark.databases
@pytest.mark.parametrize("into", ["first", "second"])
def test_papers_are_merged(curating, proposals, into):
    proposal = proposals["paper"]
    slugs = {"first": proposal.first, "second": proposal.second}
    stays, goes = slugs.pop(into), *slugs.values()
    response = curating.post(page(proposal), {"do": into, "why": "The same"}, follow=True)
    assert f"Merged {goes} into {stays}." in text(response)
    merge = Merge.objects.get()
    assert (merge.paper.slug, merge.into.slug, merge.why) == (goes, stays, "The same")
    assert merge.made_by.username == "curator"
    assert said() == [("paper", f"Merged {goes} into {stays}. The same")]
    assert not Proposal.objects.filter(kind="paper").exists()
    propose()
    assert not Proposal.objects.filter(kind="paper").exists()


@pytest.mark.databases
def test_authors_are_merged(curating, proposals):
    curating.post(page(proposals["author"]), {"do": "first"})
    assert Alias.objects.values_list("name", "of").get() == ("Lovelace Ada", "Ada Lovelace")
    assert Author.objects.get(name="Ada Lovelace").paper_count == 2
    assert said() == [("author", "Merged Lovelace Ada into Ada Lovelace.")]


def test_after_one_comes_the_next_of_its_kind(curating, proposals):
    other = Proposal.objects.create(kind="author", first="A", second="B", reason="alike")
    response = curating.post(page(proposals["author"]), {"do": "two"})
    assert response.url == page(other)
    assert curating.post(page(other), {"do": "two"}).url == "/admin/digest/proposal/"


@pytest.mark.databases
def test_two_that_are_two_stay_apart(curating, proposals):
    proposal = proposals["author"]
    curating.post(page(proposal), {"do": "two", "why": "Two people"})
    proposal.refresh_from_db()
    assert proposal.refused_by.username == "curator"
    assert said() == [("proposal", "Not duplicates: Ada Lovelace and Lovelace Ada. Two people")]
    assert "another order" not in text(curating.get("/admin/digest/proposal/"))
    assert "another order" in text(curating.get("/admin/digest/proposal/?decision=refused"))
    assert "curator said on" in text(curating.get(page(proposal)))


@pytest.mark.databases
def test_what_cannot_be_merged_is_told_and_stays(curating, proposals):
    Paper.objects.filter(slug=proposals["paper"].second).update(slug="elsewhere")
    shown = text(curating.get(page(proposals["paper"])))
    assert "one of them no longer exists" in shown
    assert shown.count('name="do"') == 1
    for do, complaint in (
        ("first", "One of them no longer exists."),
        ("both", "Choose one to keep, or “Not duplicates”."),
    ):
        response = curating.post(page(proposals["paper"]), {"do": do}, follow=True)
        assert complaint in text(response)
    assert (Merge.objects.count(), said()) == (0, [])
    assert Proposal.objects.filter(kind="paper", refused_at=None).exists()


@pytest.mark.databases
def test_a_proposal_that_is_gone_leads_to_the_queue(curating, proposals):
    Proposal.objects.all().delete()
    for method in (curating.get, curating.post):
        response = method(page(proposals["paper"]), follow=True)
        assert response.redirect_chain[-1][0] == "/admin/digest/proposal/"
        assert "There is no such proposal any longer" in text(response)
    assert curating.get("/admin/digest/proposal/x/change/").status_code == 404


@pytest.mark.databases
def test_proposals_are_for_those_with_the_right(proposals):
    manager = enter(holder("manager", "User managers"))
    assert manager.get(page(proposals["paper"])).status_code == 403
    assert manager.post(page(proposals["paper"]), {"do": "two"}).status_code == 403
    assert Client().post(page(proposals["paper"]), {"do": "two"}).status_code == 404
    assert not Proposal.objects.exclude(refused_at=None).exists()


# Links


@pytest.fixture
def answering(monkeypatch):
    """answering(answer) has every link answer so."""

    def answering(answer):
        class Asked(Checker):
            def ask(self, url):
                return answer

        monkeypatch.setattr(link_health, "Checker", lambda: Asked(pause=0))

    return answering


GONE = Answer(LinkOutcome.GONE, 404, "Not Found")
ALIVE = Answer(LinkOutcome.ALIVE, 200)


@pytest.mark.databases
def test_links_can_be_narrowed_down_and_not_edited(curating, papers):
    write({"https://gone.org/3": GONE, "https://lab.org/2": ALIVE})
    write(
        {
            "https://slow.org/": Answer(LinkOutcome.FAILED),
            "https://shy.org/": Answer(LinkOutcome.UNKNOWN),
        }
    )
    shown = {"dead": "dead", "alive": "alive", "failing": "failing", "untold": "not answered"}
    for state, url in {
        "dead": "gone.org/3",
        "alive": "lab.org/2",
        "failing": "slow.org/",
        "untold": "shy.org/",
    }.items():
        found = text(curating.get(f"/admin/digest/linkhealth/?state={state}"))
        assert f">{url}</a>" in found
        assert f'<td class="field-state">{shown[state]}</td>' in found
        assert found.count('class="action-select"') == 1
    row = LinkHealth.objects.get(dead=True)
    shown = text(curating.get(f"/admin/digest/linkhealth/{row.pk}/change/"))
    assert '<a href="/papers/2502.00003/">A title of its</a>' in shown
    assert '<input type="submit"' not in shown
    curating.post(f"/admin/digest/linkhealth/{row.pk}/change/", {"dead": ""})
    assert LinkHealth.objects.get(pk=row.pk).dead


def recheck(client, *pks):
    data = {"action": "check_again", "_selected_action": pks}
    return text(client.post("/admin/digest/linkhealth/", data, follow=True))


@pytest.mark.databases
def test_links_are_checked_again(curating, papers, answering):
    write({"https://gone.org/3": GONE})
    answering(ALIVE)
    shown = recheck(curating, LinkHealth.objects.get().pk)
    assert "Checked 1 of 1 links: 1 alive." in shown
    assert not LinkHealth.objects.get().dead
    assert said() == [("linkhealth", "Checked 1 of 1 links: 1 alive.")]


@pytest.mark.databases
def test_no_more_are_checked_than_somebody_can_wait_for(curating, answering):
    write({f"https://gone.org/{number}": GONE for number in range(201)})
    answering(ALIVE)
    some = list(LinkHealth.objects.order_by("pk").values_list("pk", flat=True))
    shown = recheck(curating, *some[:25])
    assert "Checked 20 of 25 links: 20 alive. Do it again for the rest" in shown
    assert "Choose at most 200 links at a time. Nothing was checked." in recheck(curating, *some)
    assert LinkHealth.objects.filter(dead=False).count() == 20


@pytest.mark.databases
def test_a_machine_without_a_network_says_so(curating, answering):
    write({f"https://{name}.org/": ALIVE for name in "abcde"})
    answering(Answer(LinkOutcome.FAILED, None, "no name server knows it"))
    shown = recheck(curating, *LinkHealth.objects.values_list("pk", flat=True))
    assert "No host answered: can this machine reach the internet?" in shown
    assert LinkHealth.objects.filter(failures=0).count() == 5


def check_papers(client, papers):
    data = {"action": "check_links_again", "_selected_action": [paper.pk for paper in papers]}
    return text(client.post("/admin/digest/paper/", data, follow=True))


@pytest.mark.databases
def test_the_links_of_papers_are_checked_again(curating, papers, answering, monkeypatch):
    answering(GONE)
    assert "Checked 3 of 3 links: 3 gone." in check_papers(curating, papers[1:])
    assert {row.url for row in LinkHealth.objects.filter(dead=True)} == {
        *("https://github.com/lab/code-2", "https://lab.org/2", "https://gone.org/3"),
    }
    assert said() == [("linkhealth", "Checked 3 of 3 links: 3 gone.")]
    # So many papers may be chosen, whatever number of links they have.
    monkeypatch.setattr(links, "MOST_CHECKED", 2)
    assert "Checked 3 of 3 links" in check_papers(curating, papers[1:])
    assert "Choose at most 2 links at a time." in check_papers(curating, papers)


def test_who_may_not_check_links_is_not_offered_it(papers, answering):
    answering(GONE)
    changer = holder("changer")
    rights = Permission.objects.filter(codename__in=["view_paper", "change_paper"])
    changer.user_permissions.set(rights)
    client = enter(changer)
    assert "check_links_again" not in text(client.get("/admin/digest/paper/"))
    check_papers(client, papers)
    assert not LinkHealth.objects.exists()


# The doctor


def test_the_doctor_counts_and_shows(curating, papers):
    overview = text(curating.get("/admin/doctor/"))
    assert all(f'<a href="?check={name}">' in overview for name in CHECKS)
    assert '<a href="?check=cut-titles">Titles cut off</a> </th> <td>0</td>' in overview
    Author.objects.filter(name="Grace Hopper").update(paper_count=7)
    shown = text(curating.get("/admin/doctor/?check=wrong-counts"))
    author = Author.objects.get(name="Grace Hopper")
    assert f'<a href="/admin/digest/author/{author.pk}/change/">Grace Hopper</a>' in shown
    assert '<td dir="auto">says 7, has 1</td>' in shown


@pytest.mark.databases
def test_the_doctor_counts_once_for_each_state_of_the_catalogue(
    curating, papers, django_assert_num_queries
):
    curating.get("/admin/doctor/")
    with django_assert_num_queries(7):
        curating.get("/admin/doctor/")
    Paper.objects.filter(pk=papers[0].pk).update(title="A title of")
    write({"https://gone.org/3": GONE})
    assert "Titles cut off</a> </th> <td>1</td>" in text(curating.get("/admin/doctor/"))


def test_the_doctor_shows_the_first_hundred(curating):
    rows = [row(n, authors="", link=f"https://lab.org/{n}") for n in range(1, 1002)]
    load(digest(*rows), "2025-02-06.json")
    shown = text(curating.get("/admin/doctor/?check=no-authors"))
    assert "more than 1,000 found, the first 100 are here." in shown
    assert shown.count('<th scope="row">') == 100


def test_the_doctor_knows_its_checks_and_its_visitors(curating):
    assert '<a href="/admin/doctor/">' in text(curating.get("/admin/"))
    assert curating.get("/admin/doctor/?check=nothing").status_code == 404
    manager = enter(holder("manager", "User managers"))
    assert manager.get("/admin/doctor/").status_code == 403
    assert "/admin/doctor/" not in text(manager.get("/admin/"))
    assert Client().get("/admin/doctor/").status_code == 404
