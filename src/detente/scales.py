"""Words of likelihood, confidence, grading and responsibility, each with its scale and interval.

Sources: Intelligence Community Directive 203 (2015), D.6.e(2), for `icd203`; STIX 2.1, Appendix A, for the scales `stix-*`; the MISP
taxonomy `estimative-language` for `misp`; the Admiralty system (STANAG 2511) for grades of source and report; the spectrum of state
responsibility of J. Healey (2012) for rungs.

A word means something on its scale alone: "likely" is 55-80 in ICD 203, 60-79 in STIX, and MISP stores 55 for it. So the word and the
name of its scale are what is stored, sent and compared; the interval is looked up. A number exists for export to formats that have
nothing else (`stix_confidence`), and nothing turns a number into a word. Likelihood, of what is judged, and analytic confidence, in the
basis of the judgment, are two statements and are never merged.

    likelihood("likely")  ->  Likelihood(word="likely", scale="icd203", low=55, high=80)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detente.errors import InvalidStatement

DEFAULT = "icd203"


@dataclass(frozen=True, slots=True)
class Likelihood:
    """A word of a scale; `low` and `high` in percent, both inclusive."""

    word: str
    scale: str
    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.word} ({self.span})"

    @property
    def span(self) -> str:
        """55–80 %, or 0 % where the interval is a point."""
        return f"{self.low} %" if self.low == self.high else f"{self.low}–{self.high} %"


@dataclass(frozen=True, slots=True)
class Step:
    """`words` mean the same; the first is the one shown. `number`: what the scale's own standard stores for them, if it does."""

    words: tuple[str, ...]
    low: int
    high: int
    number: int | None


@dataclass(frozen=True, slots=True)
class Scale:
    name: str
    title: str
    steps: tuple[Step, ...]


def _scale(name: str, title: str, *steps: tuple[tuple[str, ...], int, int, int | None]) -> Scale:
    return Scale(name, title, tuple(Step(*step) for step in steps))


_ALMOST_NO_CHANCE = ("almost no chance", "remote")
_VERY_UNLIKELY = ("very unlikely", "highly improbable")
_UNLIKELY = ("unlikely", "improbable")
_EVEN = ("roughly even chance", "roughly even odds")
_LIKELY = ("likely", "probable")
_VERY_LIKELY = ("very likely", "highly probable")
_ALMOST_CERTAIN = ("almost certain", "nearly certain")

SCALES = {
    scale.name: scale
    for scale in (
        # The directive gives bands and no numbers. Bands touch at their edges, without a rule for the edge itself.
        _scale(
            "icd203",
            "ICD 203",
            (_ALMOST_NO_CHANCE, 1, 5, None),
            (_VERY_UNLIKELY, 5, 20, None),
            (_UNLIKELY, 20, 45, None),
            (_EVEN, 45, 55, None),
            (_LIKELY, 55, 80, None),
            (_VERY_LIKELY, 80, 95, None),
            (_ALMOST_CERTAIN, 95, 99, None),
        ),
        # The bands of ICD 203; the numbers are their lower ends, but 0 for the lowest.
        _scale(
            "misp",
            "MISP estimative-language",
            (_ALMOST_NO_CHANCE, 1, 5, 0),
            (_VERY_UNLIKELY, 5, 20, 5),
            (_UNLIKELY, 20, 45, 20),
            (_EVEN, 45, 55, 45),
            (_LIKELY, 55, 80, 55),
            (_VERY_LIKELY, 80, 95, 80),
            (_ALMOST_CERTAIN, 95, 99, 95),
        ),
        _scale(
            "stix-dni",
            "STIX 2.1, DNI scale",
            (_ALMOST_NO_CHANCE, 0, 9, 5),
            (_VERY_UNLIKELY, 10, 19, 15),
            (_UNLIKELY, 20, 39, 30),
            (_EVEN, 40, 59, 50),
            (_LIKELY, 60, 79, 70),
            (_VERY_LIKELY, 80, 89, 85),
            (_ALMOST_CERTAIN, 90, 100, 95),
        ),
        _scale(
            "stix-wep",
            "STIX 2.1, words of estimative probability",
            (("impossible",), 0, 0, 0),
            (("highly unlikely", "almost certainly not"), 1, 19, 10),
            (("unlikely", "probably not"), 20, 39, 30),
            (("even chance",), 40, 59, 50),
            (("likely", "probable"), 60, 79, 70),
            (("highly likely", "almost certain"), 80, 99, 90),
            (("certain",), 100, 100, 100),
        ),
        _scale(
            "stix-none-low-med-high",
            "STIX 2.1, None / Low / Med / High",
            (("none",), 0, 0, 0),
            (("low",), 1, 29, 15),
            (("med",), 30, 69, 50),
            (("high",), 70, 100, 85),
        ),
        _scale(
            "stix-0-10",
            "STIX 2.1, 0 to 10",
            (("0",), 0, 4, 0),
            *(((str(n),), 10 * n - 5, 10 * n + 4, 10 * n) for n in range(1, 10)),
            (("10",), 95, 100, 100),
        ),
        # The report's grade read as a likelihood. Grade 6 is no step: what cannot be judged has no interval.
        _scale(
            "stix-admiralty",
            "STIX 2.1, Admiralty credibility",
            (("5", "improbable"), 0, 19, 10),
            (("4", "doubtful"), 20, 39, 30),
            (("3", "possibly true"), 40, 59, 50),
            (("2", "probably true"), 60, 79, 70),
            (("1", "confirmed by other sources"), 80, 100, 90),
        ),
    )
}

_STEPS = {(scale.name, word): step for scale in SCALES.values() for step in scale.steps for word in step.words}

# Analytic confidence: in the basis of a judgment, never in the event. Our wording.
CONFIDENCE = {
    "low": "few sources, or none that bears another out; many assumptions; large gaps",
    "moderate": "sources that hold together and are borne out in part; some assumptions; not enough for more",
    "high": "good sources that do not depend on each other; few assumptions, little that conflicts; it may still be wrong",
}

_STIX_CONFIDENCE = {"low": "low", "moderate": "med", "high": "high"}

# STIX 2.1, 10.16, `opinion-enum`, from the least agreement to the most.
OPINIONS = ("strongly-disagree", "disagree", "neutral", "agree", "strongly-agree")

SOURCE_GRADES = {
    "A": "completely reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "reliability cannot be judged",
}
REPORT_GRADES = {
    "1": "confirmed by other independent sources",
    "2": "probably true",
    "3": "possibly true",
    "4": "doubtful",
    "5": "improbable",
    "6": "truth cannot be judged",
}

# Ten rungs, from the least part of a state in an act to the greatest; and in words of ours what each says. A rung is what somebody
# asserts or denies: it is never derived here.
RUNGS = {
    "state-prohibited": "the state forbids it and helps to end it",
    "state-prohibited-but-inadequate": "the state forbids it and lacks the means to end it",
    "state-ignored": "the state knows of it and does nothing, as a policy",
    "state-encouraged": "others do it; the state encourages them, as a policy",
    "state-shaped": "others do it; the state gives some support",
    "state-coordinated": "others do it; the state suggests targets, times or details",
    "state-ordered": "others do it on the state's behalf and direction",
    "state-rogue-conducted": "forces of the state do it without the knowledge of its leaders",
    "state-executed": "the state does it with forces of its own, as a policy",
    "state-integrated": "forces of the state and others do it under one command",
}

# Wider words of which a claim or a denial may be scoped, and the rungs they stand for.
SCOPES = {
    "territory": ("state-prohibited", "state-prohibited-but-inadequate", "state-ignored"),
    "encouraged": ("state-encouraged", "state-shaped"),
    "state": ("state-coordinated", "state-ordered", "state-rogue-conducted", "state-executed", "state-integrated"),
}


def likelihood(word: str, scale: str = DEFAULT) -> Likelihood:
    """A word with the interval that its scale gives it. Raises InvalidStatement listing the words there are."""
    found = SCALES.get(scale)
    if found is None:
        raise InvalidStatement(f"no scale of likelihood is called {scale!r}; there are {', '.join(sorted(SCALES))}")
    step = _STEPS.get((scale, word.lower()))
    if step is None:
        words = ", ".join(" = ".join(step.words) for step in found.steps)
        raise InvalidStatement(f"{word!r} is no word of the scale {scale}; it has {words}")
    return Likelihood(word.lower(), scale, step.low, step.high)


def stix_confidence(word: str) -> int | None:
    """The STIX property `confidence`, 0 to 100, of a word of analytic confidence (STIX 2.1, Appendix A); None of no word."""
    step = _STEPS.get(("stix-none-low-med-high", _STIX_CONFIDENCE.get(word, "")))
    return None if step is None else step.number


def overlap(judged: Sequence[Likelihood]) -> bool:
    """Whether all the intervals have more than an edge in common. Neighbours that touch at 80 % do not; a point lies in its interval."""
    low = max(one.low for one in judged)
    high = min(one.high for one in judged)
    return low < high or (low == high and any(one.low == one.high for one in judged))


def confidence(word: str) -> str:
    """A word of analytic confidence. Raises InvalidStatement."""
    if word not in CONFIDENCE:
        raise InvalidStatement(f"analytic confidence is {', '.join(CONFIDENCE)}; got {word!r}")
    return word


@dataclass(frozen=True, slots=True)
class Grade:
    """An Admiralty grade: `source` A to F and `report` 1 to 6, two axes that are never combined. F and 6 hold no value."""

    source: str
    report: str

    def __str__(self) -> str:
        return self.source + self.report

    @property
    def source_judged(self) -> bool:
        return self.source != "F"

    @property
    def report_judged(self) -> bool:
        return self.report != "6"


def parse_grade(text: str) -> Grade:
    """B2, or b2. Raises InvalidStatement."""
    source, report = text[:1].upper(), text[1:]
    if source not in SOURCE_GRADES or report not in REPORT_GRADES:
        raise InvalidStatement(
            f"a grade is a letter A to F for the source and a digit 1 to 6 for the report, as in B2; got {text!r}"
        )
    return Grade(source, report)


def rungs_of(scope: str) -> tuple[str, ...]:
    """The rungs that a scope stands for: a rung for itself, a wider word for several. Raises InvalidStatement."""
    if scope in RUNGS:
        return (scope,)
    if scope not in SCOPES:
        raise InvalidStatement(
            f"{scope!r} is no rung of state responsibility; there are {', '.join(RUNGS)}, and for several together {', '.join(SCOPES)}"
        )
    return SCOPES[scope]
