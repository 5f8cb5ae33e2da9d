"""Streams in the admin: making and naming them, and what is uploaded into them."""

from io import BytesIO

import pytest

from digest.catalogue.load import load, undo
from digest.models import DEFAULT, Source, Stream, Upload
from tests.admin import enter, holder
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

ADD = "/admin/digest/upload/add/"


@pytest.fixture
def curating():
    return enter(holder("curator", "Curators"))


@pytest.fixture
def ours():
    return Stream.objects.create(name="Ours", slug="ours")


def page(client, stream, end="change"):
    return client.get(f"/admin/digest/stream/{stream.pk}/{end}/")


def test_a_stream_is_made_and_renamed(curating):
    values = {"name": "Ours", "slug": "ours", "description": "What we read"}
    assert curating.post("/admin/digest/stream/add/", values).status_code == 302
    made = Stream.objects.get(slug="ours")
    assert (made.pk, made.is_subscribed) == (2, False)
    values = {"name": "Mine", "slug": "else", "description": "", "is_subscribed": "on"}
    curating.post(f"/admin/digest/stream/{made.pk}/change/", values)
    made.refresh_from_db()
    # Its address stays.
    assert (made.name, made.slug, made.is_subscribed) == ("Mine", "ours", True)


@pytest.mark.parametrize(
    ("name", "slug", "wrong"),
    [
        ("Ours", "With Space", "Use a-z, 0-9, and - between."),
        ("Ours", "daily", "already exists"),
        ("Daily papers", "ours", "already exists"),
        ("", "ours", "required"),
    ],
)
def test_a_stream_that_cannot_be(curating, name, slug, wrong):
    answer = curating.post("/admin/digest/stream/add/", {"name": name, "slug": slug})
    assert (answer.status_code, wrong in answer.content.decode()) == (200, True)
    assert Stream.objects.count() == 1


def test_there_are_not_more_than_can_be_numbered(curating, monkeypatch):
    monkeypatch.setattr("digest.admin.streams.STREAMS", 1)
    answer = curating.post("/admin/digest/stream/add/", {"name": "Ours", "slug": "ours"})
    assert "which is the most" in answer.content.decode()


def test_a_stream_that_has_digests_is_not_deleted(curating, ours):
    source = load(digest(row(1)), "a.json", stream=ours.pk).source
    assert curating.post(
        f"/admin/digest/stream/{ours.pk}/delete/", {"post": "yes"}
    ).status_code in (
        403,
        404,
    )
    assert "/delete/" not in page(curating, ours).content.decode()
    undo(Source.objects.get(pk=source))
    assert "/delete/" in page(curating, ours).content.decode()
    curating.post(f"/admin/digest/stream/{ours.pk}/delete/", {"post": "yes"})
    assert not Stream.objects.filter(slug="ours").exists()


def test_nor_is_one_that_an_upload_waits_for(curating, ours):
    upload = Upload.objects.create(
        batch="00000000-0000-0000-0000-000000000001",
        name="a.json",
        content=b"[]",
        stream=ours,
        uploaded_by=holder("ada"),
    )
    assert "/delete/" not in page(curating, ours).content.decode()
    upload.report = {"status": "loaded"}
    upload.save()
    assert "/delete/" in page(curating, ours).content.decode()


def test_nor_is_the_default_stream(curating):
    assert "/delete/" not in page(curating, Stream.objects.get(pk=DEFAULT)).content.decode()


def upload(client, **fields):
    file = BytesIO(digest(row(1)))
    file.name = "a.json"
    return client.post(ADD, {"digests": [file], **fields})


def test_an_upload_goes_into_a_stream(curating, ours):
    assert 'name="stream"' in curating.get(ADD).content.decode()
    address = upload(curating, stream=str(ours.pk)).url
    preview = curating.get(address).content.decode()
    assert "Stream: Ours." in preview
    curating.post(f"{address}confirm/", {"load": [Upload.objects.get().pk]})
    curating.post(f"{address}load/")
    source = Source.objects.get()
    assert source.stream == ours
    load(digest(row(2)), "b.json")
    shown = curating.get(f"/admin/digest/source/{source.pk}/change/").content.decode()
    assert "<dt>Stream</dt>" in shown
    listed = curating.get("/admin/digest/source/?stream=ours").content.decode()
    assert ("a.json" in listed, "b.json" in listed) == (True, False)


def test_an_upload_into_a_stream_that_is_not_there(curating, ours):
    answer = upload(curating, stream="77")
    assert (answer.status_code, Upload.objects.exists()) == (400, False)


def test_with_one_stream_there_is_no_choice(curating):
    assert 'name="stream"' not in curating.get(ADD).content.decode()
    address = upload(curating).url
    assert "Stream" not in curating.get(address).content.decode().partition("<main")[2]
    assert Upload.objects.get().stream_id == DEFAULT
