"""The machinery of the tests themselves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]  # the database makes no difference


@pytest.mark.parametrize(
    ("ci", "workers", "code"), [("true", "0", 1), ("true", "1", 1), ("", "0", 0)]
)
def test_a_skip_fails_in_ci_alone(tmp_path: Path, ci: str, workers: str, code: int) -> None:
    file = tmp_path / "test_skip.py"
    file.write_text("import pytest\n\ndef test_it(): pytest.skip('not here')\n")
    command = [
        *(sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "tests.conftest"),
        *("-n", workers, file),
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout
    assert "1 skipped" in done.stdout
    assert ("In CI, a skipped test fails the run." in done.stdout) == bool(code)
    assert "database: SQLite" in done.stdout


@pytest.mark.parametrize(
    ("command", "code"),
    [("exit 7", 7), ("kill -9 $$", 137), ("kill -TERM $PPID; exec sleep 60", 143)],
)
def test_postgres_is_gone_whatever_ends_its_command(command: str, code: int) -> None:
    script = f'echo "$DATABASE_URL"; {command}'
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "postgres.py", "sh", "-c", script],
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    url = done.stdout.strip()
    assert url.startswith("postgres://postgres@/postgres?host=/tmp/pg-")
    assert not Path(url.partition("host=")[2]).exists()
