"""The ladder as a picture: well formed, neutral, with all that the text has."""

from __future__ import annotations

from xml.etree import ElementTree

from tests.unit.norms.speaking import ALDMERE, BOROVIA, Speech, day, on, sealed

from detente.norms.ladder import chains, steps
from detente.norms.picture import ladder_svg, ladder_text
from detente.words import loaded_words


def _speech() -> Speech:
    speech = Speech()
    last = ""
    for at, (speaker, kind) in enumerate(
        [(ALDMERE, "private-message"), (BOROVIA, "public-statement"), (ALDMERE, "retorsion"), (BOROVIA, "undisclosed")]
    ):
        hidden = kind == "undisclosed"
        last = speech.say(
            "response",
            speaker,
            at,
            kind=kind,
            decided=on("2026-01"),
            role="<Council> & others",
            reasons="" if hidden else "guilty </svg>",
            of=last,
            **({"seal": sealed("retorsion: t", reveal="2027")} if hidden else {}),
        ).id
    return speech


def test_the_picture_has_every_rung_every_step_and_the_flag() -> None:
    (chain,) = chains(steps(_speech().said, [], day(9)))
    assert chain.rising
    tree = ElementTree.fromstring(ladder_svg(chain))  # noqa: S314 – our own text
    space = "{http://www.w3.org/2000/svg}"
    words = "\n".join("".join(t.itertext()) for t in tree.iter(f"{space}text"))
    assert all(kind in words for kind in ("countermeasure", "none-decided", "undisclosed"))
    assert len(list(tree.iter(f"{space}circle"))) == 4
    described = tree.findtext(f"{space}desc") or ""
    assert described.endswith("flag: rising chain: 1 → 2 → 3")
    assert loaded_words(words + described) == []


def test_the_text_has_one_row_for_each_rung_and_each_step_on_one() -> None:
    (chain,) = chains(steps(_speech().said, [], day(9)))
    lines = ladder_text(chain)
    assert len(lines) == 9 + 4 + 1
    assert [line.split()[1] for line in lines[:8]] == [
        "countermeasure",
        "retorsion",
        "law-enforcement",
        "public-statement",
        "private-message",
        "resilience",
        "cooperative",
        "none-decided",
    ]
    assert "④" in lines[8]
    assert loaded_words("\n".join(lines)) == []
