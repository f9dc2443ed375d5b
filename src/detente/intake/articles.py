"""Articles into plain text: text, HTML and PDF. What is quoted in them is found by `detente.claims.quotations`.

Plain text is decoded here. HTML and PDF are read by a process of their own (`article_worker`) with limits of memory and time, since
no reader of them is safe from a page made to hang it: what happens to that process harms nothing. HTML has a plain reader without any
further package; with the extra `reports`, trafilatura finds the article on a page full of other things, and pypdf reads PDF.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import msgspec

from detente.errors import InvalidObject

Format = Literal["text", "html", "pdf"]
Reader = Literal["text", "plain-html", "trafilatura", "pypdf"]

BYTES_MAX = 20 << 20
TEXT_CHARACTERS_MAX = 200_000
SECONDS_MAX = 20

_HTML_STARTS = (
    b"<!doctype html",
    b"<html",
    b"<?xml",
    b"<head",
    b"<body",
    b"<article",
    b"<div",
    b"<p>",
    b"<p ",
    b"<!--",
    b"<h1",
    b"<main",
)
_PACKAGES = {"pypdf": "pypdf", "trafilatura": "trafilatura"}


class ReadText(msgspec.Struct, frozen=True):
    """What the worker answers: the text, or the reason why there is none."""

    text: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ArticleText:
    """Paragraphs with an empty line between them. `reader`: what read it; another one may find another text."""

    text: str
    format: Format
    reader: Reader


def read_article(data: bytes, *, name: str, format: Format | None = None, reader: Reader | None = None) -> ArticleText:
    """The text of an article. `format` None finds it out; `reader` None takes the best one installed.

    Raises InvalidObject when it cannot be read, naming the missing extra where that is the reason.
    """
    if not data.strip():
        raise InvalidObject(f"{name} is empty; there is nothing to read")
    if len(data) > BYTES_MAX:
        raise InvalidObject(f"{name} has {len(data):,} bytes, the limit for an article is {BYTES_MAX:,}; split it")
    format = format or format_of(data)
    chosen = reader or _best_reader(format, name)
    text = _decoded(data, name) if chosen == "text" else _from_worker(data, chosen, name)
    text = _tidy(text)
    if not text:
        raise InvalidObject(f"{name} holds no text that {chosen} could find; save it as plain text")
    if len(text) > TEXT_CHARACTERS_MAX:
        raise InvalidObject(
            f"{name} has {len(text):,} characters of text, the limit is {TEXT_CHARACTERS_MAX:,}; split it"
        )
    return ArticleText(text, format, chosen)


def format_of(data: bytes) -> Format:
    if data.startswith(b"%PDF-"):
        return "pdf"
    beginning = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return "html" if beginning.startswith(_HTML_STARTS) else "text"


def _best_reader(format: Format, name: str) -> Reader:
    match format:
        case "text":
            return "text"
        case "html":
            return "trafilatura" if _installed("trafilatura") else "plain-html"
    if not _installed("pypdf"):
        raise InvalidObject(
            f"{name} is a PDF; reading it needs the extra `reports` (pip install 'detente[reports]'), or save it as text"
        )
    return "pypdf"


def _installed(reader: str) -> bool:
    return find_spec(_PACKAGES[reader]) is not None


def _from_worker(data: bytes, reader: Reader, name: str) -> str:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "detente.intake.article_worker", reader],
            input=data,
            capture_output=True,
            timeout=SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InvalidObject(
            f"{name} could not be read by {reader} within {SECONDS_MAX} s; save it as plain text"
        ) from None
    try:
        answer = msgspec.json.decode(done.stdout, type=ReadText)
    except msgspec.DecodeError:
        raise InvalidObject(
            f"{name} could not be read: {reader} ran into a limit of memory or time, or failed; save it as plain text"
        ) from None
    if answer.reason:
        raise InvalidObject(f"{name} could not be read by {reader}: {answer.reason}; save it as plain text")
    return answer.text


def _decoded(data: bytes, name: str) -> str:
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidObject(f"{name} is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    if "\0" in text:
        raise InvalidObject(f"{name} holds a zero character at {text.index(chr(0))}; save it as UTF-8")
    return text


def _tidy(text: str) -> str:
    """Line ends as \\n, no blanks at line ends, one empty line between paragraphs; every other character as it was."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip("\n")
