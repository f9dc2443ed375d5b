"""TAXII 2.1 conformance, lines 46–66: Get objects, its headers, limits and paging."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.conformance.taxii.loopback import TIMESTAMP, Client, Reply
from tests.contract.stix_examples import RED, address, indicator, malware
from tests.contract.worlds import NodeWorld

from detente.taxii.times import format_timestamp, parse_timestamp


def _fill(client: Client, count: int) -> list[str]:
    """Adds objects in two POSTs, and gives their ids in the order of adding."""
    objects = [indicator(number) for number in range(count)]
    half = count // 2
    assert client.post(*objects[:half]).status == client.post(*objects[half:]).status == 202
    return [str(each["id"]) for each in objects]


def _walk(client: Client, query: dict[str, Any], path: str | None = None) -> list[Reply]:
    """All pages by `next`, with the filters of the first."""
    pages = [client.get(path or client.objects(), query)]
    while pages[-1].value.get("more"):
        assert len(pages) < 200
        pages.append(client.get(path or client.objects(), {**query, "next": pages[-1].value["next"]}))
    return pages


def _ids(pages: list[Reply]) -> list[str]:
    return [each for page in pages for each in page.ids]


def test_046_the_body_is_an_envelope_also_for_one_object_and_for_none(client: Client) -> None:
    empty = client.get(client.objects())
    assert (empty.status, empty.value) == (200, {})
    client.post(indicator(1))
    for path in (client.objects(), client.objects(str(indicator(1)["id"]))):
        assert client.get(path).value == {"more": False, "objects": [indicator(1)]}
    nothing = client.get(client.objects(), "match[type]=tool")
    assert (nothing.status, nothing.value) == (200, {})


def test_047_both_date_added_headers_are_on_every_page_and_on_no_empty_one(client: Client) -> None:
    _fill(client, 3)
    one = client.objects(str(indicator(1)["id"]))
    for path in (client.objects(), client.manifest, one, f"{one}versions/"):
        first, last = client.get(path).added
        assert first is not None
        assert last is not None
        assert TIMESTAMP.fullmatch(first)
        assert TIMESTAMP.fullmatch(last)
        assert client.get(path, "added_after=2999-01-01T00:00:00Z").added == (None, None)


def test_048_they_are_the_date_added_of_the_first_and_last_item_of_the_page(client: Client) -> None:
    _fill(client, 10)
    dates = {each["id"]: each["date_added"] for each in client.get(client.manifest).value["objects"]}
    for path in (client.objects(), client.manifest):
        for page in _walk(client, {"limit": 3}, path):
            assert page.added == (dates[page.ids[0]], dates[page.ids[-1]])


def test_049_objects_ascend_by_date_added_in_the_same_order_as_the_manifest(client: Client) -> None:
    ids = _fill(client, 10)
    records = client.get(client.manifest).value["objects"]
    dates = [each["date_added"] for each in records]
    assert dates == sorted(dates)
    assert [each["id"] for each in records] == client.get(client.objects()).ids == ids


@pytest.mark.parametrize("pause_us", [0, 1, 1_000_000])
def test_050_what_is_added_later_is_found_after_the_last_header_seen(client: Client, pause_us: int) -> None:
    if pause_us < 0 and isinstance(client.world, NodeWorld):
        pytest.skip("a node that signs takes nothing while its clock is behind; the contract of collections tests that")
    _fill(client, 4)
    for number in range(10, 15):
        last = client.get(client.objects(), "match[version]=all").added[1]
        client.world.advance(pause_us)
        older = indicator(number, created="2020-01-01T00:00:00Z", modified="2020-01-01T00:00:00Z")
        client.post(indicator(number), older)
        found = client.get(client.objects(), {"added_after": last, "match[version]": "all"}).ids
        assert found == [indicator(number)["id"]] * 2


def test_051_without_the_right_to_read_the_answer_is_404(client: Client) -> None:
    client.post(indicator(1))
    assert client.as_("writer").get(client.objects()).status == 404


@pytest.mark.parametrize("limit", [1, 2, 9, 10, 11])
def test_052_there_are_never_more_than_limit(client: Client, limit: int) -> None:
    _fill(client, 10)
    for path in (client.objects(), client.manifest):
        assert len(client.get(path, {"limit": limit}).ids) == min(limit, 10)


@pytest.mark.parametrize("limit", [10, 11, 5_000])
def test_053_if_all_fits_all_is_there(client: Client, limit: int) -> None:
    ids = _fill(client, 10)
    page = client.get(client.objects(), {"limit": limit})
    assert page.ids == ids
    assert page.value["more"] is False
    assert "next" not in page.value


@pytest.mark.parametrize("limit", [1, 5, 9])
def test_054_when_there_is_more_the_page_says_so(client: Client, limit: int) -> None:
    _fill(client, 10)
    for path in (client.objects(), client.manifest):
        page = client.get(path, {"limit": limit})
        assert page.value["more"] is True
        assert page.value["next"]


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "ten", "+5", "1_0", " 5", "٥", "007", "1e3", ""])
def test_055_a_limit_that_is_no_positive_integer_is_answered_400(client: Client, limit: str) -> None:
    assert client.get(client.objects(), {"limit": limit}).status == 400
    assert client.get(client.manifest, {"limit": limit}).status == 400


@pytest.mark.parametrize("limit", [8, 10**6, 10**30])
def test_056_a_larger_limit_than_the_server_allows_is_served_and_capped(
    serve: Callable[..., Client], limit: int
) -> None:
    client = serve(limit_max=7)
    ids = _fill(client, 10)
    page = client.get(client.objects(), {"limit": limit})
    assert page.ids == ids[:7]
    assert page.value["more"] is True


def test_057_without_a_limit_the_server_bounds_the_page_in_number_and_in_bytes(serve: Callable[..., Client]) -> None:
    client = serve()
    _fill(client, 1_001)
    assert len(client.get(client.objects()).ids) == 1_000
    client = serve(page_bytes_max=2_000)
    page = client.get(client.objects())
    assert 0 < len(page.ids) < 10
    assert len(page.body) < 2_200
    assert page.value["more"] is True


@pytest.mark.parametrize("limit", [1, 3, 10, 11])
@pytest.mark.parametrize("bytes_max", [1, 1 << 20])
def test_058_a_walk_by_next_meets_each_object_once(serve: Callable[..., Client], limit: int, bytes_max: int) -> None:
    client = serve(page_bytes_max=bytes_max)
    ids = _fill(client, 11)
    for path in (client.objects(), client.manifest):
        assert _ids(_walk(client, {"limit": limit}, path)) == ids


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_059_a_walk_by_added_after_meets_each_object_once_also_after_a_bulk_post(client: Client, limit: int) -> None:
    ids = _fill(client, 60)
    query: dict[str, object] = {"limit": limit}
    found: list[str] = []
    while (page := client.get(client.objects(), query)).ids:
        assert len(found) < 60
        found += page.ids
        query["added_after"] = page.added[1]
    assert found == ids


def test_060_the_same_next_twice_gives_the_same_page(client: Client) -> None:
    _fill(client, 10)
    query = {"limit": 3, "next": client.get(client.objects(), "limit=3").value["next"]}
    assert client.get(client.objects(), query).body == client.get(client.objects(), query).body


def test_061_next_goes_on_with_the_original_filters(client: Client) -> None:
    client.post(*(make(number) for number in range(10) for make in (indicator, malware)))
    pages = _walk(client, {"limit": 3, "match[type]": "malware"})
    assert _ids(pages) == [malware(number)["id"] for number in range(10)]
    assert len(pages) == 4


def test_062_next_is_never_trusted(client: Client) -> None:
    ids = _fill(client, 6)
    client.post(indicator(50, marking=RED), path=client.objects())
    client.post(indicator(51), path=client.path("collections", client.world.private, "objects"))
    reader = client.as_("reader")
    cursor = client.get(client.objects(), "limit=5").value["next"]
    # Another caller's cursor shows that caller nothing more than their own rights do.
    assert reader.get(client.objects(), {"next": cursor}).ids == ids[5:]
    assert reader.get(client.path("collections", client.world.private, "objects"), {"next": cursor}).status == 404
    assert client.as_("stranger").get(client.objects(), {"next": cursor}).status == 404
    for made_up in ("1", "ffff", "5f5e1002d9a00"):
        page = reader.get(client.objects(), {"next": made_up})
        assert page.status == 200
        assert set(page.ids) <= set(ids)
    for broken in ("0", "xyz", "A", "-1", "1" * 17, "ffffffffffffffff", "' OR 1=1", "\x00", "𝄞", "1\n"):
        assert reader.get(client.objects(), {"next": broken}).status == 400


def test_063_added_after_is_strict(client: Client) -> None:
    ids = _fill(client, 10)
    dates = [each["date_added"] for each in client.get(client.manifest).value["objects"]]
    for at, date in enumerate(dates):
        assert client.get(client.objects(), {"added_after": date}).ids == ids[at + 1 :]
        before = format_timestamp(parse_timestamp(date) - 1)
        assert client.get(client.objects(), {"added_after": before}).ids[0] == ids[at]


@pytest.mark.parametrize(
    "query",
    [
        "added_after=2026-01-01",
        "added_after=2026-01-01T00:00:00",
        "added_after=2026-01-01 00:00:00Z",
        "added_after=2026-02-30T00:00:00Z",
        "added_after=2026-01-01T24:00:00Z",
        "added_after=0000-01-01T00:00:00Z",
        "added_after=2026-01-01T00:00:00.Z",
        "added_after=2026-01-01T00:00:00.0000000000Z",
        "added_after=1767225600",
        "added_after=2026-01-01T00:00:00Z&added_after=2026-01-01T00:00:00Z",
        "added_after=2026-01-01T00:00:00Z&added%5Fafter=2027-01-01T00:00:00Z",
    ],
)
def test_064_a_malformed_added_after_or_two_of_them_are_answered_400(client: Client, query: str) -> None:
    assert client.get(client.objects(), query.replace(" ", "%20")).status == 400


def test_065_any_number_of_fractional_digits_is_understood(client: Client) -> None:
    ids = _fill(client, 3)
    second = client.get(client.manifest).value["objects"][1]["date_added"]
    client.world.advance(5_000_000)
    for spelling in (second, second.replace("Z", "999Z")):
        assert client.get(client.objects(), {"added_after": spelling}).ids == ids[2:]
    # What is cut off here lies before all three of them.
    for spelling in ("2025-12-31T23:59:59Z", "2025-12-31T23:59:59.999Z", "2025-12-31T23:59:59.9Z"):
        assert client.get(client.objects(), {"added_after": spelling}).ids == ids


def test_066_without_added_after_the_oldest_come_first(client: Client) -> None:
    client.post(address(1))
    client.world.advance(1_000)
    client.post(malware(2, modified="1999-01-01T00:00:00Z"))
    assert client.get(client.objects(), "limit=1").ids == [address(1)["id"]]
