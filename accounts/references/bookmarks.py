"""A browser's bookmarks, or any page of HTML: every link in it.

Not read with html.parser, which takes minutes for 100 kB of `<a `.
"""

import re
from html import unescape

from .records import ReferenceCollector

# Nothing here looks past the next "<", so that time stays in proportion to the file.
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*+)([^<>]*+)>", re.I)
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)


def read_bookmarks(text: str, draft: ReferenceCollector) -> None:
    """Read every link that leads to the web; the rest (`place:`, `file:`) is no paper's.

    The description under a bookmark, in <DD>, is the person's note.
    """
    line, counted = 1, 0
    link: tuple[int, str, str] | None = None  # its line, its tag, its address
    title: list[str] = []
    note: list[str] = []
    into: list[str] | None = None  # which of the two the text goes on with
    at = 0

    def finish() -> None:
        if link:
            place, tag, address = link
            label = "".join(title)
            note_text = unescape("".join(note))
            draft.add(place, tag + label, title=unescape(label), ids=[address], note=note_text)

    for match in _TAG.finditer(text):
        if into is not None:
            into.append(text[at : match.start()])
        at = match.end()
        closing, name = match[1], match[2].lower()
        if name == "a":
            into = None
            href = None if closing else _HREF.search(match[3])
            if href:
                finish()
                line += text.count("\n", counted, match.start())
                counted = match.start()
                address = unescape(next(filter(None, href.groups()), "")).strip()
                is_web = address.lower().startswith(("http://", "https://"))
                link = (line, match[0], address) if is_web else None
                title, note = [], []
                into = title
        elif name == "dd" and not closing:
            into = note
        elif into is note:
            into = None
    if into is not None:
        into.append(text[at:])
    finish()
