"""The envelope: what was sealed opens, nothing else does, whatever is changed, copied or left out."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import BadProof, InvalidObject, MalformedReply, RemoteError
from detente.statement import (
    BODY_BYTES_MAX,
    COMMITMENT_LEAF_BYTES,
    HEADER_BUCKET_BYTES,
    JSON_MEDIA,
    LEAF_BYTES_MAX,
    SALT_BYTES,
    SALTS_BYTES,
    CommitmentLeaf,
    ErasureLeaf,
    Header,
    KeyLeaf,
    Opening,
    PublicLeaf,
    Ref,
    Sealed,
    Seen,
    encode_openings,
    erasure_leaf,
    key_leaf,
    opening_document,
    parse_header,
    parse_leaf,
    parse_opening_document,
    parse_openings,
    public_leaf,
    seal,
    verify_opening,
)
from detente.stix.canonical import encode

LOG, READER, AT_US = "a.example", "b.example", 1_790_000_000_000_000
BODY = b'{"text":"something happened"}'


def salts(number: int) -> bytes:
    return bytes((number * 7 + i) % 256 for i in range(SALTS_BYTES))


def one(body: bytes = BODY, *, number: int = 1, log: str = LOG, **more: object) -> Sealed:
    arguments: dict[str, object] = {
        "aud": [READER, "c.example"],
        "kind": "object",
        "log": log,
        "media": JSON_MEDIA,
        "times_us": [AT_US],
        "salts": salts(number),
        "seen": [Seen(READER, 12, bytes(32)), Seen("c.example", 0, b"r" * 32)],
        "re": [Ref(READER, 3, b"l" * 32)],
    }
    return seal([body], **{**arguments, **more})[0]  # type: ignore[arg-type]  # each is of seal's own type


def test_what_was_sealed_opens_for_its_addressees_and_says_who_when_and_where() -> None:
    made = one()
    header = verify_opening(made.leaf, made.opening, log=LOG, reader=READER)
    assert header == parse_header(made.opening.header)
    assert (header.aud, header.kind, header.log, header.media, header.t_us) == (
        (READER, "c.example"),
        "object",
        LOG,
        JSON_MEDIA,
        AT_US,
    )
    assert header.seen == (Seen(READER, 12, bytes(32)), Seen("c.example", 0, b"r" * 32))
    assert header.re == Ref(READER, 3, b"l" * 32)
    assert verify_opening(made.leaf, made.opening, log=LOG, reader=None) == header
    assert len(made.leaf) == COMMITMENT_LEAF_BYTES
    assert len(made.opening.header) % HEADER_BUCKET_BYTES == 0


def test_a_leaf_says_nothing_of_what_it_holds() -> None:
    """Statements of any length, kind and audience have leaves of one length and shape."""
    leaves = [one(b"1", number=1), one(b'"' + b"x" * 60_000 + b'"', number=2), one(number=3, aud=[], seen=[], re=None)]
    assert {len(made.leaf) for made in leaves} == {COMMITMENT_LEAF_BYTES}
    assert all(isinstance(parse_leaf(made.leaf), CommitmentLeaf) for made in leaves)


@settings(max_examples=100)
@given(st.integers(0, 1 << 62), st.integers(0, 1 << 62))
def test_the_same_text_said_twice_never_gives_the_same_leaf(a: int, b: int) -> None:
    first, second = (
        seal(
            [BODY],
            aud=[READER],
            kind="object",
            log=LOG,
            media=JSON_MEDIA,
            times_us=[AT_US],
            salts=n.to_bytes(64, "big"),
        )
        for n in (a, b)
    )
    assert (first[0].leaf == second[0].leaf) == (a == b)


def test_an_opening_that_lost_its_text_still_shows_that_something_was_said() -> None:
    made = one()
    erased = replace(made.opening, body=b"", body_salt=b"")
    assert verify_opening(made.leaf, erased, log=LOG, reader=READER).kind == "object"


def _mangled() -> dict[str, tuple[Opening, type[RemoteError]]]:
    o = one().opening
    found: dict[str, tuple[Opening, type[RemoteError]]] = {
        "another body": (replace(o, body=BODY.replace(b"happened", b"happenee")), BadProof),
        "a body with a space": (replace(o, body=BODY + b" "), BadProof),
        "no body": (replace(o, body=b""), BadProof),
        "no body salt": (replace(o, body_salt=b""), BadProof),
        "neither header": (replace(o, header=b""), MalformedReply),
        "the salts exchanged": (replace(o, header_salt=o.body_salt, body_salt=o.header_salt), BadProof),
        "header and body exchanged": (replace(o, header=o.body, body=o.header), MalformedReply),
        "another's header": (replace(o, header=one(number=2).opening.header), BadProof),
        "another's whole opening": (one(number=2).opening, BadProof),
    }
    for size in (0, 1, 16, 31, 33, 64):
        found[f"a header salt of {size} bytes"] = (replace(o, header_salt=bytes(size)), BadProof)
        if size:
            found[f"a body salt of {size} bytes"] = (replace(o, body_salt=bytes(size)), BadProof)
    return found


@pytest.mark.parametrize(("opening", "expected"), _mangled().values(), ids=_mangled())
def test_anything_else_than_the_opening_is_refused(opening: Opening, expected: type[RemoteError]) -> None:
    with pytest.raises(expected):
        verify_opening(one().leaf, opening, log=LOG, reader=READER)


@settings(max_examples=400)
@given(
    st.sampled_from(["leaf", "header", "header_salt", "body", "body_salt"]),
    st.integers(0, 1 << 20),
    st.integers(1, 255),
)
def test_no_changed_byte_anywhere_opens(field: str, position: int, change: int) -> None:
    made = one()
    leaf, opening = made.leaf, made.opening
    data = bytearray(leaf if field == "leaf" else getattr(opening, field))
    data[position % len(data)] ^= change
    if field == "leaf":
        leaf = bytes(data)
    else:
        opening = replace(opening, **{field: bytes(data)})
    with pytest.raises(RemoteError):
        verify_opening(leaf, opening, log=LOG, reader=READER)


def test_a_commitment_copied_from_another_log_cannot_be_opened_as_ones_own() -> None:
    made = one(log="c.example")
    with pytest.raises(BadProof, match=r"written for the log c\.example"):
        verify_opening(made.leaf, made.opening, log=LOG, reader=READER)


def test_who_is_not_addressed_is_told_so() -> None:
    with pytest.raises(BadProof, match="not among the addressees"):
        verify_opening(one().leaf, one().opening, log=LOG, reader="d.example")
    with pytest.raises(BadProof, match="not among the addressees"):
        verify_opening(one(aud=[]).leaf, one(aud=[]).opening, log=LOG, reader=READER)


def test_a_commitment_under_another_domain_does_not_open() -> None:
    """A body's commitment is none of a header, though both are keyed hashes of bytes."""
    made = one()
    for domain in (b"", b"detente/body/v1\x00", b"detente/header/v1", b"detente/header/v2\x00"):
        digest = hmac.digest(made.opening.header_salt, domain + made.opening.header, "sha256")
        with pytest.raises(BadProof):
            verify_opening(leaf_of(digest), made.opening, log=LOG, reader=READER)


def leaf_of(commitment: bytes) -> bytes:
    return b'{"c":"%b","t":"c","v":1}' % base64.urlsafe_b64encode(commitment).rstrip(b"=")


def test_a_leaf_in_clear_has_no_opening() -> None:
    leaf = public_leaf(BODY, kind="object", media=JSON_MEDIA, at_us=AT_US)
    with pytest.raises(BadProof, match="in clear"):
        verify_opening(leaf, one().opening, log=LOG, reader=None)


def test_a_body_that_is_not_canonical_does_not_open_although_it_was_committed_to() -> None:
    """What was signed has one spelling, or two readers could see two texts."""
    for body in (b'{ "a":1}', b'{"b":1,"a":2}', b"1.0", b'{"a":1,"a":1}', b"\xef\xbb\xbf{}", b"NaN", b"", b"{}\n"):
        made = seal([body], aud=[READER], kind="k", log=LOG, media="", times_us=[1], salts=salts(1))[0]
        with pytest.raises(MalformedReply):
            verify_opening(made.leaf, made.opening, log=LOG, reader=READER)


# -- headers and leaves -----------------------------------------------------------------------------------------------


def header_bytes(**changes: object) -> bytes:
    """A header with some fields changed, padded as it should be; `...` removes one."""
    value = json.loads(one().opening.header)
    for name, change in changes.items():
        if change is ...:
            del value[name]
        else:
            value[name] = change
    if "pad" in value and "pad" not in changes:
        value["pad"] = ""
        value["pad"] = "0" * (-len(encode(value)) % HEADER_BUCKET_BYTES)
    return encode(value)


BAD_HEADERS: dict[str, dict[str, object]] = {
    "v is true": {"v": True},
    "v is 2": {"v": 2},
    "v is text": {"v": "1"},
    "t is true": {"t": True},
    "t is half": {"t": 0.5},
    "t is text": {"t": "0"},
    "aud is not sorted": {"aud": ["c.example", READER]},
    "aud twice the same": {"aud": [READER, READER]},
    "aud is text": {"aud": READER},
    "aud holds a number": {"aud": [READER, 7]},
    "aud holds true": {"aud": [True]},
    "aud holds nothing": {"aud": [None]},
    "kind is a number": {"kind": 1},
    "log is missing": {"log": ...},
    "media is null": {"media": None},
    "body is short": {"body": "AAAA"},
    "body is padded": {"body": "A" * 43 + "="},
    "body has stray bits": {"body": "A" * 42 + "B"},
    "body is not base64url": {"body": "+" * 43},
    "pad is missing": {"pad": ...},
    "pad is spaces": {"pad": " " * 20},
    "pad is ones": {"pad": "1" * 20},
    "pad is too short": {"pad": ""},
    "seen is an object": {"seen": {}},
    "seen has a field more": {"seen": [{"log": READER, "root": "A" * 43, "size": 1, "time": 1}]},
    "seen has a size below zero": {"seen": [{"log": READER, "root": "A" * 43, "size": -1}]},
    "seen has a size that is true": {"seen": [{"log": READER, "root": "A" * 43, "size": True}]},
    "re is a list": {"re": []},
    "re is null": {"re": None},
    "re has an index below zero": {"re": {"index": -1, "leaf": "A" * 43, "log": READER}},
    "re has an index that is true": {"re": {"index": True, "leaf": "A" * 43, "log": READER}},
    "re has a field more": {"re": {"index": 1, "leaf": "A" * 43, "log": READER, "x": 1}},
    "a field that nobody knows": {"extra": 1},
    "a field that is false": {"re": False},
}


@pytest.mark.parametrize("changes", BAD_HEADERS.values(), ids=BAD_HEADERS)
def test_a_header_that_is_not_exactly_of_version_1_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedReply):
        parse_header(header_bytes(**changes))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"kind":"object"', b'"kind":"\\u006fbject"'),
        (b'"kind":"object"', b'"kind": "object"'),
        (b'"kind":"object"', b'"kind":"object","kind":"object"'),
        (b'"kind":"object","log":"a.example"', b'"log":"a.example","kind":"object"'),
        (b'"t":1790000000000000', b'"t":1790000000000000.0'),
        (b'"t":1790000000000000', b'"t":1.79e15'),
        (b'"t":1790000000000000', b'"t":-0'),
        (b'"t":1790000000000000', b'"t":01'),
        (b'"t":1790000000000000', b'"t":9007199254740993'),
        (b'"t":1790000000000000', b'"t":99999999999999999999'),
        (b'"kind":"object"', b'"kind":"\\ud800"'),
        (b'"kind":"object"', b'"kind":"\xff"'),
        (b'{"aud"', b' {"aud"'),
        (b'{"aud"', b'\xef\xbb\xbf{"aud"'),
        (b'"v":1}', b'"v":1} '),
        (b'"v":1}', b'"v":1}{}'),
    ],
)
def test_a_header_of_the_right_sense_and_length_in_another_spelling_is_refused(old: bytes, new: bytes) -> None:
    data = one().opening.header
    assert data.count(old) == 1
    longer = len(new) - len(old)
    pad = data.index(b'"pad":"') + 7
    data = data[:pad] + (data[pad + longer :] if longer > 0 else b"0" * -longer + data[pad:])
    changed = data.replace(old, new)
    assert len(changed) % HEADER_BUCKET_BYTES == 0
    with pytest.raises(MalformedReply):
        parse_header(changed)


def test_the_same_header_unchanged_is_accepted() -> None:
    assert isinstance(parse_header(header_bytes()), Header)
    assert isinstance(parse_header(header_bytes(re=...)), Header)
    assert isinstance(parse_header(header_bytes(aud=[], seen=[])), Header)


def test_leaves_of_every_shape_are_read_as_they_were_written() -> None:
    assert parse_leaf(public_leaf(b'{"a":1}', kind="object", media=JSON_MEDIA, at_us=5)) == PublicLeaf(
        "object", JSON_MEDIA, b'{"a":1}', 5
    )
    for leaf in (KeyLeaf("add", "log", "a.example+00000000+AQ==", 5), KeyLeaf("retire", "witness", "", 0)):
        assert parse_leaf(key_leaf(leaf)) == leaf
    for notice in (ErasureLeaf((1, 2, 9), "Article 17", 5), ErasureLeaf((), "", 0)):
        assert parse_leaf(erasure_leaf(notice)) == notice


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'{"c":"' + b"A" * 43 + b'","t":"c","v":2}',
        b'{"c":"' + b"=" * 43 + b'","t":"c","v":1}',
        b'{"c":"' + b"A" * 42 + b'B","t":"c","v":1}',
        b'{"c":"' + b"A" * 42 + b'\xff","t":"c","v":1}',
        b'{"t":"c","c":"' + b"A" * 43 + b'","v":1}',
        b'{"at":true,"event":"add","role":"log","t":"k","v":1,"vkey":""}',
        b'{"at":1,"event":"add","role":"log","t":"k","v":true,"vkey":""}',
        b'{"at":1,"event":"add","extra":1,"role":"log","t":"k","v":1,"vkey":""}',
        b'{"at":1,"ground":"g","indices":[true],"t":"x","v":1}',
        b'{"at":1,"ground":"g","indices":[-1],"t":"x","v":1}',
        b'{"at":1,"ground":"g","indices":[0.5],"t":"x","v":1}',
        b'{"at":1,"ground":"g","indices":{},"t":"x","v":1}',
        b'{"at":1,"body":1,"kind":7,"media":"","t":"p","v":1}',
        b'{"at":1,"body":1,"kind":"k","t":"p","v":1}',
        b'{"at":1,"body":1,"kind":"k","media":"","t":"q","v":1}',
        b' {"at":1,"body":1,"kind":"k","media":"","t":"p","v":1}',
        b"{" * 70,
        b"9" * LEAF_BYTES_MAX,
        b" " * (LEAF_BYTES_MAX + 1),
    ],
)
def test_a_leaf_that_is_none_of_version_1_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(MalformedReply):
        parse_leaf(data)


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_a_leaf_or_a_malformed_reply(data: bytes) -> None:
    for parse in (parse_leaf, parse_header, lambda d: list(parse_openings(d)), parse_opening_document):
        try:
            parse(data)
        except MalformedReply:
            continue


def test_what_does_not_fit_is_refused_where_it_is_said() -> None:
    with pytest.raises(InvalidObject, match="at most"):
        seal([b" " * (BODY_BYTES_MAX + 1)], aud=[], kind="k", log=LOG, media="", times_us=[1], salts=salts(1))
    with pytest.raises(InvalidObject, match="must fit"):
        public_leaf(b'"' + b"x" * LEAF_BYTES_MAX + b'"', kind="object", media="", at_us=1)
    for short in (b"", salts(1)[:-1], salts(1) + b"x"):
        with pytest.raises(ValueError, match="64 random bytes"):
            seal([BODY], aud=[], kind="k", log=LOG, media="", times_us=[1], salts=short)


# -- on the wire and in files -----------------------------------------------------------------------------------------


def test_openings_come_back_from_the_wire_as_they_went() -> None:
    made = [
        (5, one(number=1).opening),
        (9, replace(one(number=2).opening, body=b"", body_salt=b"")),
        (1 << 63, one().opening),
    ]
    assert list(parse_openings(encode_openings(made))) == made
    assert list(parse_openings(b"")) == []


def test_openings_cut_anywhere_are_refused() -> None:
    data = encode_openings([(5, one().opening)])
    for end in range(1, len(data)):
        with pytest.raises(MalformedReply):
            list(parse_openings(data[:end]))


@pytest.mark.parametrize("field", range(4))
def test_a_field_longer_than_its_bound_is_refused_before_it_is_read(field: int) -> None:
    bounds = (1 << 16, SALT_BYTES, BODY_BYTES_MAX, SALT_BYTES)
    data = bytes(8) + bytes(4) * field + (bounds[field] + 1).to_bytes(4, "big") + bytes(bounds[field] + 1)
    with pytest.raises(MalformedReply):
        list(parse_openings(data + bytes(12)))


def test_an_opening_file_comes_back_as_it_was_written() -> None:
    for opening in (one().opening, replace(one().opening, body=b"", body_salt=b"")):
        assert parse_opening_document(opening_document(opening, log=LOG, index=7)) == (LOG, 7, opening)


@pytest.mark.parametrize(
    "change",
    [
        {"index": True},
        {"index": "7"},
        {"opening": "detente/opening/v2"},
        {"header_salt": ""},
        {"body_salt": "AA"},
        {"log": 1},
    ],
)
def test_an_opening_file_with_a_wrong_field_is_refused(change: dict[str, object]) -> None:
    value = {**json.loads(opening_document(one().opening, log=LOG, index=7)), **change}
    with pytest.raises(MalformedReply):
        parse_opening_document(encode(value))
