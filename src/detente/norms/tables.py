"""The norms, the confidence-building measures, the kinds of response and the questions on countermeasures, in our own short words.

Sources: norms a–k of paragraph 13 of A/70/174 (UN Group of Governmental Experts, 2015; endorsed by A/RES/70/237); measures 1–11 of OSCE
Permanent Council Decision 1106 (2013) and 12–16 of Decision 1202 (2016); articles 22 and 49–54 of the ILC Articles on State
Responsibility (2001). The words are summaries: what binds, or is voluntary, is the text of the source.

The rung of a response says how far the step reaches towards the other side, and orders steps of one chain; it weighs nothing and says
nothing of lawfulness. A joint investigation and work on one's own defences stand below a private message of protest. What is undisclosed
has no rung until it is revealed: it is unknown, which is neither high nor low.
"""

from __future__ import annotations

from dataclasses import dataclass

_GGE = "A/70/174 (2015), para. 13"
_OSCE_2013 = "OSCE PC.DEC/1106 (2013)"
_OSCE_2016 = "OSCE PC.DEC/1202 (2016)"


@dataclass(frozen=True, slots=True)
class Norm:
    """`place`: where in the source it stands."""

    id: str
    name: str
    text: str
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class ResponseKind:
    """`rung`: 0 is the lowest; None for what is undisclosed."""

    id: str
    rung: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """`article`: of the ILC Articles. `from_record`: the channel's own record can answer it, by message ids."""

    id: str
    text: str
    article: str
    from_record: bool = False


def _un(letter: str, name: str, text: str) -> Norm:
    return Norm(f"un-2015-{letter}", name, text, _GGE, f"13({letter})")


def _osce(number: int, name: str, text: str) -> Norm:
    return Norm(f"osce-cbm-{number}", name, text, _OSCE_2013 if number <= 11 else _OSCE_2016, f"CBM {number}")


_NORMS = (
    _un(
        "a",
        "cooperate",
        "Work with other states on security and stability in ICT use, and against practices agreed to be harmful.",
    ),
    _un(
        "b",
        "consider-all-information",
        "After an incident, take everything relevant into account: the context, how hard attribution is, the extent of what followed.",
    ),
    _un("c", "territory", "Do not knowingly leave one's territory to internationally wrongful acts that use ICTs."),
    _un(
        "d",
        "exchange-and-assist",
        "Find the best ways to exchange information, to assist each other, and to prosecute terrorist and criminal use of ICTs.",
    ),
    _un(
        "e", "human-rights", "The rights that people have offline hold online, privacy and free expression among them."
    ),
    _un(
        "f",
        "do-not-damage-critical-infrastructure",
        "Neither conduct nor knowingly support ICT activity, contrary to international law, that intentionally damages or impairs "
        "critical infrastructure which serves the public.",
    ),
    _un("g", "protect-critical-infrastructure", "Protect one's own critical infrastructure from ICT threats."),
    _un(
        "h",
        "answer-requests",
        "Answer appropriate requests for help from a state whose critical infrastructure is under attack through ICTs, and appropriate "
        "requests to mitigate activity that comes from one's territory.",
    ),
    _un(
        "i",
        "supply-chain",
        "Take reasonable steps that users can trust ICT products, and against the spread of harmful tools and hidden functions.",
    ),
    _un(
        "j",
        "report-vulnerabilities",
        "Encourage responsible reporting of vulnerabilities, and share what remedies there are.",
    ),
    _un(
        "k",
        "spare-cert-teams",
        "Do no harm to the systems of another state's authorised emergency response teams, and put no such team to malicious use.",
    ),
    _osce(1, "national-views", "Share one's view of national and transnational threats to and from ICTs."),
    _osce(2, "competent-bodies", "Help the competent national bodies to cooperate and exchange information."),
    _osce(
        3,
        "consultations",
        "Consult, so that misperception, tension and conflict become less likely and critical ICT infrastructure is kept whole.",
    ),
    _osce(4, "open-internet", "Tell what one does for an Internet that is open, interoperable, secure and reliable."),
    _osce(5, "platform", "Use the organisation for dialogue, good practice, awareness and building capacity."),
    _osce(
        6,
        "legislation",
        "Have laws that let authorities cooperate across borders, in time, against terrorist and criminal use of ICTs.",
    ),
    _osce(
        7, "national-organisation", "Share how one is organised: strategies, policies, programmes, work with companies."
    ),
    _osce(
        8,
        "contact-points",
        "Name points of contact and of incident handling; renew them each year and within 30 days of a change; reach policy level fast.",
    ),
    _osce(9, "terminology", "Provide a list of one's own terms with what they mean, towards a common glossary."),
    _osce(
        10,
        "communications-network",
        "Exchange views over the organisation's platforms, its communications network among them.",
    ),
    _osce(11, "expert-meetings", "Meet as national experts, at least three times a year."),
    _osce(12, "workshops", "Share information in workshops, seminars and round tables, also regional ones."),
    _osce(
        13,
        "protected-channels",
        "Support authorised and protected channels of communication, and make clear how requests about ICTs are to be handled.",
    ),
    _osce(14, "public-private", "Promote partnerships of public and private bodies, and exchange good practice."),
    _osce(
        15,
        "infrastructure-and-scales",
        "Work together on critical infrastructure: threats, procedures in a crisis, national scales of how serious an incident is.",
    ),
    _osce(16, "vulnerabilities", "Encourage responsible reporting of vulnerabilities, and share remedies."),
)
NORMS = {norm.id: norm for norm in _NORMS}

# In the order in which a party stands nearer to the norm; it is what the party says, with a source and a date.
STATUSES = {
    "proposed": "somebody proposed that the party adopt it",
    "signalled": "the party signalled that it is willing",
    "accepted": "the party accepted it",
    "implemented": "the party says how it carries it out",
    "reported": "the party reported on carrying it out",
}
ACCEPTING = frozenset({"accepted", "implemented", "reported"})
UNKNOWN = "unknown"

FINDINGS = {
    "consistent": "in the speaker's view the conduct agrees with the norm",
    "inconsistent": "in the speaker's view the conduct does not agree with the norm",
    "unclear": "the speaker cannot tell",
    "not-applicable": "in the speaker's view the norm does not apply here",
}

STAGES = {
    "talked-of": "somebody spoke of it",
    "agreed": "it was agreed",
    "implemented": "it was carried out; needs evidence",
    "verified": "it was checked that it was carried out; needs evidence",
}
WITH_EVIDENCE = frozenset({"implemented", "verified"})

_RESPONSES = (
    ResponseKind("none-decided", 0, "a decision not to respond, with its reasons"),
    ResponseKind("cooperative", 1, "joint investigation, assistance, dialogue"),
    ResponseKind("resilience", 2, "work on one's own defences"),
    ResponseKind("private-message", 3, "a demarche or warning over a channel"),
    ResponseKind("public-statement", 4, "a statement in public"),
    ResponseKind("law-enforcement", 5, "an investigation or indictment under one's own law"),
    ResponseKind("retorsion", 6, "unfriendly and lawful: expulsion, visas, sanctions within the law"),
    ResponseKind("countermeasure", 7, "otherwise not lawful, stated to be justified under articles 22 and 49–54"),
    ResponseKind("undisclosed", None, "there is one; its content is sealed until a date or a condition"),
)
RESPONSES = {kind.id: kind for kind in _RESPONSES}
UNDISCLOSED = "undisclosed"

_QUESTIONS = (
    Question(
        "act", "Which earlier internationally wrongful act is asserted, by whom, against which injured state?", "49(1)"
    ),
    Question(
        "attribution", "On which assessments does the attribution to the responsible state rest?", "49, commentary"
    ),
    Question("aim", "Is the aim that the act ends and is made good, and not to punish?", "49(1)"),
    Question("target", "Is it directed at the responsible state alone?", "49(1), (2)"),
    Question(
        "temporary",
        "Is it limited in time and, as far as possible, such that the suspended duties can be taken up again?",
        "49(2), (3)",
    ),
    Question(
        "excluded",
        "Does it leave untouched: the ban on threat or use of force, fundamental human rights, humanitarian duties, peremptory norms, "
        "diplomatic inviolability, agreed settlement of disputes?",
        "50",
    ),
    Question(
        "proportionality",
        "Is it commensurate with the injury, given the gravity of the act and the rights in question?",
        "51",
    ),
    Question("called-upon", "Was the other state called upon to fulfil its duties?", "52(1)(a)", from_record=True),
    Question(
        "notified",
        "Was the decision notified and negotiation offered, or are urgent measures claimed, for which reason?",
        "52(1)(b), 52(2)",
        from_record=True,
    ),
    Question(
        "stop-1", "Does the act go on, and is the dispute before a body that can decide with binding force?", "52(3)"
    ),
    Question("terminate", "Which event ends the measure?", "53"),
)
QUESTIONS = {question.id: question for question in _QUESTIONS}
