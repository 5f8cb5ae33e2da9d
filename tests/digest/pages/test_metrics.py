"""What Prometheus reads: at a guarded address, of all workers, named as in the alert rules."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.mail import send_mail
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from digest import metrics
from digest.catalogue.load import load
from digest.models import DailyRun
from tests.samples import digest, row

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "t" * 32
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def token(settings):
    settings.METRICS_TOKEN = TOKEN


@pytest.fixture
def read(db, token):
    """read() gives the value of each sample, by its name and labels."""

    def read():
        text = Client().get("/metrics", headers=BEARER).content.decode()
        return {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return read


@pytest.mark.django_db
def test_without_the_setting_there_is_no_such_page(client):
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers=BEARER).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given", ["", "Bearer", f"Bearer {TOKEN}x", f"bearer {TOKEN}", TOKEN, "Bearer ü"]
)
def test_it_takes_the_token(client, token, given):
    response = client.get("/metrics", headers={"Authorization": given} if given else {})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert client.post("/metrics").status_code == 405


@pytest.mark.django_db
def test_it_answers_to_any_host_without_https(client, token, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/metrics", headers=BEARER | {"Host": "10.0.0.7:8000"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    assert response["Cache-Control"] == "no-store"


def test_requests_are_counted_by_view_method_and_status(read, client):
    before = read()
    client.get("/papers/?q=two")
    client.get("/papers/")
    client.post("/papers/")
    client.generic("BREW", "/papers/")
    client.get("/nowhere/")
    after = read()

    def more(name, **labels):
        key = (name, *sorted(labels.items()))
        return after.get(key, 0) - before.get(key, 0)

    counted = "paper_digest_requests_total"
    assert more(counted, view="papers", method="GET", status="200") == 2
    assert more(counted, view="papers", method="POST", status="405") == 1
    assert more(counted, view="papers", method="other", status="405") == 1
    assert more(counted, view="none", method="GET", status="404") == 1
    assert more("paper_digest_request_seconds_count", view="papers") == 4
    assert more("paper_digest_search_seconds_count", view="papers") == 1


def test_errors_and_mails_are_counted(read, client, settings, monkeypatch):
    before = read()
    client.raise_request_exception = False
    monkeypatch.setattr("digest.pages.digests.Digest", None)
    client.get("/")
    settings.EMAIL_BACKEND = "digest.mail.CountedMail"
    settings.EMAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    send_mail("a", "b", None, ["ada@example.org", "alan@example.org"])
    settings.EMAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 1
    with pytest.raises(ConnectionRefusedError):
        send_mail("a", "b", None, ["ada@example.org"])
    after = read()
    changed = {key: after[key] - before.get(key, 0) for key in after if "created" not in key[0]}
    assert changed["paper_digest_errors_total", ("kind", "AttributeError")] == 1
    assert changed["paper_digest_mails_total", ("result", "sent")] == 1
    assert changed["paper_digest_mails_total", ("result", "failed")] == 1
    assert after["paper_digest_mails_failed_in_a_row",] == 1


RULES = yaml.safe_load((ROOT / "prometheus-rules.yml").read_text())["groups"][0]["rules"]


def test_the_alert_rules_name_figures_that_there_are(read, client):
    load(digest(row(1)), "a.json")
    client.get("/")
    DailyRun.objects.create(begun_at="2025-02-08T12:00Z", steps=[])
    names = {name for name, *_ in read()}
    for rule in RULES:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "description"}
        named = set(re.findall(r"\bpaper_digest_\w+", rule["expr"]))
        assert named <= names
        assert named or "up{" in rule["expr"]
        assert rule["expr"].count("(") == rule["expr"].count(")")
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


SERVER = """
import os, sys
from django.conf import settings
import digest.wsgi
from digest import metrics
metrics.count_request("x", "GET", 200, 0.1)
if sys.argv[1:] == ["read"]:
    from prometheus_client import generate_latest
    print(generate_latest(metrics.registry()).decode())
"""


@pytest.mark.slow
@pytest.mark.sqlite
def test_all_workers_of_a_server_count_together(tmp_path):
    """And a server that begins anew counts from nothing."""
    settings = tmp_path / "own_settings.py"
    settings.write_text(
        "from digest.settings import *\nfrom pathlib import Path\n"
        f"METRICS = Path({str(tmp_path / 'metrics')!r})\n"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "own_settings",
        "METRICS_TOKEN": TOKEN,
        "PYTHONWARNINGS": "ignore",
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
    }
    commands = f"{sys.executable} -c '{SERVER}'; {sys.executable} -c '{SERVER}' read; exit"

    def serve():
        done = subprocess.run(
            ["bash", "-c", commands], env=environment, capture_output=True, text=True, cwd=ROOT
        )
        assert done.stderr == ""
        return done.stdout

    line = 'paper_digest_requests_total{method="GET",status="200",view="x"} 2.0'
    assert line in serve()
    assert line in serve()
    (first, second) = sorted(
        (tmp_path / "metrics").iterdir(), key=lambda each: each.stat().st_mtime
    )
    os.utime(first, (1, 1))
    serve()
    assert not first.exists()
    assert second.exists()


def test_every_figure_begins_alike():
    for each in (
        metrics.REQUESTS,
        metrics.SECONDS,
        metrics.SEARCHES,
        metrics.ERRORS,
        metrics.MAILS,
    ):
        (family,) = each.describe()
        assert family.name.startswith("paper_digest_")
        assert family.documentation
