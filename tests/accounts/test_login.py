import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client

from accounts.adapters import MISMATCH
from accounts.models import User
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import errors, heading, text
from tests.admin import app

# The queries are those of Django and allauth.
pytestmark = pytest.mark.sqlite


def log_in(client, login, password=PASSWORD, query="", **headers):
    form = {"login": login, "password": password}
    return client.post(f"/account/login/{query}", form, headers=headers)


def logged_in(client):
    return "_auth_user_id" in client.session


@pytest.mark.parametrize(
    "login", ["owner", "OWNER", "owner@example.org", "Owner@Example.org", " owner "]
)
def test_by_user_name_or_address(anonymous, owner, login):
    answer = log_in(anonymous, login)
    assert (answer.status_code, answer.url) == (302, "/")
    assert anonymous.session["_auth_user_id"] == str(owner.pk)


@pytest.mark.parametrize("known", ["owner", "owner@example.org"])
def test_a_wrong_password_and_no_account_are_one_answer(owner, known):
    unknown = known.replace("owner", "nobody")
    answers = [log_in(Client(), login, "wrong horse") for login in (known, unknown)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert errors(answers[0]) == errors(answers[1]) == {"__all__": [MISMATCH]}
    assert text(answers[0]) == text(answers[1])


def test_the_page_comes_back_with_what_was_typed_but_the_password(anonymous, owner):
    page = log_in(anonymous, "owner", "wrong horse").content.decode()
    assert 'value="owner"' in page
    assert "wrong horse" not in page


def test_an_account_that_was_closed_stays_so(anonymous, owner):
    owner.is_active = False
    owner.save()
    answer = log_in(anonymous, "owner")
    assert not logged_in(anonymous)
    assert heading(anonymous.get(answer.url)) == "This account is closed"


# Where it leads


@pytest.mark.parametrize("how", ["address", "form"])
def test_back_to_where_one_was(anonymous, owner, how):
    form = {"login": "owner", "password": PASSWORD}
    if how == "address":
        answer = anonymous.post("/account/login/?next=/papers/%3Fq%3Dx", form)
    else:
        answer = anonymous.post("/account/login/", form | {"next": "/papers/?q=x"})
    assert answer.url == "/papers/?q=x"


@pytest.mark.parametrize(
    "away",
    [
        *("https://evil.example/", "//evil.example/", "///evil.example", "\\\\evil.example"),
        *("/\\evil.example", "javascript:alert(1)", "http:evil.example", "http://localhost:9/"),
        *("http://127.0.0.1/", "/\t/evil.example", "data:text/html,x", "https:///evil.example"),
    ],
)
def test_never_to_another_site(owner, away):
    for page, form in [
        ("/account/login/", {"login": "owner", "password": PASSWORD}),
        ("/account/logout/", {}),
    ]:
        client = Client()
        if page == "/account/logout/":
            client.force_login(owner)
        assert client.post(page, form | {"next": away}).url == "/"


def test_pages_of_an_account_ask_for_it_and_come_back(anonymous, owner):
    answer = anonymous.get("/account/?x=1")
    assert answer.url == "/account/login/?next=/account/%3Fx%3D1"
    assert log_in(anonymous, "owner", query="?next=/account/%3Fx%3D1").url == "/account/?x=1"


def test_who_is_logged_in_needs_no_log_in(enter, owner):
    assert enter(owner).get("/account/login/").url == "/"


# The masthead


def masthead(client, address="/papers/"):
    page = client.get(address).content.decode()
    return page.partition('<nav class="person"')[2].partition("</nav>")[0]


def test_visitors_are_offered_to_come_in_and_back(anonymous):
    links = re.findall(r'href="([^"]+)"', masthead(anonymous, "/papers/?q=a+b"))
    assert links == [
        "/account/login/?next=%2Fpapers%2F%3Fq%3Da%2Bb",
        "/account/signup/?next=%2Fpapers%2F%3Fq%3Da%2Bb",
    ]


def test_the_log_in_leads_to_itself_without_an_end(anonymous):
    links = re.findall(r'href="([^"]+)"', masthead(anonymous, "/account/login/?next=/papers/"))
    assert links == ["/account/login/", "/account/signup/"]


def test_a_person_is_named_and_offered_to_leave(enter, owner):
    owner.display_name = "Ada <b>"
    owner.save()
    found = masthead(enter(owner))
    assert "<bdi>Ada &lt;b&gt;</bdi>" in found
    assert 'action="/account/logout/"' in found
    assert "csrfmiddlewaretoken" in found


# Leaving


def test_leaving_takes_a_button(enter, owner):
    client = enter(owner)
    page = client.get("/account/logout/")
    assert heading(page) == "Log out?"
    assert logged_in(client)
    answer = client.post("/account/logout/")
    assert (answer.status_code, answer.url) == (302, "/")
    assert not logged_in(client)


@pytest.mark.parametrize("page", ["login", "logout", "signup", "password/reset"])
def test_no_other_site_can_press_the_buttons(owner, page):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.post(f"/account/{page}/").status_code == 403
    assert logged_in(client)


# Guessing

FAR = {"REMOTE_ADDR": "192.0.2.7"}


def test_guessing_one_password_is_stopped(owner):
    for _ in range(5):
        assert log_in(Client(), "owner", "wrong horse").status_code == 200
    answer = log_in(Client(), "owner")  # even the right one
    assert (answer.status_code, heading(answer)) == (429, "Too many tries")
    # By its address, the account is the same one.
    assert log_in(Client(), "owner@example.org").status_code == 429


def test_others_guesses_keep_nobody_out(enter, owner):
    """Neither at another address, nor in a browser that knows the person."""
    here = enter(owner)
    here.post("/account/logout/")
    for _ in range(6):
        log_in(Client(), "owner", "wrong horse")
    assert log_in(Client(), "owner").status_code == 429
    assert log_in(Client(**FAR), "owner").url == "/"
    assert log_in(here, "owner").url == "/"
    # Which is no way to guess without an end, nor to guess at somebody else.
    here.post("/account/logout/")
    assert [log_in(here, "owner", "x").status_code for _ in range(6)] == [200] * 5 + [429]


def test_a_browser_is_strange_to_other_people_and_to_new_passwords(enter, owner, other):
    theirs = enter(other)
    theirs.post("/account/logout/")
    for _ in range(6):
        log_in(Client(), "owner", "wrong horse")
    assert log_in(theirs, "owner").status_code == 429
    for _ in range(6):
        log_in(Client(), "other", "wrong horse")
    other.set_password("another one")
    other.save()
    assert log_in(theirs, "other", "another one").status_code == 429


@pytest.mark.slow
def test_guesses_from_everywhere_leave_the_way_by_mail(owner):
    for number in range(50):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        assert log_in(client, "owner", "wrong horse").status_code == 200
    client = Client(**FAR, headers={"User-Agent": "Firefox"})
    assert log_in(client, "owner").status_code == 429
    assert "Get a code by mail" in text(client.get("/account/login/"))
    answer = client.post("/account/login/code/", {"email": "Owner@example.org"})
    assert answer.url == "/account/login/code/confirm/"
    (sent,) = mail.outbox
    assert (sent.subject, sent.to) == ("[Paper Digest] Your code to log in", ["owner@example.org"])
    (code,) = re.findall(r"^[A-Z]{4}-[A-Z]{4}$", sent.body, re.MULTILINE)
    wrong = client.post(answer.url, {"code": "AAAA-AAAA"})
    assert errors(wrong) == {"code": ["This is not the code from the newest mail."]}
    assert client.post(answer.url, {"code": code}).url == "/"
    assert client.session["_auth_user_id"] == str(owner.pk)


def test_a_code_by_mail_is_no_way_around_the_second_factor(anonymous, owner):
    app(owner)
    answer = anonymous.post("/account/login/code/", {"email": "owner@example.org"})
    (code,) = re.findall(r"^[A-Z]{4}-[A-Z]{4}$", mail.outbox[0].body, re.MULTILINE)
    assert anonymous.post(answer.url, {"code": code}).url == "/account/2fa/authenticate/"
    assert not logged_in(anonymous)


@pytest.mark.parametrize("confirmed", [False, None])
def test_a_code_is_mailed_for_confirmed_addresses_alone(anonymous, owner, confirmed):
    """Of another, nobody knows whose account it is; and it is answered as if it were known."""
    EmailAddress.objects.filter(user=owner).update(verified=False)
    if confirmed is None:
        owner.delete()
    answer = anonymous.post("/account/login/code/", {"email": "owner@example.org"})
    assert answer.url == "/account/login/code/confirm/"
    assert mail.outbox[0].subject == "[Paper Digest] No account has this address"
    assert anonymous.post(answer.url, {"code": "AAAA-AAAA"}).status_code == 200


@pytest.mark.parametrize("page", ["login/code", "password/reset"])
@pytest.mark.parametrize("address", ["owner@example.org", "nobody@example.org"])
def test_few_mails_go_to_an_address_whether_it_is_known_or_not(owner, page, address):
    for number in range(8):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        client.post(f"/account/{page}/", {"email": address})
    assert [each.to for each in mail.outbox] == [[address]] * 5


def test_no_account_is_guarded_like_any(db):
    for _ in range(5):
        assert log_in(Client(), "nobody", "wrong horse").status_code == 200
    assert log_in(Client(), "nobody", "wrong horse").status_code == 429


def test_a_network_of_ipv6_is_one_address(owner):
    """Whoever has one has 2^64 addresses."""
    for number in range(5):
        log_in(Client(REMOTE_ADDR=f"2001:db8::{number}"), "owner", "wrong horse")
    assert log_in(Client(REMOTE_ADDR="2001:db8::99"), "owner").status_code == 429
    assert log_in(Client(REMOTE_ADDR="2001:db8:1::1"), "owner").status_code == 302


def test_guessing_many_passwords_is_stopped(db):
    statuses = [log_in(Client(), f"nobody{number}").status_code for number in range(12)]
    assert statuses == [200] * 10 + [429] * 2


def test_saying_to_come_from_elsewhere_does_not_help(db):
    for number in range(10):
        log_in(Client(), f"nobody{number}", x_forwarded_for=f"192.0.2.{number}")
    assert log_in(Client(), "nobody", x_forwarded_for="192.0.2.99").status_code == 429


def test_behind_a_proxy_each_visitor_counts(db, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(10):
        log_in(Client(), f"nobody{number}", x_forwarded_for="198.51.100.9, 192.0.2.1")
    said = {"x_forwarded_for": "203.0.113.7, 192.0.2.1"}
    assert log_in(Client(), "nobody", **said).status_code == 429
    assert log_in(Client(), "nobody", x_forwarded_for="192.0.2.2").status_code == 200


def test_looking_is_not_guessing(anonymous):
    assert [anonymous.get("/account/login/").status_code for _ in range(40)] == [200] * 40


# As much work whoever there is


@pytest.fixture
def hashings(monkeypatch):
    """How often a password is hashed, which is nearly all the work of a log-in."""
    done = []
    encode = MD5PasswordHasher.encode

    def counted(self, *args):
        done.append(args)
        return encode(self, *args)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return done


def work(hashings, address, form):
    before = len(hashings)
    Client(REMOTE_ADDR="192.0.2.8").post(address, form)
    return len(hashings) - before


@pytest.mark.parametrize(
    "login",
    [
        *("owner", "nobody", "owner@example.org", "nobody@example.org", "none@example.org"),
        *("closed", "shared@example.org", "not a name"),
    ],
)
def test_a_log_in_costs_the_same_whatever_it_names(owner, other, viewer, editor, hashings, login):
    User.objects.filter(pk=other.pk).update(username="closed", is_active=False)
    User.objects.create_user("without", "none@example.org")  # who has no password
    for person in (viewer, editor):  # neither of whom has confirmed it
        EmailAddress.objects.filter(user=person).update(email="shared@example.org", verified=False)
        User.objects.filter(pk=person.pk).update(email="shared@example.org")
    form = {"login": login, "password": "wrong horse"}
    assert work(hashings, "/account/login/", form) == 1


@pytest.mark.parametrize("page", ["login/code", "password/reset"])
def test_so_does_a_mail(owner, hashings, page):
    for name in ("owner", "nobody"):
        form = {"email": f"{name}@example.org"}
        assert (name, work(hashings, f"/account/{page}/", form)) == (name, 0)
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("confirming", ["mandatory", "optional"])
def test_so_does_signing_up(owner, hashings, settings, confirming):
    settings.ACCOUNT_EMAIL_VERIFICATION = confirming
    settings.ACCOUNT_PREVENT_ENUMERATION = True if confirming == "mandatory" else "strict"
    for name in ("owner", "nobody"):
        form = {"email": f"{name}@example.org", "username": f"new-{name}", "password1": PASSWORD}
        assert (name, work(hashings, "/account/signup/", form)) == (name, 1)
    assert len(mail.outbox) == 2
