"""Patterns: the tree, what is simple and what is not, with reasons and positions."""

from __future__ import annotations

import pytest

from detente.errors import InvalidPattern
from detente.stix.pattern import (
    DEPTH_MAX,
    LENGTH_MAX,
    Combined,
    Comparison,
    Constant,
    Joined,
    Kind,
    Observation,
    Path,
    PatternValue,
    Qualified,
    make_alternatives,
    make_pattern,
    parse_pattern,
    simple_values,
)

MD5, SHA1, SHA256, SHA512 = "a" * 32, "b" * 40, "c" * 64, "d" * 128


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("[ipv4-addr:value = '198.51.100.7']", [("ipv4", "198.51.100.7")]),
        ("[ipv4-addr:value='198.51.100.7']", [("ipv4", "198.51.100.7")]),
        (" [ ipv4-addr:value\n=\t'198.51.100.7' /* note */ ] // end", [("ipv4", "198.51.100.7")]),
        ("[ipv4-addr:value == '198.51.100.7']", [("ipv4", "198.51.100.7")]),
        ("[ipv4-addr:value = '198.51.100.0/24']", [("ipv4", "198.51.100.0/24")]),
        ("[ipv4-addr:value ISSUBSET '198.51.100.9/24']", [("ipv4", "198.51.100.0/24")]),
        ("[ipv4-addr:value ISSUBSET '198.51.100.9/32']", [("ipv4", "198.51.100.9")]),
        ("[ipv6-addr:value = '2001:DB8:0::1']", [("ipv6", "2001:db8::1")]),
        ("[ipv6-addr:value ISSUBSET '2001:db8::/32']", [("ipv6", "2001:db8::/32")]),
        ("[domain-name:value = 'WWW.A.Example']", [("domain", "www.a.example")]),
        ("[url:value = 'http://a.example/X?q=\\'1\\'']", [("url", "http://a.example/X?q='1'")]),
        (f"[file:hashes.MD5 = '{MD5.upper()}']", [("md5", MD5)]),
        (f"[file:hashes.'MD5' = '{MD5}']", [("md5", MD5)]),
        (f"[file:hashes.'SHA-1' = '{SHA1}']", [("sha1", SHA1)]),
        (f"[file:hashes.'SHA-256' = '{SHA256}']", [("sha256", SHA256)]),
        (f"[file:hashes.SHA256 = '{SHA256}']", [("sha256", SHA256)]),
        (f"[file:hashes.'SHA-512' = '{SHA512}']", [("sha512", SHA512)]),
        ("[domain-name:value IN ('a.test', 'b.test')]", [("domain", "a.test"), ("domain", "b.test")]),
        (
            f"[file:hashes.MD5 = '{MD5}' OR (url:value = 'http://x')] OR ([domain-name:value = 'a.test'])",
            [("md5", MD5), ("url", "http://x"), ("domain", "a.test")],
        ),
    ],
)
def test_a_pattern_that_only_says_one_of_these_was_seen_gives_its_values(
    text: str, values: list[tuple[Kind, str]]
) -> None:
    assert simple_values(text) == [PatternValue(kind, value) for kind, value in values]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[ipv4-addr:value != '1.2.3.4']", "it asks for the absence of a value, at character 1"),
        ("[ipv4-addr:value NOT = '1.2.3.4']", "it asks for the absence of a value, at character 1"),
        ("[domain-name:value LIKE '%.test']", "LIKE is no equality, at character 1"),
        ("[url:value MATCHES '^http']", "MATCHES is no equality, at character 1"),
        ("[domain-name:value ISSUBSET 'a.test']", "ISSUBSET is no equality, at character 1"),
        ("[ipv4-addr:value ISSUPERSET '1.2.3.4']", "ISSUPERSET is no equality, at character 1"),
        ("[EXISTS url:value]", "EXISTS is no equality, at character 1"),
        ("[url:value = 'http://a' AND url:value = 'http://b']", "AND needs more than one value seen, at character 1"),
        ("[url:value = 'http://a'] AND [url:value = 'http://b']", "AND needs more than one value seen, at character 0"),
        ("[url:value = 'http://a'] FOLLOWEDBY [url:value = 'http://b']", "FOLLOWEDBY needs more than one value seen"),
        ("[url:value = 'http://a'] WITHIN 5 SECONDS", "WITHIN needs times, at character 25"),
        ("[url:value = 'http://a'] REPEATS 5 TIMES", "REPEATS needs times"),
        (
            "[url:value = 'http://a'] OR [mutex:name = 'x']",
            "'mutex:name' is no address, name, URL or file hash, at character 29",
        ),
        ("[file:hashes.SSDEEP = 'x']", "'file:hashes.SSDEEP' is no"),
        ("[x:y[*].z[0] = 'x']", "'x:y.*.z.0' is no"),
        ("[ipv4-addr:value = 5]", "this literal is no text but of kind integer"),
        ("[url:value IN ()]", "its set is empty and nothing can match"),
    ],
)
def test_any_other_pattern_is_not_simple_and_says_why_and_where(text: str, reason: str) -> None:
    parse_pattern(text)
    with pytest.raises(InvalidPattern) as caught:
        simple_values(text)
    assert str(caught.value).startswith(f"not a simple pattern: {reason}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[ipv4-addr:value = '300.1.1.1']", "expected an IPv4 address or network, came '300.1.1.1', at character 20"),
        ("[ipv4-addr:value = '1.2.3.4/33']", "expected an IPv4 address or network"),
        ("[ipv4-addr:value = '1.2.3.4/255.0.0.0']", "expected an IPv4 address or network"),
        ("[ipv4-addr:value = '01.2.3.4']", "expected an IPv4 address or network"),
        ("[ipv6-addr:value = 'fe80::1%eth0']", "expected an IPv6 address or network"),
        ("[ipv6-addr:value = '1.2.3.4']", "expected an IPv6 address or network"),
        ("[domain-name:value = 'a b']", "expected a domain name"),
        ("[domain-name:value = '1.2.3.4']", "expected a domain name"),
        ("[domain-name:value = '-a.test']", "expected a domain name"),
        ("[domain-name:value = '" + "a" * 64 + ".test']", "expected a domain name"),
        ("[domain-name:value = '" + "a." * 127 + "test']", "expected a domain name"),
        ("[url:value = 'a.test/x']", "expected a URL with a scheme and a host"),
        ("[url:value = 'http:///x']", "expected a URL with a scheme and a host"),
        (f"[file:hashes.MD5 = '{SHA1}']", "expected 32 hexadecimal digits"),
        (f"[file:hashes.MD5 = '{'g' * 32}']", "expected 32 hexadecimal digits"),
    ],
)
def test_a_value_that_is_none_of_its_kind_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidPattern) as caught:
        simple_values(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("[", 1),
        ("[]", 1),
        ("ipv4-addr:value = 'x'", 0),
        ("[a:b = 'x'", 10),
        ("[a:b = 'x]", 7),
        ("[a:b = 'x\\n']", 7),
        ("[a:b = x]", 7),
        ("[a = 'x']", 3),
        ("[a:b]", 4),
        ("[a:b = 'x' AND]", 14),
        ("[a:b = 'x'] [a:b = 'y']", 12),
        ("[a:b = 'x' FOLLOWEDBY a:c = 'y']", 11),
        ("([a:b = 'x']", 12),
        ("[a:SHA-256 = 'x']", 3),
        ("[AND:b = 'x']", 1),
        ("[a:b IN 'x']", 8),
        ("[a:b IN ('x',)]", 13),
        ("[a:b < true]", 7),
        ("[a:b LIKE 5]", 10),
        ("[a:b[-1] = 5]", 5),
        ("[NOT a:b = 5]", 5),
        ("[a:b = 01]", 7),
        ("[a:b = t'2016-01-01']", 7),
        ("[a:b = h'abc']", 7),
        ("[a:b = 'x'] WITHIN 0 SECONDS", 19),
        ("[a:b = 'x'] WITHIN 5 TIMES", 21),
        ("[a:b = 'x'] REPEATS 1.5 TIMES", 20),
        ("[a:b = 'x'] WITHIN 5 SECONDS WITHIN 6 SECONDS", 29),
        ("[a:b = 'x'] START '2016' STOP '2017'", 18),
        ("[a:b = 'x']]", 11),
        ("[a:b = 'x'] and [a:b = 'y']", 12),
        ("[a:b = \u2018x\u2019]", 7),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_position(text: str, position: int) -> None:
    with pytest.raises(InvalidPattern, match=rf"at character {position}\b"):
        parse_pattern(text)


def test_the_tree_keeps_operators_literals_and_positions() -> None:
    text = "[a:b[*].'c-d'[3] NOT IN (1, -2.5, 'x', true, h'0F', b'eA==', t'2016-01-01T00:00:00Z')] WITHIN 1.5 SECONDS"
    assert parse_pattern(text) == Qualified(
        Observation(
            Comparison(
                Path("a", ("b", None, "c-d", 3)),
                "IN",
                (
                    Constant("integer", 1),
                    Constant("float", -2.5),
                    Constant("string", "x"),
                    Constant("boolean", True),
                    Constant("hex", "0F"),
                    Constant("binary", "eA=="),
                    Constant("timestamp", "2016-01-01T00:00:00Z"),
                ),
                True,
                1,
            ),
            0,
        ),
        "WITHIN",
        (1.5,),
        87,
    )


def test_and_binds_tighter_than_or_and_followedby_is_loosest() -> None:
    inner = parse_pattern("[a:b = 1 OR a:c = 2 AND a:d = 3]")
    assert isinstance(inner, Observation)
    assert isinstance(inner.expression, Combined)
    assert [type(operand).__name__ for operand in inner.expression.operands] == ["Comparison", "Combined"]
    outer = parse_pattern("[a:b = 1] FOLLOWEDBY [a:b = 2] OR [a:b = 3] AND [a:b = 4]")
    assert isinstance(outer, Joined)
    assert outer.operator == "FOLLOWEDBY"
    second = outer.operands[1]
    assert isinstance(second, Joined)
    assert second.operator == "OR"
    assert isinstance(second.operands[1], Joined)


def test_a_qualifier_binds_to_the_nearest_expression() -> None:
    tree = parse_pattern("[a:b = 1] AND [a:b = 2] REPEATS 2 TIMES")
    assert isinstance(tree, Joined)
    assert isinstance(tree.operands[1], Qualified)
    whole = parse_pattern(
        "([a:b = 1] AND [a:b = 2]) REPEATS 2 TIMES START t'2016-01-01T00:00:00Z' STOP t'2016-01-02T00:00:00.5Z'"
    )
    assert isinstance(whole, Qualified)
    assert whole.arguments == ("2016-01-01T00:00:00Z", "2016-01-02T00:00:00.5Z")


def test_thousands_of_alternatives_are_parsed_and_walked_without_recursion() -> None:
    inside = "[" + " OR ".join(f"ipv4-addr:value = '10.0.{i >> 8}.{i & 255}'" for i in range(5000)) + "]"
    assert len(simple_values(inside)) == 5000
    outside = " OR ".join(f"[domain-name:value = 'a{i}.test']" for i in range(5000))
    assert len(simple_values(outside)) == 5000


def test_depth_and_length_are_bounded() -> None:
    def nested(depth: int) -> str:
        return "(" * depth + "[a:b = 1]" + ")" * depth

    parse_pattern(nested(DEPTH_MAX))
    with pytest.raises(InvalidPattern, match=f"nested deeper than {DEPTH_MAX} at character {DEPTH_MAX}"):
        parse_pattern(nested(DEPTH_MAX + 1))
    with pytest.raises(InvalidPattern, match="nested deeper"):
        parse_pattern("[" + "(" * 100_000)
    with pytest.raises(InvalidPattern, match="split it"):
        parse_pattern(" " * (LENGTH_MAX + 1))


def test_hostile_text_is_refused_in_linear_time() -> None:
    for text in (
        "'" * 200_000,
        "\\'" * 100_000,
        "/*" * 100_000,
        "[a:b = " + "1" * 200_000,
        "a" * 250_000,
        "[a:" + "a." * 100_000,
    ):
        with pytest.raises(InvalidPattern):
            simple_values(text)


@pytest.mark.parametrize(
    ("kind", "value", "pattern"),
    [
        ("ipv4", "1.2.3.4", "[ipv4-addr:value = '1.2.3.4']"),
        ("ipv4", "1.2.3.4/24", "[ipv4-addr:value ISSUBSET '1.2.3.0/24']"),
        ("ipv6", "2001:DB8::1", "[ipv6-addr:value = '2001:db8::1']"),
        ("domain", "A.test", "[domain-name:value = 'a.test']"),
        ("url", "http://a.test/'\\", "[url:value = 'http://a.test/\\'\\\\']"),
        ("md5", MD5, f"[file:hashes.MD5 = '{MD5}']"),
        ("sha1", SHA1, f"[file:hashes.'SHA-1' = '{SHA1}']"),
        ("sha256", SHA256, f"[file:hashes.'SHA-256' = '{SHA256}']"),
        ("sha512", SHA512, f"[file:hashes.'SHA-512' = '{SHA512}']"),
    ],
)
def test_a_pattern_is_made_of_one_value_and_gives_it_back(kind: Kind, value: str, pattern: str) -> None:
    assert make_pattern(kind, value) == pattern
    (found,) = simple_values(pattern)
    assert make_pattern(*found) == pattern
    assert make_alternatives([PatternValue(kind, value)] * 2) == f"[{pattern[1:-1]} OR {pattern[1:-1]}]"


def test_no_pattern_is_made_of_something_else() -> None:
    for kind, value in (("mutex", "x"), ("ipv4", "x"), ("md5", "")):
        with pytest.raises(InvalidPattern):
            make_pattern(kind, value)
