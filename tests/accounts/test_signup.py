import re
import threading
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail, signing
from django.db import connections
from django.test import Client

from accounts.forms import account as forms
from accounts.invitations import invitation
from accounts.models import User
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import errors, heading, link, text

# The queries are those of Django and allauth.
pytestmark = pytest.mark.sqlite

ADA = {"username": "ada", "email": "ada@example.org", "password1": PASSWORD}


@pytest.fixture
def mandatory(settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_PREVENT_ENUMERATION = True


def sign_up(client, address="/account/signup/", **changes):
    return client.post(address, ADA | changes)


def logged_in(client):
    return "_auth_user_id" in client.session


def test_the_page_asks_for_a_name_an_address_and_a_password(anonymous):
    answer = anonymous.get("/account/signup/")
    assert heading(answer) == "Sign up"
    assert list(answer.context["form"].fields) == ["username", "email", "password1"]


def test_signing_up_logs_in_and_asks_to_confirm_the_address(anonymous):
    answer = sign_up(anonymous)
    assert (answer.status_code, answer.url) == (302, "/")
    assert logged_in(anonymous)
    user = User.objects.get()
    assert (user.username, user.email, user.is_staff) == ("ada", "ada@example.org", False)
    assert user.check_password(PASSWORD)
    (sent,) = mail.outbox
    assert sent.subject == "[Paper Digest] Confirm your address"
    assert sent.to == ["ada@example.org"]
    assert EmailAddress.objects.get().verified is False
    page = anonymous.get(link(sent))
    assert heading(page) == "Confirm your address"
    assert EmailAddress.objects.get().verified is False
    answer = anonymous.post(link(sent))
    assert (answer.status_code, answer.url) == (302, "/")
    assert EmailAddress.objects.get().verified is True


def test_a_confirmed_address_comes_before_the_first_log_in(anonymous, mandatory):
    answer = sign_up(anonymous)
    assert (answer.status_code, answer.url) == (302, "/account/confirm-email/")
    assert heading(anonymous.get(answer.url)) == "Look at your mail"
    assert not logged_in(anonymous)
    login = {"login": "ada", "password": PASSWORD}
    Client().post(link(mail.outbox[0]))
    anonymous = Client()
    assert anonymous.post("/account/login/", login).url == "/"
    assert logged_in(anonymous)


def test_without_confirmation_no_mail_is_sent(anonymous, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
    assert sign_up(anonymous).url == "/"
    assert logged_in(anonymous)
    assert mail.outbox == []


def test_a_link_that_is_not_good_says_so(anonymous):
    answer = anonymous.get("/account/confirm-email/MQ:1x:y/")
    assert answer.status_code == 200
    assert text(answer).startswith("Confirm your address This link is not valid")
    assert anonymous.post("/account/confirm-email/MQ:1x:y/").status_code == 404


def test_opening_a_link_logs_nobody_out(enter, owner, anonymous):
    sign_up(anonymous)
    client = enter(owner)
    client.get(link(mail.outbox[0]))
    assert client.session["_auth_user_id"] == str(owner.pk)


@pytest.mark.parametrize(
    "name",
    [
        *("a da", "ada@example.org", "ada+1", "ада", "аda", "ada\u202e", "ada\u200b", "ａｄａ"),
        *("_ada", "ada.", "-", "<b>", "ada/.."),
    ],
)
def test_a_user_name_that_could_be_another_is_refused(anonymous, name):
    answer = sign_up(anonymous, username=name)
    assert errors(answer) == {
        "username": ["Use the letters a to z, digits, and . _ - between them."]
    }
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["a", "7", "Ada.Lovelace", "ada_l-1815"])
def test_user_names(anonymous, name):
    assert sign_up(anonymous, username=name).status_code == 302
    assert User.objects.get().username == name


@pytest.mark.parametrize("name", ["owner", "OWNER", "Owner"])
def test_a_user_name_is_had_once_whatever_its_case(anonymous, owner, name):
    answer = sign_up(anonymous, username=name)
    assert errors(answer) == {"username": ["Somebody has this user name. Choose another."]}
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("email", "ada", "Enter a valid email address."),
        ("email", "", "This field is required."),
        ("username", "", "This field is required."),
        ("username", "a\x00b", "Null characters are not allowed."),
        ("password1", "", "This field is required."),
        ("password1", "ada@example", "The password is too similar to the email address."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(anonymous, field, value, error):
    answer = sign_up(anonymous, **{field: value})
    assert answer.status_code == 200
    assert errors(answer) == {field: [error]}
    page = answer.content.decode()
    assert re.search(rf'name="{field}"[^>]*aria-describedby="[^"]*id_{field}_error"', page)
    assert f'id="id_{field}_error"' in page


def test_two_who_choose_a_name_at_once_are_told_apart(anonymous, owner, monkeypatch):
    """As if `owner` had come into being after the form looked."""
    monkeypatch.setattr(
        "accounts.adapters.AccountAdapter.clean_username", lambda self, name, shallow=False: name
    )
    answer = sign_up(anonymous, username="Owner")
    assert (answer.status_code, heading(answer)) == (200, "Sign up")
    assert errors(answer) == {"username": [forms.TAKEN]}
    assert not logged_in(anonymous)
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_crowd_that_wants_one_name_leaves_one_account():
    answers, ready = [], threading.Barrier(4)

    def run(number):
        ready.wait()
        try:
            name = ["ada", "Ada", "aDa", "adA"][number]
            answer = sign_up(Client(), username=name, email=f"{number}@example.org")
            answers.append(answer.status_code)
        finally:
            connections.close_all()

    crowd = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    assert sorted(answers) == [200, 200, 200, 302]
    assert User.objects.count() == 1


# Who has an account is nobody's business


@pytest.mark.parametrize("verification", ["mandatory", "optional", "none"])
def test_an_address_with_an_account_is_answered_like_any_other(owner, settings, verification):
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    settings.ACCOUNT_PREVENT_ENUMERATION = True if verification == "mandatory" else "strict"
    new, known = Client(), Client()
    answers = [
        sign_up(new, username="ada"),
        sign_up(known, username="ada2", email="Owner@example.org"),
    ]
    assert answers[0].status_code == answers[1].status_code == 302
    assert answers[0].url == answers[1].url
    pages = [text(client.get(answers[0].url)) for client in (new, known)]
    assert pages[0] == pages[1].replace("owner@", "ada@")
    assert len(mail.outbox) == (0 if verification == "none" else 2)
    assert EmailAddress.objects.get(user=owner).verified is True


def test_the_owner_of_an_address_hears_of_it(anonymous, owner, mandatory):
    sign_up(anonymous, email="owner@example.org")
    (sent,) = mail.outbox
    assert sent.subject == "[Paper Digest] You have an account already"
    assert link(sent) == "/account/password/reset/"
    assert User.objects.count() == 1


# Who may sign up


@pytest.mark.parametrize("mode", ["invitation", "closed"])
def test_where_not_everybody_may_the_page_says_so(anonymous, settings, mode):
    settings.SIGNUP = mode
    for answer in (anonymous.get("/account/signup/"), sign_up(anonymous)):
        assert (answer.status_code, heading(answer)) == (200, "Sign-up is closed")
    assert not User.objects.exists()
    masthead = anonymous.get("/account/login/").content.decode()
    assert "/account/signup/" not in masthead


def path(address):
    return invitation(address).removeprefix("http://localhost:8000")


@pytest.mark.parametrize("mode", ["invitation", "open"])
def test_an_invitation_names_and_confirms_the_address(anonymous, settings, mandatory, mode):
    settings.SIGNUP = mode
    page = anonymous.get(path("Grace@example.org"))
    assert heading(page) == "Sign up"
    assert 'value="grace@example.org"' in page.content.decode()
    answer = sign_up(anonymous, path("Grace@example.org"))  # who sends another address is not heard
    assert answer.url == "/"
    assert logged_in(anonymous)
    address = EmailAddress.objects.get()
    assert (address.email, address.verified, address.primary) == ("grace@example.org", True, True)
    assert User.objects.get().email == "grace@example.org"
    assert mail.outbox == []


def test_an_invitation_is_good_once(anonymous, settings):
    settings.SIGNUP = "invitation"
    sign_up(anonymous, path("ada@example.org"))
    answer = sign_up(Client(), path("ada@example.org"), username="ada2")
    assert heading(answer) == "Sign-up is closed"
    assert "This invitation is not valid" in text(answer)
    assert User.objects.count() == 1


@pytest.mark.parametrize("how", ["forged", "old", "made for something else", "cut", "empty"])
def test_an_invitation_that_is_not_good(anonymous, settings, monkeypatch, how):
    settings.SIGNUP = "invitation"
    address = path("ada@example.org")
    if how == "forged":
        address = address.replace("invitation=", "invitation=x")
    elif how == "old":
        monkeypatch.setattr("accounts.invitations.LASTS", timedelta(0))
    elif how == "made for something else":
        address = "/account/signup/?invitation=" + signing.dumps("ada@example.org", salt="x")
    elif how == "cut":
        address = address[:-5]
    else:
        address = "/account/signup/?invitation="
    assert heading(sign_up(anonymous, address)) == "Sign-up is closed"
    assert not User.objects.exists()


def test_a_claim_to_an_address_does_not_stand_in_the_way_of_who_is_invited(anonymous):
    sign_up(Client(), username="squatter")  # never confirms it
    assert sign_up(anonymous, path("ada@example.org")).url == "/"
    assert EmailAddress.objects.get(verified=True).user.username == "ada"


def test_signing_up_is_limited(anonymous):
    for _ in range(20):
        sign_up(anonymous, username="-")
    answer = sign_up(anonymous)
    assert (answer.status_code, heading(answer)) == (429, "Too many tries")
    assert not User.objects.exists()


def test_mail_that_cannot_be_sent_is_no_failure_of_the_page(anonymous, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    settings.EMAIL_HOST = "localhost"
    assert sign_up(anonymous).url == "/"
    assert "The site could not send the mail." in text(anonymous.get("/"))
    assert "Could not send account/email/email_confirmation_signup" in caplog.text
