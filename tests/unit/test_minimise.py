"""What leaves, what is held back, and that the report names classes only."""

from __future__ import annotations

import pytest

from detente.errors import InvalidObject
from detente.minimise import RemovalRules, merge_reports, minimise
from detente.stix.canonical import JsonValue, encode
from detente.stix.objects import StixObject, parse_object

RULES = RemovalRules(
    own_networks=("192.0.2.0/24", "2001:db8:1::/48"), own_domains=("corp.example", "lan"), words=("Bluebird", "Ädler")
)
STAMP = "2026-01-02T03:04:05.000Z"


def made(type_: str = "note", **properties: JsonValue) -> StixObject:
    common: dict[str, JsonValue] = {
        "type": type_,
        "spec_version": "2.1",
        "id": f"{type_}--5d0092c5-5f74-4287-9642-33f4c354e56d",
        "created": STAMP,
        "modified": STAMP,
    }
    return parse_object({**common, **properties})


def outcome(text: str, rules: RemovalRules = RULES) -> tuple[JsonValue, dict[str, int]]:
    result = minimise(made(content=text), rules)
    assert result.object is not None
    return result.object.value["content"], dict(result.removed)


def test_an_object_with_nothing_to_remove_is_the_same_object() -> None:
    obj = made(content="The implant calls 198.51.100.7 every [10.] minutes.", x=[1, None, True])
    result = minimise(obj, RULES)
    assert result.object is obj
    assert result.removed == {}


@pytest.mark.parametrize(
    ("text", "left", "removed"),
    [
        ("from 192.0.2.5:443.", "from [removed: own-address]:443.", {"own-address": 1}),
        ("192[.]0(.)2[dot]7/24", "[removed: own-address]/24", {"own-address": 1}),
        ("192.0.20.5 1192.0.2.5 192.0.2.5.6", "192.0.20.5 1192.0.2.5 192.0.2.5.6", {}),
        ("http://192.0.2.5/x", "http://[removed: own-address]/x", {"own-address": 1}),
        ("[2001:DB8:1:0::1]:80", "[[removed: own-address]]:80", {"own-address": 1}),
        ("src:2001:db8:1::5,", "[removed: own-address],", {"own-address": 1}),
        (
            "::ffff:192.0.2.9 and ::ffff:c000:209",
            "[removed: own-address] and [removed: own-address]",
            {"own-address": 2},
        ),
        ("2001:db8:2::1 at 12:30:45", "2001:db8:2::1 at 12:30:45", {}),
        ("pc7.corp.example, corp.example.", "[removed: own-host], [removed: own-host].", {"own-host": 2}),
        ("notcorp.example corp.example.evil.test", "notcorp.example corp.example.evil.test", {}),
        ("pc[.]corp[.]example", "[removed: own-host]", {"own-host": 1}),
        ("printer.lan on the lan", "[removed: own-host] on the lan", {"own-host": 1}),
        ("ask jane.doe@mail.test", "ask [removed: e-mail]", {"e-mail": 1}),
        ("jane(at)mail[.]test", "[removed: e-mail]", {"e-mail": 1}),
        (r"C:\Users\Jane Doe\a.exe", r"C:\Users\[removed: user-path]\a.exe", {"user-path": 1}),
        (r"in C:\Users\jane and then", r"in C:\Users\[removed: user-path] and then", {"user-path": 1}),
        (
            "/home/jane/.ssh, /Users/jane/x",
            "/home/[removed: user-path]/.ssh, /Users/[removed: user-path]/x",
            {"user-path": 2},
        ),
        (r"\\host\Users\jane\x", r"\\host\Users\[removed: user-path]\x", {"user-path": 1}),
        (r"C:\Users\Public\a, C:\Users\%USERNAME%\a", r"C:\Users\Public\a, C:\Users\%USERNAME%\a", {}),
        ("https://forum.test/users/jane", "https://forum.test/users/jane", {}),
        ("BLUEBIRD, bluebirds, ÄDLER", "[removed: word], bluebirds, [removed: word]", {"word": 2}),
    ],
)
def test_what_is_ours_goes_and_what_is_not_stays(text: str, left: str, removed: dict[str, int]) -> None:
    assert outcome(text) == (left, removed)


def test_nested_text_is_searched_and_structure_is_not() -> None:
    obj = made(
        name="192.0.2.1",
        created_by_ref="identity--00000000-0000-4000-8000-000000000000",
        labels=["bluebird"],
        extensions={"extension-definition--00000000-0000-4000-8000-000000000001": {"deep": [{"er": "a@b.test"}]}},
    )
    result = minimise(obj, RULES)
    assert result.object is not None
    value = result.object.value
    assert (value["id"], value["type"], value["created"], value["created_by_ref"]) == (
        obj.id,
        obj.type,
        STAMP,
        obj.created_by,
    )
    assert value["labels"] == ["[removed: word]"]
    assert b"a@b.test" not in result.object.body
    assert result.removed == {"own-address": 1, "word": 1, "e-mail": 1}
    assert result.object.body == encode(value)


@pytest.mark.parametrize(
    ("pattern", "removed"),
    [
        ("[ipv4-addr:value = '192.0.2.5']", {"own-address": 1}),
        ("[domain-name:value = 'pc.corp.example']", {"own-host": 1}),
        ("[email-addr:value = 'jane@corp.example']", {"e-mail": 1}),
        (r"[directory:path = 'C:\\Users\\jane\\x']", {"user-path": 1}),
    ],
)
def test_an_indicator_that_looks_for_something_of_ours_is_held_back_whole(
    pattern: str, removed: dict[str, int]
) -> None:
    obj = made("indicator", pattern=pattern, pattern_type="stix", valid_from=STAMP)
    result = minimise(obj, RULES)
    assert result.object is None
    assert result.removed == removed


def test_an_indicator_for_somebody_elses_mail_address_is_shared() -> None:
    obj = made("indicator", pattern="[email-addr:value = 'bait@evil.test']", pattern_type="stix", valid_from=STAMP)
    assert minimise(obj, RULES).object == obj


def test_text_beside_a_pattern_is_cleaned_and_the_pattern_kept() -> None:
    pattern = "[ipv4-addr:value = '198.51.100.7']"
    obj = made("indicator", pattern=pattern, pattern_type="stix", valid_from=STAMP, description="seen at 192.0.2.5")
    result = minimise(obj, RULES)
    assert result.object is not None
    assert result.object.value["pattern"] == pattern
    assert result.object.value["description"] == "seen at [removed: own-address]"


def test_an_observable_whose_identifier_could_be_guessed_is_held_back() -> None:
    obj = parse_object(
        {"type": "ipv4-addr", "id": "ipv4-addr--5d0092c5-5f74-4287-9642-33f4c354e56d", "value": "192.0.2.5"}
    )
    assert minimise(obj, RULES).object is None


def test_a_message_that_names_people_is_held_back_although_their_address_is_not_ours() -> None:
    message = {
        "type": "email-message",
        "id": "email-message--5d0092c5-5f74-4287-9642-33f4c354e56d",
        "body": "to a@b.test",
    }
    assert minimise(parse_object({**message, "is_multipart": False}), RULES).object is None


def test_a_key_that_would_have_to_be_renamed_holds_the_object_back() -> None:
    result = minimise(made(x_hosts={"192.0.2.5": "web"}), RULES)
    assert result.object is None
    assert result.removed == {"own-address": 1}


def test_an_organisation_keeps_its_contact_address_and_an_individual_does_not() -> None:
    contact = {"name": "A", "contact_information": "cert@a.test"}
    organisation = made("identity", **contact, identity_class="organization")
    assert minimise(organisation, RULES).object is organisation
    person = minimise(made("identity", **contact, identity_class="individual"), RULES).object
    assert person is not None
    assert person.value["contact_information"] == "[removed: e-mail]"


def test_rules_are_off_when_switched_off() -> None:
    text = "a@b.test /home/jane/x 10.0.0.1"
    assert outcome(text, RemovalRules(e_mail=False, user_paths=False)) == (text, {})
    private = RemovalRules(e_mail=False, user_paths=False, private_addresses=True)
    assert outcome(text + " fe80::1", private)[1] == {"private-address": 2}


def test_a_report_never_holds_a_value() -> None:
    result = minimise(made(content="jane@corp.example at 192.0.2.5, Bluebird"), RULES)
    assert set(result.removed) <= {"own-address", "private-address", "own-host", "e-mail", "user-path", "word"}


def test_reports_add_up() -> None:
    assert merge_reports([{"word": 1}, {}, {"e-mail": 2, "word": 3}]) == {"e-mail": 2, "word": 4}


@pytest.mark.parametrize(
    "rules",
    [
        RemovalRules(own_networks=("192.0.2",)),
        RemovalRules(own_domains=("a@b",)),
        RemovalRules(own_domains=("",)),
        RemovalRules(words=(" ",)),
    ],
)
def test_rules_that_cannot_be_read_are_refused(rules: RemovalRules) -> None:
    with pytest.raises(InvalidObject):
        minimise(made(), rules)
