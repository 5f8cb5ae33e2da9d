"""Links as digests give them: which are safe, what they lead to, what to call them.

A link is http or https, or it is text: `clean_url` is the only way from a file to an `href`.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

MAX_LENGTH = 2000

CODE, MODEL, DATASET, SPACE = "code", "model", "dataset", "space"
COLLECTION, PROJECT, OTHER = "collection", "project page", "other"
KINDS = (CODE, MODEL, DATASET, SPACE, COLLECTION, PROJECT, OTHER)

_NOTHING = re.compile(r"(?:none|null|nan|n/?a|string|-|)", re.I)
_BRACKETED = re.compile(r"\[[^\[\]]*\]")
_HOST = re.compile(r"(?=.{4,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?!-)[a-z][a-z0-9-]{1,62}(?<!-)")
_WITHOUT_SCHEME = re.compile(
    r"(?:[a-z0-9-]+\.)+(?:[a-z]{2,}[:/?#].*|(?:ai|app|co|com|dev|edu|io|net|org|xyz))", re.I
)
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CODE_HOSTS = {
    "github.com": "GitHub",
    "gitlab.com": "GitLab",
    "bitbucket.org": "Bitbucket",
    "codeberg.org": "Codeberg",
    "gitee.com": "Gitee",
    "gist.github.com": "GitHub Gist",
    "anonymous.4open.science": "Anonymous GitHub",
}
_HF = "Hugging Face"
_HF_HOSTS = ("huggingface.co", "hf.co")
_HF_FOLDERS = {"datasets": DATASET, "spaces": SPACE, "collections": COLLECTION}
_HF_PAGES = {"papers", "blog", "docs", "learn", "posts", "join", "settings"}


def says_nothing(text: str) -> bool:
    """Whether a link's text is a placeholder (`None`, `null`, `N/A`, `string`, `[data]`, empty)."""
    text = text.strip()
    return bool(_NOTHING.fullmatch(text) or _BRACKETED.fullmatch(text))


@lru_cache(4096)
def clean_url(text: str) -> str | None:
    """The http(s) URL that a text gives, safe in an `href`; None if it gives none.

    A bare host (`github.com/x/y`) gets its `https://`; a stray closing `;` or `,` goes. Refused:
    every other scheme, `user:password@`, hosts that no name server could know, control characters,
    more than `MAX_LENGTH` characters.
    """
    text = text.strip().strip("<>").rstrip(";,")
    if says_nothing(text) or len(text) > MAX_LENGTH or _UNSAFE.search(text) or "\\" in text:
        return None
    if _WITHOUT_SCHEME.fullmatch(text):
        text = "https://" + text
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    # Quotes and brackets are encoded, so that no writer of a format has to think of them.
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    fragment = quote(parts.fragment, safe="/%:@!$&'()*+,;=~-._?")
    url = f"{parts.scheme}://{host}{f':{port}' if port else ''}{path}"
    url += (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    return url if len(url) <= MAX_LENGTH else None


def same_link(url: str) -> str:
    """A key that two clean URLs share when they lead to the same place.

    http and https, `www.`, a final `/` or `.git` make no difference, nor does case where the site
    ignores it (GitHub, Hugging Face).
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    host = _HF_HOSTS[0] if host in _HF_HOSTS else host
    path = parts.path.rstrip("/").removesuffix(".git")
    if host in _CODE_HOSTS or host in _HF_HOSTS:
        path = path.lower()
    return f"{host}:{parts.port or ''}{path}?{parts.query}#{parts.fragment}"


def link_names(url: str) -> list[str]:
    """The names by which a clean URL is found, the exact one first: that of its place, whichever
    way it is written; for a repository, a model and the like also its owner and name alone."""
    kind, label, site = destination(url)
    if site and kind != OTHER and "/" in label:
        return [f"{site} {kind} {label}".lower(), label.lower()]
    return [same_link(url.partition("#")[0])]


class Destination(NamedTuple):
    """Where a link leads: its kind (one of `KINDS`), a readable label, the site ("" if none)."""

    kind: str
    label: str
    site: str


def destination(url: str) -> Destination:
    """What a clean URL leads to: `GAIR-NLP/LIMO`, code, on GitHub."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    path = [unquote(part) for part in parts.path.split("/") if part]
    if host in _HF_HOSTS and path:
        return _on_hugging_face(path)
    if host in _CODE_HOSTS and path:
        label = "/".join(path[:2]).removesuffix(".git")
        return Destination(CODE, label, _CODE_HOSTS[host])
    kind = PROJECT if host.endswith((".github.io", ".gitlab.io")) else OTHER
    return Destination(kind, "/".join([host, *path]), "")


def _on_hugging_face(path: list[str]) -> Destination:
    folder = path[0]
    if folder in _HF_FOLDERS:
        label = "/".join(path[1:3]) or folder
        if folder == "collections":
            label = re.sub(r"-[0-9a-f]{24}$", "", label)
        return Destination(_HF_FOLDERS[folder], label, _HF)
    if folder in _HF_PAGES or len(path) == 1:
        return Destination(OTHER, "/".join(path), _HF)
    return Destination(MODEL, "/".join(path[:2]), _HF)
