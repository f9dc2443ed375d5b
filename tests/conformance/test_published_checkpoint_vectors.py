"""Checkpoints that public logs and witnesses have really signed, and the examples of the specifications.

Each is a short public fact: three lines and signatures over them, with the public key that the log's operator
publishes. Our code verifies the Ed25519 ones; Rekor's first log signs with ECDSA (type 02), which we do not implement,
so its line is read by us and verified by `cryptography`.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from itertools import pairwise

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from detente.errors import BadProof, BadSignature, InvalidStatement, MalformedReply, UnknownKey
from detente.tlog import merkle
from detente.tlog.checkpoint import parse_checkpoint, verify_checkpoint
from detente.tlog.note import KeyKind, open_note, parse_note, parse_vkey
from detente.tlog.policy import parse_policy
from detente.tlog.proof import Receipt, parse_receipt, verify_receipt

GO_VKEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GO_ORIGIN = "go.sum database tree"
GO_CHECKPOINTS = {
    3935567: (
        "SapHtgdNCeF00Cx8kqztePV24kgzNg++Xovae42HAMw=",
        "Az3grsm7Wm4CVNR1RHq9BFnu9jzcRlU2uw7lr0gfUWgO6+rqPNjT+fUTl9gH0NRTgdwW9nItuQSMbhSaLCsk8YeYSAs=",
    ),
    6476701: (
        "mb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=",
        "Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=",
    ),
    15067302: (
        "gJyioq6dwR9n+NjEWORfYmH+ubeYm3kH42BBQ0bTpYI=",
        "Az3grp1rvWOs5NKlr/xR4GLN/CDyzzakmt1o61uSxYKpK1SerqOP2ClbX/peKUZjYnyomH5Xz7GZG3TpB7OeKn4E2ww=",
    ),
    19777102: (
        "+g50vJoV4VVGa6aiQF3LYGUZHEP4pvGkW38vlR7WKtU=",
        "Az3griMTLHyRzj7jMuyEt85a2JnegVME6Lx3xLEBdzTd3FMDiD5y3bHV24rcl0yijOtWxV0zyygwTdo/rnaennuoqgU=",
    ),
    28891140: (
        "++pUIeKTwGvykMUkmM3AT97PwQipMT6H/p7t86E0Sp0=",
        "Az3grqNvOILDz7xwAKugtVFZwd+I9IyB/mHrUYzcVaS9zKsRVdRLNGLFpnAcLhyoBBkdIYEzK/+7Eu4wanYttLrPsQo=",
    ),
    52544510: (
        "+TGlZfnTizQCJgyZR56QixD8+X4dd8Wefy8U1w6k0Ig=",
        "Az3grn6d1PSjcypDf9bfcFVU5fvJB7VkLc0MAbz8jqeQVnSbAj9pKcsB5dJt5VdswPDUtiFar5LPRBu+uEQAT1CDfAc=",
    ),
    65209736: (
        "5+uGFjx6xBZG8ip1+wi77v+grwbhhukIrxEUS8PXvRo=",
        "Az3grnbssgK7ubgFX36gVETtNv0U23qxyAhAMai2QUfeGa3nB/akvkMdlUErfcZz7l/R3cVtYspg3dxXABkGZZKdsQ8=",
    ),
}

REKOR2_VKEY = "log2025-1.rekor.sigstore.dev+cf119915+AbfK5adZJxsI323FwGD2AJJ9F4i89cfDuLdGJBIYntuO"
REKOR2_ORIGIN = "log2025-1.rekor.sigstore.dev"
MULLVAD_VKEY = "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv"
REKOR2_COSIGNED = f"""{REKOR2_ORIGIN}
139911860
EliTHtnx44DhEBH+5qIXBtQsSpc54Avam7mIYEvxnTA=

— {REKOR2_ORIGIN} zxGZFcOra4Y7QpuiQen+CmnUvDZbxSXfBOXJzL+HKIeR9aC58QTfao58ABqkhVyBhQDseS+TZdDNpcnZhoRxkh7IbQ0=
— witness.stagemole.eu Z/euoAAAAABqxF18wrJCADsJ1G5Lc2JaRjZqqBwjpNqH24yQse4iJ4rKS6b5MtvHP+IbKYXwaWuWokdGA+BubLFi+TrwK7xpKr6XBw==
"""

# One entry of that log, with its path: the last leaf of a tree of 412,115.
REKOR2_ENTRY = (
    "eyJhcGlWZXJzaW9uIjoiMC4wLjIiLCJraW5kIjoiaGFzaGVkcmVrb3JkIiwic3BlYyI6eyJoYXNoZWRSZWtvcmRWMDAyIjp7ImRhdGEiOnsiYWxn"
    "b3JpdGhtIjoiU0hBMl8yNTYiLCJkaWdlc3QiOiI1ZEoyU2FrVWVPWFk0dXQxaEJIUG9teitoVG42dGMwS1R6Y0dvc0ErZXBFPSJ9LCJzaWduYXR1"
    "cmUiOnsiY29udGVudCI6Ik1FWUNJUURjSk84Mm56MXJydHUxRHhTcHJ1WDFvZ0p1bThkbDRJaUdCTVB6M2pZY2JnSWhBS3dROHdOdTFPbjhwWWZo"
    "QUpDSzhPcVQwT09HVGgveUFRK0FuL2UzZC9kVSIsInZlcmlmaWVyIjp7ImtleURldGFpbHMiOiJQS0lYX0VDRFNBX1AyNTZfU0hBXzI1NiIsInB1"
    "YmxpY0tleSI6eyJyYXdCeXRlcyI6Ik1Ga3dFd1lIS29aSXpqMENBUVlJS29aSXpqMERBUWNEUWdBRTBxOVErdGRHMTk1Q1hLZm1VeDFZYXR2Wi9t"
    "TjNyaGpwT2ZtMWx2c2tXcHJIOVB4cGU5WGM2TGpFSmJCY1ZQaHV0a2ZVdkJCOVJEays0MlNORTYvNXhnPT0ifX19fX19"
)
REKOR2_PATH = [
    "KIoYVJ0TqmaEkFboP7YWTjSh8vFjVECmokcTOAByfIM=",
    "Umf0h0cK2hegTzNnSgsXszyiA4bp5OvEvP+GrWq3C8w=",
    "vNQeSNBfepYZI2Ez3ViKdCft0JH87ZS8IGKwixxUVjc=",
    "JBAugd5awOqmHXIKgz1MOjlR5f37VqmP0bWoRVcHX5M=",
    "xYH2mAxGxfOgvSOLnItT2LsJt+Z2a2egjf8QJFwK7jA=",
    "PbZWM3NitzChx9A22m/kddDtzh2bAKX5Fy7j76l3z2k=",
    "sKX9Sbsahvw5DiC2oP6pbZsDi1NzuNS1nIULXkCC57o=",
    "pfTCxXHnCM253jwYxVJcuUhmoTTtDxznn92QhN0M4Ws=",
    "cJ8uk2ZvZyfg+HRILKOHcyHu2pvI8Fz3R1MyMvyzWtA=",
]
REKOR2_ROOT_NOTE = f"""{REKOR2_ORIGIN}
412115
+8vUkEgBK/ansexBUomzocaWoPEmPIzxJC/y+xNMQN4=

— {REKOR2_ORIGIN} zxGZFahCZ/+MqTjH4rC5MWcdLDWbpetE5l30RZfQc4BQkRjWSoKipEUPjvHENeZDHIlAsuezJcLzUVvItpNjaSRoMAs=
"""

REKOR1_KEY_DER = base64.b64decode(
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw=="
)
REKOR1_CHECKPOINTS = [
    """rekor.sigstore.dev - 2605736670972794746
75408393
Fnnj13Uu1jdksPc4HZLapKX329dVlD5+MGNsiqBq1XM=

— rekor.sigstore.dev wNI9ajBFAiBTyiBM9WtyOTgohje6QZ5rFGJUdMq7Wk3A6oThE98SUgIhAMvxDwa7FyqRqg+YV3rdPPrfS23w19iK+piMSGVOmP5w
""",
    """rekor.sigstore.dev - 2605736670972794746
11956977
bsvNvfX9esnxdaxvAUZ95z7/TqW8K/QCTTZ9488hhSE=
Timestamp: 1679575021729507429

— rekor.sigstore.dev wNI9ajBEAiBT4UXhcgXKxJAJrqoE4L5AHGpF9cMI/CaRt39/ulvMjQIgCyKEtY8LGT3cZyptA73dtP9pyMuLN8T3XhPfG8P/VpA=
""",
]

SPEC_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = """This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""


def go_note(size: int) -> bytes:
    root, line = GO_CHECKPOINTS[size]
    return f"{GO_ORIGIN}\n{size}\n{root}\n\n— sum.golang.org {line}\n".encode()


@pytest.mark.parametrize("size", list(GO_CHECKPOINTS))
def test_the_go_checksum_database_signed_these_trees(size: int) -> None:
    verified = verify_checkpoint(go_note(size), origin=GO_ORIGIN, log_keys=[parse_vkey(GO_VKEY)])
    assert verified.checkpoint.size == size
    assert verified.log_keys == (bytes.fromhex("033de0ae"),)


def test_no_signature_of_the_go_checksum_database_fits_another_of_its_trees() -> None:
    sizes = list(GO_CHECKPOINTS)
    for size, other in pairwise(sizes):
        swapped = go_note(size).replace(GO_CHECKPOINTS[size][1].encode(), GO_CHECKPOINTS[other][1].encode())
        with pytest.raises(BadSignature):
            verify_checkpoint(swapped, origin=GO_ORIGIN, log_keys=[parse_vkey(GO_VKEY)])


def test_rekor_2_signed_this_tree_and_a_public_witness_cosigned_it() -> None:
    witness = parse_vkey(MULLVAD_VKEY)
    assert witness.kind is KeyKind.ED25519_COSIGNATURE
    verified = verify_checkpoint(
        REKOR2_COSIGNED.encode(), origin=REKOR2_ORIGIN, log_keys=[parse_vkey(REKOR2_VKEY)], witnesses=[witness]
    )
    assert verified.checkpoint.size == 139_911_860
    [cosignature] = verified.cosignatures
    assert cosignature.name == "witness.stagemole.eu"
    assert cosignature.at_s == 0x6AC45D7C


def test_a_public_cosignature_with_another_second_is_refused() -> None:
    line = REKOR2_COSIGNED.strip().split("\n")[-1].split(" ")[-1]
    value = bytearray(base64.b64decode(line))
    value[11] ^= 1
    changed = REKOR2_COSIGNED.replace(line, base64.b64encode(value).decode())
    with pytest.raises(BadSignature, match=r"witness\.stagemole\.eu"):
        verify_checkpoint(
            changed.encode(),
            origin=REKOR2_ORIGIN,
            log_keys=[parse_vkey(REKOR2_VKEY)],
            witnesses=[parse_vkey(MULLVAD_VKEY)],
        )


def test_an_entry_of_rekor_2_verifies_as_a_receipt() -> None:
    entry = base64.b64decode(REKOR2_ENTRY)
    path = tuple(base64.b64decode(node) for node in REKOR2_PATH)
    receipt = parse_receipt(Receipt(412_114, path, REKOR2_ROOT_NOTE.encode()).encode())
    keys = [parse_vkey(REKOR2_VKEY)]
    verified = verify_receipt(receipt, leaf_hash=merkle.leaf_hash(entry), log_keys=keys, policy=None)
    assert verified.checkpoint.size == 412_115
    with pytest.raises(BadProof):
        verify_receipt(receipt, leaf_hash=merkle.leaf_hash(entry + b" "), log_keys=keys, policy=None)
    policy = parse_policy(f"log {REKOR2_VKEY}\nwitness mullvad {MULLVAD_VKEY}\nquorum mullvad\n")
    with pytest.raises(BadSignature, match="quorum 'mullvad'"):
        verify_receipt(receipt, leaf_hash=merkle.leaf_hash(entry), log_keys=keys, policy=policy)


@pytest.mark.parametrize("text", REKOR1_CHECKPOINTS)
def test_rekor_1_lines_are_read_and_their_ecdsa_signatures_verify(text: str) -> None:
    note = parse_note(text.encode())
    [line] = note.signatures
    # For ECDSA the key id is the hash of the DER key alone, without name and type.
    assert line.key_id == sha256(REKOR1_KEY_DER).digest()[:4]
    key = load_der_public_key(REKOR1_KEY_DER)
    assert isinstance(key, EllipticCurvePublicKey)
    key.verify(line.value, note.text.encode(), ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(line.value, note.text.encode() + b"\n", ECDSA(SHA256()))


def test_a_key_of_a_type_that_we_do_not_implement_is_refused_by_name() -> None:
    material = base64.b64encode(b"\x02" + REKOR1_KEY_DER).decode()
    vkey = f"rekor.sigstore.dev+c0d23d6a+{material}"
    with pytest.raises(InvalidStatement, match="type 02"):
        parse_vkey(vkey)


def test_extension_lines_are_refused_because_nobody_can_audit_them() -> None:
    assert parse_checkpoint(parse_note(REKOR1_CHECKPOINTS[0].encode()).text).size == 75_408_393
    with pytest.raises(MalformedReply, match="three lines"):
        parse_checkpoint(parse_note(REKOR1_CHECKPOINTS[1].encode()).text)


def test_the_example_note_of_the_specification_opens() -> None:
    key = parse_vkey(SPEC_VKEY)
    assert open_note(SPEC_NOTE.encode(), [key]) == ("This is an example message.\n", (key,))
    with pytest.raises(UnknownKey):
        open_note(SPEC_NOTE.encode(), [parse_vkey(GO_VKEY)])


def test_every_change_of_one_byte_of_the_example_note_is_refused_or_changes_nothing_signed() -> None:
    key = parse_vkey(SPEC_VKEY)
    data = SPEC_NOTE.encode()
    for position in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[position] ^= 1 << bit
            with pytest.raises((MalformedReply, BadSignature, UnknownKey)):
                open_note(bytes(changed), [key])


@pytest.mark.parametrize("vkey", [SPEC_VKEY, GO_VKEY, REKOR2_VKEY, MULLVAD_VKEY])
def test_every_one_byte_mangling_of_a_vkey_is_refused(vkey: str) -> None:
    """Each place with each of the 255 other values, left out, and with each value put in before it."""
    data = vkey.encode()
    right = parse_vkey(vkey)
    mangled = [data[:at] + data[at + 1 :] for at in range(len(data))]
    for at in range(len(data)):
        mangled.extend(data[:at] + bytes([value]) + data[at + 1 :] for value in range(256) if value != data[at])
    for at in range(len(data) + 1):
        mangled.extend(data[:at] + bytes([value]) + data[at:] for value in range(256))
    for text in {bytes_.decode("utf-8", "surrogateescape") for bytes_ in mangled}:
        with pytest.raises(InvalidStatement):
            parse_vkey(text)
    assert parse_vkey(vkey) == right


EXAMPLE = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""


def test_the_example_checkpoint_and_cosignature_of_the_specification_are_read() -> None:
    note = parse_note(EXAMPLE.encode())
    assert note.encode() == EXAMPLE.encode()
    assert parse_checkpoint(note.text).size == 20_852_163
    log_line, witness_line = note.signatures
    assert len(log_line.value) == 64
    # The specification's own text states the time of this cosignature.
    assert int.from_bytes(witness_line.value[:8], "big") == 1_679_315_147
    assert len(witness_line.value) == 8 + 64
