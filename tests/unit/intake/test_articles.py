"""Articles into text: plain, HTML and PDF; and what is made to hang or to burst does neither."""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import time
import zlib
from typing import Any

import pytest

from detente.errors import InvalidObject
from detente.intake import articles
from detente.intake.articles import BYTES_MAX, TEXT_CHARACTERS_MAX, format_of, read_article
from detente.intake.plain_html import paragraphs_of

PAGE = """<!doctype html><html><head><title>T</title><style>p{}</style></head><body>
<nav><a href="/">Home</a></nav><h1>Lights out</h1>
<p>“We saw
nothing,”&nbsp;said the <b>minister</b> of A&amp;B.</p><script>alert("“no”")</script>
<ul><li>One</li><li>Two</li></ul><p>The end.<br>Really.<footer>Imprint</footer></body></html>"""


def pdf(*lines: str, stream: bytes | None = None, extra: str = "") -> bytes:
    """A PDF of one page with these lines; `stream` replaces the page's content."""
    text = "BT /F1 12 Tf 72 720 Td 14 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    content = text.encode("latin-1") if stream is None else stream
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length " + str(len(content)).encode() + extra.encode() + b" >>\nstream\n" + content + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += str(number).encode() + b" 0 obj\n" + body + b"\nendobj\n"
    table = b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n".encode()
    return out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode() + table + end


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"Plain words.", "text"),
        (b"  <!DOCTYPE html><p>x", "html"),
        (b"\xef\xbb\xbf<html>", "html"),
        (b"<p>x</p>", "html"),
        (b"%PDF-1.7\n", "pdf"),
        (b"5 < 6 and <b>", "text"),
    ],
)
def test_the_format_is_found_out(data: bytes, format: str) -> None:
    assert format_of(data) == format


def test_plain_text_keeps_its_paragraphs_and_every_character() -> None:
    read = read_article("\ufeffOne “two”.  \r\n\r\n\r\nThree\tfour.\n".encode(), name="a.txt")
    assert (read.text, read.format, read.reader) == ("One “two”.\n\nThree\tfour.", "text", "text")


def test_html_without_any_further_package_gives_the_text_of_its_blocks() -> None:
    read = read_article(PAGE.encode(), name="a.html", reader="plain-html")
    assert read.text.split("\n\n") == [
        "Lights out",
        "“We saw nothing,” said the minister of A&B.",
        "One",
        "Two",
        "The end.",
        "Really.",
    ]


def test_html_with_the_extra_leaves_out_what_is_no_article() -> None:
    story = "".join(f"<p>{'The lights of the valley went out again last night. ' * 4}</p>" for _ in range(4))
    page = (
        f"<html><body><div class='menu'><ul><li>Subscribe now</li></ul></div><article>{story}</article></body></html>"
    )
    read = read_article(page.encode(), name="a.html")
    assert read.reader == "trafilatura"
    assert "The lights of the valley" in read.text
    assert "Subscribe" not in read.text


def test_a_page_states_its_encoding_or_is_western() -> None:
    page = '<html><head><meta charset="iso-8859-2"></head><p>P\u0159\u00edliv “x”</p>'
    assert "P\u0159\u00edliv" in read_article(page.encode("iso-8859-2", "ignore"), name="a", reader="plain-html").text
    assert "caf\u00e9" in read_article("<p>caf\u00e9</p>".encode("windows-1252"), name="a", reader="plain-html").text


def test_a_pdf_gives_its_lines() -> None:
    read = read_article(pdf("The minister said:", "We saw nothing."), name="a.pdf")
    assert (read.format, read.reader) == ("pdf", "pypdf")
    assert read.text.split() == ["The", "minister", "said:", "We", "saw", "nothing."]


def test_the_paragraphs_of_a_pdf_end_where_a_line_ends_short() -> None:
    long = "The minister of the interior said at length on Monday that"
    read = read_article(pdf(long, "nothing was seen.", long, "much was heard."), name="a.pdf")
    first, second = read.text.split("\n\n")
    assert first.endswith("nothing was seen.")
    assert second.endswith("much was heard.")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(articles, "find_spec", lambda name: None)
    with pytest.raises(InvalidObject, match="needs the extra `reports`"):
        read_article(pdf("x"), name="a.pdf")
    assert read_article(PAGE.encode(), name="a.html").reader == "plain-html"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b"a\0b", "zero character"),
        (b"x" * (TEXT_CHARACTERS_MAX + 1), "limit is 200,000"),
        (b"<html><script>x</script></html>", "no text"),
        (b"%PDF-1.4\nnothing", "could not be read by pypdf"),
        (pdf(stream=b""), "pictures of text"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(data: bytes, words: str) -> None:
    with pytest.raises(InvalidObject, match=words):
        read_article(data, name="it")


def test_a_document_above_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(InvalidObject, match="limit for an article"):
        read_article(b"x" * (BYTES_MAX + 1), name="it")


def _bomb() -> bytes:
    """A stream of some kilobytes that unpacks to more than a gigabyte."""
    squeezed = zlib.compressobj(9)
    block = b"0" * (1 << 24)
    return b"".join(squeezed.compress(block) for _ in range(72)) + squeezed.flush()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda: pdf(stream=_bomb(), extra=" /Filter /FlateDecode"), id="a PDF that unpacks to gigabytes"),
        pytest.param(lambda: b"%PDF-1.4\n" + b"1 0 obj\n<< /A " * 20_000, id="a PDF that nests"),
        pytest.param(
            lambda: pdf("x").replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]"), id="a PDF whose pages are their own parent"
        ),
        pytest.param(lambda: b"<html>" + b"<div>" * 200_000 + b"x", id="HTML that nests"),
        pytest.param(lambda: b"<html>" + b"<!--" * 100_000, id="HTML of open comments"),
        pytest.param(lambda: b"<html>" + b"<a b='" * 100_000, id="HTML of open attributes"),
        pytest.param(lambda: b"<html>" + b"&#9999999999999;" * 50_000, id="HTML of impossible characters"),
    ],
)
def test_what_is_made_to_hang_or_to_burst_ends_with_a_text_or_a_reason(
    data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(articles, "SECONDS_MAX", 3)
    begun = time.monotonic()
    with contextlib.suppress(InvalidObject):
        assert len(read_article(data(), name="it").text) <= TEXT_CHARACTERS_MAX
    assert time.monotonic() - begun < 30


def test_a_reader_that_takes_too_long_or_dies_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*arguments: Any, **options: Any) -> Any:
        raise subprocess.TimeoutExpired("worker", 1)

    monkeypatch.setattr(subprocess, "run", late)
    with pytest.raises(InvalidObject, match="within 20 s"):
        read_article(PAGE.encode(), name="it")
    dead = subprocess.CompletedProcess([], -9, stdout=b"", stderr=b"")
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: dead)
    with pytest.raises(InvalidObject, match="ran into a limit"):
        read_article(PAGE.encode(), name="it")


def test_what_is_skipped_ends_where_its_element_ends() -> None:
    assert paragraphs_of("<nav>a<div>b</nav>c") == ["c"]
    assert paragraphs_of("<script>“a”</script><p>b") == ["b"]
    assert paragraphs_of("a<br/>b<td>c") == ["a", "b", "c"]


def test_the_worker_can_be_imported_without_taking_its_limits() -> None:
    worker = importlib.import_module("detente.intake.article_worker")
    assert set(worker._READERS) == {"plain-html", "trafilatura", "pypdf"}
