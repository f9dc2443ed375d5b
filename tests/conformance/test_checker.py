"""`docs/check.py`, the page with which a stranger checks a receipt, agrees with us and depends on nearly nothing."""

from __future__ import annotations

import ast
import base64
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.conformance.test_ed25519_edge_key_vectors import NON_CANONICAL, SMALL_ORDER
from tests.unit.tlog.memory_log import MemoryLog, signer

from detente import statement
from detente.errors import DetenteError
from detente.statement import Opening, Sealed
from detente.tlog.checkpoint import Checkpoint, cosign, sign_checkpoint, with_signatures
from detente.tlog.merkle import leaf_hash
from detente.tlog.note import KeyKind, Signature, SignedNote, VerifierKey, key_id_of, parse_vkey
from detente.tlog.policy import parse_policy
from detente.tlog.proof import Receipt, parse_receipt, verify_receipt

CHECKER = Path(__file__).resolve().parents[2] / "docs" / "check.py"
W4 = signer("w.example", KeyKind.ED25519_COSIGNATURE, 1)
W6 = signer("w.example", KeyKind.ML_DSA_44, 2)
OTHER = signer("other.example", KeyKind.ED25519_COSIGNATURE, 3)
WITNESS_LINES = "".join(
    f"witness {name} {key.verifier.vkey}\n" for name, key in (("ed", W4), ("pq", W6), ("other", OTHER))
)
GOOD_POLICY = WITNESS_LINES + "group w all ed pq\ngroup q any w other\nquorum q\n"


@dataclass(frozen=True)
class Case:
    """What is given to both: the program and our own code."""

    receipt: bytes
    vkeys: tuple[str, ...]
    leaf: bytes
    policy: bytes | None = None


def _world() -> tuple[MemoryLog, Sealed, Case]:
    log = MemoryLog(kinds=(KeyKind.ED25519, KeyKind.ML_DSA_44)).append(6)
    [sealed] = statement.seal(
        [b'{"id":"indicator--1","x":1.5}'],
        aud=["c.example/log"],
        kind="object",
        log=log.origin,
        media=statement.STIX_MEDIA,
        times_us=[1_795_327_200_000_000],
        salts=bytes(range(64)),
    )
    log.leaves.append(leaf_hash(sealed.leaf))
    log.append(4)
    note = with_signatures(log.note(), cosign(log.checkpoint(), [W4, W6], at_s=9))
    receipt = Receipt(6, log.inclusion(6), note).encode()
    return log, sealed, Case(receipt, tuple(key.vkey for key in log.keys), sealed.leaf, GOOD_POLICY.encode())


LOG, SEALED, CASE = _world()


def run(folder: Path, case: Case, opening: bytes | None = None) -> tuple[int, str]:
    (folder / "receipt").write_bytes(case.receipt)
    (folder / "leaf").write_bytes(case.leaf)
    arguments = [str(folder / "receipt")]
    for vkey in case.vkeys:
        arguments += ["--log", vkey]
    if case.policy is not None:
        (folder / "policy").write_bytes(case.policy)
        arguments += ["--policy", str(folder / "policy")]
    if opening is None:
        arguments += ["--leaf", str(folder / "leaf")]
    else:
        (folder / "opening").write_bytes(opening)
        arguments += ["--opening", str(folder / "opening")]
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", str(CHECKER), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def _ours_accepts(case: Case) -> bool:
    try:
        keys = [parse_vkey(vkey) for vkey in case.vkeys]
        policy = None if case.policy is None else parse_policy(case.policy)
        verify_receipt(parse_receipt(case.receipt), leaf_hash=leaf_hash(case.leaf), log_keys=keys, policy=policy)
    except DetenteError:
        return False
    return True


def test_the_checker_is_one_page_with_one_dependency() -> None:
    source = CHECKER.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 120
    modules: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            modules.add(node.module.split(".")[0])
    assert modules - set(sys.stdlib_module_names) == {"cryptography"}


def test_a_whole_opening_is_proved_step_by_step(tmp_path: Path) -> None:
    opening = statement.opening_document(SEALED.opening, log=LOG.origin, index=6)
    code, shown = run(tmp_path, CASE, opening)
    assert code == 0, shown
    assert shown.splitlines() == [
        "proved: the log 'b.example/log' signed a tree of 11 entries",
        "proved: the quorum 'q' is met",
        "proved: the leaf is entry 6 of that tree",
        "proved: it is of kind 'object' to ['c.example/log'], with its text",
        "NOT proved by any receipt: that what it says is true, or that anyone received it",
    ]


def test_without_a_policy_it_says_that_no_witness_was_asked(tmp_path: Path) -> None:
    for policy in (None, b"quorum none\n"):
        code, shown = run(tmp_path, replace(CASE, policy=policy))
        assert code == 0, shown
        assert "NOT proved: that any witness saw this tree" in shown


def test_an_erased_text_is_not_proved_and_all_else_is(tmp_path: Path) -> None:
    erased = replace(SEALED.opening, body=b"", body_salt=b"")
    code, shown = run(tmp_path, CASE, statement.opening_document(erased, log=LOG.origin, index=6))
    assert code == 0, shown
    assert "to ['c.example/log']\n" in shown


def _openings() -> dict[str, bytes]:
    right = SEALED.opening
    flipped = bytes([right.header_salt[0] ^ 1]) + right.header_salt[1:]
    changed = {
        "another body": replace(right, body=right.body.replace(b"1.5", b"2.5")),
        "another header": replace(right, header=right.header.replace(b'"object"', b'"advice"')),
        "another header salt": replace(right, header_salt=flipped),
        "another body salt": replace(right, body_salt=flipped),
        "short salt": replace(right, header_salt=right.header_salt[:31]),
        "long salt": replace(right, header_salt=right.header_salt + b"x"),
        "a body without its salt": replace(right, body_salt=b""),
        "a header with a space": replace(right, header=right.header.replace(b",", b", ", 1)),
        "salts swapped": Opening(right.header, right.body_salt, right.body, right.header_salt),
    }
    documents = {name: statement.opening_document(value, log=LOG.origin, index=6) for name, value in changed.items()}
    return documents | {"not JSON": b"{", "not an object": b"[]", "empty": b"", "not text": b"\xff"}


@pytest.mark.parametrize("name", list(_openings()))
def test_an_opening_that_does_not_fit_is_not_proved(tmp_path: Path, name: str) -> None:
    code, shown = run(tmp_path, CASE, _openings()[name])
    assert code == 4
    assert shown.splitlines()[-1].startswith("NOT proved: ")


def test_an_opening_of_another_log_is_not_proved(tmp_path: Path) -> None:
    # The commitment of one log, copied as a leaf into another.
    thief = MemoryLog("c.example/log", leaves=[leaf_hash(SEALED.leaf)])
    case = Case(Receipt(0, (), thief.note()).encode(), (thief.keys[0].vkey,), SEALED.leaf)
    assert run(tmp_path, case)[0] == 0
    opening = statement.opening_document(SEALED.opening, log=thief.origin, index=0)
    code, shown = run(tmp_path, case, opening)
    assert code == 4
    assert "written for another log" in shown


RECEIPT = parse_receipt(CASE.receipt)
ED, PQ = LOG.signers
TEXT = LOG.checkpoint().text


def _with_note(note: bytes) -> bytes:
    return replace(RECEIPT, checkpoint_note=note).encode()


def _swap(old: bytes, new: bytes) -> Callable[[Case], Case]:
    return lambda case: replace(case, receipt=case.receipt.replace(old, new, 1))


def _policy(text: str) -> Callable[[Case], Case]:
    return lambda case: replace(case, policy=text.encode("utf-8", "surrogateescape"))


def _forged(key: VerifierKey, length: int) -> Callable[[Case], Case]:
    line = Signature(key.name, key.key_id, bytes(length))
    return lambda case: replace(case, receipt=_with_note(with_signatures(RECEIPT.checkpoint_note, [line])))


FORGED_EXTENSION = SignedNote(TEXT + "extra\n", (Signature(LOG.origin, ED.verifier.key_id, ED.sign(TEXT.encode())),))
STRANGERS = [Signature("stranger", b"abcd", bytes([number])) for number in range(97)]

# What both must judge alike. The first ones are good, all others are not.
GOOD: dict[str, Callable[[Case], Case]] = {
    "as it is": lambda case: case,
    "no policy": lambda case: replace(case, policy=None),
    "the Ed25519 key alone": lambda case: replace(case, vkeys=(ED.verifier.vkey,)),
    "the ML-DSA key alone": lambda case: replace(case, vkeys=(PQ.verifier.vkey,)),
    "an extra line": lambda case: replace(case, receipt=replace(RECEIPT, extra=b"anything").encode()),
    "an empty extra line": lambda case: replace(case, receipt=replace(RECEIPT, extra=b"").encode()),
    "lines of strangers": lambda case: replace(
        case, receipt=_with_note(with_signatures(RECEIPT.checkpoint_note, STRANGERS[:96]))
    ),
    "the quorum by one witness": _policy(WITNESS_LINES + "quorum pq\n"),
    "a policy with blanks and comments": _policy(
        "# text \udcff\n\n\t" + WITNESS_LINES.replace(" ", " \t ") + " quorum  ed \n"
    ),
    "a group of a number": _policy(WITNESS_LINES + "group g 2 ed other pq\nquorum g\n"),
}
BAD: dict[str, Callable[[Case], Case]] = {
    "another leaf": lambda case: replace(case, leaf=case.leaf + b" "),
    "another index": _swap(b"index 6", b"index 5"),
    "an index beyond the tree": _swap(b"index 6", b"index 11"),
    "an index with a zero": _swap(b"index 6", b"index 06"),
    "an index in other digits": _swap(b"index 6", "index ６".encode()),
    "no index": _swap(b"index 6\n", b""),
    "another version": _swap(b"@v1", b"@v2"),
    "a path that is too long": lambda case: replace(
        case, receipt=replace(RECEIPT, path=(*RECEIPT.path, bytes(32))).encode()
    ),
    "a path that is too short": lambda case: replace(case, receipt=replace(RECEIPT, path=RECEIPT.path[1:]).encode()),
    "no path": lambda case: replace(case, receipt=replace(RECEIPT, path=()).encode()),
    "a path out of order": lambda case: replace(case, receipt=replace(RECEIPT, path=RECEIPT.path[::-1]).encode()),
    "64 path lines": lambda case: replace(case, receipt=replace(RECEIPT, path=(bytes(32),) * 64).encode()),
    "a short path hash": lambda case: replace(
        case, receipt=replace(RECEIPT, path=(bytes(31), *RECEIPT.path[1:])).encode()
    ),
    "another size": _swap(b"\n11\n", b"\n12\n"),
    "another origin": _swap(b"\nb.example/log\n11", b"\nc.example/log\n11"),
    "an extension line": lambda case: replace(case, receipt=_with_note(FORGED_EXTENSION.encode())),
    "a carriage return": lambda case: replace(case, receipt=case.receipt.replace(b"\n", b"\r\n")),
    "no line feed at the end": lambda case: replace(case, receipt=case.receipt[:-1]),
    "a line feed too many": lambda case: replace(case, receipt=case.receipt + b"\n"),
    "more than 100 lines": lambda case: replace(
        case,
        receipt=_with_note(SignedNote(TEXT, tuple(Signature("s", b"abcd", bytes([n])) for n in range(101))).encode()),
    ),
    "a signature that does not verify beside good ones": _forged(ED.verifier, 64),
    "an ML-DSA signature that does not verify": _forged(PQ.verifier, 2428),
    "a signature that is too short": _forged(ED.verifier, 3),
    "a cosignature that does not verify": _forged(W4.verifier, 72),
    "a cosignature without a time": _forged(W4.verifier, 7),
    "a cosignature with a huge time": lambda case: replace(
        case,
        receipt=_with_note(
            with_signatures(
                RECEIPT.checkpoint_note, [Signature("w.example", W4.verifier.key_id, b"\xff" * 8 + bytes(64))]
            )
        ),
    ),
    "an empty signature": _swap(
        b"\xe2\x80\x94 w.example",
        b"\xe2\x80\x94 w.example " + base64.b64encode(b"abcd") + b"\n\xe2\x80\x94 w.example",
    ),
    "a key of another log": lambda case: replace(case, vkeys=(MemoryLog("c.example/log").keys[0].vkey,)),
    "another key of the same name": lambda case: replace(
        case, vkeys=(signer(LOG.origin, KeyKind.ED25519, 9).verifier.vkey,)
    ),
    "a vkey with another key id": lambda case: replace(
        case, vkeys=(ED.verifier.vkey.replace(ED.verifier.key_id.hex(), "00000000"),)
    ),
    "no quorum line": _policy(WITNESS_LINES),
    "an empty policy": _policy(""),
    "a quorum that is not met": _policy(WITNESS_LINES + "quorum other\n"),
    "a group that is not met": _policy(WITNESS_LINES + "group g all ed other\nquorum g\n"),
    "a quorum that is not defined": _policy("quorum nobody\n"),
    "two quorums": _policy("quorum none\nquorum none\n"),
    "a policy cut off": _policy(GOOD_POLICY[:-1]),
    "a policy with an unknown word": _policy("quorum none\nexpire 2030\n"),
    "a member twice": _policy(WITNESS_LINES + "group g 2 ed ed\nquorum g\n"),
    "a member of two groups": _policy(WITNESS_LINES + "group g any ed\ngroup h any ed pq\nquorum h\n"),
    "a threshold of nought": _policy(WITNESS_LINES + "group g 0 ed\nquorum g\n"),
    "a threshold too high": _policy(WITNESS_LINES + "group g 2 ed\nquorum g\n"),
    "a group of none": _policy("group g any none\nquorum g\n"),
    "a group without members": _policy("group g all\nquorum g\n"),
    "a name twice": _policy(WITNESS_LINES + f"witness ed {LOG.keys[1].vkey}\nquorum pq\n"),
    "a key twice": _policy(WITNESS_LINES + f"witness again {W4.verifier.vkey}\nquorum pq\n"),
    "a log key as a witness": _policy(f"witness l {ED.verifier.vkey}\nquorum l\n"),
}


@pytest.mark.parametrize("name", list(GOOD))
def test_both_accept_what_is_right(tmp_path: Path, name: str) -> None:
    case = GOOD[name](CASE)
    assert _ours_accepts(case)
    code, shown = run(tmp_path, case)
    assert code == 0, shown


@pytest.mark.parametrize("name", list(BAD))
def test_both_refuse_what_is_wrong(tmp_path: Path, name: str) -> None:
    case = BAD[name](CASE)
    assert not _ours_accepts(case)
    code, shown = run(tmp_path, case)
    assert code == 4
    assert shown.splitlines()[-1].startswith("NOT proved: ")


WEAK = SMALL_ORDER | {name: NON_CANONICAL[name] for name in ("y = p", "y = p + 1", "y = p + 18", "all ones")}


@pytest.mark.parametrize("name", list(WEAK))
def test_a_key_with_which_one_signature_fits_everything_is_refused_by_both(tmp_path: Path, name: str) -> None:
    public = WEAK[name]
    key = VerifierKey(LOG.origin, key_id_of(LOG.origin, KeyKind.ED25519, public), KeyKind.ED25519, public)
    fits_all = (1).to_bytes(32, "little") + bytes(32)
    note = SignedNote(TEXT, (Signature(key.name, key.key_id, fits_all),)).encode()
    case = Case(_with_note(note), (key.vkey,), CASE.leaf)
    assert not _ours_accepts(case)
    code, shown = run(tmp_path, case)
    assert code == 4
    assert "weak or malformed" in shown


def test_exactly_one_of_leaf_and_opening_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CASE.receipt)
    name = str(tmp_path / "file")
    for extra in ([], ["--leaf", name, "--opening", name]):
        done = subprocess.run(
            [sys.executable, str(CHECKER), name, "--log", CASE.vkeys[0], *extra],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 2
        assert "check.py RECEIPT --log VKEY" in done.stderr


def test_a_file_that_is_not_there_proves_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            str(CHECKER),
            str(tmp_path / "none"),
            "--log",
            CASE.vkeys[0],
            "--leaf",
            str(tmp_path / "none"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 4
    assert "NOT proved: FileNotFoundError" in done.stdout


def test_a_tree_of_one_entry_and_a_large_tree_are_both_checked(tmp_path: Path) -> None:
    for size, index in ((1, 0), (2, 1), (130, 129), (130, 64)):
        log = MemoryLog().append(size - 1)
        log.leaves.insert(index, leaf_hash(b"leaf"))
        case = Case(Receipt(index, log.inclusion(index), log.note()).encode(), (log.keys[0].vkey,), b"leaf")
        code, shown = run(tmp_path, case)
        assert code == 0, shown
        assert f"entry {index} of that tree" in shown


def test_an_empty_tree_proves_no_entry(tmp_path: Path) -> None:
    note = sign_checkpoint(Checkpoint(LOG.origin, 0, leaf_hash(b"leaf")), LOG.signers, at_s=1)
    case = Case(Receipt(0, (), note).encode(), CASE.vkeys, b"leaf")
    assert not _ours_accepts(case)
    assert run(tmp_path, case)[0] == 4
