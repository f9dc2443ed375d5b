"""Where quotations begin and end."""

from __future__ import annotations

import pytest

from detente.claims.marks import find_spans


def _inside(text: str, following: str = "") -> list[str]:
    return [text[s.start + 1 : s.end if s.continues else s.end - 1] for s in find_spans(text, following)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("“one” and “two”", ["one", "two"]),
        ("„eins“ und „zwei”", ["eins", "zwei"]),
        ("«un» et »deux«", ["un", "deux"]),
        ('he said "no" twice', ["no"]),
        ("‘We don’t,’ he said", ["We don’t,"]),
        ("‘the parties’ view’ held", ["the parties’ view"]),
        ("the ‘cyber norms’ and the ‘red lines’ stayed", ["cyber norms", "red lines"]),
        ("“he said ‘never’, and meant it”", ["he said ‘never’, and meant it"]),
        ("“he said “no” and left”", ["he said “no” and left"]),
        ("“outer 'inner' outer”", ["outer 'inner' outer"]),
        ("the dogs’ bowl and the ’90s", []),
        ("5' 11\" tall", []),
        ("don't and can't", []),
        ("“never closed", []),
        ("“never closed but “this one” is", ["this one"]),
        ("an ' apostrophe alone", []),
        ("“an ‘inner one left open” ends", ["an ‘inner one left open"]),
        ("(“in brackets”)", ["in brackets"]),
        ("“”", [""]),
        ("", []),
    ],
)
def test_quotations_of_a_paragraph_are_found(text: str, found: list[str]) -> None:
    assert _inside(text) == found


def test_a_quotation_runs_on_only_where_the_next_paragraph_opens_with_the_same_mark() -> None:
    assert _inside("He said: “one.", "“Two.”") == ["one."]
    assert find_spans("He said: “one.", "“Two.”")[0].continues
    assert _inside("He said: “one.", "Two.") == []
    assert _inside("He said: “one.", "«Two.»") == []
