"""The bytes of a file of references -> its text."""

import codecs
import re

from .records import MAX_BYTES, ReferenceProblem

_HEAD = 4_000
_DECLARED = re.compile(
    rb"(?:%[ \t!]*(?:TeX[ \t])?encoding[ \t]*[:=]|<\?xml[^<>]{0,100}\sencoding=|charset=|"
    rb"x-kbibtex-encoding=)[ \t\"']*([\w.:-]{2,30})",
    re.I,
)
# They write every character as ASCII, so that their files are UTF-8 by accident.
_SEVEN_BITS = re.compile(r"iso2022|utf[_-]?7|hz")
_OLD_FORM = re.compile(rb"(?:\A\s*|^\s*)(?:@\s*\w+[ \t]*[{(]|TY {1,2}-|%[0T] )", re.M)


class Unreadable(Exception):
    """A file that is no text. problem: the sentence about it."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.problem = ReferenceProblem(line, reason)


def decode(content: bytes) -> str:
    """The text of a file, its lines ended by "\\n". Raises Unreadable.

    UTF-8, or UTF-16, which need not be marked; else the encoding that the file declares; BibTeX,
    RIS and EndNote that declare none may also be as old Windows programs write them.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(1, f"the file is larger than {MAX_BYTES // 10**6} MB")
    text = _text(content)
    if not text.strip():
        raise Unreadable(1, "the file is empty")
    if (zero := text.find("\0")) >= 0:
        line = text.count("\n", 0, zero) + 1
        raise Unreadable(line, "the file is binary: it has a zero byte")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _text(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise Unreadable(1, "not UTF-16, as which it is marked") from None
    if wide := _unmarked_utf16(content):
        try:
            return content.decode(wide)
        except UnicodeDecodeError:
            pass  # the zero bytes are reported
    declared = _declared(content)
    if declared and _SEVEN_BITS.match(declared):
        return _as_declared(content, declared)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if declared and declared != "utf-8":
            return _as_declared(content, declared)
        if not declared and _OLD_FORM.search(content):
            return content.decode("cp1252", "replace")
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"not UTF-8: byte 0x{content[error.start]:02X}"
        raise Unreadable(line, reason) from None


def _declared(content: bytes) -> str:
    """The name of the encoding that a file declares, as Python has it, or ""."""
    match = _DECLARED.search(content[:_HEAD])
    if not match:
        return ""
    given = match[1].decode("ascii")
    try:
        return codecs.lookup(given).name
    except LookupError:
        if content.isascii():
            return ""
        line = content.count(b"\n", 0, match.start()) + 1
        reason = f"its encoding, {given}, is not known here: save it as UTF-8"
        raise Unreadable(line, reason) from None


def _as_declared(content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except (UnicodeDecodeError, LookupError):  # some of Python's codecs are not of texts
        raise Unreadable(1, f"not {name}, as which it is declared: save it as UTF-8") from None


def _unmarked_utf16(content: bytes) -> str:
    """Which UTF-16 a text without mark is, by where its ASCII has zeros; "" if it is none."""
    head = content[:_HEAD]
    even, odd = head[::2].count(0), head[1::2].count(0)
    first = content[:2].strip(b"\0").decode("ascii", "replace")
    if len(content) % 2 or not (first.isprintable() or first.isspace()):
        return ""
    if odd > 4 * even and odd * 4 > len(head) // 2 and content[1] == 0:
        return "utf-16-le"
    if even > 4 * odd and even * 4 > len(head) // 2 and content[0] == 0:
        return "utf-16-be"
    return ""
