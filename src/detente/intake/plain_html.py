"""HTML to paragraphs with the standard library alone: the text of block elements, without scripts, navigation and forms.

No page is repaired and no article is looked for: what stands in a block of text is text. Runs in the article worker, for the parser
below it can be made slow.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLOCKS = _names(
    """address article blockquote body br caption dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr html li main ol p pre section
    table td th tr ul"""
)
_SKIPPED = _names(
    """aside button footer form head header iframe nav noscript object script select style svg template
    textarea"""
)
_BLANKS = re.compile(r"[ \t\r\n\f\u00a0]+")
DEPTH_MAX = 1_000


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self._parts: list[str] = []
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED and len(self._skipping) < DEPTH_MAX:
            self._skipping.append(tag)
        elif tag in _BLOCKS:
            self.end_paragraph()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.end_paragraph()

    def handle_endtag(self, tag: str) -> None:
        if self._skipping and tag == self._skipping[-1]:
            self._skipping.pop()
        elif tag in _BLOCKS:
            self.end_paragraph()

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._parts.append(data)

    def end_paragraph(self) -> None:
        text = _BLANKS.sub(" ", "".join(self._parts)).strip(" ")
        self._parts.clear()
        if text:
            self.paragraphs.append(text)


def paragraphs_of(page: str) -> list[str]:
    reader = _Text()
    reader.feed(page)
    reader.close()
    reader.end_paragraph()
    return reader.paragraphs
