"""What a match is, one row of the table after the other; tests/property compares with a reference on hostile lines."""

from __future__ import annotations

import pytest

from detente.hunt.indicators import IndicatorSource, Matcher, Rule, compile_indicators
from detente.hunt.warninglists import WarningList, WarningLists
from detente.stix.pattern import Kind, PatternValue


def matcher_of(*values: tuple[Kind, str]) -> Matcher:
    sources = [IndicatorSource(f"indicator--{n}", [PatternValue(*value)]) for n, value in enumerate(values)]
    matcher, not_searched = compile_indicators(sources)
    assert not_searched == ()
    return matcher


def rules(matcher: Matcher, word: str) -> list[tuple[int, str]]:
    return sorted((match.indicator, match.rule.label) for match in matcher.match_word(word.encode()))


@pytest.mark.parametrize(
    "word",
    [
        "198.51.100.7",
        "198.51.100.7:80",
        "[198.51.100.7]",
        "src=198.51.100.7,",
        "198.51.100.7.",
        "-198.51.100.7",
        "x/198.51.100.7/y",
    ],
)
def test_an_ipv4_address_is_found_as_a_token_of_its_own(word: str) -> None:
    assert rules(matcher_of(("ipv4", "198.51.100.7")), word) == [(0, "exact")]


@pytest.mark.parametrize(
    "word",
    [
        "198.51.100.70",
        "1198.51.100.7",
        "198.51.100.7.1",
        "x198.51.100.7",
        "198.51.100.07",
        "198.51.100.7_",
        "198.51.100.7-198.51.100.9",
        "198.51.100.7é",
    ],
)
def test_an_ipv4_address_inside_another_token_is_none(word: str) -> None:
    assert rules(matcher_of(("ipv4", "198.51.100.7")), word) == []


def test_nested_networks_all_report_beside_the_address() -> None:
    matcher = matcher_of(("ipv4", "10.1.2.3"), ("ipv4", "10.0.0.0/8"), ("ipv4", "10.1.0.0/16"), ("ipv4", "10.2.0.0/16"))
    assert rules(matcher, "10.1.2.3") == [(0, "exact"), (1, "network"), (2, "network")]


def test_a_network_of_one_address_is_the_address() -> None:
    assert rules(matcher_of(("ipv4", "10.1.2.3/32"), ("ipv6", "2001:db8::1/128")), "10.1.2.3/2001:db8::1") == [
        (0, "exact"),
        (1, "exact"),
    ]


@pytest.mark.parametrize(
    "word",
    ["2001:db8::1", "2001:DB8:0:0:0:0:0:1", "[2001:db8::1]:443", "addr:2001:db8::1", ":2001:db8::1", "2001:db8::1:",
     "2001:db8::1.", "2001:db8::1:x", "(2001:db8::1)", "2001:db8::0.0.0.1"],
)  # fmt: skip
def test_an_ipv6_address_is_compared_as_a_number(word: str) -> None:
    assert rules(matcher_of(("ipv6", "2001:db8::1")), word) == [(0, "exact")]


@pytest.mark.parametrize(
    "word",
    [
        "x2001:db8::1",
        "2001:db8::1x",
        "2001:db8::1.x",
        "2001:db8::1-",
        "2001:db8::1::",
        "a::2001:db8::1",
        "2001:db8::1:443",
    ],
)
def test_an_ipv6_address_glued_to_something_else_is_none(word: str) -> None:
    assert rules(matcher_of(("ipv6", "2001:db8::1")), word) == []


def test_a_label_that_ends_in_a_hexadecimal_digit_hides_the_ipv6_address_behind_its_colon() -> None:
    # "e:2001:db8::1" would be a well-formed address too; docs/hunting.md names this limit.
    assert rules(matcher_of(("ipv6", "2001:db8::1")), "source:2001:db8::1") == []


def test_a_name_space_of_a_program_is_no_ipv6_address() -> None:
    assert rules(matcher_of(("ipv6", "d::dead")), "std::dead") == []


@pytest.mark.parametrize("word", ["::ffff:1.2.3.4", "::ffff:102:304", "0:0:0:0:0:FFFF:1.2.3.4"])
def test_a_mapped_address_hits_the_ipv4_indicator_too(word: str) -> None:
    matcher = matcher_of(("ipv4", "1.2.3.4"), ("ipv4", "1.2.0.0/16"), ("ipv6", "::ffff:1.2.3.4"))
    assert set(rules(matcher, word)) == {(0, "exact"), (1, "network"), (2, "exact")}


def test_a_hash_is_found_in_either_case_and_behind_a_colon() -> None:
    matcher = matcher_of(("sha256", "ab" * 32), ("md5", "cd" * 16))
    assert rules(matcher, "sha256:" + "AB" * 32) == [(0, "exact")]
    assert rules(matcher, "cd" * 16) == [(1, "exact")]
    assert rules(matcher, "ab" * 33) == []
    assert rules(matcher, "ab" * 32 + ".exe") == []


@pytest.mark.parametrize(
    ("word", "rule"),
    [
        ("evil.example", "exact"),
        ("user@EVIL.example,", "exact"),
        ("evil.example.", "exact"),
        ("a.b.evil.example", "parent"),
        ("a..evil.example", "parent"),
        ("*.evil.example", "exact"),
        ("http://www.evil.example:8080/x", "parent"),
        ("\xff.evil.example", "parent"),
    ],
)
def test_a_domain_is_found_as_itself_and_as_a_parent(word: str, rule: str) -> None:
    matches = matcher_of(("domain", "evil.example")).match_word(word.encode("latin-1"))
    assert [match.rule.label for match in matches] == [rule]


@pytest.mark.parametrize(
    "word", ["notevil.example", "evil.example.org", "evil.examples", "evil_example", "evil.example-x", "éevil.example"]
)
def test_a_domain_inside_a_label_is_none(word: str) -> None:
    assert rules(matcher_of(("domain", "evil.example")), word) == []


def test_a_u_label_and_an_a_label_are_the_same_name_either_way() -> None:
    for value in ("bücher.example", "xn--bcher-kva.example"):
        matcher = matcher_of(("domain", value))
        assert rules(matcher, "www.Bücher.example") == [(0, "parent")]
        assert rules(matcher, "XN--BCHER-KVA.example") == [(0, "exact")]


@pytest.mark.parametrize(
    ("word", "rule"),
    [
        ("http://evil.example/X?y", "exact"),
        ("HTTP://EVIL.example:80/X?y", "exact"),
        ("(see:http://evil.example/X?y).", "exact"),
        ("http://evil.example/x?y", "weak"),
        ("https://evil.example/X?y", "weak"),
        ("http://evil.example", "weak"),
        ("http://me@evil.example./", "weak"),
        ("x=1&u=http://other.example/?http://evil.example/X?y", "exact"),
        ("nhttp://evil.example/X?y", "weak"),
    ],
)
def test_a_url_is_found_exactly_or_weakly_by_its_host(word: str, rule: str) -> None:
    matcher = matcher_of(("url", "http://evil.example/X?y"))
    assert min(match.rule for match in matcher.match_word(word.encode())).label == rule


@pytest.mark.parametrize(
    "word",
    [
        "evil.example/X?y",
        "http://www.evil.example/X?y",
        "://evil.example/X?y",
        "abcdefghijk://evil.example/X?y",
        "http:/evil.example/X?y",
    ],
)
def test_without_its_host_behind_a_scheme_a_url_is_none(word: str) -> None:
    assert rules(matcher_of(("url", "http://evil.example/X?y")), word) == []


def test_a_url_indicator_without_a_scheme_equals_the_url_with_any() -> None:
    matcher = matcher_of(("url", "evil.example:80/x"))
    assert Rule.EXACT in {match.rule for match in matcher.match_word(b"http://evil.example:80/x")}
    assert Rule.EXACT in {match.rule for match in matcher.match_word(b"gopher://evil.example:80/x")}
    assert Rule.EXACT not in {match.rule for match in matcher.match_word(b"http://evil.example/x")}


def test_a_url_without_a_host_has_no_weak_matches() -> None:
    matcher = matcher_of(("url", "file:///etc/passwd"))
    assert rules(matcher, "file:///etc/passwd") == [(0, "exact")]
    assert rules(matcher, "file:///etc/shadow") == []


def test_what_cannot_be_searched_is_listed_with_the_reason_and_the_rest_is_searched() -> None:
    sources = [
        IndicatorSource(
            "indicator--a", [PatternValue("domain", "co.uk"), PatternValue("domain", "evil.co.uk")], shared_by="CERT-B"
        ),
        IndicatorSource("indicator--b", []),
        IndicatorSource("indicator--c", [PatternValue("e-mail", "x@evil.example")]),  # type: ignore[arg-type]
    ]
    matcher, not_searched = compile_indicators(sources)
    assert [(one.id, one.value, one.shared_by) for one in not_searched] == [
        ("indicator--a", "co.uk", "CERT-B"), ("indicator--b", "", ""), ("indicator--c", "x@evil.example", ""),
    ]  # fmt: skip
    assert [one.reason.split(",")[0] for one in not_searched] == [
        "a public suffix",
        "holds no value to search for",
        "values of kind 'e-mail' are not searched for in lines of text",
    ]  # fmt: skip
    assert matcher.values == 1
    assert rules(matcher, "www.evil.co.uk") == [(0, "parent")]


def test_one_value_shared_by_two_parties_hits_for_both() -> None:
    matcher = matcher_of(("ipv4", "1.2.3.4"), ("ipv4", "1.2.3.4"))
    assert rules(matcher, "1.2.3.4") == [(0, "exact"), (1, "exact")]


def test_a_hit_names_the_warning_lists_that_hold_the_value_seen() -> None:
    private = WarningList("RFC 1918", "cidr", 1, frozenset({"ipv4"}), ("10.0.0.0/8",))
    source = IndicatorSource("indicator--a", [PatternValue("ipv4", "10.0.0.0/7")])
    matcher, _ = compile_indicators([source], warning_lists=WarningLists([private]))
    assert [match.warnings for match in matcher.match_word(b"10.1.1.1")] == [("RFC 1918",)]
    assert [match.warnings for match in matcher.match_word(b"11.1.1.1")] == [()]


def test_validity_is_from_inclusive_until_exclusive_and_never_when_revoked() -> None:
    source = IndicatorSource("indicator--a", [], valid_from_us=10, valid_until_us=20)
    assert [source.outside(time_us) for time_us in (9, 10, 19, 20, None)] == [True, False, False, True, False]
    assert IndicatorSource("indicator--a", [], revoked=True).outside(None)


@pytest.mark.parametrize(
    ("word", "hits"),
    [
        (b"a://" * 250_000 + b"http://evil.example/y", {(0, "weak"), (1, "exact")}),
        (b"http://evil.example/" * 20_000, {(0, "weak"), (1, "exact")}),
        (b"." * 1_000_000 + b"evil.example", {(1, "exact")}),
        (b"a." * 500_000 + b"evil.example", {(1, "parent")}),
        (b"::" * 500_000 + b"x", set()),
        (b"1:" * 500_000 + b"/evil.example", {(1, "exact")}),
    ],
)
def test_a_hostile_word_of_a_mebibyte_is_matched_in_time_linear_in_its_length(
    word: bytes, hits: set[tuple[int, str]]
) -> None:
    # Each of these takes hours where the time is quadratic.
    matcher = matcher_of(("url", "http://evil.example/x"), ("domain", "evil.example"), ("ipv6", "::1"))
    assert {(match.indicator, match.rule.label) for match in matcher.match_word(word)} == hits
