"""Claims laid out with what was said against them; the same for both parties, and never a claim without its denials."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from detente.claims.bodies import POLARITIES, TOPICS, Claim
from detente.claims.record import DEPTH_MAX, Entry, Record, addressing
from detente.claims.rendering import counts_line, entry_markdown, entry_text, entry_value, listed
from detente.errors import NotFound
from detente.said import Said, written
from detente.scales import RUNGS, SCOPES
from detente.statement import Ref
from detente.words import loaded_words

ABOUT = ("incident--1",)


def _said(number: int, claim: Claim, *, by: str = "a.example", at_us: int | None = None, **more: Any) -> Said:
    """The statement with this number; its leaf hash is made of the number alone, so that it does not depend on names."""
    ref = Ref(by, number, number.to_bytes(2, "big") * 16)
    return Said(ref, (), "claim", 1_000_000 * number if at_us is None else at_us, written(claim), **more)


def _claim(quote: str, speaker: str = "A", **fields: Any) -> Claim:
    return Claim(quote=quote, speaker=speaker, **fields)


def test_a_denial_of_the_same_subject_stands_beneath_the_claim() -> None:
    record = Record(
        [
            _said(1, _claim("They did it.", about=ABOUT, topic="responsibility")),
            _said(2, _claim("We did not.", "B", about=ABOUT, topic="responsibility", polarity="denies")),
            _said(3, _claim("It did not matter.", "B", about=ABOUT, topic="effect", polarity="denies")),
            _said(4, _claim("Nor that.", "B", about=("incident--2",), polarity="denies")),
        ]
    )
    first = next(record.entries())
    assert [(d.entry.claim.quote, d.named) for d in first.denials] == [("We did not.", False)]


def test_a_denial_without_a_topic_is_shown_under_every_topic() -> None:
    record = Record(
        [
            _said(1, _claim("They did it.", about=ABOUT, topic="responsibility")),
            _said(2, _claim("None of it is so.", "B", about=ABOUT, polarity="denies")),
        ]
    )
    assert [d.entry.claim.quote for d in next(record.entries()).denials] == ["None of it is so."]


def test_a_denial_that_came_before_the_claim_is_shown_too() -> None:
    record = Record(
        [
            _said(1, _claim("We did nothing.", "B", about=ABOUT, polarity="denies")),
            _said(2, _claim("They did it.", about=ABOUT)),
        ]
    )
    assert len(list(record.entries())[1].denials) == 1


def test_a_denial_that_names_one_claim_is_not_spread_to_another_claim_about_it() -> None:
    first = _said(1, _claim("They did it."))
    record = Record(
        [
            first,
            _said(2, _claim("They say so for votes.", "B", about=(first.id,), topic="motive")),
            _said(3, _claim("We did not.", "B", about=(first.id,), polarity="denies")),
        ]
    )
    entries = list(record.entries())
    assert [d.named for d in entries[0].denials] == [True]
    assert [e.claim.quote for e in entries[0].counter_claims] == ["They say so for votes."]
    assert entries[1].denials == ()


@pytest.mark.parametrize(
    ("claimed", "denied", "result"),
    [
        ("state-ignored", "state", "not addressed"),
        ("state-executed", "state", "addressed"),
        ("state", "state-ordered", "addressed"),
        ("territory", "encouraged", "not addressed"),
        ("", "state", "scope not stated"),
        ("state", "", "scope not stated"),
        ("", "", "scope not stated"),
    ],
)
def test_whether_a_denial_addresses_a_claim_is_a_matter_of_scope(claimed: str, denied: str, result: str) -> None:
    assert addressing(claimed, denied) == result
    record = Record(
        [
            _said(1, _claim("They did it.", about=ABOUT, scope=claimed)),
            _said(2, _claim("We did not.", "B", about=ABOUT, scope=denied, polarity="denies")),
        ]
    )
    (denial,) = next(record.entries()).denials
    assert denial.addresses == result


def test_corrections_and_what_they_correct_are_both_kept() -> None:
    first = _said(1, _claim("Seventeen did.", about=ABOUT))
    record = Record([first, _said(2, _claim("Four did.", of=(first.id,), changes="corrects"))])
    assert [e.claim.quote for e in record.entry(first.id).corrections] == ["Four did."]
    assert "corrected: A, date not stated" in entry_text(record.entry(first.id), str)
    assert len(list(record.entries())) == 2


def test_a_speaker_who_says_otherwise_elsewhere_is_shown_with_both() -> None:
    record = Record(
        [
            _said(1, _claim("It was they.", about=ABOUT, topic="responsibility")),
            _said(2, _claim("We cannot say.", about=ABOUT, topic="responsibility", polarity="declines-to-assert")),
            _said(3, _claim("We cannot say.", "C", about=ABOUT, topic="responsibility", polarity="declines-to-assert")),
        ]
    )
    first, second, third = record.entries()
    assert [e.said.id for e in first.contradictions] == [second.said.id]
    assert [e.said.id for e in second.contradictions] == [first.said.id]
    assert third.contradictions == ()


def test_words_without_a_speaker_count_for_nothing() -> None:
    record = Record([_said(1, Claim(quote="It is said.", polarity="reports")), _said(2, _claim("Yes."))])
    assert record.counts == {"asserts": 1, "denies": 0, "declines-to-assert": 0, "reports": 0, "unattributed": 1}
    assert record.speakers("reports") == ()
    assert record.speakers("asserts") == ("A",)
    assert counts_line(record.counts.items()).endswith("unattributed 1, counted for nothing")


def test_what_is_withdrawn_erased_or_not_readable_is_counted_apart() -> None:
    unreadable = Said(Ref("b.example", 9, bytes([9]) * 32), (), "claim", 9, {"quote": "x", "topic": "weather"})
    record = Record(
        [
            _said(1, _claim("Yes."), withdrawn=True),
            _said(2, _claim("No."), erased=True),
            unreadable,
            _said(3, _claim("Perhaps.")),
        ]
    )
    assert (len(record), record.withdrawn, record.erased, record.unreadable) == (1, 1, 1, 1)
    with pytest.raises(NotFound):
        record.entry(unreadable.id)


def test_a_circle_of_denials_ends() -> None:
    """A names B's claim and B names A's: possible only where both knew the other's id, as in a made-up history."""
    one, two = _said(1, _claim("x")), _said(2, _claim("y"))
    record = Record(
        [
            _said(1, _claim("It is so.", about=(two.id,), polarity="denies")),
            _said(2, _claim("It is not.", "B", about=(one.id,), polarity="denies")),
        ]
    )
    entry = record.entry(one.id)
    assert entry.denials[0].entry.denials == ()
    assert entry.denials[0].entry.cut
    assert "stands under its own entry" in entry_text(entry, str)
    # What was cut beneath the first comes under its own entry.
    assert [e.said.id for e in listed(record.entries())] == [one.id, two.id]


def test_a_long_chain_of_claims_about_claims_is_cut_and_its_denials_stay() -> None:
    chain: list[Said] = []
    for number in range(1, 31):
        about = (chain[-1].id,) if chain else ABOUT
        chain.append(_said(number, _claim(f"Claim {number}.", about=about)))
    denied = [
        _said(100 + number, _claim(f"Denial {number}.", "B", about=(one.id,), polarity="denies"))
        for number, one in enumerate(chain, start=1)
    ]
    record = Record([*chain, *denied])
    text = entry_text(record.entry(chain[0].id), str)
    shown = [number for number in range(1, 31) if f"“Claim {number}.”" in text]
    assert shown == list(range(1, DEPTH_MAX + 2))
    assert all(f"“Denial {number}.”" in text for number in shown)


def _random_history(seed: int, a: str, b: str) -> list[Said]:
    """The same history for any two names: everything but the names comes from the seed."""
    dice = random.Random(seed)
    made: list[Said] = []
    for number in range(1, 25):
        party = dice.choice((a, b))
        earlier = [one.id for one in made]
        about = [
            *dice.sample(("incident--1", "incident--2"), dice.randrange(3)),
            *dice.sample(earlier, min(len(earlier), dice.randrange(2))),
        ]
        of = tuple(dice.sample(earlier, 1)) if earlier and dice.random() < 0.1 else ()
        claim = Claim(
            quote=f"Words {number}.",
            speaker=f"Office of {party}" if dice.random() < 0.8 else "",
            speaker_party=party,
            polarity=dice.choice(tuple(POLARITIES)),  # type: ignore[arg-type]
            topic=dice.choice([topic for topic in TOPICS if topic != "capacity"]) if dice.random() < 0.5 else "",
            scope=dice.choice(("", *SCOPES, *RUNGS)),
            about=tuple(about),
            of=of,
            changes="corrects" if of else "",
        )
        made.append(_said(number, claim, by=party, at_us=dice.randrange(5)))
    return made


def _renderings(history: list[Said]) -> str:
    record = Record(history)
    entries = list(record.entries())
    return "\n".join(
        [
            json.dumps([entry_value(entry) for entry in entries], sort_keys=True, ensure_ascii=False),
            *(entry_text(entry, str) for entry in entries),
            *(entry_markdown(entry, str) for entry in entries),
            counts_line(record.counts.items()),
        ]
    )


@pytest.mark.parametrize("seed", range(40))
def test_swapping_the_parties_names_swaps_every_rendering_byte_for_byte(seed: int) -> None:
    one = _renderings(_random_history(seed, "alpha.example", "omega.example"))
    other = _renderings(_random_history(seed, "omega.example", "alpha.example"))
    swapped = other.replace("alpha", "\0").replace("omega", "alpha").replace("\0", "omega")
    assert one == swapped


@pytest.mark.parametrize("seed", range(40))
def test_no_entry_of_any_history_shows_a_claim_without_those_who_deny_it(seed: int) -> None:
    history = _random_history(seed, "alpha.example", "omega.example")
    record = Record(history)
    denials = {id_: {d.entry.said.id for d in record.entry(id_).denials} for id_ in (said.id for said in history)}
    for entry in record.entries():
        for shown, above in _all(entry, ()):
            beneath = {d.entry.said.id for d in shown.denials}
            # What is missing beneath stands above: the claim is shown as the answer to its own denial.
            assert denials[shown.said.id] <= beneath | set(above) or (
                shown.cut and not beneath and len(above) > DEPTH_MAX
            )
        assert not loaded_words(entry_text(entry, str))


def _all(entry: Entry, above: tuple[str, ...]) -> Iterator[tuple[Entry, tuple[str, ...]]]:
    yield entry, above
    for below in (
        *(denial.entry for denial in entry.denials),
        *entry.counter_claims,
        *entry.corrections,
        *entry.contradictions,
    ):
        yield from _all(below, (*above, entry.said.id))


def test_the_order_in_which_statements_arrive_changes_nothing() -> None:
    history = _random_history(7, "alpha.example", "omega.example")
    shuffled = list(history)
    random.Random(1).shuffle(shuffled)
    assert _renderings(history) == _renderings(shuffled)
