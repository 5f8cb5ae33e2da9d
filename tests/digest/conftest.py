import os
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg
import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def own_database(tmp_path, django_db_setup, django_db_blocker):
    """The DATABASE_URL of a fresh, migrated database, for tests with processes of their own."""
    name = f"own_{uuid.uuid4().hex}"
    if connection.vendor == "sqlite":
        url = f"sqlite:///{tmp_path}/{name}.sqlite3"
    else:
        host = connection.settings_dict["HOST"]
        server = psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True)
        server.execute(f"CREATE DATABASE {name}")
        url = f"postgres://postgres@/{name}?host={host}"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "digest.settings"}
    command = [sys.executable, "manage.py", "migrate", "-v", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    yield url
    if connection.vendor == "postgresql":
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.close()
