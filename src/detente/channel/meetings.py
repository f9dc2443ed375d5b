"""Consultations, and what each side says was said there: accounts side by side, item by item, never merged.

A consultation was *held*; whether there is an agreed record is a matter of its own, and only a text that every side states in
the same words is one. The latest account of a party is compared; earlier ones stay listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detente.channel.bodies import Consultation, Item, Minutes
from detente.channel.record import short_value
from detente.errors import InvalidStatement
from detente.said import Said, read, written
from detente.stix.canonical import JsonValue
from detente.words import quoted

RECORDS = {
    "no-agreed-record": "held, no agreed record",
    "agreed-record": "held, agreed record",
    "one-side": "held, a text stated as agreed by one side alone",
    "texts-differ": "held, the texts stated as agreed differ",
}
ACCOUNTS = {
    "none": "no account",
    "one": "one account",
    "agree": "accounts agree",
    "differ": "accounts differ",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One item as each account has it, by the origin of the account's author; None where that account does not have it."""

    key: str
    accounts: Mapping[str, Item | None]

    @property
    def differs(self) -> bool:
        items = list(self.accounts.values())
        return any(item != items[0] for item in items)


@dataclass(frozen=True, slots=True)
class Meeting:
    """`agreed`: a key of RECORDS, `accounts`: of ACCOUNTS. `minutes`: the latest account of each party. `earlier`: all before
    those."""

    said: Said
    consultation: Consultation
    agreed: str
    accounts: str
    items: tuple[Compared, ...]
    texts: Mapping[str, str]
    minutes: Mapping[str, Said]
    earlier: tuple[Said, ...]
    ignored: tuple[Said, ...]

    @property
    def parties(self) -> tuple[str, ...]:
        return parties_of(self.said, self.consultation)

    @property
    def words(self) -> str:
        """The line by which it is listed."""
        return f"{RECORDS[self.agreed]}; {ACCOUNTS[self.accounts]}"


def meeting(said: Said, minutes: Sequence[Said]) -> Meeting:
    """One consultation with the minutes about it, whatever else is among them. Raises InvalidStatement when it cannot be
    read."""
    consultation = read(said, Consultation)
    parties = parties_of(said, consultation)
    latest: dict[str, tuple[Said, Minutes]] = {}
    earlier, ignored = [], []
    for one, account in _about(said.id, minutes):
        if one.speaker not in parties:
            ignored.append(one)
        elif one.withdrawn:
            earlier.append(one)
        else:
            if one.speaker in latest:
                earlier.append(latest[one.speaker][0])
            latest[one.speaker] = one, account
    texts = {party: account.agreed_text for party, (_, account) in latest.items() if account.agreed_text}
    if consultation.agreed_text:
        texts.setdefault(said.speaker, consultation.agreed_text)
    items = _compare({party: account for party, (_, account) in latest.items()})
    return Meeting(
        said=said,
        consultation=consultation,
        agreed=_agreed(texts, parties),
        accounts=_accounts(len(latest), items),
        items=items,
        texts=texts,
        minutes={party: one for party, (one, _) in latest.items()},
        earlier=tuple(earlier),
        ignored=tuple(ignored),
    )


def meetings(statements: Sequence[Said]) -> list[Meeting]:
    """Every consultation among the statements that can be read, in the order in which they were held."""
    minutes = [said for said in statements if said.kind == "minutes"]
    found = []
    for said in {said.id: said for said in statements if said.kind == "consultation"}.values():
        try:
            found.append(meeting(said, minutes))
        except InvalidStatement:
            continue
    return sorted(found, key=lambda one: (one.consultation.held.at_us, one.said.ref.leaf))


def parties_of(said: Said, consultation: Consultation) -> tuple[str, ...]:
    """Who took part, by the record, and who recorded it; sorted."""
    return tuple(sorted({said.speaker, *(participant.party for participant in consultation.participants)}))


def meeting_json(found: Meeting) -> dict[str, JsonValue]:
    """The record with its duration, level and source as said, and the accounts side by side."""
    consultation = found.consultation
    participants: dict[str, JsonValue] = {
        party: [quoted(one.role) for one in consultation.participants if one.party == party] for party in found.parties
    }
    return {
        **short_value(found.said),
        "accounts": ACCOUNTS[found.accounts],
        "agreed_texts": {party: {"quote": text} for party, text in found.texts.items()},
        "body": written(consultation),
        "duration_minutes": consultation.duration_minutes or None,
        "earlier": [short_value(one) for one in found.earlier],
        "held": {"at_us": consultation.held.at_us, "fidelity": consultation.held.fidelity},
        "ignored": [short_value(one) for one in found.ignored],
        "items": [
            {
                "accounts": {party: None if item is None else _item(item) for party, item in one.accounts.items()},
                "differs": one.differs,
                "key": quoted(one.key),
            }
            for one in found.items
        ],
        "level": consultation.level,
        "minutes": {party: short_value(one) for party, one in found.minutes.items()},
        "outcome": quoted(consultation.outcome) if consultation.outcome else "",
        "participants": participants,
        "record": RECORDS[found.agreed],
        "recorded_by": found.said.speaker,
        "source": quoted(consultation.source),
        "subject": quoted(consultation.subject),
        "withdrawn": found.said.withdrawn,
    }


def _item(item: Item) -> dict[str, JsonValue]:
    return {"quote": item.text, "said_by": item.said_by}


def _about(id: str, minutes: Sequence[Said]) -> list[tuple[Said, Minutes]]:
    """The accounts of this consultation that can be read, in the order in which they were said; of one party, in that of its
    log."""
    found = []
    for said in {said.id: said for said in minutes}.values():
        try:
            account = read(said, Minutes)
        except InvalidStatement:
            continue
        if account.about == id:
            found.append((said, account))
    by_log = sorted(found, key=lambda one: one[0].ref.index)
    times: dict[str, int] = {}
    order = {}
    for said, _ in by_log:
        times[said.speaker] = max(said.at_us, times.get(said.speaker, 0))
        order[said.id] = (times[said.speaker], said.ref.index)
    return sorted(by_log, key=lambda one: (*order[one[0].id], one[0].ref.leaf))


def _compare(accounts: Mapping[str, Minutes]) -> tuple[Compared, ...]:
    """Every item of any account, in the order in which they come up."""
    found = {party: {item.key: item for item in account.items} for party, account in accounts.items()}
    keys = dict.fromkeys(item.key for account in accounts.values() for item in account.items)
    return tuple(Compared(key, {party: items.get(key) for party, items in found.items()}) for key in keys)


def _agreed(texts: Mapping[str, str], parties: Sequence[str]) -> str:
    if not texts:
        return "no-agreed-record"
    if len(set(texts.values())) > 1:
        return "texts-differ"
    return "agreed-record" if set(parties) <= set(texts) else "one-side"


def _accounts(count: int, items: Sequence[Compared]) -> str:
    if count < 2:
        return "one" if count else "none"
    return "differ" if any(one.differs for one in items) else "agree"
