from __future__ import annotations

import pytest
from tests.unit.tlog.memory_log import MemoryLog, signer

from detente.errors import BadSignature, InvalidStatement
from detente.tlog.checkpoint import Cosignature, cosign, verify_checkpoint, with_signatures
from detente.tlog.note import KeyKind, SignerKey, verifier_key
from detente.tlog.policy import Policy, parse_policy

LOG = MemoryLog().append(3)
WITNESSES: dict[str, SignerKey] = {
    name: signer(f"{name.lower()}.example", KeyKind.ED25519_COSIGNATURE, 1) for name in ("X1", "X2", "X3", "Y1", "Y2")
}
LINES = "".join(f"witness {name} {key.verifier.vkey}\n" for name, key in WITNESSES.items())
X1, X2 = (f"witness {name} {WITNESSES[name].verifier.vkey}\n" for name in ("X1", "X2"))
LOG_LINE = f"log {LOG.keys[0].vkey}\n"
TWO_LEVELS = (
    f"log {LOG.keys[0].vkey} https://b.example/log\n\n"
    f"# five witnesses\n{LINES}"
    "group X-witnesses 2 X1 X2 X3\n"
    "\tgroup  Y-witnesses\tany Y1 Y2 \n"
    "group X-and-Y all X-witnesses Y-witnesses\n"
    "quorum X-and-Y\n"
)


def seen(*names: str) -> list[Cosignature]:
    keys = [WITNESSES[name].verifier for name in names]
    return [Cosignature(key.name, key.key_id, key.kind, 1) for key in keys]


def test_the_two_level_example_of_the_specification_is_read() -> None:
    policy = parse_policy(TWO_LEVELS)
    assert policy.logs == LOG.keys
    assert policy.log_lines[0].url == "https://b.example/log"
    assert policy.witnesses == tuple(key.verifier for key in WITNESSES.values())
    assert [(group.name, group.threshold) for group in policy.groups] == [
        ("X-witnesses", 2),
        ("Y-witnesses", 1),
        ("X-and-Y", 2),
    ]


@pytest.mark.parametrize(
    ("names", "enough"),
    [
        ((), False),
        (("X1", "X2"), False),
        (("Y1",), False),
        (("X1", "Y1"), False),
        (("X1", "X2", "Y1"), True),
        (("X2", "X3", "Y2"), True),
        (("X1", "X1", "Y1"), False),
        (tuple(WITNESSES), True),
    ],
)
def test_a_quorum_counts_each_witness_once(names: tuple[str, ...], enough: bool) -> None:
    assert parse_policy(TWO_LEVELS).satisfied_by(seen(*names)) is enough


def test_a_cosignature_counts_by_name_and_key_id_together() -> None:
    policy = parse_policy(LINES + "quorum X1\n")
    key = WITNESSES["X1"].verifier
    assert policy.satisfied_by([Cosignature(key.name, key.key_id, key.kind, 1)])
    assert not policy.satisfied_by([Cosignature(key.name, b"abcd", key.kind, 1)])
    assert not policy.satisfied_by([Cosignature("other", key.key_id, key.kind, 1)])


def test_a_checkpoint_without_the_quorum_is_refused_with_what_was_asked() -> None:
    policy = parse_policy(TWO_LEVELS)
    note = with_signatures(LOG.note(), cosign(LOG.checkpoint(), [WITNESSES["X1"], WITNESSES["Y1"]], at_s=1))
    verified = verify_checkpoint(note, origin=LOG.origin, log_keys=policy.logs, witnesses=policy.witnesses)
    with pytest.raises(BadSignature, match=r"quorum 'X-and-Y'; witnesses that signed: x1\.example, y1\.example"):
        policy.check(verified)
    note = with_signatures(note, cosign(LOG.checkpoint(), [WITNESSES["X3"]], at_s=1))
    policy.check(verify_checkpoint(note, origin=LOG.origin, log_keys=policy.logs, witnesses=policy.witnesses))


def test_a_threshold_may_be_one_and_may_be_all() -> None:
    one = parse_policy(X1 + X2 + "group G 1 X1 X2\nquorum G\n")
    assert one.satisfied_by(seen("X2"))
    both = parse_policy(X1 + X2 + "group G 2 X1 X2\nquorum G\n")
    assert not both.satisfied_by(seen("X2"))
    assert both.satisfied_by(seen("X1", "X2"))


def test_an_address_may_follow_a_witness_and_nothing_may_follow_that() -> None:
    policy = parse_policy(X1.strip() + " https://x1.example\nquorum X1\n")
    assert [line.url for line in policy.witness_lines] == ["https://x1.example"]
    with pytest.raises(InvalidStatement, match="line 1: expected log"):
        parse_policy(X1.strip() + " https://x1.example more\nquorum X1\n")


def test_a_policy_of_exactly_the_largest_size_is_read() -> None:
    assert parse_policy("#\n" * 4095 + "quorum none\n").quorum == "none"
    end = "\nquorum none\n"
    assert parse_policy("#".ljust((1 << 20) - len(end), "x") + end).quorum == "none"


def test_no_quorum_asks_for_nobody() -> None:
    assert parse_policy("quorum none\n") == Policy((), (), (), "none")
    assert parse_policy("quorum none\n").satisfied_by([])


def test_bytes_that_are_not_utf_8_may_stand_in_names_and_comments() -> None:
    key = WITNESSES["X1"].verifier.vkey.encode()
    policy = parse_policy(b"# \xff\xfe\nwitness \xff " + key + b"\nquorum \xff\n")
    assert policy.satisfied_by(seen("X1"))
    # A name is bytes, not letters: the Kelvin sign is no K.
    with pytest.raises(InvalidStatement, match="not defined"):
        parse_policy("witness K " + key.decode() + "\nquorum \u212a\n")


def test_thirty_two_logs_witnesses_and_groups_are_read() -> None:
    lines = [f"log {signer(f'log{number}', KeyKind.ED25519, 0).verifier.vkey}" for number in range(32)]
    for number in range(32):
        vkey = signer(f"w{number}", KeyKind.ED25519_COSIGNATURE, 0).verifier.vkey
        lines.append(f"witness w{number} {vkey}")
        lines.append(f"group g{number} any w{number}" + (f" g{number - 1}" if number else ""))
    policy = parse_policy("\n".join([*lines, "quorum g31", ""]))
    first = policy.witnesses[0]
    assert policy.satisfied_by([Cosignature(first.name, first.key_id, first.kind, 1)])
    assert not policy.satisfied_by([])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no quorum line"),
        ("quorum none", "does not end in LF"),
        ("quorum none\r\n", "control character"),
        ("quorum none\x7f\n", "control character"),
        ("quorum none\nquorum none\n", "line 2: a second quorum"),
        ("quorum X1\n", "not defined"),
        ("quorum X1\n" + X1, "line 1: quorum 'X1' is not defined above"),
        ("quorum none none\n", "expected log, witness, group or quorum"),
        ("quorum\n", "expected log"),
        ("Quorum none\n", "expected log"),
        ("quorum\u00a0none\n", "expected log"),
        ("log\nquorum none\n", "expected log"),
        (LOG_LINE + LOG_LINE + "quorum none\n", "line 2: .*earlier line"),
        (LOG_LINE.strip() + " https://x y\nquorum none\n", "expected log"),
        ("log nonsense\nquorum none\n", "line 1: verifier key"),
        (X1 + X1 + "quorum none\n", "'X1' is already defined"),
        (X1 + X1.replace("X1", "X9") + "quorum none\n", "earlier line"),
        (X1.replace("X1", "none") + "quorum none\n", "'none' is already defined"),
        (LOG_LINE.replace("log ", "witness W ") + "quorum none\n", "kind 01"),
        (X1 + "group G any\nquorum none\n", "expected log"),
        (X1 + "group G any none\nquorum none\n", "not defined"),
        (X1 + "group G any G\nquorum none\n", "not defined"),
        (X1 + "group G any X1 X1\nquorum none\n", "a member already"),
        (X1 + "group G any X1\ngroup H any X1\nquorum none\n", "a member already"),
        (X1 + "group X1 any X1\nquorum none\n", "already defined"),
        (X1 + "group none any X1\nquorum none\n", "already defined"),
        (X1 + "group G 0 X1\nquorum none\n", "from 1 to 1"),
        (X1 + "group G 2 X1\nquorum none\n", "from 1 to 1"),
        (X1 + "group G 01 X1\nquorum none\n", "from 1 to 1"),
        (X1 + "group G +1 X1\nquorum none\n", "from 1 to 1"),
        (X1 + "group G ALL X1\nquorum none\n", "from 1 to 1"),
        ("#\n" * 4097 + "quorum none\n", "at most 4096 lines"),
        ("#" * (1 << 20) + "\nquorum none\n", "at most 1048576 bytes"),
        ("# \ud800\nquorum none\n", "lone surrogate"),
    ],
)
def test_a_policy_that_breaks_a_rule_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(InvalidStatement, match=reason):
        parse_policy(text)


def test_one_public_key_cannot_be_both_a_log_and_a_witness() -> None:
    seed_twins = X1 + f"log {LOG.keys[0].vkey}\n"
    assert parse_policy(seed_twins + "quorum none\n").logs == LOG.keys
    twin = verifier_key("w.example", KeyKind.ED25519_COSIGNATURE, LOG.keys[0].public)
    with pytest.raises(InvalidStatement, match="earlier line"):
        parse_policy(f"log {LOG.keys[0].vkey}\nwitness W {twin.vkey}\nquorum none\n")
