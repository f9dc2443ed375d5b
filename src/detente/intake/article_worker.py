"""The process that reads a stranger's HTML or PDF: bytes on standard input, JSON on standard output, nothing else.

    python -I -m detente.intake.article_worker READER

It takes its limits itself before it reads a byte: processor time, memory, and no file that it could write. What goes wrong inside it is
a reason in its answer, or no answer at all.
"""

from __future__ import annotations

import io
import re
import resource
import sys

import msgspec

from detente.intake.articles import BYTES_MAX, TEXT_CHARACTERS_MAX, ReadText

PROCESSOR_SECONDS_MAX = 15
MEMORY_BYTES_MAX = 1 << 30
PAGES_MAX = 500
# A last line is shorter than this part of a usual one.
SHORT_LINE = 0.85

_ENDS = (".", "!", "?", "”", '"', "»", "’", ":")

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)


def main() -> None:
    _limit()
    data = sys.stdin.buffer.read(BYTES_MAX + 1)
    try:
        answer = ReadText(text=_READERS[sys.argv[1]](data)[: TEXT_CHARACTERS_MAX + 1])
    except Refused as error:
        answer = ReadText(reason=str(error))
    except (MemoryError, RecursionError):
        answer = ReadText(reason="it needs more memory than a page of text may take")
    except Exception as error:
        # Other people's readers raise whatever they like at what strangers made.
        answer = ReadText(reason=f"{type(error).__name__} while reading it")
    sys.stdout.buffer.write(msgspec.json.encode(answer))


class Refused(Exception):
    """A reason that a person can act on."""


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS_MAX, PROCESSOR_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _plain_html(data: bytes) -> str:
    from detente.intake.plain_html import paragraphs_of

    return "\n\n".join(paragraphs_of(_page(data)))


def _trafilatura(data: bytes) -> str:
    import trafilatura

    text = trafilatura.extract(_page(data), output_format="txt", include_comments=False, favor_recall=True)
    # It writes one paragraph a line. A page that it finds no article on is read as it stands.
    return "\n\n".join(text.split("\n")) if text else _plain_html(data)


def _page(data: bytes) -> str:
    declared = _CHARSET.search(data[:4096])
    for encoding in ("utf-8-sig", declared[1].decode("ascii") if declared is not None else "", "windows-1252"):
        if encoding:
            try:
                return data.decode(encoding).replace("\0", "\ufffd")
            except (UnicodeDecodeError, LookupError):
                continue
    raise Refused("its characters are in no encoding that it states")


def _pypdf(data: bytes) -> str:
    import pypdf

    document = pypdf.PdfReader(io.BytesIO(data), strict=False)
    if document.is_encrypted:
        raise Refused("it is encrypted")
    if len(document.pages) > PAGES_MAX:
        raise Refused(f"it has {len(document.pages)} pages, the limit is {PAGES_MAX}")
    parts: list[str] = []
    length = 0
    for page in document.pages:
        text = page.extract_text()
        parts.append(_paragraphs(text.split("\n")))
        length += len(text)
        if length > TEXT_CHARACTERS_MAX:
            break
    if not length:
        raise Refused("it holds pictures of text and no text")
    return "\n\n".join(parts)


def _paragraphs(lines: list[str]) -> str:
    """PDF knows lines and no paragraphs: one ends with a line that ends a sentence well before the others do."""
    widths = sorted(len(line) for line in lines if line.strip())
    usual = widths[len(widths) * 3 // 4] if widths else 0
    return "\n".join(
        line + "\n" if len(line) < SHORT_LINE * usual and line.rstrip().endswith(_ENDS) else line for line in lines
    )


_READERS = {"plain-html": _plain_html, "trafilatura": _trafilatura, "pypdf": _pypdf}

if __name__ == "__main__":
    main()
