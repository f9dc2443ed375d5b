"""What is counted for a line that hits is what the whole event says, though it is read another way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detente.hunt.readers.event import outcome_of
from detente.hunt.readers.web import apache_event, apache_outcome

TIME = "[17/May/2015:10:05:03 +0200]"
FRAGMENTS = [
    *("198.51.100.7 - - ", "www.a.example:443 ", "frank ", " ", "-"),
    *(TIME, TIME + " ", TIME + ' "GET /a', "[99/May/2015:10:05:03 +0200]"),
    *('"', ' "GET / HTTP/1.1" 200 2326', ' "CONNECT b.example:443 HTTP/1.1" 200 1', ' "POST /a'),
    *(' "GET http://b.example/x HTTP/1.1" 403 7', '/a?b="c', "\\", '\\"', " HTTP/1.1", '" 404 1', '" 200', '" 301 '),
    *(' "-" "Mozilla/5.0"', "CONNECT", "CONNECT /", "GET ", "[", "]", "ü"),
]
line = st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join)
likely = st.tuples(st.sampled_from(FRAGMENTS[:4]), line).map(
    lambda parts: "198.51.100.7 - " + parts[0] + TIME + parts[1]
)


@given(line | likely)
def test_the_outcome_of_an_apache_line_is_that_of_its_event(line: str) -> None:
    assert apache_outcome(line.encode()) == outcome_of(apache_event(line.encode()))


def test_a_plain_request_is_read_the_quick_way_and_the_same() -> None:
    line = f'198.51.100.7 - frank {TIME} "GET /a.png HTTP/1.1" 403 2326 "http://x/" "Mozilla/5.0"'.encode()
    assert apache_outcome(line) == (1431849903_000000, "", "in", "blocked") == outcome_of(apache_event(line))
