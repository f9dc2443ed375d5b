"""Media types: every harmless spelling is understood, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.taxii.media import HEADER_CHARACTERS_MAX, TAXII, accepts_taxii, is_taxii, stix_media_type


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("", True),
        ("\t ", True),
        (TAXII, True),
        ("application/taxii+json", True),
        ("application/taxii+json;version=2.0", False),
        ("application/taxii+json;version=2.0, application/taxii+json", True),
        ("application/taxii+json;version=", True),
        ("APPLICATION/TAXII+JSON;Version=2.1;Q=0.001", True),
        ("application/taxii+json;q=0.000", False),
        ("application/taxii+json;q=0, */*;q=1", False),
        ("*/*;q=0, application/taxii+json", True),
        ("application/*", True),
        ("application/json", True),
        ("application/taxii+json;q=1.5", False),
        ("application/taxii+json;q=often", False),
        ("application/taxii+xml", False),
        ("application / taxii+json", False),
        ("text/*", False),
        ('text/html;x=", application/taxii+json"', False),
        ('text/html;x="unfinished, application/taxii+json', False),
        ('application/taxii+json;x="a;version=9.9"', True),
    ],
)
def test_accept_is_read_as_rfc_9110_says(header: str, accepted: bool) -> None:
    assert accepts_taxii(header) is accepted


@pytest.mark.parametrize(
    ("header", "taxii"),
    [
        (TAXII, True),
        ("application/taxii+json ; charset=utf-8", True),
        ("application/taxii+json;version=2.0", False),
        ("application/json", False),
        ("*/*", False),
        ("application/*", False),
        (f"{TAXII}, {TAXII}", False),
        ("", False),
    ],
)
def test_a_content_type_names_one_type_and_no_range(header: str, taxii: bool) -> None:
    assert is_taxii(header) is taxii


def test_what_stands_behind_the_bound_is_not_looked_at() -> None:
    assert not accepts_taxii("x" * HEADER_CHARACTERS_MAX + f", {TAXII}")


@given(st.text(alphabet='application/taxii+json;version=2.1,q="* \t\\', max_size=200))
def test_no_header_breaks_the_reader(header: str) -> None:
    assert accepts_taxii(header) in (True, False)
    assert is_taxii(header) in (True, False)


def test_an_object_has_the_media_type_of_its_spec_version() -> None:
    assert stix_media_type("2.1") == "application/stix+json;version=2.1"
