"""The examples on the pages about logs are real: each verifies by the code that the page describes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.tlog.memory_log import signer

from detente.tlog import merkle, tiles, trusted, witness
from detente.tlog.checkpoint import verify_checkpoint
from detente.tlog.note import KeyKind, open_note, parse_vkey
from detente.tlog.policy import parse_policy
from detente.tlog.proof import parse_receipt, verify_receipt
from detente.tlog.witness import WitnessState

PAGES = Path(__file__).resolve().parents[2] / "docs" / "formats"
NAMES = ["signed-note", "checkpoint", "tiles", "witness", "receipt", "policy", "fork-evidence"]
ORIGIN = "b.example/log"


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def examples(name: str) -> list[str]:
    """The fenced blocks below the heading Example."""
    section = page(name).split("\n## Example\n")[1].split("\n## ")[0]
    return re.findall(r"^```text\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def log_and_witness() -> tuple[str, str]:
    log, cosigner = examples("checkpoint")[0].split()
    return log, cosigner


@pytest.mark.parametrize("name", NAMES)
def test_each_page_ends_in_numbered_verification_steps(name: str) -> None:
    steps = page(name).split("\n## Verification\n")[1]
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", steps, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 4
    assert "\n## " not in steps


def test_the_example_note_opens() -> None:
    vkey, note = examples("signed-note")
    assert open_note(note.encode(), [parse_vkey(vkey.strip())])[0] == "This is an example message.\n"


def test_the_example_checkpoint_is_signed_and_cosigned() -> None:
    log, cosigner = map(parse_vkey, log_and_witness())
    note = examples("checkpoint")[1].encode()
    verified = verify_checkpoint(note, origin=ORIGIN, log_keys=[log], witnesses=[cosigner])
    assert verified.checkpoint.size == 5
    assert [cosignature.at_s for cosignature in verified.cosignatures] == [1_795_327_200]


def test_the_example_receipt_proves_its_entry_under_the_example_policy() -> None:
    [receipt], [policy] = examples("receipt"), examples("policy")
    verified = verify_receipt(
        parse_receipt(receipt.encode()),
        leaf_hash=merkle.leaf_hash(b"entry 2"),
        log_keys=(),
        policy=parse_policy(policy),
    )
    assert verified.checkpoint.origin == ORIGIN


def test_the_example_request_is_cosigned_by_a_witness_that_saw_three_entries() -> None:
    [request] = examples("witness")
    leaves = [merkle.leaf_hash(b"entry %d" % number) for number in range(3)]
    state = WitnessState(3, merkle.Frontier.EMPTY.extended(leaves).root())
    known = {ORIGIN: ([parse_vkey(log_and_witness()[0])], state)}
    key = signer("w.example", KeyKind.ED25519_COSIGNATURE, 1)
    assert witness.decide(request.encode(), known=known, signers=[key], at_s=1).status == 200


def test_the_example_evidence_is_evidence_against_the_example_key() -> None:
    [file] = examples("fork-evidence")
    evidence = trusted.verify_evidence(file.encode())
    assert (evidence.origin, evidence.sizes, evidence.vkeys) == (ORIGIN, (3, 6), (log_and_witness()[0],))


def test_the_table_of_tiles_is_what_the_code_computes() -> None:
    rows = re.findall(r"^\| ([\d,]+) \| (.+?) \| (.+?) \| (.+?) \|$", page("tiles"), re.MULTILINE)
    assert [row[0] for row in rows] == ["5", "256", "70,000"]
    for size_text, *levels in rows:
        paths = [tiles.tile_path(tile) for tile in tiles.tiles_of(int(size_text.replace(",", "")))]
        for level, cell in enumerate(levels):
            there = [path.removeprefix(f"tile/{level}/") for path in paths if path.startswith(f"tile/{level}/")]
            named = re.findall(r"`([^`]+)`", cell)
            full = re.search(r"(\d+) full", cell)
            assert there[len(there) - len(named) :] == named
            assert len(there) == len(named) + (int(full[1]) if full else 0)


def test_the_table_of_answers_names_every_status_that_the_code_gives() -> None:
    table = set(re.findall(r"^\| (\d{3}) \|", page("witness"), re.MULTILINE))
    source = Path(witness.__file__).read_text(encoding="utf-8")
    given = set(re.findall(r"(?:_refusal|Decision)\((\d{3}),", source))
    assert table == given == {"400", "404", "403", "409", "422", "503", "200"}
