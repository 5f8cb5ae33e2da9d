"""The rules of the house that no linter knows."""

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent

# Who may import whom: a module imports what stands on the lines before its own, and nothing
# beside it or after. The name of a package stands for all that is in it.
ORDER = [
    [
        "digest.batches",
        "digest.environment",
        "digest.log",
        "digest.static",
        "digest.template_loader",
        "digest.text",
    ],
    ["digest.rights"],
    ["digest.formats"],
    ["digest.catalogue.kinds"],
    ["digest.catalogue.fields"],  # whose names the models have as choices
    ["digest.models"],
    ["digest.search"],
    ["digest.catalogue"],
    ["digest.exports"],
    ["digest.caches"],
    ["digest.curation"],
    ["digest.pages", "digest.templatetags"],
    ["digest.api"],
    ["digest.pages.busy"],  # which answers programs too
    ["digest.admin", "digest.checks", "digest.management"],
    ["accounts.models", "accounts.optional_writes"],
    ["accounts.archive", "accounts.markdown", "accounts.names", "accounts.references"],
    ["accounts.library", "accounts.sessions"],
    [
        *["accounts.access", "accounts.invitations", "accounts.known_browser"],
        *["accounts.reports", "accounts.secret_box", "accounts.tokens", "accounts.transfer"],
    ],
    ["accounts.forms"],
    [
        *["accounts.adapters", "accounts.context_processors", "accounts.management"],
        *["accounts.passing_messages", "accounts.passwords", "accounts.profile"],
        *["accounts.second_factor", "accounts.security", "accounts.templatetags"],
    ],
    ["accounts.admin", "accounts.api", "accounts.middleware", "accounts.views"],
    ["accounts.urls"],
    ["digest.apps", "accounts.apps"],
    ["digest.settings", "digest.urls"],
    ["digest.wsgi"],
]
PLACES = {name: place for place, names in enumerate(ORDER) for name in names}


def part(module: str) -> str | None:
    """The name in ORDER that a module, or something in it, belongs to."""
    while module not in PLACES and "." in module:
        module = module.rpartition(".")[0]
    return module if module in PLACES else None


def imported(path: str, source: str) -> Iterator[str]:
    """The dotted names that a file imports, wherever in it, relative ones made absolute."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def breaches(path: str, source: str) -> list[str]:
    """What a file imports against the order, in words."""
    names = list(imported(path, source))
    ours = [name for name in names if name.split(".")[0] in ("digest", "accounts")]
    if "/migrations/" in path:
        return [f"{path} imports {name}: a migration uses no living code" for name in ours]
    if path.count("/") == 1 and path.endswith("/__init__.py"):
        return [f"{path} imports {name}: an app's own file stays empty" for name in names]
    own = part(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    if own is None:
        return [f"{path} has no place in ORDER"]
    found = []
    for name in ours:
        other = part(name)
        if other == own:
            continue
        if name.startswith("accounts.") and own.startswith("digest.") and own != "digest.urls":
            found.append(f"{path} imports {name}: the catalogue knows no people")
        elif other is None or PLACES[other] >= PLACES[own]:
            found.append(f"{path} imports {name}, which does not stand before {own}")
    if own == "digest.formats":
        allowed = {*sys.stdlib_module_names, "digest"}
        foreign = [name for name in names if name.split(".")[0] not in allowed]
        found += [f"{path} imports {name}: formats use the standard library" for name in foreign]
    return found


def files(*suffixes: str, below: Path = ROOT) -> Iterator[Path]:
    """The project's files, without what .gitignore leaves out."""
    for folder, folders, names in os.walk(below):
        folders[:] = [
            name
            for name in folders
            if name in (".ci", ".github")
            or not (name.startswith(".") or name in ("__pycache__", "var"))
        ]
        # In a second work tree, .git is a file.
        names = [name for name in names if name != ".git"]
        yield from (Path(folder, name) for name in names if not suffixes or name.endswith(suffixes))


def test_imports_follow_the_order() -> None:
    found = []
    for app in ("digest", "accounts"):
        for file in files(".py", below=ROOT / app):
            found += breaches(file.relative_to(ROOT).as_posix(), file.read_text())
    assert found == []


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("digest/models.py", "from .formats import Format", None),
        ("digest/models.py", "from digest.catalogue import load", "does not stand before"),
        ("digest/models.py", "from . import catalogue", "does not stand before"),
        (
            "digest/models.py",
            "def late():\n    import digest.catalogue",
            "does not stand before",
        ),
        ("digest/formats/json.py", "from .records import Record", None),
        ("digest/formats/json.py", "from ..models import Paper", "does not stand before"),
        ("digest/formats/json.py", "import django", "standard library"),
        ("digest/pages/views.py", "from ..admin import x", "does not stand before"),
        ("digest/pages/views.py", "from accounts.library import Library", "knows no people"),
        ("digest/urls.py", "from accounts.library import Library", None),
        ("accounts/library/notes.py", "from digest.models import Paper", None),
        ("accounts/__init__.py", "from . import library", "stays empty"),
        ("digest/migrations/0002_x.py", "from digest.models import Paper", "no living code"),
        ("digest/helpers.py", "", "has no place"),
    ],
)
def test_a_breach_is_found(path: str, source: str, complaint: str | None) -> None:
    found = breaches(path, source)
    assert len(found) == (1 if complaint else 0)
    assert complaint is None or complaint in found[0]


def test_migrations_have_names() -> None:
    names = [file.stem for file in files(".py") if file.parent.name == "migrations"]
    assert [name for name in names if re.search(r"\d_auto|and_more", name)] == []


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def test_locks_pin_what_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    base, dev = pins("base.txt"), pins("dev.txt")
    for lock, lines in [
        (base, project["project"]["dependencies"]),
        (dev, project["dependency-groups"]["dev"]),
    ]:
        for requirement in map(Requirement, lines):
            assert requirement.specifier.contains(lock[requirement.name]), "run make lock"
    assert dev | base == dev, "what is tested is not what is served: run make lock"


def test_locks_hold_hashes_and_no_address() -> None:
    for file in files(".txt", below=ROOT / "requirements"):
        text = file.read_text()
        assert "://" not in text
        for block in re.split(r"\n(?=\S)", text.strip()):
            assert re.match(r"[a-z0-9-]+==\S+.* \\\n +--hash=sha256:[0-9a-f]{64}", block), block


def test_no_path_of_a_machine() -> None:
    path = re.compile(rb"(?<![\w.~)}-])/(?:home|root|Users|work)/\w")
    found = [file for file in files() if path.search(file.read_bytes())]
    assert found == []
