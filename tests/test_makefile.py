"""`make install`, twice at once on a machine where nothing is installed yet; and `make lint`."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent

# In place of Python: says when another one runs beside it, and makes the environment that it is
# asked for, whose Python it is again.
PYTHON = """#!/bin/sh
mkdir busy 2>/dev/null || echo beside >> said
case "$*" in
  *"-m venv"*) mkdir .venv .venv/bin && cp "$0" .venv/bin/python && echo venv >> said ;;
  *"-m pip"*) echo pip >> said ;;
  *migrate*) echo migrate >> said ;;
esac
sleep 0.02
rmdir busy 2>/dev/null
exit 0
"""


def test_two_first_installs_at_once_take_turns(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "base.txt").touch()
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    command = ["make", "install", f"PYTHON={python}"]
    environment = {"PATH": os.environ["PATH"]}
    both = [subprocess.Popen(command, cwd=tmp_path, env=environment) for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
    said = (tmp_path / "said").read_text().split()
    assert said == ["venv", "pip", "migrate", "migrate"]


def test_pre_commit_runs_what_lint_runs() -> None:
    printed = subprocess.run(
        ["make", "--dry-run", "--old-file=dev", "lint"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    (local,) = config["repos"]
    hooks = [hook["entry"].removeprefix("env ") for hook in local["hooks"]]
    assert hooks == printed.stdout.splitlines()
    assert {hook["language"] for hook in local["hooks"]} == {"system"}
