"""Whether a pattern holds for observations, and by which of them (STIX 2.1, sections 9.3 to 9.5).

A *binding* is a choice of observations that makes an expression true, a bit for each. Different operands of AND and FOLLOWEDBY, and the
repetitions of REPEATS, need different observations; an observation with `number_observed` n counts as n. Bindings are looked for lazily,
inside the set of those still allowed: a window of time narrows that set before anything is tried, so most of what cannot hold is
never tried.

Of an observation that lasted, some instant between its first and its last counts: `a FOLLOWEDBY b` holds when some instants put all of a
before or at all of b; WITHIN when some instants all lie within so many seconds; START is inclusive and STOP exclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from detente.errors import InvalidPattern
from detente.stix.objects import parse_timestamp
from detente.stix.pattern.compare import predicate_of, values_at
from detente.stix.pattern.grammar import parse_pattern
from detente.stix.pattern.observed import Object, Observed
from detente.stix.pattern.tree import Combined, Comparison, Joined, Observation, Pattern

STEPS_MAX = 1_000_000
_SECOND_US = 1_000_000

Holds = Callable[[Object, Observed], bool]


def match(pattern: Pattern | str, observed: Sequence[Observed]) -> list[Observed]:
    """Observations that together make the pattern hold, in the order given; none when it does not.

    Text is read leniently (see `parse_pattern`). Raises InvalidPattern for what cannot be evaluated, or not within a million
    steps; InvalidObject where a time is compared with text that is none.
    """
    tree = parse_pattern(pattern, lenient=True) if isinstance(pattern, str) else pattern
    search = _Search(observed, _repetitions(tree))
    binding = next(search.bindings(search.prepared(tree), search.everything), 0)
    chosen = {search.owners[bit] for bit in _bits(binding)}
    return [one for n, one in enumerate(observed) if n in chosen]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """An observation expression, and the observations that make it true."""

    found: int


@dataclass(frozen=True, slots=True)
class _Joined:
    operator: str
    operands: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Within:
    inner: _Node
    span_us: int


@dataclass(frozen=True, slots=True)
class _Repeated:
    inner: _Node
    times: int


@dataclass(frozen=True, slots=True)
class _Between:
    inner: _Node
    allowed: int


_Node = _Leaf | _Joined | _Within | _Repeated | _Between


class _Search:
    """Bits are given to observations in the order of their first instants."""

    def __init__(self, observed: Sequence[Observed], copies_max: int) -> None:
        order = sorted(range(len(observed)), key=lambda n: (observed[n].first_us, n))
        self.owners = [n for n in order for _ in range(min(observed[n].count, copies_max))]
        self._firsts = [observed[n].first_us for n in self.owners]
        self._lasts = [observed[n].last_us for n in self.owners]
        self._observed = observed
        self.everything = (1 << len(self.owners)) - 1
        self._steps = 0

    def prepared(self, node: Pattern) -> _Node:
        if isinstance(node, Observation):
            holds = holds_for(node.expression)
            true = {n for n, one in enumerate(self._observed) if any(holds(root, one) for root in one.roots)}
            return _Leaf(self._where(lambda bit: self.owners[bit] in true))
        if isinstance(node, Joined):
            return _Joined(node.operator, tuple(self.prepared(operand) for operand in node.operands))
        inner = self.prepared(node.expression)
        if node.qualifier == "WITHIN":
            return _Within(inner, round(float(node.arguments[0]) * _SECOND_US))
        if node.qualifier == "REPEATS":
            return _Repeated(inner, int(node.arguments[0]))
        start, stop = (parse_timestamp(str(text)) for text in node.arguments)
        return _Between(inner, self._where(lambda bit: self._lasts[bit] >= start and self._firsts[bit] < stop))

    def bindings(self, node: _Node, allowed: int) -> Iterator[int]:
        """Each way to make the expression true with the allowed observations; some may come twice."""
        self._steps += 1
        if self._steps > STEPS_MAX:
            raise InvalidPattern(f"there are too many ways in which it might hold; {STEPS_MAX:,} were tried")
        if isinstance(node, _Leaf):
            yield from (1 << bit for bit in _bits(node.found & allowed))
        elif isinstance(node, _Between):
            yield from self.bindings(node.inner, allowed & node.allowed)
        elif isinstance(node, _Within):
            yield from self._within(node, allowed)
        elif isinstance(node, _Repeated):
            yield from self._repeated(node, node.times, allowed, -1)
        elif node.operator == "OR":
            for operand in node.operands:
                yield from self.bindings(operand, allowed)
        else:
            yield from self._all_of(node, 0, allowed)

    def _all_of(self, node: _Joined, at: int, allowed: int) -> Iterator[int]:
        for left in self.bindings(node.operands[at], allowed):
            if at + 1 == len(node.operands):
                yield left
                continue
            rest = allowed & ~left
            if node.operator == "FOLLOWEDBY":
                begun = max(self._firsts[bit] for bit in _bits(left))
                rest &= self._where(lambda bit, begun=begun: self._lasts[bit] >= begun)  # type: ignore[misc]
            for right in self._all_of(node, at + 1, rest):
                yield left | right

    def _within(self, node: _Within, allowed: int) -> Iterator[int]:
        """A window for each instant that may be the latest end: all that has an instant in it fits together."""
        for end in sorted({self._lasts[bit] for bit in _bits(allowed)}):
            inside = self._where(lambda bit: self._lasts[bit] >= end and self._firsts[bit] <= end + node.span_us)  # noqa: B023
            yield from self.bindings(node.inner, allowed & inside)

    def _repeated(self, node: _Repeated, times: int, allowed: int, after: int) -> Iterator[int]:
        """`times` different bindings, in the order of their lowest bits, so that no choice is tried in every order."""
        if allowed.bit_count() < times:
            return
        for one in self.bindings(node.inner, allowed):
            lowest = (one & -one).bit_length() - 1
            if lowest <= after:
                continue
            if times == 1:
                yield one
                continue
            for rest in self._repeated(node, times - 1, allowed & ~one, lowest):
                yield one | rest

    def _where(self, holds: Callable[[int], bool]) -> int:
        return sum(1 << bit for bit in range(len(self.owners)) if holds(bit))


def holds_for(expression: Comparison | Combined) -> Holds:
    """Whether a comparison expression holds in one object: all parts of an AND in the same one."""
    if isinstance(expression, Comparison):
        path, predicate = expression.path, predicate_of(expression)
        return lambda root, observed: any(predicate(value) for value in values_at(path, root, observed.objects))
    parts = [holds_for(operand) for operand in expression.operands]
    if expression.operator == "AND":
        return lambda root, observed: all(part(root, observed) for part in parts)
    return lambda root, observed: any(part(root, observed) for part in parts)


def check_literals(node: Pattern) -> None:
    """Prepare every comparison of a pattern. Raises InvalidPattern for literals that no evaluation can use."""
    pending = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, Observation):
            holds_for(one.expression)
        elif isinstance(one, Joined):
            pending.extend(one.operands)
        else:
            pending.append(one.expression)


def _repetitions(node: Pattern) -> int:
    """How many copies of one observation an expression can need at most."""
    if isinstance(node, Observation):
        return 1
    if isinstance(node, Joined):
        return sum(map(_repetitions, node.operands))
    inner = _repetitions(node.expression)
    return min(inner * int(node.arguments[0]), 10_000) if node.qualifier == "REPEATS" else inner


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
