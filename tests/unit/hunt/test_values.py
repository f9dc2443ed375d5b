"""Normal forms of values."""

from __future__ import annotations

import pytest

from detente.errors import InvalidPattern
from detente.hunt import values


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("WWW.Evil.Example", b"www.evil.example"),
        ("BÜCHER.example", b"xn--bcher-kva.example"),
        ("bu\u0308cher.example", b"xn--bcher-kva.example"),  # a letter and a combining mark
        ("straße.example", b"xn--strae-oqa.example"),  # not "strasse", which is another name
        ("пример.рф", b"xn--e1afmkfd.xn--p1ai"),
        ("ｅｖｉｌ.example", b"evil.example"),  # full-width letters
        ("ΟΔΟΣ.example", b"xn--pxavbq.example"),  # a sigma is the same letter wherever it stands
    ],
)
def test_a_name_is_lower_case_and_in_a_labels(written: str, normal: bytes) -> None:
    assert values.name(written.encode()) == normal


@pytest.mark.parametrize(
    "token", [b"\xff\xfe.evil.example", b"\xef\xbc\xbbx.example", b"\xc3\xbc" * 200 + b".example", b""]
)
def test_a_label_that_no_name_may_have_stays_as_it_is(token: bytes) -> None:
    assert values.name(token) == token


def test_a_very_long_token_costs_no_more_than_its_length() -> None:
    # Combining marks in the wrong order and Punycode both take quadratic time where nothing bounds them.
    token = (b"\xcc\x9b\xcc\x80" * 100_000) + (b".\xcc\x9b" * 100_000)
    assert values.name(token).endswith(b".xn--cta.xn--cta")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("localhost", "without a dot"),
        ("co.uk", "public suffix"),
        ("github.io", "public suffix"),
        ("198.51.100.7", "address"),
        ("-evil.example", "not a domain name"),
        ("evil.example-", "not a domain name"),
        ("evil..example", "not a domain name"),
        (".evil.example", "not a domain name"),
        ("*.evil.example", "not a domain name"),
        ("evil.example/x", "not a domain name"),
        ("a" * 64 + ".example", "not a domain name"),
        ("a." * 126 + "example", "not a domain name"),
        ("\ud800.example", "not Unicode"),
        ("", "without a dot"),
    ],
)
def test_a_domain_that_no_token_equals_is_refused_with_the_reason(value: str, reason: str) -> None:
    with pytest.raises(InvalidPattern, match=reason):
        values.domain(value)


def test_a_public_suffix_is_searched_for_when_somebody_decided_so() -> None:
    assert values.domain("GitHub.io.", allowed_suffixes=frozenset({"github.io"})) == b"github.io"


def test_a_name_directly_below_a_public_suffix_is_no_suffix() -> None:
    assert values.domain("evil.github.io") == b"evil.github.io"


@pytest.mark.parametrize(
    ("value", "first", "length"),
    [
        ("198.51.100.7", 0xC6336407, 32),
        ("198.51.100.7/32", 0xC6336407, 32),
        ("198.51.100.7/24", 0xC6336400, 24),
        ("10.0.0.0/8", 0x0A000000, 8),
    ],
)
def test_an_ipv4_value_is_an_address_or_a_masked_network(value: str, first: int, length: int) -> None:
    assert values.ipv4_range(value) == (first, length)


@pytest.mark.parametrize(
    "value",
    ["1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4/33", "1.2.3.4/024", "1.2.3.4/", "1.2.3.4/255.0.0.0",
     "0.0.0.0/0", "1.2.3.4 ", "١.2.3.4", "1.2.3.4/-1"],
)  # fmt: skip
def test_what_is_no_ipv4_value_is_refused(value: str) -> None:
    with pytest.raises(InvalidPattern):
        values.ipv4_range(value)


def test_an_ipv6_value_is_an_address_or_a_masked_network() -> None:
    assert values.ipv6_range("2001:DB8::1") == (0x20010DB8 << 96 | 1, 128)
    assert values.ipv6_range("2001:db8::1/32") == (0x20010DB8 << 96, 32)
    assert values.ipv6_range("::ffff:1.2.3.4") == (0xFFFF01020304, 128)


@pytest.mark.parametrize(
    "value", ["::/0", "1::2::3", "fe80::1%eth0", "12345::", "1:2:3:4:5:6:7", "::/129", "[::1]", "::1.2.3"]
)
def test_what_is_no_ipv6_value_is_refused(value: str) -> None:
    with pytest.raises(InvalidPattern):
        values.ipv6_range(value)


def test_a_hash_has_the_digits_of_its_kind() -> None:
    assert values.file_hash("md5", "D41D8CD98F00B204E9800998ECF8427E") == b"d41d8cd98f00b204e9800998ecf8427e"
    for kind, value in (
        ("sha1", "d41d8cd98f00b204e9800998ecf8427e"),
        ("md5", "g" * 32),
        ("md5", ""),
        ("md5", "٣" * 32),
    ):
        with pytest.raises(InvalidPattern, match="hexadecimal"):
            values.file_hash(kind, value)


def normal(value: str) -> bytes:
    return values.url(*values.url_parts(value))


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("HTTP://Evil.Example/Path?Q#F", b"http://evil.example/Path?Q#F"),
        ("http://evil.example:80/", b"http://evil.example/"),
        ("http://evil.example:/", b"http://evil.example/"),
        ("https://evil.example:443", b"https://evil.example"),
        ("ftp://evil.example:21/x", b"ftp://evil.example/x"),
        ("http://evil.example:443/", b"http://evil.example:443/"),
        ("http://User@evil.example/", b"http://user@evil.example/"),
        ("http://bücher.example/ü", b"http://xn--bcher-kva.example/\xc3\xbc"),
        ("http://[2001:DB8::80]", b"http://[2001:db8::80"),  # the bracket at the end goes as it goes in a log
        ("http://[2001:DB8::1]:80/", b"http://[2001:db8::1]/"),
        ("http://evil.example/a(b).", b"http://evil.example/a(b"),
        ("evil.example/x", b"evil.example/x"),
        ("evil.example/go?to=http://x", b"evil.example/go?to=http://x"),
        ("file:///etc/passwd", b"file:///etc/passwd"),
    ],
)
def test_a_url_has_scheme_and_authority_in_normal_form_and_the_rest_as_it_is(value: str, form: bytes) -> None:
    assert normal(value) == form


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("http://evil.example/a b", "byte at which"),
        ("http://evil.example/{x}", "byte at which"),
        ("http://evil.example/" + "x" * 8192, "longer than"),
        ("http://" + "x" * 513 + "/", "authority"),
        ("http://", "not a URL"),
        ("evil.example", "not a URL"),
        ("/only/a/path", "not a URL"),
        ("", "not a URL"),
        ("git+ssh://evil.example/x", "scheme"),
        ("abcdefghijk://evil.example/x", "scheme"),
    ],
)
def test_a_url_that_no_token_equals_is_refused_with_the_reason(value: str, reason: str) -> None:
    with pytest.raises(InvalidPattern, match=reason):
        values.url_parts(value)


def test_the_host_is_without_user_port_brackets_and_final_dot() -> None:
    hosts = {
        raw: values.authority(b"http", raw)[1] for raw in (b"U:p@Evil.Example.:8080", b"[::1]:80", b"[::1", b":80", b"")
    }
    assert list(hosts.values()) == [b"evil.example", b"::1", b"::1", b"", b""]
