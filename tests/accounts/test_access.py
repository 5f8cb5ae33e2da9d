"""Who may open which address: every address of the site, for everybody, to read and to write.

An address without a row here fails. What is not a person's is 404 to them, as if it were not there.
"""

from collections import Counter
from itertools import chain
from typing import NamedTuple

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from accounts.alerts import links
from accounts.library import Library
from accounts.library.for_you import Reason
from accounts.models import Role, Visibility
from digest.catalogue.load import load
from digest.models import Stream
from tests.samples import digest
from tests.samples import row as sample

# Rights are the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

LOGIN = "log in"
PEOPLE = ("anonymous", "owner", "viewer", "editor", "other", "curator")


class Row(NamedTuple):
    """An address, and what each of PEOPLE is answered: a status, or LOGIN.

    write: the answer to a POST of `data`, which would be good if it came from the right person.
    """

    address: str
    read: tuple
    write: tuple
    data: dict


def row(address, read, write=405, **data):
    answers = [(one,) * 6 if isinstance(one, int) else one for one in (read, write)]
    return [Row(address, *answers, data)]


OWN = (LOGIN, 200, 200, 200, 200, 200)
"""Everybody has one of their own."""
DONE = (LOGIN, 302, 302, 302, 302, 302)
POST_ONLY = (LOGIN, 405, 405, 405, 405, 405)
NO_WRITE = (LOGIN, 405, 405, 405, 405, 405)
# Of the owner's list, with a viewer and an editor
OWNERS_ONLY = (LOGIN, 302, 404, 404, 404, 404)
MEMBERS = (404, 200, 200, 200, 404, 404)
EVERYBODY = (200,) * 6

PAPER = "2502.00001"
TABLE = {
    # The catalogue: the same for everybody, and nothing to write
    "": row("/", 200),
    "digests/": row("/digests/", 200),
    "digests.atom": row("/digests.atom", 200),
    "digests/<date:day>.<suffix:suffix>": row("/digests/2025-02-06.bib", 200),
    "digests/<date:day>/": row("/digests/2025-02-06/", 200),
    "streams/<name:slug>/": row("/streams/ours/", 200),
    "streams/<name:slug>/digests/": row("/streams/ours/digests/", 200),
    "streams/<name:slug>/digests.atom": row("/streams/ours/digests.atom", 200),
    "streams/<name:slug>/digests/<date:day>.<suffix:suffix>": row(
        "/streams/ours/digests/2025-02-06.bib", 200
    ),
    "streams/<name:slug>/digests/<date:day>/": row("/streams/ours/digests/2025-02-06/", 200),
    "preview.png": row("/preview.png", 200),
    "digests/<date:day>.png": row("/digests/2025-02-06.png", 200),
    "papers/<paper:slug>.png": row(f"/papers/{PAPER}.png", 200),
    "papers/": row("/papers/", 200),
    "papers.<output:suffix>": row("/papers.ris", 200),
    "papers/<paper:slug>.<suffix:suffix>": row(f"/papers/{PAPER}.md", 200),
    "papers/<paper:slug>/": row(f"/papers/{PAPER}/", 200),
    "authors/": row("/authors/", 200),
    "authors/<name:slug>/": row("/authors/ada-lovelace/", 200),
    "categories/": row("/categories/", 200),
    "categories/<name:slug>/": row("/categories/text-generation/", 200),
    "authors/<name:slug>/months.csv": row("/authors/ada-lovelace/months.csv", 200),
    "categories/<name:slug>/months.csv": row("/categories/text-generation/months.csv", 200),
    "trends/": row("/trends/", 200),
    "trends/<name:table>.csv": row("/trends/areas.csv", 200),
    "feeds.opml": row("/feeds.opml", 200),
    "abs/<paper:number>": row(f"/abs/{PAPER}", 302),
    "pdf/<paper:number>": row(f"/pdf/{PAPER}", 302),
    "robots.txt": row("/robots.txt", 200),
    "favicon.ico": row("/favicon.ico", 302),
    "manifest.webmanifest": row("/manifest.webmanifest", 200),
    "sw.js": row("/sw.js", 200),
    "offline/": row("/offline/", 200),
    "opensearch.xml": row("/opensearch.xml", 200),
    "sitemap.xml": row("/sitemap.xml", 200),
    "sitemap-lists.xml": row("/sitemap-lists.xml", 200),
    "sitemap-papers-<int:part>.xml": row("/sitemap-papers-0.xml", 200),
    "api/": row("/api/", 200),
    "unapi/": row("/unapi/", 200),
    "suggest/": row("/suggest/?q=paper", 200),
    # The library: everybody's own
    "library/": row("/library/", OWN, NO_WRITE),
    "library.<suffix:suffix>": row("/library.bib", OWN, NO_WRITE),
    "library/mark/": row("/library/mark/", POST_ONLY, DONE, paper=PAPER, do="add"),
    "library/density/": row("/library/density/", POST_ONLY, DONE, density="titles"),
    "library/menu/<paper:slug>/": row(f"/library/menu/{PAPER}/", DONE, NO_WRITE),
    "keys/": row("/keys/", 200),
    "library/keys/": row("/library/keys/", POST_ONLY, DONE, keys="off"),
    "library/undo/": row("/library/undo/", POST_ONLY, DONE),
    "library/notes/<paper:slug>/": row(
        f"/library/notes/{PAPER}/", OWN, (LOGIN, 409, 302, 302, 302, 302), text="New", version=0
    ),
    "library/reports/<paper:slug>/": row(
        f"/library/reports/{PAPER}/", OWN, DONE, kind="title", comment="Wrong"
    ),
    "library/searches/": row("/library/searches/", OWN, NO_WRITE),
    "library/searches/new/": row(
        "/library/searches/new/", OWN, DONE, kind="papers", query="q=paper", name="Papers"
    ),
    "library/import/undo/": row("/library/import/undo/", POST_ONLY, DONE),
    "library/searches/undo/": row("/library/searches/undo/", POST_ONLY, DONE),
    "library/searches/<int:key>/": row(
        "/library/searches/{search}/",
        (LOGIN, 200, 404, 404, 404, 404),
        OWNERS_ONLY,
        do="seen",
    ),
    "library/feeds/": row("/library/feeds/", OWN, OWN, do="make"),
    # Whoever has the secret reads it.
    "library/feeds/<name:secret>.atom": [
        *row("/library/feeds/{feed}.atom", 200, 405),
        *row("/library/feeds/no-such-secret.atom", 404, 405),
    ],
    "library/webhooks/": row(
        "/library/webhooks/", OWN, OWN, name="Lab", shape="json", url="https://example.org/hook"
    ),
    "library/webhooks/<int:key>/": row(
        "/library/webhooks/{hook}/",
        (LOGIN, 200, 404, 404, 404, 404),
        OWNERS_ONLY,
        do="off",
    ),
    "library/unread/": row("/library/unread/", OWN, NO_WRITE),
    "library/unread/days/": row(
        "/library/unread/days/", POST_ONLY, DONE, first="2025-02-05", last="2025-02-06"
    ),
    "library/unread/all/": row("/library/unread/all/", POST_ONLY, DONE),
    "library/unread/undo/": row("/library/unread/undo/", POST_ONLY, DONE),
    "library/unread/<date:day>/": row("/library/unread/2025-02-06/", POST_ONLY, DONE),
    "library/unread/<name:slug>/<date:day>/": row(
        "/library/unread/ours/2025-02-06/", POST_ONLY, DONE
    ),
    "library/for-you/": row("/library/for-you/", OWN, NO_WRITE),
    "library/for-you/questions/": row(
        "/library/for-you/questions/", OWN, DONE, **{f"answer-{PAPER}": "yes"}
    ),
    "library/for-you/authors/": row(
        "/library/for-you/authors/", POST_ONLY, DONE, authors="Ada Lovelace"
    ),
    "library/for-you/less/": row("/library/for-you/less/", POST_ONLY, DONE, reason="word:paper"),
    "library/for-you/preferences/<int:preference>/": row(
        "/library/for-you/preferences/{preference}/",
        POST_ONLY,
        (LOGIN, 302, 404, 404, 404, 404),
    ),
    "library/for-you/settings/": row("/library/for-you/settings/", POST_ONLY, DONE, do="off"),
    "library/import/": row("/library/import/", OWN, OWN, text=PAPER),
    "library/import/confirm/": row("/library/import/confirm/", POST_ONLY, DONE, papers=PAPER),
    "library/import/take-in/": row("/library/import/take-in/", 301, 308),
    "library/export.zip": row("/library/export.zip", OWN, NO_WRITE),
    "library/export.schema.json": row("/library/export.schema.json", 200),
    # Reading lists: by what they are open to
    "lists/": row("/lists/", OWN, DONE, name="New"),
    "lists/undo-addition/": row("/lists/undo-addition/", POST_ONLY, DONE),
    "lists/undo/": row("/lists/undo/", POST_ONLY, DONE),
    "lists/put-back/": row("/lists/put-back/", 301, 308),
    "lists/invitations/<int:invitation>/": row(
        "/lists/invitations/{invitation}/", POST_ONLY, (LOGIN, 404, 404, 404, 302, 404), do="accept"
    ),
    "lists/<name:slug>/": [
        *row("/lists/{private}/", (404, 200, 404, 404, 404, 404), 405),
        *row("/lists/{members}/", MEMBERS, 405),
        *row("/lists/{link}/", MEMBERS, 405),
        *row("/lists/{public}/", EVERYBODY, 405),
    ],
    "lists/<name:slug>.<output:suffix>": [
        *row("/lists/{private}.bib", (404, 200, 404, 404, 404, 404), 405),
        *row("/lists/{members}.atom", MEMBERS, 405),
        *row("/lists/{link}.md", MEMBERS, 405),
        *row("/lists/{public}.csl.json", EVERYBODY, 405),
    ],
    # Nobody, whoever asks, has a picture of what is not public.
    "lists/<name:slug>.png": [
        *row("/lists/{private}.png", (404,) * 6, 405),
        *row("/lists/{members}.png", (404,) * 6, 405),
        *row("/lists/{link}.png", (404,) * 6, 405),
        *row("/lists/{public}.png", EVERYBODY, 405),
    ],
    "lists/shared/<name:secret>/": [
        # Who needs no secret is led to the list's own page.
        *row("/lists/shared/{private_secret}/", (404, 302, 404, 404, 404, 404), 405),
        *row("/lists/shared/{members_secret}/", (404, 302, 302, 302, 404, 404), 405),
        *row("/lists/shared/{link_secret}/", (200, 302, 302, 302, 200, 200), 405),
        *row("/lists/shared/{public_secret}/", 302, 405),
        *row("/lists/shared/no-such-secret/", 404, 405),
    ],
    "lists/shared/<name:secret>.<output:suffix>": [
        *row("/lists/shared/{private_secret}.bib", (404, 200, 404, 404, 404, 404), 405),
        *row("/lists/shared/{link_secret}.ris", EVERYBODY, 405),
    ],
    "lists/<name:slug>/items/": [
        *row(
            "/lists/{members}/items/",
            POST_ONLY,
            (LOGIN, 302, 404, 302, 404, 404),
            do="remove",
            paper=PAPER,
        ),
        *row(
            "/lists/{public}/items/",
            POST_ONLY,
            (LOGIN, 302, 404, 302, 404, 404),
            do="remove",
            paper=PAPER,
        ),
        *row(
            "/lists/{private}/items/",
            POST_ONLY,
            (LOGIN, 302, 404, 404, 404, 404),
            do="remove",
            paper=PAPER,
        ),
    ],
    "lists/<name:slug>/settings/": row(
        "/lists/{public}/settings/",
        (LOGIN, 200, 404, 404, 404, 404),
        OWNERS_ONLY,
        name="Renamed",
        visibility="public",
    ),
    "lists/<name:slug>/link/": row("/lists/{link}/link/", POST_ONLY, OWNERS_ONLY),
    "lists/<name:slug>/invitations/": row(
        "/lists/{members}/invitations/",
        POST_ONLY,
        OWNERS_ONLY,
        invitee="somebody",
        role="viewer",
    ),
    "lists/<name:slug>/invitations/<int:invitation>/": row(
        "/lists/{members}/invitations/{invitation}/", POST_ONLY, OWNERS_ONLY
    ),
    "lists/<name:slug>/members/<int:member>/": row(
        "/lists/{members}/members/{member}/", POST_ONLY, OWNERS_ONLY, do="remove"
    ),
    "lists/<name:slug>/leave/": row(
        "/lists/{members}/leave/", POST_ONLY, (LOGIN, 404, 302, 302, 404, 404)
    ),
    "lists/<name:slug>/delete/": row("/lists/{members}/delete/", POST_ONLY, OWNERS_ONLY),
}


def me(answer, visitor=LOGIN):
    """What everybody is answered of their own, and a visitor."""
    return (visitor, *[answer] * 5)


# Accounts: everybody's own. What needs the password once more, or another step, leads there.
TABLE |= {
    "account/": row("/account/", me(200), me(200)),
    "account/reports/": row("/account/reports/", me(200), me(405)),
    "account/mails/": row(
        "/account/mails/", OWN, DONE, frequency="daily", hour=8, weekday=0, sections="lists"
    ),
    "account/mails/preview/": row("/account/mails/preview/", OWN, NO_WRITE),
    # Whoever has the link of a mail may do what it is for, and may do so without a log-in.
    "account/mails/stop/<str:token>/": [
        *row("/account/mails/stop/{stop}/", 200, 200),
        *row("/account/mails/stop/{kept}/", 404, 404),
    ],
    "account/mails/bookmark/<str:token>/": [
        *row("/account/mails/bookmark/{kept}/", 200, 200),
        *row("/account/mails/bookmark/{stop}/", 404, 404),
    ],
    "account/tokens/": row("/account/tokens/", me(200), me(302)),
    "account/tokens/<int:token>/revoke/": row("/account/tokens/1/revoke/", me(405), me(404)),
    "account/resubmission/": row("/account/resubmission/", me(302), me(302)),
    "account/session/": row("/account/session/", 200),
    "account/delete/": row("/account/delete/", me(200), me(200)),
    "account/^confirm-email/(?P<key>[-:\\w]+)/$": row("/account/confirm-email/MQ:x:y/", 200, 404),
    "account/login/": row("/account/login/", me(302, 200), me(302, 200)),
    "account/login/code/": row("/account/login/code/", me(302, 200), me(302, 200)),
    "account/login/code/confirm/": row("/account/login/code/confirm/", me(302), me(302)),
    "account/logout/": row("/account/logout/", me(200, 302), 302),
    "account/inactive/": row("/account/inactive/", 200, 405),
    "account/signup/": row("/account/signup/", me(302, 200), me(302, 200)),
    "account/reauthenticate/": row("/account/reauthenticate/", me(200), me(200)),
    "account/star/<paper:slug>/": row(f"/account/star/{PAPER}/", 302, 405),
    "account/first-steps/": row("/account/first-steps/", POST_ONLY, DONE),
    "account/email/": row("/account/email/", me(200), me(302)),
    "account/confirm-email/": row("/account/confirm-email/", 200, 405),
    "account/password/change/": row("/account/password/change/", me(200), me(200)),
    "account/password/set/": row("/account/password/set/", me(302), me(302)),
    "account/password/reset/": row("/account/password/reset/", 200, 200),
    "account/password/reset/key/done/": row("/account/password/reset/key/done/", 200, 405),
    "account/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": row(
        "/account/password/reset/key/1-x/", 200, 200
    ),
    "account/password/reset/done/": row("/account/password/reset/done/", 200, 405),
    "account/2fa/": row("/account/2fa/", me(200), me(405)),
    "account/2fa/authenticate/": row("/account/2fa/authenticate/", me(302), me(302)),
    "account/2fa/reauthenticate/": row("/account/2fa/reauthenticate/", me(302), me(302)),
    "account/2fa/totp/activate/": row("/account/2fa/totp/activate/", me(302), me(302)),
    "account/2fa/totp/deactivate/": row("/account/2fa/totp/deactivate/", me(404), me(404)),
    "account/2fa/recovery-codes/": row("/account/2fa/recovery-codes/", me(404), me(405)),
    "account/2fa/recovery-codes/generate/": row(
        "/account/2fa/recovery-codes/generate/", me(302), me(302)
    ),
    "account/2fa/recovery-codes/download/": row(
        "/account/2fa/recovery-codes/download/", me(404), me(404)
    ),
    "account/2fa/webauthn/": row("/account/2fa/webauthn/", me(200), me(405)),
    "account/2fa/webauthn/add/": row("/account/2fa/webauthn/add/", me(302), me(302)),
    "account/2fa/webauthn/reauthenticate/": row(
        "/account/2fa/webauthn/reauthenticate/", me(302), me(302)
    ),
    "account/2fa/webauthn/keys/<int:pk>/remove/": row(
        "/account/2fa/webauthn/keys/1/remove/", me(302), me(302)
    ),
    "account/2fa/webauthn/keys/<int:pk>/edit/": row(
        "/account/2fa/webauthn/keys/1/edit/", me(302), me(302)
    ),
    "account/2fa/webauthn/login/": row("/account/2fa/webauthn/login/", me(302), me(302)),
    "account/sessions/": row("/account/sessions/", me(200), me(302)),
    "account/connections/login/cancelled/": row("/account/connections/login/cancelled/", 200, 405),
    "account/connections/login/error/": row("/account/connections/login/error/", 401, 405),
    "account/connections/signup/": row("/account/connections/signup/", me(LOGIN), me(LOGIN)),
    "account/connections/": row("/account/connections/", me(200), me(200)),
}


def routes(patterns=None, before=""):
    """The route of every address of the site."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def test_every_address_has_a_row():
    # The API's have tables of their own, by token and by session, and so has the admin, by role.
    elsewhere = ("api/v1/", "admin")
    assert {route for route in routes() if not route.startswith(elsewhere)} == TABLE.keys()


def names(patterns, before=""):
    """The name of every address of the site, with those of what it is in."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            within = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from names(pattern.url_patterns, before + within)
        elif pattern.name:
            yield before + pattern.name


def test_every_name_is_of_one_address():
    # Pages would lead to whichever comes last. The API has each of its own twice: with a format.
    found = Counter(name for name in names(get_resolver().url_patterns))
    assert [name for name, times in found.items() if times > 1] == []


@pytest.fixture
def world(owner, viewer, editor, other, curator, papers):
    """The owner's library, with a list of each visibility, and all who have to do with them."""
    ours = Stream.objects.create(name="Ours", slug="ours")
    load(digest(sample(1)), "ours.json", stream=ours.pk)
    library = Library(owner)
    library.notes.save(papers[0], "Private", 0)
    library.for_you.prefer([Reason("word", "paper")], more=False)
    search, _ = library.searches.save("papers", "q=paper&has=code", "Mine")
    places: dict[str, object] = {
        "preference": library.for_you.preferences[0].pk,
        "search": search.pk,
        "feed": library.feeds.make(search),
        "hook": Library(owner).webhooks.create("Lab", "https://example.org/", "json", None)[0].pk,
        "stop": links.stop_link(owner).rstrip("/").rpartition("/")[2],
        "kept": links.bookmark_link(owner, papers[0].pk).rstrip("/").rpartition("/")[2],
    }
    for visibility in Visibility.values:
        made = library.lists.create(visibility)
        opened = library.lists.open(made.slug)
        opened.add([paper.pk for paper in papers])
        for user, role in ((viewer, Role.VIEWER), (editor, Role.EDITOR)):
            opened.invite(user.username, role)
            mine = Library(user).lists
            mine.accept(mine.invitations().get().pk)
        opened.show_to(visibility)
        places |= {visibility: made.slug, f"{visibility}_secret": made.secret}
        if visibility == Visibility.MEMBERS:
            places["invitation"] = opened.invite("other", Role.VIEWER).pk
            places["member"] = opened.members()[0].pk
    clients = {"anonymous": Client()}
    for user in (owner, viewer, editor, other, curator):
        clients[user.username] = Client()
        clients[user.username].force_login(user)
    return clients, places


def answer(client, method, address, data):
    """What somebody is answered; nothing of it stays."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        response = getattr(client, method)(address, data)
        if response.streaming:
            b"".join(response.streaming_content)  # whoever reads to the end closes what is read
        transaction.set_rollback(True)
    client.cookies = cookies
    if response.status_code == 302 and response["Location"].startswith(reverse("account_login")):
        return LOGIN
    return response.status_code


def people(row):
    """Who is asked: all of them of what is the owner's, and else one of those to whom all is
    alike."""
    alike = "{" not in row.address and len({*row.read[2:]}) == len({*row.write[2:]}) == 1
    return PEOPLE[:3] if alike else PEOPLE


def test_the_answers_are_as_the_table_has_them(world, subtests):
    clients, places = world
    for row in chain.from_iterable(TABLE.values()):
        address = row.address.format(**places)
        asked = people(row)
        with subtests.test(address):
            for method, data, expected in (("get", {}, row.read), ("post", row.data, row.write)):
                found = [answer(clients[name], method, address, data) for name in asked]
                assert dict(zip(asked, found, strict=True)) == dict(
                    zip(asked, expected, strict=False)
                )
