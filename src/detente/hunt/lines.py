"""Which value of an indicator a line hit: for listing hits one by one."""

from __future__ import annotations

from detente.hunt.indicators import IndicatorSource, Matcher, compile_indicators
from detente.hunt.scan import LineHit
from detente.stix.pattern import PatternValue


class HitValues:
    """Remembers the answers; an indicator has few values, and few of them are seen."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._alone: dict[int, Matcher] = {}
        self._known: dict[tuple[int, frozenset[tuple[str, bytes]]], PatternValue] = {}

    def value_of(self, hit: LineHit) -> PatternValue:
        """Of several the first that hit."""
        source = self._matcher.sources[hit.indicator]
        if not source.values:
            return pattern_of(source)
        if len(source.values) == 1:
            return source.values[0]
        key = (hit.indicator, hit.seen)
        if key not in self._known:
            if len(self._known) > 100_000:
                self._known.clear()
            self._known[key] = self._find(hit, source)
        return self._known[key]

    def _find(self, hit: LineHit, source: IndicatorSource) -> PatternValue:
        if hit.indicator not in self._alone:
            each = [IndicatorSource(str(place), [value]) for place, value in enumerate(source.values)]
            self._alone[hit.indicator] = compile_indicators(each)[0]
        alone = self._alone[hit.indicator]
        places = [int(alone.sources[match.indicator].id) for _, value in hit.seen for match in alone.match_word(value)]
        return source.values[min(places, default=0)]


def pattern_of(source: IndicatorSource) -> PatternValue:
    """What stands for an indicator that no value leads to."""
    return PatternValue("pattern", source.pattern)  # type: ignore[arg-type]  # a kind for whoever reads it, not one that is searched for
