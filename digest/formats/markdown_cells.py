"""The cells of a table's row in Markdown, and what stands in them."""

from __future__ import annotations

import re

from .records import MAX_ITEMS, MAX_TITLE, BadRow, quote

NOTHING = "N/A"
"""What a cell without links says."""

# While a row is taken apart, NUL stands for an escaped bar: a file that holds one is not read.
_ESCAPED = re.compile(r"(?<!\\)(\\++)\|")

_LABELLED = re.compile(r"\[[^\[\]]*+\]\((.*)\)", re.S)

# A string in a Python list, up to the next comma; and an escape in it.
_STRING = re.compile(
    r"""\s*(?:'([^'\\]*+(?:\\.[^'\\]*+)*+)'|"([^"\\]*+(?:\\.[^"\\]*+)*+)")\s*(?:,\s*|\Z)""", re.S
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([nrt\\'\"]))")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}

_URL = r"[^()\s]*+(?:\([^()\s]*+\)[^()\s]*+)*+"
_TARGET = re.compile(rf"\]\(<?({_URL})>?\)")
_LINK = re.compile(rf"\[([^\[\]]*+)\]\({_URL}\)")
_BREAK = re.compile(r"\s*<br ?/?>\s*", re.I)
_AROUND = " \t\n*_`"


def marked(row: str) -> str:
    """A row with NUL for each escaped bar."""
    return _ESCAPED.sub(_mark, row) if "\\|" in row else row


def _mark(escaped: re.Match[str]) -> str:
    """NUL for an escaped bar, with the backslashes that it stood for before it."""
    backslashes = escaped[1]
    return backslashes[: len(backslashes) // 2] + "\0" if len(backslashes) % 2 else escaped[0]


def cells_of(row: str, columns: int, open_column: int | None = None) -> list[str]:
    """The row's cells, as many as the table has columns, each without its escapes.

    row: as `marked` gives it. open_column: the one in which bars that nobody escaped stand; None
    for the title or the summary, the first and the third.
    """
    cells = row.split("|")
    if (surplus := len(cells) - columns) and open_column is not None:
        end = open_column + surplus + 1
        cells[open_column:end] = ["|".join(cells[open_column:end])]
    elif surplus:
        ends = (i for i, cell in enumerate(cells[:MAX_TITLE]) if i <= surplus and ends_title(cell))
        last = next(ends, 0)
        title = "|".join(cells[: last + 1])
        rest = len(cells) - (columns - 3)
        summary = "|".join(cells[last + 2 : rest])
        cells = [title, cells[last + 1], summary, *cells[rest:]]
    return [cell.replace("\0", "|") for cell in cells]


def ends_title(cell: str) -> bool:
    return "](" in cell and cell.rstrip().endswith(")")


def text_of(cell: str) -> str:
    """The cell without the space that sets it off on either side; more are the text's own."""
    return cell.removeprefix(" ").removesuffix(" ")


def title_and_link(cell: str) -> tuple[str, str]:
    """The two of `[title](link)`; a cell of another form is a title without a link."""
    cell = cell.strip()
    middle = cell.rfind("](")
    if middle > 0 and cell.startswith("[") and cell.endswith(")"):
        return cell[1:middle].strip(), cell[middle + 2 : -1]
    return cell, ""


def links_of(cell: str) -> tuple[str, ...]:
    """The URLs of `[Link](URL), ...`; also of other labels, and of bare URLs."""
    cell = cell.strip()
    if cell in ("", NOTHING):
        return ()
    if cell.startswith("[Link](") and cell.endswith(")"):
        links = cell[7:-1].split("), [Link](", MAX_ITEMS)
        if cell.count("](") == len(links):
            return tuple(links)
    links = cell.split(", ", MAX_ITEMS)
    return tuple(match[1] if (match := _LABELLED.fullmatch(link)) else link for link in links)


def python_list(cell: str) -> tuple[str, ...]:
    """The strings of a Python list literal, as `repr` writes it."""
    cell = cell.strip()
    if cell in ("", NOTHING):
        return ()
    items: list[str] = []
    if cell.startswith("[") and cell.endswith("]"):
        inner = cell[1:-1].strip()
        position = 0
        while (match := _STRING.match(inner, position)) and len(items) <= MAX_ITEMS:
            items.append(_unescape(match[1] or match[2] or ""))
            position = match.end()
        if position == len(inner) or len(items) > MAX_ITEMS:
            return tuple(items)
    raise BadRow(f"the classification is not a list: {quote(cell)}")


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        return _ESCAPE.sub(_character, text)
    except (ValueError, OverflowError):
        raise BadRow(f"an escape that is no character: {quote(text)}") from None


def _character(escape: re.Match[str]) -> str:
    if letter := escape[4]:
        return _ESCAPES.get(letter, letter)
    return chr(int(escape[1] or escape[2] or escape[3], 16))


def urls_of(cell: str) -> list[str]:
    """The addresses in a cell of any form: links, or addresses by themselves."""
    found = _TARGET.findall(cell)
    return found or [text.strip(_AROUND) for text in re.split(r"\s*(?:,|<br ?/?>)\s*", cell)]


def plain_text(cell: str) -> str:
    """The text of a cell without what makes it bold, and without the addresses of its links."""
    text = _BREAK.sub("\n", _LINK.sub(r"\1", cell.strip()))
    for mark in ("***", "**", "__", "`", "*", "_"):
        inner = text[len(mark) : -len(mark)]
        if text == f"{mark}{inner}{mark}" and inner and mark not in inner:
            text = inner.strip()
    return text
