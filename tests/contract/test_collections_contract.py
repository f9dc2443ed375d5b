"""What every implementation of `Collections` does; the TAXII surface relies on nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from tests.contract.stix_examples import RED, address, indicator, malware, old_malware, statement_marking
from tests.contract.worlds import IMPLEMENTATIONS, ROLES, World, basic, caller

from detente.errors import ClockBehind, NotPermitted
from detente.stix.canonical import JsonValue, encode
from detente.taxii.times import version_key
from detente.web.collections import Caller, Filter, Row, Status

DAY_US = 24 * 3600 * 1_000_000
ALL = Filter(versions=("all",))


@pytest.fixture(params=IMPLEMENTATIONS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return IMPLEMENTATIONS[request.param](tmp_path)


def add(world: World, *objects: JsonValue, role: str = "own") -> Status:
    return world.collections.add(caller(world, role), world.exchange, objects)


def rows(world: World, filter_: Filter = Filter(), *, role: str = "own", after_us: int = 0) -> Sequence[Row]:  # noqa: B008 - frozen
    page = world.collections.page(caller(world, role), world.exchange, filter_, after_us, 1_000_000, bytes_max=1 << 40)
    assert not page.more
    return page.rows


def bodies(found: Sequence[Row]) -> list[bytes]:
    return [row.body for row in found]


def modified(hour: int, digits: str = ".000") -> str:
    return f"2026-02-01T{hour:02}:00:00{digits}Z"


@pytest.mark.parametrize("role", ROLES)
def test_a_token_is_known_as_bearer_and_as_basic_and_is_remembered(world: World, role: str) -> None:
    name, secret = world.token(role)
    assert world.collections.remembered("bearer", secret) is None
    found = world.collections.authenticate("bearer", secret)
    assert found is not None
    assert world.collections.authenticate("basic", basic(name, secret)) == found
    assert world.collections.remembered("bearer", secret) == found
    assert world.collections.remembered("basic", basic(name, secret)) == found


@pytest.mark.parametrize(
    ("scheme", "credentials"),
    [
        ("bearer", ""),
        ("bearer", "own"),
        ("bearer", "\udcff\x00"),
        ("basic", ""),
        ("basic", "no base64 ="),
        ("basic", basic("own", "wrong")),
        ("basic", basic("", "")),
        ("basic", "/w=="),
        ("digest", "own"),
    ],
)
def test_wrong_credentials_are_nobody(world: World, scheme: str, credentials: str) -> None:
    assert world.collections.authenticate(scheme, credentials) is None
    assert world.collections.remembered(scheme, credentials) is None


def test_the_right_secret_under_another_name_is_nobody(world: World) -> None:
    secret = world.token("own")[1]
    assert world.collections.authenticate("basic", basic("reader", secret)) is None


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        ("own", {"exchange": (True, True), "private": (True, True)}),
        ("editor", {"exchange": (True, True)}),
        ("writer", {"exchange": (False, True)}),
        ("reader", {"exchange": (True, False)}),
        ("stranger", {}),
    ],
)
def test_each_caller_sees_the_collections_that_are_theirs(
    world: World, role: str, rights: dict[str, tuple[bool, bool]]
) -> None:
    who = caller(world, role)
    names = {world.exchange: "exchange", world.private: "private"}
    # A node shows its own tools what it received, too.
    found = [each for each in world.collections.collections(who) if each.alias != "received"]
    assert {names[each.id]: (each.can_read, each.can_write) for each in found} == rights
    again = world.collections.collections(who)
    assert found == [each for each in again if each.alias != "received"]
    for each in found:
        assert UUID(each.id).version == 4
        assert world.collections.collection(who, each.id) == each
    hidden = {world.exchange, world.private} - {each.id for each in found}
    assert all(world.collections.collection(who, each) is None for each in hidden)
    assert world.collections.collection(who, "no such collection") is None


def test_an_alias_names_the_same_collection(world: World) -> None:
    who = caller(world, "reader")
    by_alias = world.collections.collection(who, "exchange")
    assert by_alias is not None
    assert by_alias == world.collections.collection(who, world.exchange)
    assert world.collections.collection(caller(world, "stranger"), "exchange") is None


def test_what_is_added_comes_back_as_canonical_bytes_in_the_order_of_adding(world: World) -> None:
    objects = [indicator(1, x_extra={"b": [1, 2.5, None, True], "a": "é"}), malware(2), address(3)]
    status = add(world, *objects)
    found = rows(world)
    assert bodies(found) == [encode(each) for each in objects]
    assert [row.object_id for row in found] == [each["id"] for each in objects]
    assert [row.version for row in found] == ["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.000Z", ""]
    assert [row.spec_version for row in found] == ["2.1"] * 3
    assert UUID(status.id).version == 4
    assert [(each.id, each.version) for each in status.successes] == [(row.object_id, row.version) for row in found]
    assert not status.failures
    assert not status.pendings


def test_times_of_adding_are_unique_and_strictly_increase_even_when_the_clock_stands(world: World) -> None:
    for start in range(0, 60, 20):
        add(world, *(indicator(number) for number in range(start, start + 20)))
    times = [row.added_us for row in rows(world)]
    assert len(set(times)) == 60
    assert times == sorted(times)


def test_times_of_adding_never_go_back_with_the_clock(world: World) -> None:
    add(world, indicator(1))
    world.advance(-DAY_US)
    try:
        add(world, indicator(2))
    except ClockBehind:  # a node that signs takes nothing until its clock has caught up
        world.advance(DAY_US)
        add(world, indicator(2))
    assert [row.object_id for row in rows(world)] == [indicator(1)["id"], indicator(2)["id"]]


def test_a_page_holds_at_most_limit_rows_and_says_when_there_are_more(world: World) -> None:
    add(world, *(indicator(number) for number in range(10)))
    everything = rows(world)
    who = caller(world, "own")
    for limit in (1, 3, 9, 10, 11):
        walked: list[Row] = []
        more = True
        while more:
            after_us = walked[-1].added_us if walked else 0
            page = world.collections.page(who, world.exchange, Filter(), after_us, limit, bytes_max=1 << 30)
            assert 0 < len(page.rows) <= limit
            walked += page.rows
            more = page.more
        assert walked == list(everything)


def test_a_page_ends_before_it_is_too_large_but_is_never_empty_for_it(world: World) -> None:
    add(world, *(indicator(number, description="x" * 1_000) for number in range(5)))
    who = caller(world, "own")
    size = len(rows(world)[0].body)
    for bytes_max, expected in ((1, 1), (size, 1), (size * 2, 2), (size * 3 + 1, 3), (size * 6, 5)):
        page = world.collections.page(who, world.exchange, Filter(), 0, 100, bytes_max=bytes_max)
        assert (len(page.rows), page.more) == (expected, expected < 5)


def test_after_and_added_after_are_strict_and_the_later_one_counts(world: World) -> None:
    add(world, *(indicator(number) for number in range(4)))
    found = rows(world)
    for at, row in enumerate(found):
        assert rows(world, after_us=row.added_us) == list(found[at + 1 :])
        assert rows(world, replace(ALL, added_after_us=row.added_us)) == list(found[at + 1 :])
    both = rows(world, replace(ALL, added_after_us=found[0].added_us), after_us=found[2].added_us)
    assert both == [found[3]]
    assert rows(world, replace(ALL, added_after_us=found[2].added_us), after_us=found[0].added_us) == [found[3]]


def test_an_exact_duplicate_is_a_success_that_changes_nothing(world: World) -> None:
    add(world, indicator(1))
    before = rows(world, ALL)
    world.advance(DAY_US)
    status = add(world, indicator(1), indicator(1))
    assert len(status.successes) == 2
    assert rows(world, ALL) == before


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        "text",
        [],
        {},
        {"type": "indicator"},
        {"type": "indicator", "id": 7},
        {"type": "indicator", "id": "../../etc/passwd"},
        {**malware(1), "id": indicator(1)["id"]},
        {**malware(1), "modified": "yesterday"},
        {**malware(1), "modified": 5},
        {**malware(1), "spec_version": 2.1},
    ],
)
def test_a_bad_object_is_reported_and_the_good_ones_beside_it_are_stored(world: World, bad: JsonValue) -> None:
    status = add(world, indicator(1), bad, indicator(2))
    assert (len(status.successes), len(status.failures), len(status.pendings)) == (2, 1, 0)
    assert status.failures[0].message
    assert status.failures[0].id
    assert version_key(status.failures[0].version)
    assert [row.object_id for row in rows(world)] == [indicator(1)["id"], indicator(2)["id"]]


@pytest.mark.parametrize("role", ["reader", "stranger"])
def test_who_may_not_write_adds_nothing(world: World, role: str) -> None:
    with pytest.raises(NotPermitted):
        add(world, indicator(1), role=role)
    assert not rows(world, ALL)


def test_a_token_for_one_collection_does_not_write_another(world: World) -> None:
    with pytest.raises(NotPermitted):
        world.collections.add(caller(world, "editor"), world.private, [indicator(1)])


@pytest.mark.parametrize("role", ["writer", "stranger"])
def test_who_may_not_read_gets_an_empty_page(world: World, role: str) -> None:
    add(world, indicator(1))
    assert not rows(world, ALL, role=role)


def test_rights_are_decided_object_by_object(world: World) -> None:
    add(world, indicator(1), indicator(2, marking=RED), indicator(3))
    assert [row.object_id for row in rows(world, role="reader")] == [indicator(1)["id"], indicator(3)["id"]]
    assert len(rows(world, role="editor")) == 3
    by_id = Filter(ids=(str(indicator(2)["id"]),), versions=("all",))
    assert not rows(world, by_id, role="reader")


def test_a_collection_keeps_its_objects_to_itself(world: World) -> None:
    world.collections.add(caller(world, "own"), world.private, [indicator(1)])
    assert not rows(world, ALL)


def test_types_and_ids_are_alternatives_and_joined_by_and(world: World) -> None:
    add(world, indicator(1), malware(2), address(3))
    ids = [row.object_id for row in rows(world)]
    assert [row.object_id for row in rows(world, Filter(types=("indicator", "ipv4-addr")))] == [ids[0], ids[2]]
    assert [row.object_id for row in rows(world, Filter(ids=(ids[1], ids[2])))] == ids[1:]
    assert [row.object_id for row in rows(world, Filter(types=("malware",), ids=(ids[1], ids[2])))] == [ids[1]]
    assert not rows(world, Filter(types=("no-such-type",)))
    assert not rows(world, Filter(ids=("nothing like an id",)))


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 2)])
def test_versions_are_ranked_by_their_time_and_not_by_arrival(world: World, order: tuple[int, ...]) -> None:
    for hour in order:
        add(world, indicator(1, modified=modified(hour)))

    def found(*versions: str) -> list[str]:
        return [row.version for row in rows(world, Filter(versions=tuple(sorted(versions))))]

    arrived = [modified(hour) for hour in order]
    assert found("last") == [modified(3)]
    assert found("first") == [modified(1)]
    assert found("all") == arrived
    assert found("first", "last") == [version for version in arrived if version != modified(2)]
    assert found(version_key(modified(2))) == [modified(2)]
    assert found(version_key(modified(2)), "last") == [version for version in arrived if version != modified(1)]
    assert found(version_key(modified(9))) == []


def test_a_version_is_found_however_its_fraction_is_written_and_kept_as_it_was(world: World) -> None:
    add(world, indicator(1, modified=modified(1, ".100000")), indicator(2, modified=modified(1, "")))
    add(world, indicator(1, modified=modified(1, ".099")))
    assert [row.version for row in rows(world)] == [modified(1, ".100000"), modified(1, "")]
    key = version_key(modified(1, ".1"))
    assert [row.version for row in rows(world, Filter(versions=(key,)))] == [modified(1, ".100000")]


def test_without_modified_created_is_the_version_and_without_both_there_is_none(world: World) -> None:
    add(world, statement_marking(1), address(2))
    assert [row.version for row in rows(world)] == ["2026-01-02T03:04:05.123Z", ""]
    assert [row.version for row in rows(world, Filter(versions=(version_key(""),)))] == [""]
    assert len(rows(world, Filter(versions=("first",)))) == 2


def test_only_the_latest_spec_version_of_a_version_comes_unless_others_are_listed(world: World) -> None:
    if not world.keeps_stix_20:
        add(world, old_malware(1))
        assert [row.spec_version for row in rows(world)] == ["2.1"]
        return
    add(world, old_malware(1), malware(1), old_malware(2))
    assert [row.spec_version for row in rows(world)] == ["2.1", "2.0"]
    assert [row.spec_version for row in rows(world, Filter(spec_versions=("2.0",)))] == ["2.0", "2.0"]
    assert [row.spec_version for row in rows(world, Filter(spec_versions=("2.0", "2.1")))] == ["2.0", "2.1", "2.0"]
    assert not rows(world, Filter(spec_versions=("9.9",)))


def test_a_status_is_kept_for_a_day_and_only_for_the_token_it_was_given_to(world: World) -> None:
    status = add(world, indicator(1), 7, role="editor")
    assert world.collections.status(caller(world, "editor"), status.id) == status
    for role in ("own", "writer", "reader", "stranger"):
        assert world.collections.status(caller(world, role), status.id) is None
    world.advance(DAY_US - 1)
    add(world, indicator(2), role="editor")
    assert world.collections.status(caller(world, "editor"), status.id) == status
    assert world.collections.status(caller(world, "editor"), "no such status") is None


def delete(world: World, who: Caller, number: int, *versions: str) -> bool:
    return world.collections.delete(who, world.exchange, str(indicator(number)["id"]), versions or ("all",), ())


def test_what_is_withdrawn_is_gone_and_the_version_before_is_the_last_again(world: World) -> None:
    add(world, *(indicator(1, modified=modified(hour)) for hour in (1, 2, 3)), indicator(2))
    who = caller(world, "editor")
    assert delete(world, who, 1, version_key(modified(3)))
    assert next(row.version for row in rows(world, Filter(types=("indicator",)))) == modified(2)
    assert delete(world, who, 1, "first")
    assert next(row.version for row in rows(world, ALL)) == modified(2)
    assert not delete(world, who, 1, version_key(modified(3)))
    assert delete(world, who, 1)
    assert [row.object_id for row in rows(world, ALL)] == [indicator(2)["id"]]
    assert not delete(world, who, 1)
    assert not delete(world, who, 77)


def test_who_may_only_read_withdraws_nothing(world: World) -> None:
    add(world, indicator(1), indicator(2, marking=RED))
    with pytest.raises(NotPermitted):
        delete(world, caller(world, "reader"), 1)
    # What they may not see does not exist for them, so there is nothing to forbid.
    assert not delete(world, caller(world, "reader"), 2)
    assert not delete(world, caller(world, "writer"), 1)
    assert len(rows(world, ALL)) == 2


def test_the_epoch_changes_with_every_change_and_stands_still_without_one(world: World) -> None:
    who = caller(world, "reader")
    epochs = [world.collections.epoch(who, world.exchange)]
    assert epochs[0] is not None

    def changed() -> bool:
        epochs.append(world.collections.epoch(who, world.exchange))
        assert epochs[-1] == world.collections.epoch(who, world.exchange)
        return epochs[-1] not in epochs[:-1]

    add(world, indicator(1))
    assert changed()
    rows(world, role="reader")
    assert not changed()
    add(world, indicator(1, modified=modified(5)))
    assert changed()
    assert delete(world, caller(world, "own"), 1, "last")
    assert changed()


def test_the_epoch_of_a_name_that_is_no_collection_does_no_harm(world: World) -> None:
    for name in ("", "no such collection", "\x00", "../private", world.private):
        hash(world.collections.epoch(caller(world, "stranger"), name))
