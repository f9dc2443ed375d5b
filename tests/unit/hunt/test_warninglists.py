"""Warning lists: strict reading, and containment both ways."""

from __future__ import annotations

import json

import pytest

from detente.errors import InvalidObject
from detente.hunt.warninglists import WarningList, WarningLists, parse_warning_list

ADDRESS = ["ip-src", "domain|ip"]


def written(**changes: object) -> bytes:
    value = {
        "name": "L",
        "type": "cidr",
        "version": 3,
        "description": "d",
        "list": ["10.0.0.0/8"],
        "matching_attributes": ADDRESS,
    }
    return json.dumps({**value, **changes}).encode()


def lists(*listed: tuple[str, str, list[str], list[str]]) -> WarningLists:
    return WarningLists(
        parse_warning_list(written(name=name, type=type_, matching_attributes=attributes, list=entries))
        for name, type_, attributes, entries in listed
    )


def test_a_list_is_read_with_the_kinds_it_is_for() -> None:
    assert parse_warning_list(written()) == WarningList(
        "L", "cidr", 3, frozenset({"ipv4", "ipv6", "domain"}), ("10.0.0.0/8",)
    )
    everything = parse_warning_list(written(matching_attributes=[])).kinds
    assert everything == {"ipv4", "ipv6", "domain", "url", "md5", "sha1", "sha256", "sha512"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"name":"a","name":"b"}',
        written(name=""),
        written(type="exact"),
        written(type=["cidr"]),
        written(version="3"),
        written(version=True),
        written(list={}),
        written(list=["10.0.0.1/8"]),
        written(list=["10.0.0.0/8", ""]),
        written(list=[7]),
        written(list=["2001:db8::1/32"]),
        written(list=["0.0.0.0/0"]),
        written(type="hostname", list=["a b"]),
        written(matching_attributes="x"),
        written(type="hostname", list=["a." * 200 + "example"]),
    ],
)
def test_a_list_that_is_not_whole_and_sound_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidObject):
        parse_warning_list(data)


def test_the_refusal_names_list_entry_and_reason() -> None:
    with pytest.raises(InvalidObject, match=r"'L', entry 2 \('10.0.0.1/8'\): the address has bits behind"):
        parse_warning_list(written(list=["10.0.0.0/8", "10.0.0.1/8"]))


def test_addresses_and_networks_match_by_containment_both_ways() -> None:
    known = lists(("private", "cidr", ADDRESS, ["10.0.0.0/8", "2001:db8::/32"]), ("one", "cidr", ADDRESS, ["10.1.2.3"]))
    expected = {
        ("ipv4", "10.1.2.3"): ("one", "private"),
        ("ipv4", "10.1.2.4"): ("private",),
        ("ipv4", "10.1.2.0/24"): ("one", "private"),  # holds the one, lies in the other
        ("ipv4", "10.0.0.0/8"): ("one", "private"),
        ("ipv4", "0.0.0.0/1"): ("one", "private"),
        ("ipv4", "11.0.0.0/8"): (),
        ("ipv4", "9.255.255.255"): (),
        ("ipv6", "2001:db8::1"): ("private",),
        ("ipv6", "2000::/3"): ("private",),
        ("ipv6", "2001:db9::1"): (),
        ("ipv4", "10.1.2"): (),
    }
    assert {asked: known.matches(*asked) for asked in expected} == expected


def test_host_names_match_by_suffix_at_a_dot_and_urls_by_their_host() -> None:
    attributes = ["domain", "url"]
    known = lists(("banks", "hostname", attributes, [".Bank.example", "vakıfbank.example", ".barclays"]))
    assert known.matches("domain", "login.bank.example") == known.matches("domain", "BANK.example.") == ("banks",)
    assert known.matches("domain", "home.barclays") == known.matches("domain", "xn--vakfbank-vkb.example") == ("banks",)
    assert known.matches("domain", "mybank.example") == known.matches("domain", "example") == ()
    assert known.matches("url", "https://user@www.bank.example:8443/x") == ("banks",)
    assert known.matches("url", "https://other.example/bank.example") == known.matches("url", "no url") == ()


def test_strings_match_whole_and_substrings_anywhere_without_regard_to_case() -> None:
    empty = "d41d8cd98f00b204e9800998ecf8427e"
    known = lists(("empty", "string", ["md5"], [empty.upper(), "3::"]), ("ads", "substring", ["url"], ["/Ads/"]))
    assert known.matches("md5", empty) == known.matches("md5", empty.upper()) == ("empty",)
    assert known.matches("sha1", empty) == known.matches("md5", empty[:-1]) == ()
    assert known.matches("url", "http://x.example/ADS/1") == ("ads",)


def test_a_list_for_other_attributes_says_nothing() -> None:
    known = lists(("mail", "cidr", ["email-src"], ["10.0.0.0/8"]))
    assert known.matches("ipv4", "10.1.2.3") == ()


def test_regular_expressions_are_not_run_and_the_list_is_named() -> None:
    known = lists(("patterns", "regex", ["url"], ["(a+)+$"]))
    assert known.matches("url", "http://" + "a" * 40 + "!/") == ()
    assert [(one.name, one.reason) for one in known.unused] == [("patterns", "regular expressions are not run")]


def test_a_name_longer_than_names_are_is_cut_at_a_dot() -> None:
    known = lists(("x", "hostname", ["domain"], ["x.example"]))
    assert known.matches("domain", "a." * 200 + "x.example") == ("x",)
    assert known.matches("domain", "y" * 300 + "x.example") == ()
