"""The page `docs/formats/statement.md` alone is enough to check a statement: this checker was written from it.

It uses the standard library and nothing of `detente`, and must come to the same verdict as the code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence

import pytest
from tests.tree import ROOT

from detente.errors import BadProof, MalformedReply
from detente.statement import Opening, verify_opening

PAGE = (ROOT / "docs" / "formats" / "statement.md").read_text(encoding="utf-8")
LEAF, HEADER, BODY = (text.encode() for text in re.findall(r"^```json\n(.*)\n```$", PAGE, re.MULTILINE))
HEADER_SALT, BODY_SALT = bytes(range(32)), bytes(range(32, 64))
PARTS = [LEAF, HEADER, HEADER_SALT, BODY, BODY_SALT]
LOG, READER = "cert-a.example", "cert-b.example"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _check(
    leaf: bytes, header: bytes, header_salt: bytes, body: bytes, body_salt: bytes, log: str, reader: str
) -> None:
    """Steps 1 to 6 of the page, by number."""
    assert len(header_salt) == 32, "step 1"
    assert len(body_salt) == (32 if body else 0), "step 1"
    fields = json.loads(header)
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert canonical == header, "step 2"
    assert set(fields) - {"re"} == {"aud", "body", "kind", "log", "media", "pad", "seen", "t", "v"}, "step 2"
    assert len(header) % 256 == 0, "step 2"
    assert fields["aud"] == sorted(set(fields["aud"])), "step 2"
    assert not fields["pad"].strip("0"), "step 2"
    commitment = hmac.digest(header_salt, b"detente/header/v1\0" + header, "sha256")
    assert leaf == b'{"c":"%s","t":"c","v":1}' % _base64url(commitment).encode(), "step 3"
    if body:
        assert fields["body"] == _base64url(hmac.digest(body_salt, b"detente/body/v1\0" + body, "sha256")), "step 4"
    assert fields["log"] == log, "step 5"
    assert reader in fields["aud"], "step 6"


def _both(parts: Sequence[bytes], log: str, reader: str) -> bool:
    """The verdict of the page's reader and of the code, which must be one."""
    leaf, header, header_salt, body, body_salt = parts
    try:
        _check(leaf, header, header_salt, body, body_salt, log, reader)
        by_page = True
    except (AssertionError, ValueError):
        by_page = False
    try:
        verify_opening(leaf, Opening(header, header_salt, body, body_salt), log=log, reader=reader)
        by_code = True
    except (BadProof, MalformedReply):
        by_code = False
    assert by_page is by_code
    return by_page


def test_the_example_on_the_page_verifies_by_hand_and_by_the_code() -> None:
    assert _both(PARTS, LOG, READER)
    assert len(LEAF) == 65
    assert f"`{hashlib.sha256(bytes(1) + LEAF).hexdigest()}`" in PAGE


def test_an_erased_body_leaves_an_opening_that_still_verifies() -> None:
    assert _both([LEAF, HEADER, HEADER_SALT, b"", b""], LOG, READER)


@pytest.mark.parametrize("part", range(5))
def test_no_byte_of_leaf_opening_or_salts_can_be_changed(part: int) -> None:
    for position in range(len(PARTS[part])):
        changed = bytearray(PARTS[part])
        changed[position] ^= 1
        assert not _both([*PARTS[:part], bytes(changed), *PARTS[part + 1 :]], LOG, READER), position


def test_an_opening_is_good_for_its_own_log_and_its_addressees_only() -> None:
    assert not _both(PARTS, "cert-b.example", READER)
    assert not _both(PARTS, LOG, "cert-c.example")
