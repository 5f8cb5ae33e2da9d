"""Logging in elsewhere, with a provider of our own in place of the real ones."""

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.urls import clear_url_caches, include, path

from accounts import profile
from accounts.models import User
from digest import urls
from tests.accounts.pages import errors, heading, text

# The queries are those of Django and allauth.
pytestmark = pytest.mark.sqlite

CLIENT = {"client_id": "id", "secret": "secret"}


@pytest.fixture
def switch_on(settings):
    """switch_on(providers) is what the environment does before the site starts."""

    def switch_on(providers):
        settings.SOCIALACCOUNT_PROVIDERS = providers
        module = ModuleType("urls_with_providers")
        own = path("account/", include(profile.providers()))
        module.urlpatterns = [own, *urls.urlpatterns]
        module.handler404 = urls.handler404
        sys.modules[module.__name__] = module
        settings.ROOT_URLCONF = module.__name__
        clear_url_caches()

    yield switch_on
    sys.modules.pop("urls_with_providers", None)
    clear_url_caches()


@pytest.fixture
def provider():
    """An OpenID Connect provider on this machine; its `person` is who logs in there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            base = f"http://localhost:{server.server_port}"
            if self.path == "/lab/.well-known/openid-configuration":
                self.answer(
                    issuer=base,
                    authorization_endpoint=f"{base}/authorize",
                    token_endpoint=f"{base}/token",
                    userinfo_endpoint=f"{base}/person",
                    jwks_uri=f"{base}/keys",
                )
            else:
                self.answer(**server.person)

        def do_POST(self):
            now = int(time.time())
            claims = {"iss": f"http://localhost:{server.server_port}", "aud": "id"}
            claims |= {"iat": now, "exp": now + 60, **server.person}
            token = jwt.encode(claims, "a key that nobody looks at, as the line is ours")
            self.answer(access_token="x", token_type="bearer", id_token=token)

        def answer(self, **data):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(data).encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("localhost", 0), Handler)
    server.person = {"sub": "42", "email": "ada@lab.example", "email_verified": True}
    server.person |= {"preferred_username": "ada l", "name": "Ada Lovelace"}
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def lab(provider, switch_on):
    url = f"http://localhost:{provider.server_port}/lab"
    app = {**CLIENT, "provider_id": "oidc", "name": "The Lab", "settings": {"server_url": url}}
    switch_on({"openid_connect": {"APPS": [app]}})
    return provider


def come_back(client, process="login", start="/account/oidc/login/"):
    """What the site answers to somebody who was sent to the provider and back."""
    leaving = client.post(f"{start}?process={process}")
    assert heading(leaving) == "On to the other site"
    address = urlsplit(leaving.context["address"])
    assert address.path == "/authorize"
    asked = {name: value for name, (value,) in parse_qs(address.query).items()}
    assert asked["redirect_uri"] == "http://testserver/account/oidc/login/callback/"
    assert asked["client_id"] == "id"
    return client.get("/account/oidc/login/callback/", {"code": "x", "state": asked["state"]})


def offered(client, page="/account/login/"):
    html = client.get(page).content.decode()
    return [
        name
        for name in ("GitHub", "ORCID", "The Lab")
        if f'<button type="submit">{name}</button>' in " ".join(html.split())
    ]


def test_none_is_offered_where_none_is_switched_on(anonymous, enter, owner):
    assert offered(anonymous) == []
    for name in ("github", "orcid", "oidc"):
        assert anonymous.post(f"/account/{name}/login/").status_code == 404
        assert anonymous.get(f"/account/{name}/login/callback/").status_code == 404
    assert "Connections" not in enter(owner).get("/account/").content.decode()


def test_those_switched_on_are_offered(anonymous, switch_on):
    switch_on({"github": {"APPS": [CLIENT]}, "orcid": {"APPS": [CLIENT]}})
    assert offered(anonymous) == offered(anonymous, "/account/signup/") == ["GitHub", "ORCID"]


@pytest.mark.slow
def test_the_environment_alone_switches_them_on():
    command = (
        "from django.urls import reverse as at; print(at('orcid_login'), at('github_callback'))"
    )
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", command],
        cwd=Path(urls.__file__).parents[1],
        env={
            "PATH": os.environ["PATH"],
            "SECRET_KEY": "k" * 32,
            "ORCID_CLIENT": "id:secret",
            "GITHUB_CLIENT": "id:secret",
        },
        capture_output=True,
        text=True,
    )
    assert done.stdout == "/account/orcid/login/ /account/github/login/callback/\n", done.stderr


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("github", "https://github.com/login/oauth/authorize?"),
        ("orcid", "https://orcid.org/oauth/authorize?"),
    ],
)
def test_each_leads_to_its_site_by_a_button(anonymous, switch_on, name, address):
    switch_on({name: {"APPS": [CLIENT]}})
    assert anonymous.get(f"/account/{name}/login/").status_code == 405
    page = anonymous.post(f"/account/{name}/login/")
    assert page.context["address"].startswith(address)
    assert '<meta http-equiv="refresh" content="0; url=https://' in page.content.decode()


def test_who_comes_first_chooses_a_user_name(anonymous, lab):
    answer = come_back(anonymous)
    assert answer.url == "/account/connections/signup/"
    page = anonymous.get(answer.url)
    assert heading(page) == "Choose a user name"
    assert "The Lab has confirmed who you are" in text(page)
    assert not User.objects.exists()
    form = {"username": "ada l", "email": "ada@lab.example"}
    assert list(errors(anonymous.post(answer.url, form))) == ["username"]
    assert anonymous.post(answer.url, form | {"username": "ada"}).url == "/"
    user = User.objects.get()
    assert (user.username, user.has_usable_password()) == ("ada", False)
    assert SocialAccount.objects.get().user == user
    assert EmailAddress.objects.get().verified is True


def test_who_came_before_is_logged_in(anonymous, lab, owner):
    SocialAccount.objects.create(user=owner, provider="oidc", uid="42")
    assert come_back(anonymous).url == "/"
    assert anonymous.session["_auth_user_id"] == str(owner.pk)


def test_an_address_that_a_provider_names_opens_nobodys_account(anonymous, lab, owner):
    lab.person["email"] = owner.email
    assert come_back(anonymous).url == "/account/connections/signup/"
    assert "_auth_user_id" not in anonymous.session


@pytest.mark.parametrize("mode", ["invitation", "closed"])
def test_it_is_no_way_around_who_may_sign_up(anonymous, lab, settings, mode):
    settings.SIGNUP = mode
    assert heading(come_back(anonymous)) == "Sign-up is closed"
    assert not User.objects.exists()


def test_a_name_that_is_taken_meanwhile_is_asked_for_again(anonymous, lab, owner, monkeypatch):
    address = come_back(anonymous).url
    monkeypatch.setattr(
        "accounts.adapters.AccountAdapter.clean_username", lambda self, name, shallow=False: name
    )
    answer = anonymous.post(address, {"username": "Owner", "email": "ada@lab.example"})
    assert answer.url == address
    assert "Somebody has this user name." in text(anonymous.get(address))
    assert anonymous.post(address, {"username": "ada", "email": "ada@lab.example"}).url == "/"


def test_connecting_and_leaving(enter, owner, lab):
    client = enter(owner)
    assert offered(client, "/account/connections/") == ["The Lab"]
    come_back(client, "connect")
    answer = client.get("/account/reauthenticate/")
    if not SocialAccount.objects.exists():  # asked once more who one is
        client.post("/account/reauthenticate/", {"password": "correct horse battery"})
    account = SocialAccount.objects.get()
    assert (account.user, account.uid) == (owner, "42")
    page = client.get("/account/connections/")
    assert "Yours The Lab" in text(page)
    answer = client.post("/account/connections/", {"account": account.pk})
    assert answer.status_code == 302
    assert not SocialAccount.objects.exists()


def test_the_last_way_in_stays(client, owner, lab):
    owner.set_unusable_password()
    owner.save()
    account = SocialAccount.objects.create(user=owner, provider="oidc", uid="42")
    client.force_login(owner)
    answer = client.post("/account/connections/", {"account": account.pk})
    assert "Set a password first: this is your only way to log in." in text(answer)
    assert SocialAccount.objects.exists()


def test_a_connection_to_what_was_switched_off_can_be_removed(enter, owner):
    account = SocialAccount.objects.create(user=owner, provider="github", uid="42")
    client = enter(owner)
    client.post("/account/reauthenticate/", {"password": "correct horse battery"})
    assert "Yours github" in text(client.get("/account/connections/"))
    assert client.post("/account/connections/", {"account": account.pk}).status_code == 302
    assert not SocialAccount.objects.exists()


# What goes wrong there


def test_turning_back(anonymous, lab):
    leaving = anonymous.post("/account/oidc/login/")
    (state,) = parse_qs(urlsplit(leaving.context["address"]).query)["state"]
    page = "/account/oidc/login/callback/"
    answer = anonymous.get(page, {"error": "access_denied", "state": state})
    assert heading(anonymous.get(answer.url)) == "Not logged in"


@pytest.mark.parametrize("query", [{}, {"code": "x"}, {"code": "x", "state": "forged"}])
def test_coming_back_without_having_left(anonymous, lab, query):
    answer = anonymous.get("/account/oidc/login/callback/", query)
    assert (answer.status_code, heading(answer)) == (401, "Not logged in")


def test_a_provider_that_does_not_answer(anonymous, lab):
    lab.shutdown()
    lab.server_close()
    answer = anonymous.post("/account/oidc/login/")
    assert (answer.status_code, heading(answer)) == (401, "Not logged in")


def test_a_provider_that_says_nothing_of_use(anonymous, lab):
    lab.person = {}
    answer = come_back(anonymous)
    assert (answer.status_code, heading(answer)) == (401, "Not logged in")


def test_no_other_provider_answers(anonymous, lab):
    assert anonymous.post("/account/other/login/").status_code == 404
