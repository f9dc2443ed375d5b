"""Going over to new keys: partners follow what the old keys signed, and nothing else; interrupted anywhere, it is completed or undone."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.adversary.lying_party import LyingParty
from tests.scene import journal_kinds, reopen, require_sound, settle, tell, town, trouble_with
from tests.world import World, world

from detente.errors import (
    BadSignature,
    CorruptLog,
    DetenteError,
    MalformedReply,
    NotPermitted,
    SplitView,
    StaleWrite,
    UnknownKey,
)
from detente.node import open as open_module
from detente.node.backup import backup, recover, restore
from detente.node.matters import read_matters
from detente.node.open import Node, open_node
from detente.node.proofs import prove
from detente.node.propose import propose, read_proposals, respond
from detente.node.rotate import ALL, encode_rotations, read_key_lines, read_rotations, rotate
from detente.node.sync import sync
from detente.node.verify import verify
from detente.party import KEY_EVENT, Party, Role, after_key_events, encode_party, parse_party
from detente.statement import KeyLeaf, key_leaf
from detente.store.log import OWN, head_of, read_head
from detente.tlog.checkpoint import Checkpoint, sign_checkpoint
from detente.tlog.merkle import Frontier, leaf_hash
from detente.tlog.note import KeyKind, SignerKey, prove_possession, signer_from_seed, verifier_key
from detente.tlog.trusted import verify_evidence
from detente.web.log import Answer, Request


def pinned(node: Node, name: str) -> Party:
    with node.store.reading() as connection:
        return node.partner(connection, name)


def mirrored(node: Node, origin: str) -> int:
    with node.store.reading() as connection:
        head = head_of(connection, origin)
        return head.size if head is not None else 0


def own_size(node: Node) -> int:
    with node.store.reading() as connection:
        return read_head(connection, OWN).size


def fresh_signers(origin: str, seed: int) -> tuple[SignerKey, SignerKey]:
    """Keys that somebody made, by the name of the log."""
    return (
        signer_from_seed(origin, KeyKind.ED25519, bytes([seed]) * 32),
        signer_from_seed(origin, KeyKind.ML_DSA_44, bytes([seed + 1]) * 32),
    )


# -- following ----------------------------------------------------------------------------------------------------------


def test_partners_follow_a_rotation_and_everything_stays_as_it_was(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", "c")
        a, b = w.nodes["a"], w.nodes["b"]
        made = propose(a, ["b"], "A joint unit")
        settle(w)
        old, words = a.public_keys, a.fingerprint
        with b.store.indexed() as connection:
            before = read_matters(connection, ("proposal",))

        rotation = rotate(a)
        assert rotation.entries is not None
        assert rotation.entries[1] - rotation.entries[0] + 1 == 12
        assert all(set(a.public_keys[role]).isdisjoint(old[role]) for role in old)
        assert a.fingerprint != words
        settle(w)

        for other in (b, w.nodes["c"]):
            party = pinned(other, "a")
            assert dict(party.keys) == a.public_keys
            assert dict(party.former) == old
            assert party.fingerprint == a.fingerprint
            assert "decision" in journal_kinds(other)
            assert trouble_with(other, "a.example") is None
        with b.store.indexed() as connection:
            assert read_matters(connection, ("proposal",)) == before

        # Both go on: the thread from before is answered under the new keys, and cosigned by the others.
        respond(b, made.id, "accepted")
        tell(a, range(50, 53), "b")
        settle(w)
        for node in (a, b):
            (history,) = read_proposals(node)
            assert history.state == "accepted by b.example"
        report = sync(a, w.fetch)
        assert report.cosigners == ("b.example/witness", "c.example/witness")
        for node in w.nodes.values():
            require_sound(node)


@pytest.mark.parametrize("role", ALL)
def test_one_role_may_be_rotated_alone(tmp_path: Path, role: Role) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", "c")
        a, b = w.nodes["a"], w.nodes["b"]
        old = {**a.public_keys, Role.JOURNAL: (a.journal_key,)}
        rotate(a, [role])
        new = {**a.public_keys, Role.JOURNAL: (a.journal_key,)}
        assert {r for r in ALL if new[r] != old[r]} == {role}
        tell(a, range(50, 52), "b")
        settle(w)
        assert dict(pinned(b, "a").keys) == a.public_keys
        for node in w.nodes.values():
            require_sound(node)


def test_whoever_was_away_follows_every_rotation_there_was(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", "c")
        a, b = w.nodes["a"], w.nodes["b"]
        w.away.add("b")
        for number in range(3):
            w.clock.advance(40 * 86_400)
            rotate(a)
            tell(a, range(100 * number, 100 * number + 3), "b", "c")
            sync(w.nodes["c"], w.fetch)
        w.away.clear()
        assert mirrored(b, "a.example") < own_size(a)
        report = sync(b, w.fetch)
        pulled = report.partners[0].pulled
        assert report.worst is None
        assert pulled is not None
        assert pulled.kinds["object"] == 6  # of all the pulls that it took; three had been said before
        settle(w)
        assert dict(pinned(b, "a").keys) == a.public_keys
        assert len(pinned(b, "a").former[Role.LOG]) == 6
        assert mirrored(b, "a.example") == own_size(a)
        with b.store.reading() as connection:
            assert read_rotations(connection, "a.example") == _own_rotations(a)
        for node in w.nodes.values():
            require_sound(node)


def _own_rotations(node: Node) -> list[bytes]:
    with node.store.reading() as connection:
        return read_rotations(connection, node.origin)


def test_who_meets_us_after_a_rotation_pins_the_new_keys_only(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b")
        rotate(w.nodes["a"])
        w.node("c")
        w.introduce("a", "c")
        settle(w)
        assert dict(pinned(w.nodes["c"], "a").keys) == w.nodes["a"].public_keys
        require_sound(w.nodes["c"])


def test_receipts_from_before_verify_with_the_old_key_and_later_ones_with_the_new(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b")
        a = w.nodes["a"]
        old = a.public_keys[Role.LOG]
        before = prove(a, 6)
        rotate(a)
        between = prove(a, 6)
        tell(a, [50], "b")
        settle(w)
        after = prove(a, 6)
        verify(before.receipt, opening=before.opening, log_keys=old, policy=None)
        verify(after.receipt, opening=after.opening, log_keys=a.public_keys[Role.LOG], policy=None)
        for keys in (old, a.public_keys[Role.LOG]):
            verify(between.receipt, opening=between.opening, log_keys=keys, policy=None)
        with pytest.raises(UnknownKey):
            verify(after.receipt, opening=after.opening, log_keys=old, policy=None)


def test_the_list_of_keys_has_each_with_its_times(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        a = w.node("a")
        assert [(k.role, k.until_us) for k in read_key_lines(a)] == [
            (role, None)
            for role in (Role.LOG, Role.LOG, Role.WITNESS, Role.WITNESS, Role.MIRROR, Role.MIRROR, Role.JOURNAL)
        ]
        w.clock.advance(86_400)
        rotate(a, [Role.LOG])
        lines = [k for k in read_key_lines(a) if k.role is Role.LOG]
        assert [k.until_us is None for k in lines] == [True, True, False, False]
        assert all(k.since_us is not None for k in lines)
        assert lines[0].since_us == lines[2].until_us


# -- adversaries --------------------------------------------------------------------------------------------------------


def show_under(w: World, liar: LyingParty, signers: tuple[SignerKey, ...], *leaves: bytes) -> bytes:
    """The liar's log with more entries, under a checkpoint that these keys sign; it also serves it as a rotation."""
    branch = liar.show([*liar.leaves, *leaves])
    frontier = Frontier.EMPTY.extended([leaf_hash(leaf) for leaf in branch.leaves])
    note = sign_checkpoint(Checkpoint(liar.node.origin, frontier.size, frontier.root()), signers, at_s=liar.at_s)

    def lie(request: Request) -> Answer | None:
        if request.path == "/log/checkpoint":
            return Answer(200, note)
        if request.path == "/log/rotations":
            return Answer(200, encode_rotations([note]))
        return None

    liar.arm(lie)
    return note


def added(*signers: SignerKey, role: Role = Role.LOG) -> list[tuple[str, str, str, str]]:
    """The events that add these keys, each proved by its holder."""
    return [
        ("add", str(role), s.verifier.vkey, base64.b64encode(prove_possession(s, KEY_EVENT)).decode()) for s in signers
    ]


def retired(*signers: SignerKey) -> list[tuple[str, str, str, str]]:
    return [("retire", "log", signer.verifier.vkey, "") for signer in signers]


def events(add: tuple[SignerKey, ...], retire: tuple[SignerKey, ...] = ()) -> list[bytes]:
    return [
        key_leaf(KeyLeaf(event, role, vkey, 1, proof)) for event, role, vkey, proof in [*added(*add), *retired(*retire)]
    ]


def unproved(add: tuple[SignerKey, ...]) -> list[bytes]:
    return [key_leaf(KeyLeaf("add", "log", signer.verifier.vkey, 1)) for signer in add]


Case = Callable[[LyingParty, tuple[SignerKey, ...], tuple[SignerKey, ...]], tuple[tuple[SignerKey, ...], list[bytes]]]

CASES: dict[str, tuple[Case, type[DetenteError]]] = {
    "replaced without a word of the old keys": (lambda _, old, new: (new, events(new, old)), UnknownKey),
    "signed by one old key of two": (lambda _, old, new: ((old[0], *new), events(new, old)), BadSignature),
    "signed by the old keys alone": (lambda _, old, new: (old, events(new, old)), UnknownKey),
    "one new key not proved": (lambda _, old, new: ((*old, new[0]), events(new, old)), BadSignature),
    "no proof of the new keys": (lambda _, old, new: ((*old, *new), unproved(new) + events((), old)), MalformedReply),
    "retires the only keys": (lambda _, old, new: (old, events((), old)), MalformedReply),
    "other keys without any event": (lambda liar, old, new: (new, liar.noise()), UnknownKey),
}


@pytest.mark.parametrize("name", CASES)
def test_nobody_takes_over_a_log_whose_old_keys_did_not_all_sign_it_away(tmp_path: Path, name: str) -> None:
    case, error = CASES[name]
    with world(tmp_path) as w:
        town(w, "a", "b", said=1)
        liar, b = LyingParty(w, "a"), w.nodes["b"]
        party, size = pinned(b, "a"), mirrored(b, "a.example")
        old, new = tuple(liar.signers), fresh_signers("a.example", 7)
        signers, leaves = case(liar, old, new)
        show_under(w, liar, signers, *leaves)
        report = sync(b, w.fetch)
        assert isinstance(report.worst, error), report.worst
        assert pinned(b, "a") == party
        assert mirrored(b, "a.example") == size
        assert trouble_with(b, "a.example") == error.__name__
        liar.tell_the_truth()
        assert sync(b, w.fetch).worst is None
        require_sound(b)


def test_a_retired_key_signs_nothing_more(tmp_path: Path) -> None:
    """Whoever stole the old keys later cannot continue the log, nor take it back, nor roll it back."""
    with world(tmp_path) as w:
        town(w, "a", "b", said=1)
        a, b = w.nodes["a"], w.nodes["b"]
        old = tuple(a.own_signers(Role.LOG))
        rotate(a)
        settle(w)
        tell(a, [9], "b")
        settle(w)
        party, size = pinned(b, "a"), mirrored(b, "a.example")
        for leaves in ([], events(fresh_signers("a.example", 9), ())):
            liar = LyingParty(w, "a")
            show_under(w, liar, old, *(leaves or liar.noise()))
            assert isinstance(sync(b, w.fetch).worst, UnknownKey)
            assert (pinned(b, "a"), mirrored(b, "a.example")) == (party, size)
            w.endpoints["a"] = liar.honest
        # The log as it was at the rotation, signed by old and new: true, and old; it is a shorter log, and refused as one.
        liar = LyingParty(w, "a")
        branch = liar.show(liar.leaves[: int(_own_rotations(a)[0].split(b"\n")[1])])
        liar.arm(lambda request: Answer(200, _own_rotations(a)[0]) if request.path == "/log/checkpoint" else None)
        assert branch.leaves
        report = sync(b, w.fetch)
        assert type(report.worst).__name__ == "Rollback"
        assert (pinned(b, "a"), mirrored(b, "a.example")) == (party, size)


@pytest.mark.parametrize("later", [0, 3])
def test_two_histories_from_before_a_rotation_are_proved_after_it(tmp_path: Path, later: int) -> None:
    """C was shown another history under the old keys, B the true one and the hand-over; no key signed the two newest checkpoints."""
    with world(tmp_path) as w:
        town(w, "a", "b", "c", said=2)
        liar, b = LyingParty(w, "a"), w.nodes["b"]
        liar.fork_at(liar.settled, size=liar.settled + 2, towards="c.example")
        assert mirrored(w.nodes["c"], "a.example") < liar.settled + 2
        sync(w.nodes["c"], w.fetch, ["a"])
        assert mirrored(w.nodes["c"], "a.example") == liar.settled + 2
        tell(liar.node, range(70, 73), "b")
        rotate(liar.node)
        tell(liar.node, range(80, 80 + later), "b") if later else None
        report = sync(b, w.fetch)
        assert isinstance(report.worst, SplitView), report.worst
        evidence = verify_evidence(report.worst.evidence)
        old = {key.vkey for key in pinned(b, "a").former[Role.LOG]}
        assert set(evidence.vkeys) <= old
        assert evidence.origin == "a.example"


def test_a_key_that_was_retired_does_not_come_back() -> None:
    old, new = fresh_signers("a.example", 1), fresh_signers("a.example", 3)
    party = Party("a", "A", "a.example", "http://a.test", keys={Role.LOG: tuple(s.verifier for s in old)})
    moved = after_key_events(party, [*added(*new), *retired(*old)])
    assert (moved.log_keys, moved.former[Role.LOG]) == (tuple(s.verifier for s in new), party.log_keys)
    assert parse_party(encode_party(moved)) == moved
    with pytest.raises(MalformedReply, match="comes back"):
        after_key_events(moved, added(old[0]))
    same = signer_from_seed("a.example/witness", KeyKind.ED25519_COSIGNATURE, bytes([1]) * 32)
    assert same.verifier.public == old[0].verifier.public
    with pytest.raises(MalformedReply, match="two roles"):
        after_key_events(party, added(same, role=Role.WITNESS))
    with pytest.raises(MalformedReply, match="too many"):
        after_key_events(party, [e for seed in range(10, 40, 2) for e in added(*fresh_signers("a.example", seed))])


def test_what_is_no_key_of_its_own_is_passed_over() -> None:
    """Another party's witness key under one's own name would make two voices of one: its holder would have to sign for that."""
    old, stranger = (
        fresh_signers("a.example", 1),
        signer_from_seed("c.example/witness", KeyKind.ED25519_COSIGNATURE, bytes(32)),
    )
    party = Party("a", "A", "a.example", "http://a.test", keys={Role.LOG: tuple(s.verifier for s in old)})
    borrowed = verifier_key("a.example/witness", KeyKind.ED25519_COSIGNATURE, stranger.verifier.public)
    proof = base64.b64encode(prove_possession(stranger, KEY_EVENT)).decode()
    new = fresh_signers("a.example", 3)[0].verifier.vkey
    for event in (
        ("add", "witness", borrowed.vkey, proof),
        ("add", "witness", borrowed.vkey, ""),
        ("add", "witness", stranger.verifier.vkey, proof),
        ("add", "log", new, ""),
        ("add", "log", new, "AAAA"),
        ("add", "log", new, "no base64"),
        ("add", "log", "nonsense", ""),
        ("add", "auditor", new, ""),
        ("suspend", "log", old[0].verifier.vkey, ""),
        ("retire", "log", new, ""),
    ):
        assert after_key_events(party, [event]) == party


# -- interrupted, and restored ------------------------------------------------------------------------------------------


class Died(Exception):
    """The process ends here."""


def test_interrupted_before_the_commit_nothing_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=1)
        a = w.nodes["a"]
        old, size = a.public_keys, own_size(a)

        def die(*arguments: object, **named: object) -> bytes:
            raise Died

        monkeypatch.setattr("detente.node.rotate.sign_checkpoint", die)
        with pytest.raises(Died):
            rotate(a)
        monkeypatch.undo()
        assert (tmp_path / "a" / "keys.next").exists()
        a = reopen(w, "a")
        assert (a.public_keys, own_size(a)) == (old, size)
        tell(a, [7], "b")
        rotate(a)  # again, with keys of its own
        settle(w)
        assert dict(pinned(w.nodes["b"], "a").keys) == a.public_keys
        require_sound(a)


@pytest.mark.parametrize("moved", range(8))
def test_interrupted_after_the_commit_the_next_opening_completes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    """Seven files are put into place one by one; the process dies before any, between them, and before the folder is removed."""
    with world(tmp_path) as w:
        town(w, "a", "b", said=1)
        a = w.nodes["a"]
        old = a.public_keys
        count = 0
        replace_file = Path.replace

        def die(self: Path, target: Path) -> Path:
            nonlocal count
            if count == moved:
                raise Died
            count += 1
            return replace_file(self, target)

        monkeypatch.setattr(Path, "replace", die)
        if moved == 7:
            monkeypatch.setattr(Path, "rmdir", lambda self: (_ for _ in ()).throw(Died()))
        with pytest.raises(Died):
            rotate(a)
        monkeypatch.undo()
        a = reopen(w, "a")
        assert not (tmp_path / "a" / "keys.next").exists()
        assert all(set(a.public_keys[role]).isdisjoint(old[role]) for role in old)
        tell(a, [7], "b")
        settle(w)
        assert dict(pinned(w.nodes["b"], "a").keys) == a.public_keys
        require_sound(a)


def test_another_process_goes_over_to_the_new_keys_by_itself(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=1)
        a = w.nodes["a"]
        other = open_node(tmp_path / "a", clock=w.clock, random=w.random.randbytes)
        rotate(a)
        tell(other, [7], "b")  # it had the old keys in memory
        assert other.public_keys == a.public_keys
        other.close()
        settle(w)
        require_sound(a)


def test_a_process_that_cannot_find_the_new_keys_signs_nothing(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=1)
        a = w.nodes["a"]
        backup(a, tmp_path / "old.tar")
        rotate(a)
        size = own_size(a)
        restore(tmp_path / "old.tar", tmp_path / "elsewhere")
        a.close()
        for path in (tmp_path / "elsewhere" / "keys").iterdir():
            (tmp_path / "a" / "keys" / path.name).write_bytes(path.read_bytes())
        a = reopen(w, "a")
        with pytest.raises(StaleWrite, match="put back the keys of a later backup"):
            tell(a, [7], "b")
        assert own_size(a) == size


def test_a_backup_from_before_a_rotation_does_not_fork_the_log(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b")
        a = w.nodes["a"]
        backup(a, tmp_path / "old.tar")
        rotate(a)
        backup(a, tmp_path / "late.tar")
        tell(a, range(50, 53), "b")
        settle(w)
        size = own_size(a)
        a.close()

        # The old backup, with the old keys: partners show that these very keys handed over.
        restore(tmp_path / "old.tar", tmp_path / "again")
        w.nodes["a"] = open_node(tmp_path / "again", clock=w.clock, random=w.random.randbytes)
        w.clock.advance(60)
        with pytest.raises(CorruptLog, match="An old backup was restored"):
            sync(w.nodes["a"], w.fetch)
        with pytest.raises(CorruptLog):
            tell(w.nodes["a"], [99], "b")

        # With the keys of a later backup the lost entries come back, and the log goes on without a fork.
        w.nodes["a"].close()
        restore(tmp_path / "late.tar", tmp_path / "late")
        for path in (tmp_path / "late" / "keys").iterdir():
            (tmp_path / "again" / "keys" / path.name).write_bytes(path.read_bytes())
        restored = open_node(tmp_path / "again", clock=w.clock, random=w.random.randbytes)
        w.nodes["a"] = restored
        with pytest.raises(CorruptLog, match="An old backup was restored"):
            sync(restored, w.fetch)
        party = pinned(restored, "b")
        assert recover(restored, party, w.fetch)[1] == size
        assert len(_own_rotations(restored)) == 1
        assert Role.LOG in _former(restored)
        tell(restored, [60], "b")
        settle(w)
        for node in w.nodes.values():
            require_sound(node)


def _former(node: Node) -> dict[Role, object]:
    with node.store.reading() as connection:
        return dict(node.former_keys(connection))


def test_a_backup_from_after_a_rotation_is_as_good_as_any(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b")
        a = w.nodes["a"]
        rotate(a)
        backup(a, tmp_path / "late.tar")
        keys = a.public_keys
        a.close()
        restore(tmp_path / "late.tar", tmp_path / "again")
        w.clock.advance(60)
        w.nodes["a"] = open_node(tmp_path / "again", clock=w.clock, random=w.random.randbytes)
        settle(w)
        tell(w.nodes["a"], [60], "b")
        settle(w)
        assert w.nodes["a"].public_keys == keys
        for node in w.nodes.values():
            require_sound(node)


def test_a_rotation_of_nothing_is_refused(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        a = w.node("a")
        size = own_size(a)
        with pytest.raises(NotPermitted, match="name the role"):
            rotate(a, [])
        assert own_size(a) == size
        assert not (tmp_path / "a" / open_module.NEXT).exists()
