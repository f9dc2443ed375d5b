"""Everything that can be listed, of every kind of statement, on two nodes: no loaded word is ours, no denied claim stands alone.

The scene holds a statement of every kind; what its parties are quoted with is as loaded as words can be. Every command that shows
something is run as text, as JSON and as a picture.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import click
import msgspec
import pytest
from tests.recording import recording
from tests.talking import Talk
from tests.unit.chronology.everything import everything
from tests.unit.chronology.made import A, B, C

from detente.attribution import bodies as boards
from detente.channel import bodies as channel
from detente.chronology import bodies as record
from detente.claims import bodies as claims
from detente.cli.main import cli
from detente.effect import bodies as effect
from detente.joint import bodies as joint
from detente.node.matters import tell
from detente.norms import bodies as norms
from detente.said import Said
from detente.seals import Reveal
from detente.statement import base64url
from detente.stix.canonical import encode
from detente.stix.marking import Tlp
from detente.words import loaded_words

SHAPES: dict[str, type[msgspec.Struct]] = {
    **boards.BODIES,
    **channel.BODIES,
    **claims.BODIES,
    **effect.BODIES,
    **joint.BODIES,
    **norms.BODIES,
    **record.BODIES,
    "reveal": Reveal,
}
PRIVATE = ("draft", "approval", "seal", "article", "review")
ORIGINS = {A: "a.example", B: "b.example", C: "c.example"}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


# What parties say, word for word; in a JSON document such a text is a field of a statement, and no sentence of ours.
SAID = frozenset(text for said in everything() for text in _texts(dict(said.body)))

# What shows something: the command, and its arguments, {kind} being the first statement of that kind.
SHOWS = (
    "inbox",
    "sightings",
    "outbox list --all",
    "thread list --all",
    "thread show {message}",
    "thread show {demarche}",
    "thread svg {message}",
    "thread svg {demarche}",
    "consult list",
    "consult show {consultation}",
    "correction list",
    "claim list",
    "claim list --about lantern",
    "claim list --markdown",
    "claim show {claim}",
    "claim show {claim} --markdown",
    "board list",
    "board show {board}",
    "board matrix {board}",
    "board svg {board}",
    "board facts",
    "board facts lantern",
    "board track",
    "norm list",
    "norm status",
    "norm history un-2015-f",
    "conduct list",
    "agreement list",
    "agreement show {agreement}",
    "agreement diff {agreement}",
    "undertake list",
    "undertake list --details",
    "undertake due",
    "limit list",
    "respond list",
    "respond list --public",
    "respond chain",
    "respond checklist {response}",
    "effect show",
    "effect show {plan}",
    "effect svg {plan}",
    "effect calibration",
    "effect silence 2 --before 74",
    "chronology",
    "chronology lantern",
    "chronology --private",
    "chronology --known-on 2026-11-30",
    "chronology --format markdown",
    "chronology --format json",
    "chronology --format csv",
    "history {other}",
    "milestone list",
    "measure list --all",
    "report latency {other}",
    "report milestones",
    "report usage {other}",
    "propose list",
    "intersect list",
    "relay list",
    "export stix --all",
    "export stix --board {board}",
    "log show",
    "partner list",
    "doctor",
)
# Commands that say or do something, ask a person, or are about logs, files and keys and no matter between parties.
ACTS = frozenset(
    re.split(
        r",\s+",
        """agreement amend, agreement leave, agreement new, agreement sign, assess, backup, board add, board finding,
    board new, board position, board rate, board reveal, board tasking, claim add, claim import, claim review, collection add,
    collection list, conduct answer, conduct file, config show, consult add, consult minutes, correction pass-on,
    correction say, demo, drill, effect plan, effect run, erase, fsck, hunt, import, init, intersect answer,
    intersect decline, intersect finish, intersect offer, keys rotate, keys show, limit declare, log proof, match,
    measure add, measure update, milestone add, norm adopt, notice, outbox approve, outbox drop, outbox show,
    partner add, partner invite, partner pause, partner show, pattern check, propose add, propose answer, propose withdraw,
    relay forward, relay reply, relay submit, reply, request, respond add, respond answer, respond reveal, restore,
    retro add, retro drop, retro list, retro run,
    reveal, serve, share, sync, taxii pull, token add, token list, token revoke, undertake add, verify,
    warn protective, warn relay, warn stop, withdraw""",
    )
)
TOTALS = re.compile(r"\b(?:totals?|sums?|altogether|overall)\b", re.IGNORECASE)


def _replayed(talk: Talk) -> dict[str, str]:
    """Say everything, each by its speaker to the others; returns the name of the first statement of each kind."""
    names: dict[str, str] = {}
    ids: dict[str, str] = {}
    by_id: dict[str, Said] = {}
    for said in everything():
        if said.kind in PRIVATE:
            continue
        text = encode(dict(said.body)).decode()
        for old, new in {**ids, **ORIGINS}.items():
            text = text.replace(old, new)
        node = talk.node(ORIGINS[said.speaker].removesuffix(".example"))
        body = msgspec.json.decode(text, type=SHAPES[said.kind])
        re_ = by_id[ids[base64url(said.re.leaf)]] if said.re is not None else None
        told = tell(node, said.kind, body, to=[ORIGINS[one] for one in said.aud], marking=Tlp.GREEN, re=re_)
        ids[said.id], by_id[told.id] = told.id, told
        move = str(said.body.get("move", ""))
        names.setdefault(said.kind, told.short)
        names.setdefault(move, told.short)
    talk.sync()
    return names


@pytest.fixture(scope="module")
def shown() -> dict[tuple[str, str, str], str]:
    """By node, command and form, what it prints."""
    found = {}
    with recording("a", "b", "c") as talk:
        names = _replayed(talk)
        for node, other in (("a", "b"), ("b", "a")):
            for show in SHOWS:
                arguments = show.format(**names, other=other).split()
                found[node, show, "text"] = _printed(talk, node, *arguments)
                if not show.endswith(("svg", "json", "csv", "markdown")) and " svg " not in show:
                    found[node, show, "json"] = _printed(talk, node, "--json", *arguments)
    return found


def _printed(talk: Talk, node: str, *arguments: str) -> str:
    """A list may be empty, with its own exit code; anything else must end well."""
    try:
        return talk.text(node, *arguments)
    except AssertionError as error:
        if f"{arguments!r}, 3," not in str(error) and f"{arguments!r}, 4," not in str(error):
            raise
        return ""


def _leaves(command: click.Command, name: str = "") -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            if not found.hidden:
                yield from _leaves(found, f"{name} {below}".strip())
    else:
        yield name


def test_every_command_either_acts_or_is_among_those_that_are_read_here() -> None:
    leaves = set(_leaves(cli))
    read = {leaf for leaf in leaves if any(show == leaf or show.startswith(f"{leaf} ") for show in SHOWS)}
    assert sorted(leaves - ACTS - read) == []
    assert sorted(ACTS - leaves) == []
    assert sorted(ACTS & read) == []


def test_no_rendering_has_a_loaded_word_outside_of_somebodys_quotation(shown: dict[tuple[str, str, str], str]) -> None:
    found = {key: words for key, output in shown.items() if (words := _loaded(key[1], output))}
    assert not found
    # The check sees what it is for: what the parties are quoted with is there.
    assert sum("guilty" in output for output in shown.values()) > 20


def test_no_rendering_shows_a_denied_claim_without_its_denial(shown: dict[tuple[str, str, str], str]) -> None:
    alone = [key for key, output in shown.items() if "they are guilty of it" in output and "not us" not in output]
    assert not alone
    assert sum("they are guilty of it" in output for output in shown.values()) > 10


def test_no_rendering_adds_up_across_classes(shown: dict[tuple[str, str, str], str]) -> None:
    said = {key: TOTALS.findall(re.sub("“[^”]*”", "", output)) for key, output in shown.items()}
    assert not {key: words for key, words in said.items() if words}


def test_what_nobody_has_said_is_unknown_and_never_no(shown: dict[tuple[str, str, str], str]) -> None:
    for node in ("a", "b"):
        status = json.loads(shown[node, "norm status", "json"])
        words = set(_values(status, "status"))
        assert "unknown" in words
        assert words.isdisjoint({"no", "none", "never", "not accepted", "rejected", False, None})


def _loaded(show: str, output: str) -> list[str]:
    """Of CSV each cell is read; of JSON every text but those that are, letter for letter, what a statement says."""
    if show.endswith("csv"):
        return [
            word for row in csv.reader(io.StringIO(output, newline="")) for cell in row for word in loaded_words(cell)
        ]
    if output.startswith(("{", "[")):
        output = json.dumps(_ours(json.loads(output)))
    return loaded_words(output)


def _ours(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ours(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_ours(item) for item in value]
    return None if value in SAID else value


def _values(value: Any, key: str) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name == key:
                yield from [item] if not isinstance(item, dict | list) else []
            yield from _values(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, key)
