"""The collector is as it was once a hunt is over, also one that failed."""

from __future__ import annotations

import gc

import pytest

from detente.node.collecting import seldom_collecting


def test_the_collector_comes_seldom_meanwhile_and_as_before_afterwards() -> None:
    before = gc.get_threshold()
    with seldom_collecting():
        assert gc.isenabled()
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold() == before
    with pytest.raises(KeyError), seldom_collecting():
        raise KeyError
    assert gc.get_threshold() == before
