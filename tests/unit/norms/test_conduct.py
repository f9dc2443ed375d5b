"""Conduct entries: own entry first, flags for norms that were not accepted, every answer beside its entry."""

from __future__ import annotations

import pytest
from tests.unit.norms.speaking import ALDMERE, BOROVIA, Speech, on

from detente.errors import InvalidStatement, NotPermitted
from detente.norms.answers import require_answerable
from detente.norms.bodies import Conduct, made
from detente.norms.conduct import conduct_entries, require_own_entry
from detente.norms.lines import conduct_lines
from detente.words import loaded_words

F, K = "un-2015-f", "un-2015-k"


def _entry(speech: Speech, speaker: str, at: float, about: str, norm: str = F, finding: str = "unclear") -> object:
    return speech.say(
        "conduct", speaker, at, norm=norm, incident="harbour-1", about=about, finding=finding, text="what we saw"
    )


def test_nobody_files_on_another_before_itself_under_the_same_norm() -> None:
    speech = Speech()
    body = made(Conduct, norm=F, incident="harbour-1", about=BOROVIA, finding="inconsistent", text="t")
    with pytest.raises(NotPermitted, match=f"file your own conduct under {F} first"):
        require_own_entry(body, ALDMERE, speech.said)
    _entry(speech, ALDMERE, 1, ALDMERE, norm=K)  # another norm does not do
    _entry(speech, BOROVIA, 1, BOROVIA)  # nor another's entry on itself
    _entry(speech, BOROVIA, 1, ALDMERE)  # nor another's on us
    with pytest.raises(NotPermitted):
        require_own_entry(body, ALDMERE, speech.said)
    _entry(speech, ALDMERE, 2, ALDMERE)
    require_own_entry(body, ALDMERE, speech.said)


def test_one_may_always_file_on_oneself() -> None:
    require_own_entry(made(Conduct, norm=F, incident="i", about=ALDMERE, finding="unclear", text="t"), ALDMERE, [])


def test_an_entry_of_a_partner_without_one_on_itself_is_shown_with_a_flag() -> None:
    speech = Speech()
    _entry(speech, BOROVIA, 1, ALDMERE)
    _entry(speech, BOROVIA, 2, BOROVIA)
    _entry(speech, BOROVIA, 3, ALDMERE)
    assert [e.own_entry for e in conduct_entries(speech.said)] == [False, True, True]
    first, _, third = (conduct_lines(e) for e in conduct_entries(speech.said))
    flag = f"  flag: no earlier entry of {BOROVIA} on its own conduct under {F} is held here"
    assert flag in first
    assert flag not in third


def test_a_norm_is_flagged_for_every_party_of_the_entry_that_has_not_accepted_it() -> None:
    speech = Speech()
    _entry(speech, BOROVIA, 1, ALDMERE)
    (entry,) = conduct_entries(speech.said)
    assert entry.not_accepted == {BOROVIA: "unknown", ALDMERE: "unknown"}
    accepts = Speech()
    accepts.say("commitment", ALDMERE, 0, norm=F, party=ALDMERE, status="implemented", source="s", at=on("2016"))
    accepts.say("commitment", BOROVIA, 0, norm=F, party=BOROVIA, status="signalled", source="s", at=on("2016"))
    accepts.say("commitment", ALDMERE, 0, norm=F, party=BOROVIA, status="accepted", source="s", at=on("2016"))
    (entry,) = conduct_entries(speech.said, [], accepts.said)
    assert entry.not_accepted == {BOROVIA: "signalled"}


def test_an_answer_stands_with_its_entry_and_silence_is_not_an_answer() -> None:
    speech = Speech()
    entry = speech.say("conduct", BOROVIA, 1, norm=F, incident="i", about=ALDMERE, finding="inconsistent", text="t")
    (silent,) = conduct_entries(speech.of("conduct"))
    assert f"  {ALDMERE} has not answered here" in conduct_lines(silent)
    speech.say("answer", ALDMERE, 2, of=entry.id, word="disputes", text="it was not us")
    speech.say("answer", BOROVIA, 3, of=entry.id, word="concurs")  # the author answers itself: counts for nothing
    (answered,) = conduct_entries(speech.of("conduct"), speech.of("answer"))
    lines = conduct_lines(answered)
    assert lines[-1] == f"  3 Jan 2026  {ALDMERE} disputes this: “it was not us”"
    assert [a.speaker for a in answered.answers] == [ALDMERE]
    assert loaded_words("\n".join(lines)) == []


def test_ones_own_entry_is_not_answered_by_oneself() -> None:
    speech = Speech()
    entry = speech.say("conduct", ALDMERE, 1, norm=F, incident="i", about=ALDMERE, finding="consistent", text="t")
    require_answerable(entry, BOROVIA)
    with pytest.raises(InvalidStatement, match="is your own"):
        require_answerable(entry, ALDMERE)


def test_words_of_blame_of_a_speaker_stay_inside_quotation_marks() -> None:
    speech = Speech()
    speech.say(
        "conduct",
        BOROVIA,
        1,
        norm=F,
        incident="i",
        about=ALDMERE,
        finding="inconsistent",
        text="the “culprit” is guilty, ” proved “",
    )
    (entry,) = conduct_entries(speech.said)
    assert loaded_words("\n".join(conduct_lines(entry))) == []
