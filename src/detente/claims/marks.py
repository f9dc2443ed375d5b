"""Quotation marks: where quoted words begin and end in a paragraph of running text.

Read are “…”, „…“, „…”, «…», »…«, ‘…’, "…" and '…', one inside the other, and quotations over several paragraphs, each of which then
begins with the mark again and only the last of which is closed. One pass over the text; nothing is guessed across more than one paragraph
without that sign. An opening mark that is never closed opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

# Opening mark: the marks that close it.
_PAIRS = {"“": "”", "„": "“”", "«": "»", "»": "«", "‘": "’"}
_BEFORE_OPENING = frozenset(" \t\n\u00a0([{—–-/…“„«»‘\"'")
# How far to look for the mark that makes an earlier one a possessive; a longer quotation in single marks is read up to it.
POSSESSIVE_REACH = 400


@dataclass(frozen=True, slots=True)
class Span:
    """`start` and `end` enclose the marks, `[start:end]`; the words lie one character further in at each side.

    `continues`: the mark was not closed in this paragraph and opens the next one again.
    """

    start: int
    end: int
    mark: str
    continues: bool = False


@dataclass(slots=True)
class _Open:
    mark: str
    start: int
    inner: list[Span]


def find_spans(paragraph: str, following: str = "") -> list[Span]:
    """The outermost quotations of a paragraph, in order. `following` is the paragraph after it."""
    stack: list[_Open] = []
    outer: list[Span] = []
    for position, character in enumerate(paragraph):
        if stack and _closes(stack[-1].mark, character, paragraph, position):
            done = stack.pop()
            span = Span(done.start, position + 1, done.mark)
            (stack[-1].inner if stack else outer).append(span)
        elif _opens(character, paragraph, position, stack):
            stack.append(_Open(character, position, []))
        elif character in "”»’" and len(stack) > 1 and character in _PAIRS.get(stack[-2].mark, ""):
            # The inner mark was none after all (an apostrophe, a stray mark): the outer one closes here.
            lost = stack.pop()
            done = stack.pop()
            done.inner.extend(lost.inner)
            span = Span(done.start, position + 1, done.mark)
            (stack[-1].inner if stack else outer).append(span)
    if not stack:
        return outer
    first = stack[0]
    if first.mark in '“„«"' and following.lstrip()[:1] == first.mark:
        return [*outer, Span(first.start, len(paragraph), first.mark, continues=True)]
    # Never closed: what stands closed inside it stands on its own.
    for lost in stack:
        outer.extend(lost.inner)
    return sorted(outer, key=lambda span: span.start)


def _opens(character: str, text: str, position: int, stack: list[_Open]) -> bool:
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    if after.isspace():
        return False
    if character in "“„«":
        return True
    if character == "»":
        return before in _BEFORE_OPENING and not (stack and stack[-1].mark == "«")
    if character == '"':
        return before in _BEFORE_OPENING and not any(one.mark == '"' for one in stack)
    if character in "‘'":
        # An apostrophe stands before digits (’90s) or inside a word; an opening mark before a word.
        return before in _BEFORE_OPENING and not after.isdigit() and not any(one.mark == character for one in stack)
    return False


def _closes(mark: str, character: str, text: str, position: int) -> bool:
    if mark in "\"'":
        if character != mark:
            return False
    elif character not in _PAIRS[mark]:
        return False
    if mark not in "‘'":
        return True
    # Between letters it is an apostrophe (don’t). After an s it may be a possessive (the parties’ view): it is one when the next mark
    # of this kind closes and does not open.
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    if after.isalnum():
        return False
    if before.lower() == "s" and after == " ":
        return not _next_one_closes(mark, character, text, position)
    return True


def _next_one_closes(mark: str, closing: str, text: str, position: int) -> bool:
    for later in range(position + 1, min(position + POSSESSIVE_REACH, len(text) - 1)):
        if text[later] == mark and text[later - 1] in _BEFORE_OPENING and text[later + 1].isalnum():
            return False
        if text[later] == closing and not text[later + 1].isalnum():
            return True
    return False
