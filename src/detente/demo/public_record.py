"""The public record of 2016 and 2017 on one matter, as short quotations: who said what, when, and through whom it came to us.

Gathered by hand. Each row says that these words were said or printed, and nothing more: not that they are so. Words of which no speaker is
named stay unattributed and count for nobody. Where only a summary is held, the row says so. Of each speaker the words are short, and
what one said the other side's words on the same matter stand beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from detente.when import parse_when

# What the words are about.
NETWORK = "intrusion into a party's network, 2016"
SYSTEMS = "state election systems, 2016"
LEAKS = "publication of e-mails, 2016"
CHANNEL = "channel of 2013"
SERVER = "requests for a server"
MEETING = "meeting of 7 July 2017"
UNIT = "joint cyber security unit"
COUNT = "number of agencies"
OTHER_WAY = "activity in the other direction, 2016"

SUMMARY = "a summary: the exact words are not held here"


@dataclass(frozen=True, slots=True)
class Words:
    """`key`: by which other rows name this one. `hops`: role and name, in the order in which the words travelled."""

    key: str
    speaker: str
    said: str
    quote: str
    topic: str
    about: tuple[str, ...]
    polarity: str = "asserts"
    scope: str = ""
    hops: tuple[tuple[str, str], ...] = ()
    grade: str = "B"
    supersedes: str = ""
    denies: str = ""
    ambiguity: tuple[str, ...] = ()

    def claim(self, ids: dict[str, str]) -> dict[str, Any]:
        """The fields of a claim; `ids`: the statements of the rows that came before. No report is graded: nobody here can judge one."""
        fields: dict[str, Any] = {
            "quote": self.quote,
            "speaker": self.speaker,
            "said": parse_when(self.said),
            "topic": self.topic,
            "about": (*self.about, *((ids[self.denies],) if self.denies else ())),
            "polarity": self.polarity,
            "scope": self.scope,
            "hops": tuple({"role": role, "name": name, "grade": self.grade} for role, name in self.hops),
            "source_grade": self.grade if self.speaker else "F",
            "ambiguity": self.ambiguity,
        }
        if self.supersedes:
            fields |= {"of": (ids[self.supersedes],), "changes": "supersedes"}
        return fields


OBAMA, PUTIN, TRUMP, LAVROV = "Barack Obama", "Vladimir Putin", "Donald Trump", "Sergey Lavrov"
_PRESS = (("speaker", "press conference"),)
_NETWORK_ACCOUNT = (("speaker", "own account on a public network"),)

RECORD: tuple[Words, ...] = (
    Words(
        "systems",
        "",
        "2016-08",
        "Officials for the U.S. said that election systems in Illinois and Arizona have been hacked",
        "intrusion",
        (SYSTEMS,),
        "reports",
        hops=(("outlet", "an article of September 2016"),),
    ),
    Words(
        "state-level",
        PUTIN,
        "2016-09",
        "At the state level, we certainly weren’t involved in this",
        "responsibility",
        (NETWORK,),
        "denies",
        scope="state",
        hops=(("outlet", "an article of September 2016"), ("translation", "from Russian, by the outlet")),
        grade="C",
    ),
    Words(
        "who-hacked",
        PUTIN,
        "2016-09",
        "It doesn’t really matter who hacked this data",
        "motive",
        (LEAKS,),
        hops=(("outlet", "an article of September 2016"), ("translation", "from Russian, by the outlet")),
        grade="C",
    ),
    Words(
        "in-the-past",
        OBAMA,
        "2016-09-05",
        "problems with cyber-intrusions from Russia in the past, rom other countries in the past",
        "intrusion",
        (NETWORK,),
        hops=_PRESS,
        ambiguity=("“rom” stands so in the source",),
    ),
    Words(
        "norms",
        OBAMA,
        "2016-09-05",
        "start instituting some norms so that everybody’s acting responsibly",
        "conduct",
        (NETWORK,),
        hops=_PRESS,
    ),
    Words(
        "channel-used",
        "",
        "2016-11",
        "used on 31 Oct 2016 to ask that election-related activity stop",
        "channel-use",
        (CHANNEL,),
        "reports",
        hops=(("outlet", "Washington Post"), ("compiler", "Digital Watch")),
        ambiguity=(SUMMARY,),
    ),
    Words(
        "uniform",
        OBAMA,
        "2016-12-16",
        "Based on uniform intelligence assessments, the Russians were responsible for hacking the DNC",
        "responsibility",
        (NETWORK,),
        hops=_PRESS,
    ),
    Words(
        "tampering",
        OBAMA,
        "2016-12-16",
        "we did not see further tampering of the election process",
        "effect",
        (SYSTEMS,),
        hops=_PRESS,
    ),
    Words(
        "leaks",
        OBAMA,
        "2016-12-16",
        "But the leaks through Wikileaks had already occurred",
        "publication",
        (LEAKS,),
        hops=_PRESS,
    ),
    Words(
        "ceasing",
        "",
        "2016-12",
        "led to Moscow ceasing its cyber interference",
        "effect",
        (SYSTEMS,),
        "reports",
        hops=(("outlet", "an article of December 2016"),),
    ),
    Words(
        "daily",
        "",
        "2017",
        "Russia Targeted in Daily Cyberattacks From US Territory",
        "intrusion",
        (OTHER_WAY,),
        "reports",
        hops=(("outlet", "a headline from Moscow"),),
    ),
    Words(
        "not-asserting",
        "",
        "2017",
        "We are not asserting that they came from the United States. We have no proof",
        "responsibility",
        (OTHER_WAY,),
        "declines-to-assert",
        hops=(("outlet", "an interview from Moscow"), ("translation", "from Russian, by the outlet")),
    ),
    Words(
        "multiple",
        "FBI",
        "2017-01",
        "multiple requests at different levels",
        "evidence",
        (SERVER,),
        hops=(("compiler", "public record of January 2017"),),
        grade="C",
    ),
    Words(
        "never-requested",
        "DNC",
        "2017-01",
        "never requested access",
        "evidence",
        (SERVER,),
        "denies",
        hops=(("compiler", "public record of January 2017"),),
        grade="C",
    ),
    Words(
        "never-used",
        "",
        "2017",
        "US-Russian Channel to Share Data on Cyberattacks Has Never Been Used",
        "channel-use",
        (CHANNEL,),
        "denies",
        hops=(("outlet", "a headline from Moscow"),),
    ),
    Words(
        "statements",
        LAVROV,
        "2017-07-07",
        "President Trump said he’s heard Putin’s very clear statements that this is not true",
        "responsibility",
        (MEETING,),
        "reports",
        hops=_PRESS,
    ),
    Words(
        "pressed",
        TRUMP,
        "2017-07-09",
        "I strongly pressed President Putin twice about Russian meddling",
        "warning",
        (MEETING,),
        hops=_NETWORK_ACCOUNT,
    ),
    Words(
        "unit",
        TRUMP,
        "2017-07-09",
        "forming an impenetrable Cyber Security unit",
        "commitment",
        (UNIT,),
        hops=_NETWORK_ACCOUNT,
    ),
    Words(
        "no-unit",
        TRUMP,
        "2017-07-09",
        "doesn’t mean I think it can happen. It can’t",
        "commitment",
        (UNIT,),
        "denies",
        hops=_NETWORK_ACCOUNT,
        supersedes="unit",
    ),
    Words(
        "thirteen",
        TRUMP,
        "2017-07-09",
        "had to ask the DNC 13 times for their SERVER, and were rejected",
        "evidence",
        (SERVER,),
        hops=_NETWORK_ACCOUNT,
    ),
    Words(
        "seventeen",
        TRUMP,
        "2017-07-09",
        "Fake News said 17 intel agencies when actually 4",
        "confidence",
        (COUNT,),
        hops=_NETWORK_ACCOUNT,
    ),
    Words(
        "once",
        "",
        "2019",
        "used only once",
        "channel-use",
        (CHANNEL,),
        "reports",
        hops=(("outlet", "Daily Beast"),),
    ),
    Words(
        "three-levels",
        "Andrey Krutskikh",
        "2019-05-29",
        "all three levels are being used",
        "channel-use",
        (CHANNEL,),
        hops=(("agency", "TASS"),),
    ),
)

# Two reported state systems before the warning of 5 September 2016, none reported from then to the day of the vote. Where in the window
# before it the two lie enters no figure of the answer; only that they do.
EVENTS = """date,class,cluster
2016-06-23,tampering,a state's election system
2016-07-12,tampering,another state's election system
"""
WARNED = "2016-09-05"
BEFORE_DAYS, AFTER_DAYS = 74.0, 64.0
