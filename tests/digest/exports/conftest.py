import pytest
from django.db import transaction

from digest.catalogue.load import load_files
from digest.exports import About, to_cite
from digest.models import Paper


@pytest.fixture(scope="session")
def papers_of(django_db_setup, django_db_blocker):
    """Every paper of some files, as the writers get them; the database stays empty."""

    def loaded(files):
        with django_db_blocker.unblock(), transaction.atomic():
            load_files(files)
            papers = list(to_cite(Paper.objects.newest()))
            transaction.set_rollback(True)
        return papers

    return loaded


@pytest.fixture(scope="session")
def archive(archive_files, papers_of):
    """The papers of the real digests in JSON."""
    return papers_of(archive_files("json"))


@pytest.fixture(scope="session")
def about():
    site = "https://digest.example.org"
    return About("Papers", f"{site}/papers/?q=a&b=c", f"{site}/papers.atom?q=a&b=c", site)
