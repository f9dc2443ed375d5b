"""The short way out of minimise never misses what the rules would find, and what left once leaves again unchanged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detente.minimise import RemovalRules, _search, minimise
from detente.stix.canonical import encode
from detente.stix.objects import StixObject

SAMPLES = r"""
    192.0.2.5 192[.]0[.]2[.]5 10.1.2.3 2001:db8:1::5 2001:DB8:1:: ::ffff:10.0.0.1 0:0:0:0:0:FFFF:0a00:1 ::ffff:c000:205
    fd12::1 fe80::1 pc.corp.example
    CORP.EXAMPLE corp(.)example x.lan .lan lan a@b.test a[at]b.test C:\Users\jane C:/Users/jane /home/jane \Users\jane
    C:/Documents Bluebird bluebird äDLER Ädler ädler [ ] ( ) : . / \ " ' - _ x 1 é removed
"""
FRAGMENTS = st.sampled_from([*SAMPLES.split(), " ", "\n", "C:\\Documents and Settings\\", "/documents and settings/"])
TEXT = st.lists(FRAGMENTS, max_size=8).map("".join) | st.lists(FRAGMENTS, max_size=8).map(" ".join)
RULES = st.sampled_from(
    [
        RemovalRules(),
        RemovalRules(own_networks=("192.0.2.0/24", "2001:db8:1::/48"), own_domains=("corp.example", "lan")),
        RemovalRules(e_mail=False, user_paths=False, words=("Bluebird", "removed", "word")),
        RemovalRules(e_mail=False, user_paths=False, words=("Ädler",)),
        RemovalRules(e_mail=False, private_addresses=True, own_networks=("10.0.0.0/8", "fd00::/9", "192.0.2.5")),
    ]
)


def note(text: str) -> StixObject:
    value = {"type": "note", "id": "note--5d0092c5-5f74-4287-9642-33f4c354e56d", "content": text}
    return StixObject({**value}, encode({**value}))


@given(TEXT, RULES)
def test_whatever_the_expression_finds_the_quick_look_at_the_bytes_did_not_rule_out(
    text: str, rules: RemovalRules
) -> None:
    search = _search(rules)
    found = any(search.judge(match) is not None for match in search.expression.finditer(text))
    result = minimise(note(text), rules)
    assert bool(result.removed) == found


@given(TEXT, RULES)
def test_what_has_left_once_leaves_again_unchanged(text: str, rules: RemovalRules) -> None:
    once = minimise(note(text), rules).object
    assert once is not None
    again = minimise(once, rules)
    assert again.object == once
    assert again.removed == {}
