"""The second dossier of the demo: a public record told as quotations, denials beside, by nodes that take no side in it.

Here alone real people stand in the demo, as speakers of words that they are quoted with. Harbour, the witness, records them; the two
parties hold the same record. Where the published texts do not say what a form asks for, the form is shown with invented offices.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from detente.activity import Activity
from detente.attribution.bodies import Group, Hypothesis
from detente.chronology.entries import Entry
from detente.chronology.export import beside_words, to_csv, to_json, to_markdown
from detente.claims.rendering import counts_line
from detente.demo.public_record import (
    AFTER_DAYS,
    BEFORE_DAYS,
    CHANNEL,
    EVENTS,
    NETWORK,
    RECORD,
    SERVER,
    SUMMARY,
    SYSTEMS,
    WARNED,
)
from detente.demo.stage import Stage, expect
from detente.effect.text import answer
from detente.node.assess import assess, open_board, read_board
from detente.node.claim import add_claim, claim_of, record
from detente.node.effects import make_plan
from detente.node.effects import run as run_effect
from detente.node.open import Node
from detente.node.record import Chronology, read_chronology
from detente.stix.marking import Tlp
from detente.when import parse_when
from detente.words import loaded_words, quoted

OFFICES = (
    # office, own work, analytic confidence
    ("First office", True, "high"),
    ("Second office", True, "high"),
    ("Third office", True, "moderate"),
    ("Head office", False, "high"),
)
HEAD, MEMBERS = "the head office", 17
EXAMPLE, TITLE = "an invented incident", "Who entered?"


class Dossier:
    """`nodes`: who keeps the record first, then those who are told. `pull`: the first node pulls from the second."""

    def __init__(
        self, stage: Stage, nodes: dict[str, Node], to: list[str], pull: Callable[[Node, Node], None], place: Path
    ) -> None:
        self.stage = stage
        self.nodes = nodes
        self.keeper = next(iter(nodes.values()))
        self.to = to
        self.pull = pull
        self.place = place
        self.ids: dict[str, str] = {}

    def tell(self) -> None:
        self.stage.step("A public record: 2016 and 2017, in the words of those who spoke")
        self._record()
        self._disputed_use()
        self._denied()
        self._board()
        self._effect()
        self._chronology()

    def _record(self) -> None:
        for words in RECORD:
            entry = add_claim(self.keeper, claim_of(words.claim(self.ids)), to=self.to, marking=Tlp.CLEAR)
            self.ids[words.key] = entry.said.id
        nameless = [words for words in RECORD if not words.speaker]
        with self.keeper.store.indexed() as connection:
            counted = record(connection).counts
        expect(counted["unattributed"] == len(nameless) > 0, f"{counted['unattributed']} are unattributed")
        self.stage.say(
            "Harbour",
            f"records {len(RECORD)} short quotations and tells both: who spoke, when, and through whose hands the words came. "
            "That they were said is all that the record says.",
        )
        self.stage.say("", f"By class: {counts_line(counted.items())}.")

    def _disputed_use(self) -> None:
        self.stage.say("", "Was the channel of 2013 ever used? Four accounts of one fact:")
        told = [words for words in RECORD if CHANNEL in words.about]
        expect(len(told) == 4, f"{len(told)} accounts are held")
        for words in told:
            who = words.speaker or "no speaker named"
            way = ", ".join(name for _, name in words.hops)
            summary = ", in a summary" if SUMMARY in words.ambiguity else ""
            self.stage.say("", f"{parse_when(words.said)}, {who}, through {way}{summary}: {quoted(words.quote)}")
        self.stage.say("", "Two logs with countersigned receipts would have answered that; see the request above.")

    def _denied(self) -> None:
        """A claim that is denied, as every list here shows it; and a request of which three tell otherwise."""
        for key, subject in (("uniform", NETWORK), ("thirteen", SERVER)):
            (entry,) = [e for e in self._lines(subject).entries if e.said.id == self.ids[key]]
            denials = [beside for beside in entry.beside if beside.relation.startswith("denies")]
            expect(len(denials) == 1, f"{key} stands with {len(denials)} denials")
            self.stage.say("Harbour" if key == "uniform" else "", f"{entry.when}: {entry.sentence}")
            self.stage.say("", f"{beside_words(denials[0])}")

    def _board(self) -> None:
        """How many assessed is counted, and what they agree on computed: “17” and “uniform” cannot be typed."""
        (seventeen,) = [words for words in RECORD if words.key == "seventeen"]
        self.stage.say("", f"{seventeen.speaker}, {parse_when(seventeen.said)}: {quoted(seventeen.quote)}")
        keeper = self.keeper
        board = open_board(
            keeper,
            question="intrusion",
            incident=EXAMPLE,
            title=TITLE,
            hypotheses=[
                Hypothesis(key="state", text="a state", rung="state-executed"),
                Hypothesis(key="others", text="others"),
            ],
            groups=[Group(name=HEAD, count=MEMBERS)],
            to=self.to,
            marking=Tlp.CLEAR,
        )
        for office, own, confidence in OFFICES:
            judgment = {"hypothesis": "state", "likelihood": "very likely", "confidence": confidence}
            fields = {"office": office, "own_work": own, "under": HEAD, "judgments": [judgment], "independent": True}
            assess(keeper, board.short, fields, to=self.to)
        with keeper.store.indexed() as connection:
            view = read_board(connection, board.short)
        (group,) = view.header.groups
        expect((group.assessed, group.no_recorded_assessment) == (4, 13), f"the board counts {group}")
        (compared,) = [one for one in view.comparison if one.hypothesis == "state"]
        expect(compared.wording == "" and bool(compared.differences), f"the board says {compared}")
        self.stage.say(
            "Harbour",
            "shows how a board counts, with four invented offices of 17: no published text gives each agency's word of likelihood, and "
            "none is put into anybody's mouth.",
        )
        self.stage.say("", f"{view.header.sentence}.")
        self.stage.say(
            "", f"✓ “uniform” is computed, never typed; here it is not written: {'; '.join(compared.differences)}."
        )

    def _effect(self) -> None:
        """Did it stop after the warning? The same question with the same code for whoever warns."""
        plan = make_plan(
            self.keeper,
            activity=Activity(classes=("tampering",)),
            warned=parse_when(WARNED),
            before_days=BEFORE_DAYS,
            after_days=AFTER_DAYS,
            to=self.to,
            marking=Tlp.CLEAR,
        )
        ran = run_effect(self.keeper, plan.short, table=EVENTS, source="public reports", to=self.to, marking=Tlp.CLEAR)
        (outcome,) = ran.evaluation.result.outcomes.values()
        words = answer(ran.plan, outcome)
        expect(outcome.verdict == "too few data" and "21" in words, f"the answer is {words}")
        (tampering,) = [words for words in RECORD if words.key == "tampering"]
        self.stage.say("", f"{tampering.speaker}, {parse_when(tampering.said)}: {quoted(tampering.quote)}")
        self.stage.say(
            "Harbour",
            f"counts what was reported of {quoted(SYSTEMS)}: {outcome.counts.before} in {outcome.e0_days:g} days before "
            f"{parse_when(WARNED)}, {outcome.counts.after} in {outcome.e1_days:g} days after. Leaks are another class, and not counted.",
        )
        self.stage.say(
            "", f"The answer: {words}. That does not say whether the words are so; this count cannot show it."
        )

    def _chronology(self) -> None:
        for node in list(self.nodes.values())[1:]:
            self.pull(node, self.keeper)
        documents = {
            name: {"json": to_json(found), "csv": to_csv(found), "md": to_markdown(found, title="What was said")}
            for name, found in ((name, self._public(node)) for name, node in self.nodes.items())
        }
        first = next(iter(documents.values()))
        expect(all(one == first for one in documents.values()), "the nodes print different chronologies")
        expect(not loaded_words(first["json"] + "\n") and not loaded_words(first["md"]), "a loaded word is ours")
        path = self.place / "public-record.md"
        path.write_text(first["md"], encoding="utf-8")
        found = self._public(self.keeper)
        self.stage.say(
            "",
            f"✓ The three nodes print the same chronology, byte for byte: {len(found)} lines, each with log, entry and digest. "
            f"✓ What is said of anybody stands between quotation marks: {path.name}.",
        )
        self.stage.proves(
            "who recorded which words, and when; that nobody here has changed, merged or left out any since."
        )

    def _lines(self, subject: str) -> Chronology:
        return read_chronology(self.keeper, about=subject)

    def _public(self, node: Node) -> list[Entry]:
        """The lines of the dossier: what its keeper told, in the order of what it is about."""
        return [e for e in read_chronology(node).entries if e.said.speaker == self.keeper.origin]
