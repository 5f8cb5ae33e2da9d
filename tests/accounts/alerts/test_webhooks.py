"""Webhooks: what another service receives, when it is tried again, and where nothing is sent."""

import hmac
import io
import json
import socket
import threading
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from accounts.alerts import webhooks
from accounts.library import Library, NotFound
from accounts.library.webhooks import host_of
from accounts.models import Webhook, WebhookCall, WebhookPaper
from accounts.secret_box import encrypt
from digest.curation.public_http import Refused, Unanswered, post, public_addresses
from digest.models import Paper
from tests.accounts.conftest import person

pytestmark = pytest.mark.django_db

URL = "http://hooks.example.org/services/T0/B0?x=1"


class Service:
    """A service of the world, which a server of this machine plays. answers: its statuses to the
    next calls; 200 after them."""

    def __init__(self, server):
        self.server = server
        self.calls, self.answers = [], []

    def post(self, url, body, headers):
        def resolve(host, port):
            assert (host, port) == ("hooks.example.org", 80)
            return [self.server.server_address[:2]]

        return post(url, body, headers, resolve)

    def take(self):
        found, self.calls = self.calls, []
        return found


@pytest.fixture
def service():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.calls.append((self.path, dict(self.headers), body))
            self.send_response(service.answers.pop(0) if service.answers else 200)
            self.send_header("Location", "http://10.0.0.1/")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service = Service(server)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield service
        server.shutdown()
        thread.join()


@pytest.fixture
def ada(clock):
    library = Library(person("ada"))
    library.searches.save("papers", "q=point", "Points")
    return library


def hook_of(library, shape="json", reading_list=None):
    return library.webhooks.create("Lab", URL, shape, reading_list)


def test_a_service_is_told_of_what_is_new_once_and_signed(service, clock, arrive, ada):
    hook, secret = hook_of(ada)
    assert webhooks.call_due(service.post).done == 0
    arrive(1, 2, github_urls=[])
    assert webhooks.call_due(service.post).done == 1
    [(path, headers, body)] = service.take()
    assert path == "/services/T0/B0?x=1"
    assert headers["Host"] == "hooks.example.org"
    signed = f"{headers['X-Paper-Digest-Time']}.".encode() + body
    expected = hmac.new(secret.encode(), signed, sha256).hexdigest()
    assert headers["X-Paper-Digest-Signature"] == f"sha256={expected}"
    assert headers["X-Paper-Digest-Time"] == str(int(clock.now.timestamp()))
    said = json.loads(body)
    assert (said["event"], said["webhook"]) == ("new_papers", "Lab")
    [group] = said["groups"]
    assert (group["title"], group["more"]) == ("Points", 0)
    assert sorted(paper["title"] for paper in group["papers"]) == ["Paper 1", "Paper 2"]
    assert group["papers"][0].keys() == {"title", "authors", "summary", "url"}
    clock.forward(hours=1)
    arrive(3)
    webhooks.call_due(service.post)
    webhooks.call_due(service.post)
    [(_, again, body)] = service.take()
    assert [paper["title"] for paper in json.loads(body)["groups"][0]["papers"]] == ["Paper 3"]
    assert again["X-Paper-Digest-Call"] != headers["X-Paper-Digest-Call"]
    assert URL not in str([*Webhook.objects.values_list("url", "secret")])
    assert secret not in str([*Webhook.objects.values_list("url", "secret")])
    assert host_of(hook) == "hooks.example.org"


@pytest.mark.parametrize("shape", ["slack", "mattermost", "discord"])
def test_messages_for_people_call_nobody(service, arrive, ada, shape):
    hook_of(ada, shape)
    arrive(1, title="@channel <!here> [x](http://evil) `a` | b_c & <@123>")
    arrive(*range(10, 40))
    webhooks.call_due(service.post)
    [(_, _, body)] = service.take()
    said = json.loads(body)
    text = said["content" if shape == "discord" else "text"]
    assert "@channel" not in text
    assert "<!here>" not in text
    assert "<@123>" not in text
    lines = text.split("\n")
    if shape == "slack":
        assert (
            lines[0]
            == f"<http://localhost:8000/library/searches/{ada.searches.all().get().pk}/|Points>"
        )
    else:
        assert "[x](http://evil)" not in text
        assert lines[0].startswith("[Points](")
    assert lines[-1] in ("and 11 more", "and more")
    if shape == "discord":
        assert said["allowed_mentions"] == {"parse": []}
        assert len(text) <= 2_000


def test_a_list_tells_what_is_added_while_it_may_be_read(service, clock, arrive, ada):
    bob = Library(person("bob"))
    opened = bob.lists.open(bob.lists.create("Ours").slug)
    opened.invite("ada", "viewer")
    ada.lists.accept(ada.lists.invitations().get().pk)
    arrive(1, 2, 3)
    one, two, three = Paper.objects.order_by("slug").values_list("pk", flat=True)
    opened.add([one])
    clock.forward(minutes=1)
    hook_of(ada, reading_list=opened.reading_list)
    clock.forward(minutes=1)
    opened.add([two])
    webhooks.call_due(service.post)
    [(_, _, body)] = service.take()
    [group] = json.loads(body)["groups"]
    assert (group["title"], [paper["title"] for paper in group["papers"]]) == ("Ours", ["Paper 2"])
    opened.add([three])
    opened.show_to("private")
    webhooks.call_due(service.post)
    assert service.take() == []


@pytest.mark.slow
def test_what_fails_is_tried_later_and_then_given_up(service, clock, arrive, ada):
    hook, _ = hook_of(ada)
    arrive(1)
    service.answers = [500, 302, 429, 500, 500, 503]
    began, tried = clock.now, []
    while clock.now < began + timedelta(days=3):
        before = len(service.calls)
        webhooks.call_due(service.post)
        if len(service.calls) > before:
            tried.append((clock.now - began) / timedelta(hours=1))
        clock.forward(minutes=30)
    assert tried == [0, 0.5, 1.5, 4.5, 12.5, 36.5]
    assert len({headers["X-Paper-Digest-Call"] for _, headers, _ in service.take()}) == 1
    hook.refresh_from_db()
    call = hook.calls.get()
    assert (hook.is_on, call.tries, call.status, call.next_at) == (False, 6, 503, None)
    Library(hook.user).webhooks.switch(hook.pk, True)
    arrive(2)
    webhooks.call_due(service.post)
    [(_, _, body)] = service.take()
    assert [paper["title"] for paper in json.loads(body)["groups"][0]["papers"]] == ["Paper 2"]


def test_what_comes_while_a_call_waits_comes_with_the_next(service, clock, arrive, ada):
    hook_of(ada)
    arrive(1)
    service.answers = [500]
    assert webhooks.call_due(service.post).later == 1
    arrive(2)
    clock.forward(hours=1)
    assert webhooks.call_due(service.post).done == 1
    assert webhooks.call_due(service.post).done == 1
    titles = [
        [paper["title"] for paper in json.loads(body)["groups"][0]["papers"]]
        for _, _, body in service.take()
    ]
    assert titles == [["Paper 1"], ["Paper 1"], ["Paper 2"]]


def test_who_says_gone_is_not_asked_again(service, clock, arrive, ada):
    hook, _ = hook_of(ada)
    arrive(1)
    service.answers = [410]
    assert webhooks.call_due(service.post).given_up == 1
    hook.refresh_from_db()
    assert (hook.is_on, hook.ended_at) == (False, clock.now)


def test_killed_before_the_answer_is_written_down_it_is_called_again(service, clock, arrive, ada):
    hook_of(ada)
    arrive(1)

    def dies(url, body, headers):
        service.post(url, body, headers)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        webhooks.call_due(dies)
    assert webhooks.call_due(service.post).done == 0  # another process may be at it
    clock.forward(hours=1)
    assert webhooks.call_due(service.post).done == 1
    keys = [headers["X-Paper-Digest-Call"] for _, headers, _ in service.take()]
    assert len(keys) == 2
    assert len({*keys}) == 1


def test_a_test_says_what_is_answered(service, clock, ada):
    hook, _ = hook_of(ada)
    call = webhooks.call_to_test(hook, service.post)
    assert (call.is_done, call.status, call.next_at) == (True, 200, None)
    [(_, _, body)] = service.take()
    assert json.loads(body) == {"event": "test", "webhook": "Lab", "groups": []}
    service.answers = [404]
    call = webhooks.call_to_test(hook, service.post)
    assert (call.is_done, call.status) == (False, 404)
    assert WebhookPaper.objects.count() == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1"])
def test_no_private_address_is_called(monkeypatch, ada, arrive, clock, address):
    hook, _ = hook_of(ada)
    asked = [(0, 0, 0, "", (address, 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: asked)
    with pytest.raises(Refused):
        public_addresses("hooks.example.org", 80)
    call = webhooks.call_to_test(hook)
    assert (call.status, call.answer) == (
        None,
        "the address leads to an address that is not public",
    )
    arrive(1)
    assert webhooks.call_due().later == 1


def test_a_webhook_may_be_deleted_while_it_is_called(ada, arrive, clock):
    def slow(*_):
        Webhook.objects.all().delete()
        return status

    for status in (200, 410):
        hook, _ = hook_of(ada)
        assert webhooks.call_to_test(hook, slow).status == status
        with pytest.raises(NotFound):
            webhooks.call_to_test(hook, slow)
        hook_of(ada)
        arrive(status)
        outcome = webhooks.call_due(slow)
        assert (outcome.done, outcome.given_up) == ((1, 0) if status == 200 else (0, 1))
    assert not WebhookCall.objects.exists()


def test_what_cannot_be_reached_is_said_in_words(monkeypatch, ada, clock):
    hook, _ = hook_of(ada)

    def unknown(*_, **__):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert webhooks.call_to_test(hook).answer == "no name server knows it"
    with pytest.raises(Unanswered):
        post(URL, b"", {})
    Webhook.objects.update(url=encrypt("http://hooks.example.org:8080/"))
    hook.refresh_from_db()
    assert webhooks.call_to_test(hook).answer == "the address is at port 8080, which is not asked"
    Webhook.objects.update(url="fernet:x")
    hook.refresh_from_db()
    assert webhooks.call_to_test(hook).answer == "its address cannot be read: make it anew"


def test_the_log_keeps_the_last_calls_and_all_papers(service, clock, arrive, ada, monkeypatch):
    monkeypatch.setattr(webhooks, "LOGGED", 2)
    hook_of(ada)
    for number in range(1, 6):
        arrive(number)
        webhooks.call_due(service.post)
        clock.forward(hours=1)
    assert WebhookCall.objects.count() == 2
    assert WebhookPaper.objects.count() == 5
    assert len(service.take()) == 5
    assert webhooks.call_due(service.post).done == 0


def test_there_are_so_many_at_most(ada, monkeypatch):
    monkeypatch.setattr("accounts.library.webhooks.MOST_WEBHOOKS", 1)
    hook_of(ada)
    with pytest.raises(ValidationError, match="You have 1 webhooks"):
        hook_of(ada)


def test_their_secrets_are_encrypted_anew_with_a_new_key(ada, settings, service):
    hook, _ = hook_of(ada)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key " * 4
    call_command("renew_secrets", stdout=io.StringIO())
    settings.SECRET_KEY_FALLBACKS = []
    hook.refresh_from_db()
    assert host_of(hook) == "hooks.example.org"
    assert webhooks.call_to_test(hook, service.post).is_done
    settings.SECRET_KEY = "a third key " * 4
    with pytest.raises(CommandError, match="1 webhooks are not"):
        call_command("renew_secrets", stdout=io.StringIO())
