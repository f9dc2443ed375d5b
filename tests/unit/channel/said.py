"""Statements made up for tests: who says what when, without nodes, logs or disks."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from detente.activity import Activity
from detente.channel.bodies import Consequence, CouldAct, Likelihood, Message, Relay, Window
from detente.channel.thread import Thread, fold
from detente.said import Said, written
from detente.statement import Ref
from detente.when import DAY_US, HOUR_US, MINUTE_US

A, B, C = "a.example", "b.example", "c.example"
T0 = 1_790_000_000_000_000

OPENING: dict[str, dict[str, Any]] = {
    "notice": {"subject": "A notice", "text": "For your information."},
    "request": {"subject": "Logs of one server", "text": "Please keep and send them.", "wants": ("preservation",)},
    "protective-warning": {
        "subject": "Denial of service is expected",
        "text": "Banks may be the target.",
        "window": Window(T0 + DAY_US, T0 + 3 * DAY_US),
        "target": "banks",
        "likelihood": Likelihood(word="likely", confidence="low"),
        "advice": "Have filters ready.",
        "could_act": (CouldAct(who="the hosting firm", told="unknown"),),
        "relay": Relay(allowed=True, wording={"en": "Some banks may be slow."}),
    },
    "demarche": {
        "subject": "Tampering with registers",
        "activity": Activity(classes=("tampering",)),
        "demand": "that it end",
        "window": Window(T0 + DAY_US, T0 + 10 * DAY_US),
        "consequence": Consequence(class_="none"),
    },
}


class Talk:
    """Statements in the order in which they are said, each in its speaker's log, and the receipts for them."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.receipts: dict[str, dict[str, int]] = {}
        self.size: dict[str, int] = defaultdict(int)
        self.numbers: dict[tuple[str, str], int] = defaultdict(int)

    def say(
        self, speaker: str, to: Sequence[str], at_us: int, body: Any, *, kind: str = "message", re: Said | None = None
    ) -> Said:
        index = self.size[speaker]
        self.size[speaker] += 1
        leaf = hashlib.sha256(repr((len(self.said), at_us, written(body))).encode()).digest()
        said = Said(
            Ref(speaker, index, leaf), tuple(sorted(to)), kind, at_us, written(body), re=None if re is None else re.ref
        )
        self.said.append(said)
        return said

    def open(
        self, kind: str = "request", at_us: int = T0, *, by: str = A, to: Sequence[str] = (B,), **fields: Any
    ) -> Said:
        said = self.say(by, to, at_us, Message(move=kind, **(OPENING[kind] | fields)))
        self.numbers[said.id, by] = 1
        return said

    def move(
        self,
        thread: Said,
        speaker: str,
        move: str,
        at_us: int,
        *,
        to: Sequence[str] = (),
        re: Said | None = None,
        **fields: Any,
    ) -> Said:
        self.numbers[thread.id, speaker] += 1
        fields = {"number": self.numbers[thread.id, speaker]} | fields
        audience = to or [party for party in thread.parties if party != speaker]
        if re is None:  # what it answers to is the last that the others said, as a node does it
            members = [one for one in self.said if one is thread or one.body.get("thread") == thread.id]
            re = next((one for one in reversed(members) if one.speaker != speaker), thread)
        return self.say(speaker, audience, at_us, Message(move=move, thread=thread.id, **fields), re=re)

    def receive(self, said: Said, at_us: int, *, by: str = B) -> None:
        self.receipts.setdefault(said.id, {})[by] = at_us

    def at(self, now_us: int, **options: Any) -> Thread:
        return fold(self.said, self.receipts, now_us=now_us, **options)


__all__ = ["DAY_US", "HOUR_US", "MINUTE_US", "OPENING", "T0", "A", "B", "C", "Talk"]
