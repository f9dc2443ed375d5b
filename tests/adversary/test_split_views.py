"""A log that shows two histories is found out by those who compare, and what they keep convinces a stranger."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.adversary.lying_party import Branch, LyingParty
from tests.scene import journal_kinds, journal_size, kept_evidence, require_sound, tell, trouble_with, truth_of
from tests.tree import ROOT
from tests.world import World

from detente.errors import SplitView
from detente.node.sync import sync
from detente.party import Role
from detente.tlog.checkpoint import parse_checkpoint
from detente.tlog.merkle import consistency_proof
from detente.tlog.note import parse_note
from detente.tlog.trusted import verify_evidence
from detente.tlog.witness import encode_request
from detente.web.log import Request, answer

STRANGER = """
import json, sys
from detente.tlog.trusted import verify_evidence
evidence = verify_evidence(sys.stdin.buffer.read())
print(json.dumps([evidence.origin, list(evidence.sizes), [root.hex() for root in evidence.roots], list(evidence.vkeys)]))
"""


def convince_a_stranger(evidence: bytes, folder: Path) -> list[Any]:
    """What another process makes of the evidence alone: no node, no store, an empty folder."""
    folder.mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", STRANGER],
        input=evidence,
        capture_output=True,
        cwd=folder,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT / "src")},
        check=True,
    )
    verdict = json.loads(ran.stdout)
    assert isinstance(verdict, list)
    return verdict


FORKS: dict[str, tuple[int, int]] = {  # how much shorter or longer than what is held, and where the fork begins
    "of the same size": (0, 3),
    "in the first entry": (0, 0),
    "one entry longer": (1, 12),
    "a tile longer": (260, 7),
    "one entry shorter": (-1, 5),
    "of eight entries": (-5, 2),
    "of one entry": (-12, 0),
}


@pytest.mark.parametrize(("more", "begins"), FORKS.values(), ids=FORKS)
def test_a_second_history_shown_to_one_partner_is_evidence_for_everybody(
    scene: World, liar: LyingParty, tmp_path: Path, more: int, begins: int
) -> None:
    honest = scene.nodes["cert-b"]
    before, private = truth_of(honest), journal_size(honest)
    branch = liar.fork_at(begins, size=liar.settled + more)
    report = sync(honest, scene.fetch, ["cert-a"])
    assert type(report.worst) is SplitView
    assert truth_of(honest) == before
    assert journal_kinds(honest, private) == ["evidence"]
    (evidence,) = kept_evidence(honest)
    origin, sizes, roots, vkeys = convince_a_stranger(evidence, tmp_path / "elsewhere")
    assert origin == "cert-a.example"
    assert sorted(sizes) == sorted([liar.settled, liar.settled + more])
    assert branch.checkpoint.root.hex() in roots
    assert set(vkeys) == {key.vkey for key in liar.node.public_keys[Role.LOG]}
    require_sound(honest)


def test_each_side_shown_its_own_branch_finds_out_by_comparing(scene: World, liar: LyingParty, tmp_path: Path) -> None:
    """Neither is ever shown a contradiction; each sees one history that only grows, and cosigns it."""
    one, other = _two_branches(liar, 4, 4)
    for name in ("cert-b", "cert-c"):
        partner = sync(scene.nodes[name], scene.fetch, ["cert-a"]).partners[0]
        assert partner.pulled is not None or isinstance(partner.error, SplitView)
    assert trouble_with(scene.nodes["cert-c"], "cert-a.example") == "SplitView"
    verdict = convince_a_stranger(kept_evidence(scene.nodes["cert-c"])[0], tmp_path / "elsewhere")
    assert set(verdict[2]) == {one.checkpoint.root.hex(), other.checkpoint.root.hex()}
    sync(scene.nodes["cert-b"], scene.fetch)
    assert trouble_with(scene.nodes["cert-b"], "cert-a.example") == "SplitView"
    for name in ("cert-b", "cert-c"):
        require_sound(scene.nodes[name])
        assert trouble_with(scene.nodes[name], "cert-b.example" if name == "cert-c" else "cert-c.example") is None


@pytest.mark.parametrize(("mine", "theirs"), [(1, 9), (9, 1), (3, 3), (3, 700), (700, 3)])
def test_branches_of_different_lengths_are_told_apart_by_both_sides(
    scene: World, liar: LyingParty, mine: int, theirs: int
) -> None:
    """The side with the shorter branch asks the other's mirror for tiles; no witness record helps it."""
    _two_branches(liar, mine, theirs)
    for _ in range(2):
        for name in ("cert-b", "cert-c"):
            sync(scene.nodes[name], scene.fetch)
    for name in ("cert-b", "cert-c"):
        assert trouble_with(scene.nodes[name], "cert-a.example") == "SplitView"
        for evidence in kept_evidence(scene.nodes[name]):
            assert verify_evidence(evidence).origin == "cert-a.example"


def test_a_log_that_never_asks_for_a_cosignature_is_found_out_by_its_mirrors(scene: World, liar: LyingParty) -> None:
    """The liar's own node does not sync at all after the fork; only what the partners mirrored is compared."""
    _two_branches(liar, 2, 2)
    sync(scene.nodes["cert-b"], scene.fetch, ["cert-a"])
    sync(scene.nodes["cert-c"], scene.fetch, ["cert-a"])
    assert trouble_with(scene.nodes["cert-c"], "cert-a.example") == "SplitView"


def test_a_log_cannot_have_one_history_mirrored_and_another_witnessed(scene: World, liar: LyingParty) -> None:
    """cert-b mirrors one branch; asked to cosign the other, it refuses, and keeps what it was shown."""
    honest = scene.nodes["cert-b"]
    shown = liar.show([*liar.leaves, *liar.noise(4)], towards="cert-b.example")
    assert sync(honest, scene.fetch, ["cert-a"]).worst is None
    hidden = Branch(liar.node.origin, liar.signers, [*liar.leaves, *liar.noise(8)], liar.at_s)
    before = truth_of(honest)
    for old_size in (liar.settled, shown.checkpoint.size):
        proof = consistency_proof(old_size, hidden.checkpoint.size, hidden.read)
        reply = answer(
            honest, Request("POST", "/witness/add-checkpoint", body=encode_request(old_size, proof, hidden.note))
        )
        assert reply.status in (409, 422)
        assert b"cert-b.example/witness" not in reply.body
        assert truth_of(honest) == before
    assert trouble_with(honest, "cert-a.example") == "SplitView"


def test_what_was_witnessed_is_what_can_be_mirrored(scene: World, liar: LyingParty) -> None:
    """The other way round: cosigned first as a witness, then shown another history of the same length or longer."""
    honest = scene.nodes["cert-b"]
    tell(liar.node, range(50, 54), "cert-c")
    sync(liar.node, scene.fetch, ["cert-b"])
    for more in (0, 5):
        liar.tell_the_truth()
        before = truth_of(honest)
        liar.fork_at(liar.settled + 1, size=liar.size + more)
        report = sync(honest, scene.fetch, ["cert-a"])
        assert type(report.worst) is SplitView, repr(report.worst)
        assert truth_of(honest) == before
    liar.tell_the_truth()
    liar.roll_back_to(liar.settled + 1)
    assert "asked us to cosign" in str(sync(honest, scene.fetch, ["cert-a"]).worst)


def test_a_lying_witness_cannot_make_an_honest_log_look_like_a_forker(scene: World, liar: LyingParty) -> None:
    """cert-a serves as its own mirror of cert-c whatever it likes: without cert-c's signature nothing sticks to cert-c."""
    honest = scene.nodes["cert-b"]
    tell(scene.nodes["cert-c"], range(70, 80), "cert-b")
    sync(liar.node, scene.fetch, ["cert-c"])
    digest = hashlib.sha256(b"cert-c.example").hexdigest()
    genuine = scene.fetch("GET", f"http://cert-a.test/mirror/{digest}/checkpoint", bytes_max=1 << 20).body
    note = parse_note(genuine)
    checkpoint = parse_checkpoint(note.text)
    forged = [
        b"",
        b"garbage",
        genuine.replace(b"\n%d\n" % checkpoint.size, b"\n%d\n" % (checkpoint.size + 1)),
        genuine[: genuine.rindex("—".encode())],
        liar.sign(3, bytes(32)),
    ]
    for bytes_ in forged:
        liar.tell_the_truth()
        liar.pretend_to_have_cosigned("cert-c.example", bytes_)
        sync(honest, scene.fetch)
        assert trouble_with(honest, "cert-c.example") is None
    liar.tell_the_truth()
    tell(scene.nodes["cert-c"], range(80, 90), "cert-b")
    sync(liar.node, scene.fetch, ["cert-c"])
    for spoil in (
        lambda b: bytes(len(b)),
        lambda b: b[:-32],
        lambda b: b[32:] + b[:32],
        lambda b: b[:32] * (len(b) // 32),
    ):
        liar.tell_the_truth()
        liar.garble(f"/mirror/{digest}/tile/", spoil)
        scene.away.add("cert-c")
        sync(honest, scene.fetch)
        scene.away.clear()
        assert trouble_with(honest, "cert-c.example") is None
        assert kept_evidence(honest) == []


def _two_branches(liar: LyingParty, mine: int, theirs: int) -> tuple[Branch, Branch]:
    """One history for cert-b and one for cert-c, both continuing what they hold, `mine` and `theirs` entries longer."""
    true = liar.leaves
    return (
        liar.show([*true, *liar.noise(mine)], towards="cert-b.example"),
        liar.show([*true, *liar.noise(theirs)], towards="cert-c.example"),
    )
