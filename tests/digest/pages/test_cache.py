"""Pages kept for visitors: who is given one, and that none outlives what it was made of."""

from functools import partial
from itertools import count

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.test import RequestFactory
from django.utils.cache import patch_vary_headers

from digest.caches.memory import _used as used
from digest.catalogue.load import load, load_files
from digest.models import Catalogue, SearchText
from digest.pages.cache import cached_for_visitors
from digest.search import index
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask():
    """Asks for a page that is another each time that it is made."""
    numbers = count(1)

    @partial(cached_for_visitors, parameters=["q", "page"])
    def view(request):
        return HttpResponse(str(next(numbers)))

    def ask(address="/papers/", **extra):
        cookies = extra.pop("cookies", {})
        request = RequestFactory().get(address, **extra)
        request.COOKIES.update(cookies)
        return int(view(request).content)

    return ask


def test_a_page_is_made_once(ask):
    assert [ask(), ask(), ask()] == [1, 1, 1]


def test_each_address_has_its_own(ask):
    addresses = ["/papers/", "/papers/?q=a", "/papers/?q=a&page=2", "/"]
    assert [ask(address) for address in addresses] == [1, 2, 3, 4]
    assert [ask(address) for address in addresses] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("/digests.atom?x=1", "/digests.atom"),
        ("/?utm_source=x&page=2", "/"),
        ("/papers/?q=a+b&x=1&q=c&page=2&x", "/papers/?q=a+b&q=c&page=2"),
        ("/papers.atom?q=a&x=%0d%0a", "/papers.atom?q=a"),
    ],
)
@pytest.mark.parametrize("cookies", [{}, {"any": "value"}])
def test_what_nobody_knows_is_no_new_page(client, address, to, cookies):
    client.cookies.load(cookies)
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, to)
    assert used["pages"] == 0


def test_a_part_of_a_page_is_another(ask):
    htmx = {"headers": {"HX-Request": "true"}}
    assert [ask(), ask(**htmx), ask(), ask(**htmx)] == [1, 2, 1, 2]


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "messages", "any"])
def test_who_has_a_cookie_is_given_nobody_elses_page_and_leaves_none(ask, name):
    mine = {"cookies": {name: "value"}}
    assert [ask(**mine), ask(), ask(**mine), ask()] == [1, 2, 3, 2]


def test_a_change_of_the_catalogue_ends_every_page(ask):
    assert [ask(), ask("/")] == [1, 2]
    Catalogue.change()
    assert [ask(), ask("/")] == [3, 4]


def not_found(request):
    return HttpResponse(status=404)


def streamed(request):
    return StreamingHttpResponse(iter("ab"))


def with_a_cookie(request):
    response = HttpResponse()
    response.set_cookie("any", "value")
    return response


def with_a_form(request):
    return HttpResponse(get_token(request))


@pytest.mark.parametrize("view", [not_found, streamed, with_a_cookie, with_a_form])
def test_what_is_no_page_for_everybody_is_not_kept(view):
    made = []

    @cached_for_visitors
    def counted(request):
        made.append(request)
        return view(request)

    for _ in range(2):
        counted(RequestFactory().get("/"))
    assert len(made) == 2


@pytest.mark.parametrize("cookies", [{}, {"sessionid": "x"}])
def test_caches_on_the_way_are_told_that_a_cookie_makes_a_difference(cookies):
    @cached_for_visitors
    def view(request):
        response = HttpResponse()
        patch_vary_headers(response, ["HX-Request"])
        return response

    for _ in range(2):
        request = RequestFactory().get("/")
        request.COOKIES.update(cookies)
        assert view(request)["Vary"] == "HX-Request, Cookie"


@pytest.mark.parametrize("address", ["/", "/papers/?q=paper", "/papers.atom?q=paper"])
def test_a_visitor_costs_one_query(client, django_assert_num_queries, address):
    load(digest(row(1)), "a.json")
    first = client.get(address)
    with django_assert_num_queries(1):
        again = client.get(address)
    for response in (first, again):
        del response["X-Request-ID"]
    assert (again.content, again.headers) == (first.content, first.headers)
    load(digest(row(2)), "b.json")
    assert client.get(address).content != first.content


# What changes the catalogue


def revision():
    return Catalogue.current().revision


def test_a_load_changes_the_revision_and_says_when():
    before = Catalogue.current()
    load(digest(row(1)), "a.json")
    after = Catalogue.current()
    assert after.revision != before.revision
    assert after.changed_at > before.changed_at


def test_a_digest_without_papers_is_a_change():
    before = revision()
    load(b"## Papers for 2025-02-08\n\n| Title | Authors | Summary |\n|---|---|---|\n", "a.md")
    assert revision() != before


def test_what_writes_nothing_changes_nothing(tmp_path):
    load(digest(row(1)), "a.json")
    before = Catalogue.current()
    load(digest(row(1)), "a.json")
    load(b"no digest", "b.md")
    path = tmp_path / "c.json"
    path.write_bytes(digest(row(2)))
    load_files([path], dry_run=True)
    index.check(repair=True)
    index.after_migrate()
    after = Catalogue.current()
    assert (after.revision, after.changed_at) == (before.revision, before.changed_at)


def test_mending_the_index_and_a_migration_are_changes():
    load(digest(row(1)), "a.json")
    revisions = [revision()]
    SearchText.objects.update(title="something else")
    index.check(repair=True)
    revisions.append(revision())
    index.after_migrate(plan=["a migration"])
    revisions.append(revision())
    assert len(set(revisions)) == 3
