"""Values as people write them, put right and recognised, or refused with a reason."""

from __future__ import annotations

import pytest

from detente.errors import InvalidObject
from detente.intake.values import kind_named, read_value, refang
from detente.stix.pattern import Kind


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a[.]example", "a.example"),
        ("a(.)b{.}example", "a.b.example"),
        ("a[dot]b(DOT)example", "a.b.example"),
        ("hxxp://a.example", "http://a.example"),
        ("hXXps[:]//a[.]example/x[.]zip", "https://a.example/x.zip"),
        ("HXXP[://]a.example", "http://a.example"),
        ("fxp://a.example", "ftp://a.example"),
        ("jane[@]mail[.]example", "jane@mail.example"),
        ("jane[at]mail.example", "jane@mail.example"),
        ("  198.51.100[.]7\t", "198.51.100.7"),
        ("a.example[/]x", "a.example/x"),
        ("http://[2001:db8::1]/x", "http://[2001:db8::1]/x"),
        ("hxxpd.example", "hxxpd.example"),
        ("a.example/dot", "a.example/dot"),
    ],
)
def test_what_was_written_so_that_nobody_clicks_is_put_right(written: str, meant: str) -> None:
    assert refang(written) == meant


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("198.51.100.7", "ipv4", "198.51.100.7"),
        ("198.51.100.7/24", "ipv4", "198.51.100.0/24"),
        ("2001:DB8::1", "ipv6", "2001:db8::1"),
        ("2001:db8::/32", "ipv6", "2001:db8::/32"),
        ("::1", "ipv6", "::1"),
        ("A.Example.", "domain", "a.example"),
        ("xn--bcher-kva.example", "domain", "xn--bcher-kva.example"),
        ("bücher.example", "domain", "bücher.example"),
        ("_dmarc.a.example", "domain", "_dmarc.a.example"),
        ("http://a.example/X y", "url", "http://a.example/X y"),
        ("ftp://a.example", "url", "ftp://a.example"),
        ("A" * 32, "md5", "a" * 32),
        ("b" * 40, "sha1", "b" * 40),
        ("c" * 64, "sha256", "c" * 64),
        ("d" * 128, "sha512", "d" * 128),
    ],
)
def test_a_value_shows_its_kind_by_its_form(text: str, kind: str, value: str) -> None:
    assert [tuple(found) for found in read_value(text)] == [(kind, value)]


@pytest.mark.parametrize(
    "text", ["a.example/x", "198.51.100.7/x", "a.example:8080/x", "a.example/?u=http", "a.example/x:y"]
)
def test_a_url_without_a_scheme_is_looked_for_with_both(text: str) -> None:
    assert [found.value for found in read_value(text)] == ["http://" + text, "https://" + text]
    assert {found.kind for found in read_value(text, "url")} == {"url"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no value"),
        ("[.]", "no address, domain name"),
        ("localhost", "no address, domain name"),
        ("300.1.1.1", "expected an IPv4 address"),
        ("10.0.0.0/33", "it looks like an address, but"),
        ("1:2:3", "it looks like an address, but"),
        ("setup.exe", "it looks like the name of a file"),
        ("*.a.example", "no address, domain name"),
        ("a.example:443", "no address, domain name"),
        ("a b.example", "no address, domain name"),
        ("jane@mail.example", "no address, domain name"),
        ("/etc/passwd", "has no scheme and does not begin with a host"),
        ("http://", "expected a URL"),
        ("e" * 33, "no address, domain name"),
        ("1.2.3.4-1.2.3.9", "no address, domain name"),
    ],
)
def test_what_is_none_of_these_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidObject, match=reason):
        read_value(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("setup.exe", "ipv4"), ("intranet", "domain"), ("a.example", "md5"), ("x", "url"), ("b" * 40, "sha256")],
)
def test_a_value_must_be_of_the_kind_it_is_said_to_be(text: str, kind: Kind) -> None:
    with pytest.raises(InvalidObject):
        read_value(text, kind)


def test_a_name_that_looks_like_a_file_is_a_host_when_it_is_said_to_be() -> None:
    assert [tuple(found) for found in read_value("setup.exe", "domain")] == [("domain", "setup.exe")]


@pytest.mark.parametrize(
    ("name", "known", "kind"),
    [
        ("IPV4ADDR", True, "ipv4"),
        ("SHA-256", True, "sha256"),
        ("ip", True, None),
        ("Domain Name", True, "domain"),
        ("mutex", False, None),
    ],
)
def test_kinds_go_by_many_names(name: str, known: bool, kind: str | None) -> None:
    assert kind_named(name) == (known, kind)
