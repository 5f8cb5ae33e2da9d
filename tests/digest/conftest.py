import pytest

from tests.accounts.conftest import person


@pytest.fixture
def curator(db):
    return person("curator")
