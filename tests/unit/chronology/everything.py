"""One statement of every kind that is a matter, between three parties, with denials, corrections and answers among them."""

from __future__ import annotations

from tests.unit.chronology.made import A, B, C, day, said, when

from detente.activity import Activity
from detente.attribution.bodies import (
    Assessment,
    Board,
    Cited,
    Finding,
    Hypothesis,
    Judgment,
    Position,
    Rating,
    Row,
    Tasking,
    with_always,
)
from detente.channel.bodies import Consultation, Correction, Item, Message, Minutes, Participant, Window
from detente.chronology.bodies import Measure, Milestone
from detente.claims.bodies import Claim, Hop
from detente.effect.bodies import Beside, Direction, Evaluation, Outcome, Plan, Result
from detente.joint.bodies import Intersection, Proposal, Relay
from detente.norms.bodies import (
    Agreement,
    Amendment,
    Answer,
    Change,
    Clause,
    Commitment,
    Conduct,
    Limit,
    Response,
    Signature,
    Undertaking,
)
from detente.said import Said
from detente.seals import Reveal, Seal
from detente.statement import base64url

KEY = bytes(range(32))
DIGEST = base64url(bytes(32))


def everything() -> list[Said]:
    """In the order in which it was said. What is quoted holds words that nobody else may use."""
    number = iter(range(1000))

    def say(kind: str, body: object, *, by: str = A, to: tuple[str, ...] = (B,), re: Said | None = None) -> Said:
        return said(kind, body, by=by, to=() if by in to else to, at="2026-11-01", index=next(number), re=re)  # type: ignore[arg-type]

    activity = Activity(classes=("tampering",), targets=("election systems",))
    request = say(
        "message", Message(move="request", wants=("information",), subject="who is guilty", public_text={"de": "x"})
    )
    demarche = say(
        "message",
        Message(
            move="demarche",
            activity=activity,
            demand="stop, you are guilty",
            subject="guilty",
            text="it is proved",
            window=Window(day("2026-11-02"), day("2026-11-30")),
            refs=("lantern",),
        ),
    )
    claim = say(
        "claim",
        Claim(
            quote="they are guilty of it",
            original="sie sind schuld",
            original_language="de",
            speaker="Minister",
            speaker_party=A,
            about=("lantern", B),
            topic="responsibility",
            scope="state",
            hops=(Hop(role="outlet", name="The Paper"),),
            source_grade="C",
            report_grade="3",
        ),
    )
    hypotheses = with_always(
        [Hypothesis(key="b", text="a unit of B", rung="state-executed"), Hypothesis(key="gang", text="a gang")]
    )
    board = say("board", Board(question="intrusion", incident="lantern", title="Who entered?", hypotheses=hypotheses))
    judged = say(
        "assessment",
        Assessment(
            board=board.id,
            office="Service one",
            own_work=True,
            judgments=(
                Judgment(hypothesis="b", likelihood="likely", confidence="moderate", reasons="because it is proved"),
            ),
            evidence=(Cited(ref="paper 3", kind="technical", source="open", text="proof that they are guilty"),),
        ),
    )
    conduct = say(
        "conduct", Conduct(norm="un-2015-f", incident="lantern", about=B, finding="inconsistent", text="a violation")
    )
    agreement = say(
        "agreement",
        Agreement(
            key="hotline",
            title="Hotline on guilt",
            parties=(A, B),
            clauses=(Clause(id="1", text="We talk of who is guilty."),),
        ),
    )
    consultation = say(
        "consultation",
        Consultation(
            subject="who is guilty",
            outcome="guilt was proved",
            level=2,
            held=when("2026-10-30"),
            participants=(Participant(party=A, role="minister"), Participant(party=B, role="blamed minister")),
            source="a note that led to it",
            duration_minutes=90,
        ),
    )
    plan = say(
        "plan",
        Plan(
            about=demarche.id,
            text="to show that they stopped",
            activity=activity,
            directions={A: Direction(), B: Direction()},
            warned_us=day("2026-11-02"),
            before_days=74.0,
            after_days=64.0,
        ),
    )
    outcome = Outcome(counts=Beside(2, 0, 0), e0_days=74.0, e1_days=64.0, verdict="too few data", silence_chance=0.21)
    sealed = say(
        "response",
        Response(kind="undisclosed", decided=when("2026-10"), seal=Seal(DIGEST, condition="when it has stopped")),
    )
    offer = say("intersection", Intersection(step="offer", session=DIGEST, key=DIGEST, points=DIGEST))
    measure = say("measure", Measure(text="Find who is guilty", owner="blamed office", about="review of guilt"))
    proposal = say("proposal", Proposal(step="proposed", title="A joint unit against culprits", text="they stopped"))
    return [
        request,
        say("message", Message(move="answer", thread=request.id, text="it stopped"), by=B, to=(A,), re=request),
        demarche,
        say(
            "message",
            Message(move="position", thread=demarche.id, position="denies", text="not us, they are guilty"),
            by=B,
            to=(A,),
            re=demarche,
        ),
        consultation,
        say("minutes", Minutes(about=consultation.id, items=(Item(key="who", text="they are proven guilty"),))),
        say("minutes", Minutes(about=consultation.id, items=(Item(key="who", text="nobody did"),)), by=B, to=(A,)),
        claim,
        say(
            "claim",
            Claim(
                quote="not us",
                speaker="Spokesman",
                speaker_party=B,
                polarity="denies",
                about=(claim.id,),
                scope="state",
            ),
            by=B,
            to=(A,),
        ),
        say(
            "correction",
            Correction(
                of=claim.id, field="speaker", was="guilty Minister", now="Deputy minister", text="blamed by mistake"
            ),
        ),
        board,
        judged,
        say(
            "position",
            Position(board=board.id, office="Office of B", stance="denies", hypotheses=("b",)),
            by=B,
            to=(A,),
        ),
        say("position", Position(board=board.id, office="Service two", stance="non-assertion")),
        say("rating", Rating(board=board.id, rater="Service one", rows=(Row(evidence="paper 3", marks={"b": "C"}),))),
        say(
            "finding",
            Finding(
                about="lantern",
                office="Service one",
                status="occurred",
                when=when("2026-09"),
                text="they caused it",
                where="a port",
            ),
        ),
        say(
            "finding", Finding(about="vote", office="Service one", status="disputed", what="impact", incident="lantern")
        ),
        say(
            "tasking",
            Tasking(
                board=board.id,
                of_office="Service one",
                asked_by="the minister",
                role="political",
                what="speed",
                text="blame them sooner",
            ),
        ),
        say(
            "milestone",
            Milestone(
                about="lantern",
                step="decision",
                when=when("2026-10"),
                by="the blamed minister",
                choice="act",
                reasons=("because they are guilty",),
                text="guilty",
                source="led to",
            ),
        ),
        say(
            "commitment",
            Commitment(
                norm="un-2015-f",
                party=B,
                status="accepted",
                source="a letter on who is guilty",
                reservation="unless proved",
                at=when("2015"),
            ),
        ),
        agreement,
        say(
            "amendment",
            Amendment(
                agreement=agreement.id,
                base=1,
                changed=(Change(id="1", text="We blame daily."),),
                reasons="because it stopped",
            ),
        ),
        say("signature", Signature(of=agreement.id, office="office of blame", text="violations ceased")),
        say("undertaking", Undertaking(item="a line that stopped", by=A, stage="talked-of")),
        say("limit", Limit(text="no more than two violations", verification="proved")),
        conduct,
        say("answer", Answer(of=conduct.id, word="disputes", text="not so, you are guilty"), by=B, to=(A,)),
        sealed,
        say(
            "response",
            Response(
                kind="none-decided",
                decided=when("2026-10"),
                role="the blamed minister",
                reasons="because they ceased",
                review=when("2027"),
            ),
        ),
        say("reveal", Reveal(digest=DIGEST, key=KEY.hex(), text="sanctions for the culprit"), re=sealed),
        plan,
        say(
            "evaluation",
            Evaluation(plan=plan.id, result=Result(as_of_us=day("2026-11-01"), outcomes={A: outcome, B: outcome})),
        ),
        proposal,
        say("proposal", Proposal(step="withdrawn", of=proposal.id, reason="because they lied"), to=(B,)),
        offer,
        say("intersection", Intersection(step="declined", of=offer.id, reason="guilty"), by=B, to=(A,)),
        say("relay", Relay(step="forwarded", handle=DIGEST, objects_said=("indicator--x",)), by=C, to=(A,)),
        measure,
        say("measure", Measure(of=measure.id, state="rejected", reason="because it stopped")),
        *(say(kind, {}, to=()) for kind in ("draft", "approval", "seal", "article", "review")),
    ]
