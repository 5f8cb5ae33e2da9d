"""The rules of the house that no linter knows."""

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent

# Who may import whom: a module imports what stands on the lines before its own, and nothing
# beside it or after. The name of a package stands for all that is in it.
ORDER = [
    ["digest.metrics_folder"],
    [
        "digest.batches",
        "digest.environment",
        "digest.log",
        "digest.metrics",
        "digest.snapshot",
        "digest.static",
        "digest.template_loader",
        "digest.text",
    ],
    ["digest.error_mail", "digest.rights"],
    ["digest.formats"],
    ["digest.catalogue.kinds"],
    ["digest.catalogue.fields"],  # whose names the models have as choices
    ["digest.models"],
    ["digest.mail", "digest.search"],
    ["digest.catalogue"],
    ["digest.exports"],
    ["digest.caches"],
    ["digest.backups", "digest.curation", "digest.fetch"],
    ["digest.status", "digest.url_settings"],
    ["digest.pages", "digest.templatetags"],
    ["digest.api", "digest.static_site"],
    ["digest.pages.busy"],  # which answers programs too
    ["digest.admin", "digest.checks", "digest.management"],
    ["accounts.models", "accounts.optional_writes"],
    [
        *["accounts.archive", "accounts.markdown", "accounts.names", "accounts.recommender"],
        *["accounts.references", "accounts.secret_box"],
    ],
    ["accounts.library", "accounts.sessions"],
    [
        *[
            "accounts.access",
            "accounts.invitations",
            "accounts.known_browser",
            "accounts.mcp_server",
        ],
        *["accounts.reports", "accounts.tokens", "accounts.transfer"],
    ],
    ["accounts.alerts"],
    ["accounts.forms"],
    [
        *["accounts.adapters", "accounts.context_processors", "accounts.management"],
        *["accounts.passing_messages", "accounts.passwords", "accounts.profile"],
        *["accounts.second_factor", "accounts.security", "accounts.templatetags"],
    ],
    ["accounts.admin", "accounts.api", "accounts.middleware", "accounts.views"],
    ["accounts.urls"],
    ["digest.apps", "accounts.apps"],
    ["digest.urls"],
    ["digest.settings"],
    ["digest.wsgi"],
]
PLACES = {name: place for place, names in enumerate(ORDER) for name in names}

# What is against the order, by decision: a file and the name in it, and the reason.
EXCEPTIONS = {
    ("digest/settings.py", "digest.wsgi.application"): (
        "Django's development server asks for it, and it asks for the settings"
    ),
    ("digest/api/schema.py", "accounts.tokens.TokenAuthentication"): (
        "the schema describes how a token is sent, which is the only thing that it knows of them"
    ),
}

LONGEST = 400
"""Lines of a module; a longer one holds two things, and becomes a package."""
LONGER = {
    "digest/catalogue/fields.py": "a class for each field of a paper",
    "digest/curation/decisions.py": "each kind of decision, made and ended",
    "digest/models/catalogue.py": "the tables of the catalogue",
    "digest/settings.py": "one file of settings, in the order of Django's documentation",
}


def part(module: str) -> str | None:
    """The name in ORDER that a module, or something in it, belongs to."""
    while module not in PLACES and "." in module:
        module = module.rpartition(".")[0]
    return module if module in PLACES else None


@cache
def nodes(source: str) -> list[ast.AST]:
    """What a file consists of, which several tests ask."""
    return list(ast.walk(ast.parse(source)))


def imported(path: str, source: str) -> Iterator[str]:
    """The dotted names that a file imports, wherever in it, relative ones made absolute."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in nodes(source):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def named(source: str) -> Iterator[str]:
    """The dotted names of what a file reaches without an import: by a string that names a module of
    ours or something in it, by a model's label, or by the registry of models."""
    for node in nodes(source):
        match node:
            case ast.Constant(value=str(text)) if re.fullmatch(r"(digest|accounts)(\.\w+)+", text):
                if "." in module(text):
                    yield text
                elif re.fullmatch(r"\w+\.[A-Z]\w*", text):
                    yield f"{text.split('.')[0]}.models"
            case (
                ast.Subscript(
                    value=ast.Attribute(attr="all_models"), slice=ast.Constant(value=str(app))
                )
                | ast.Call(
                    func=ast.Attribute(attr="get_model" | "get_app_config"),
                    args=[ast.Constant(value=str(app)), *_],
                )
            ) if app in ("digest", "accounts"):
                yield f"{app}.models"


@cache
def module(name: str) -> str:
    """The module that a dotted name is, or that has it; or else its first part."""
    place = ROOT.joinpath(*name.split("."))
    if "." not in name or place.is_dir() or place.with_suffix(".py").is_file():
        return name
    return module(name.rpartition(".")[0])


def breaches(path: str, source: str) -> list[str]:
    """What a file imports or names against the order, in words."""
    names = list(imported(path, source))
    if "/migrations/" not in path:  # which name models as they were
        names += [name for name in named(source) if (path, name) not in EXCEPTIONS]
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
        together = own in ("digest.settings", "digest.urls")
        if name.startswith("accounts.") and own.startswith("digest.") and not together:
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
        names = [name for name in names if name not in (".git", ".env")]
        yield from (Path(folder, name) for name in names if not suffixes or name.endswith(suffixes))


def sources() -> Iterator[tuple[str, str]]:
    """The path and the text of each of the apps' files of Python."""
    for app in ("digest", "accounts"):
        for file in files(".py", below=ROOT / app):
            yield file.relative_to(ROOT).as_posix(), file.read_text()


def test_imports_follow_the_order() -> None:
    assert [breach for path, source in sources() for breach in breaches(path, source)] == []


def test_no_exception_is_left_over() -> None:
    names = {(path, name) for path, source in sources() for name in named(source)}
    assert EXCEPTIONS.keys() <= names


def circles(imports: dict[str, set[str]]) -> list[set[str]]:
    """The largest sets of modules of which each imports all others, if only by way of others."""

    def reached(name: str) -> set[str]:
        found: set[str] = set()
        ways = [name]
        while ways:
            new = imports.get(ways.pop(), set()) - found
            found |= new
            ways += new
        return found

    reach = {name: reached(name) for name in imports}
    found = []
    for name in imports:
        circle = {other for other in reach[name] if name in reach.get(other, set())}
        if circle and circle not in found:
            found.append(circle)
    return found


def test_modules_import_in_no_circle() -> None:
    imports: dict[str, set[str]] = {}
    for path, source in sources():
        own = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        names = {module(name) for name in imported(path, source)}
        ours = {name for name in names if name.split(".")[0] in ("digest", "accounts")}
        imports[own] = ours - {own, "digest", "accounts"}
    assert circles(imports) == []


def test_a_circle_is_found() -> None:
    imports = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"a"}}
    assert circles(imports) == [{"b", "c"}]


def test_modules_are_short() -> None:
    long = {
        path
        for path, source in sources()
        if "/migrations/" not in path and source.count("\n") > LONGEST
    }
    assert long == LONGER.keys()


def test_the_architecture_names_every_package() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    assert [name for name in PLACES if f"`{name}`" not in text] == []


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
        ("digest/pages/views.py", 'view = "accounts.views.lists.leave"', "knows no people"),
        (
            "digest/pages/views.py",
            'import_string("digest.admin.site.Site")',
            "does not stand before",
        ),
        ("digest/pages/views.py", 'apps.all_models["accounts"]', "knows no people"),
        ("digest/pages/views.py", 'apps.get_model("accounts", "Report")', "knows no people"),
        ("digest/pages/views.py", 'apps.get_model("accounts.Report")', "knows no people"),
        ("digest/pages/views.py", 'user.has_perm("accounts.add_report")', None),
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
