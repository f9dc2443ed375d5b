"""Which observations together make a pattern hold (STIX 2.1, sections 9.3 to 9.5): AND, OR, FOLLOWEDBY, WITHIN, REPEATS, START.

What each observation expression says of each observation is known before; here is only the choice of observations. A
*binding* is such a choice, a bit for each. Different operands of AND and FOLLOWEDBY, and the repetitions of REPEATS, need
different observations; an observation with `number_observed` n counts as n.

Of an observation that lasted, some instant between its first and its last counts: `a FOLLOWEDBY b` holds when some instants
put all of a before or at all of b; WITHIN when some instants all lie within so many seconds; START is inclusive and STOP
exclusive.

Bindings are looked for lazily, inside the set of bits still allowed. Before anything is tried that set is narrowed to what can be part
of a binding at all, by number and by time, so that most of what cannot hold is never tried. Chains are loops: only nesting, which the
parser bounds, takes stack.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from detente.errors import InvalidObject, InvalidPattern
from detente.stix.objects import parse_timestamp
from detente.stix.pattern.tree import Joined, Observation, Pattern, Qualified

STEPS_MAX = 200_000
COPIES_MAX = 1 << 18

_LOOK_AHEAD = 8  # operands; all of them each time would make long chains quadratic

_SECOND_US = 1_000_000
_SECONDS_MAX = 1e12


@dataclass(frozen=True, slots=True)
class Seen:
    """An observation as the search needs it. `leaves`: a bit for each observation expression that it makes true, see `leaves_of`."""

    first_us: int
    last_us: int
    count: int
    leaves: int


def leaves_of(node: Pattern) -> list[Observation]:
    """The observation expressions, as they are written from left to right."""
    found: list[Observation] = []
    pending: list[Pattern] = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, Observation):
            found.append(one)
        elif isinstance(one, Joined):
            pending.extend(reversed(one.operands))
        else:
            pending.append(one.expression)
    return found


def occurrences(pattern: Pattern, seen: Sequence[Seen], *, before_us: int | None = None) -> Iterator[tuple[int, ...]]:
    """The places in `seen` of what makes the pattern hold; then of what does so without these, until nothing does.

    Which come first is set by their times, not by their order. `before_us`: of a pattern that is WITHIN as a whole, only what is found in
    windows that begin before; nothing that comes more than the window later changes it. Raises InvalidPattern when it takes too many steps
    to tell.
    """
    search = _Search(pattern, seen)
    for binding in search.apart(before_us):
        yield tuple(sorted({search.owners[bit] for bit in _bits(binding)}))


@dataclass(frozen=True, slots=True)
class _Leaf:
    found: int
    size: int = 1  # of the smallest binding


@dataclass(frozen=True, slots=True)
class _Joined:
    operator: str
    operands: tuple[_Node, ...]
    size: int


@dataclass(frozen=True, slots=True)
class _Within:
    inner: _Node
    size: int
    span_us: int


@dataclass(frozen=True, slots=True)
class _Repeated:
    inner: _Node
    size: int
    times: int


@dataclass(frozen=True, slots=True)
class _Between:
    inner: _Node
    size: int
    allowed: int


_Node = _Leaf | _Joined | _Within | _Repeated | _Between


class _Search:
    """Bits are given to observations in the order of their first instants; those that make nothing true get none."""

    def __init__(self, pattern: Pattern, seen: Sequence[Seen]) -> None:
        copies_max = _copies(pattern)
        order = sorted((n for n, one in enumerate(seen) if one.leaves), key=lambda n: (seen[n].first_us, n))
        copies = sum(min(seen[n].count, copies_max) for n in order)
        if copies > COPIES_MAX:
            raise InvalidPattern(f"{copies:,} observations make a part of it true; at most {COPIES_MAX:,} are searched")
        self.owners = [n for n in order for _ in range(min(seen[n].count, copies_max))]
        self._firsts = [seen[n].first_us for n in self.owners]
        self._lasts = [seen[n].last_us for n in self.owners]
        self._long = [bit for bit, last in enumerate(self._lasts) if last > self._firsts[bit]]
        self._longest_us = max((self._lasts[bit] - self._firsts[bit] for bit in self._long), default=0)
        self._everything = (1 << len(self.owners)) - 1
        self._steps = 0
        leaves = (
            self._where(seen[n].leaves >> leaf & 1 for n in self.owners) for leaf in range(len(leaves_of(pattern)))
        )
        self._root = self._prepared(pattern, leaves)

    def apart(self, before_us: int | None = None) -> Iterator[int]:
        """Bindings of the whole that share no bit."""
        free = self._everything
        if isinstance(self._root, _Within):
            # A window that failed fails ever after, so that each is tried until it does, and not again. There is one for every
            # observation, so that what is found does not depend on what comes behind the window.
            for inside in self._windows(self._root, free if self._support(self._root, free) else 0, before_us):
                while found := next(self._bindings(self._root.inner, inside & free), 0):
                    yield found
                    free &= ~found
            return
        while found := next(self._bindings(self._root, free), 0):
            yield found
            free &= ~found

    def _prepared(self, node: Pattern, leaves: Iterator[int]) -> _Node:
        if isinstance(node, Observation):
            return _Leaf(next(leaves))
        if isinstance(node, Joined):
            operands = tuple(self._prepared(operand, leaves) for operand in node.operands)
            sizes = (operand.size for operand in operands)
            return _Joined(node.operator, operands, min(sizes) if node.operator == "OR" else sum(sizes))
        inner = self._prepared(node.expression, leaves)
        if node.qualifier == "WITHIN":
            return _Within(inner, inner.size, span_us_of(node.arguments[0]))
        if node.qualifier == "REPEATS":
            return _Repeated(inner, inner.size * int(node.arguments[0]), int(node.arguments[0]))
        start, stop = bounds_us_of(node)
        return _Between(inner, inner.size, self._since(start) & _below(bisect_left(self._firsts, stop)))

    def _bindings(self, node: _Node, allowed: int) -> Iterator[int]:
        """Each way to make the expression true with the allowed observations; some may come twice."""
        if isinstance(node, _Leaf):
            yield from (1 << bit for bit in _bits(node.found & allowed))
        elif isinstance(node, _Between):
            yield from self._bindings(node.inner, allowed & node.allowed)
        elif isinstance(node, _Within):
            for inside in self._windows(node, self._support(node, allowed)):
                yield from self._bindings(node.inner, inside)
        elif isinstance(node, _Repeated):
            yield from self._repeated(node, allowed)
        elif node.operator == "OR":
            for operand in node.operands:
                yield from self._bindings(operand, allowed)
        else:
            yield from self._all_of(node, allowed)

    def _all_of(self, node: _Joined, allowed: int) -> Iterator[int]:
        operands = node.operands

        def ways(level: int, taken: int, _last: int) -> Iterator[int]:
            self._step()
            rest = allowed & ~taken
            if taken and node.operator == "FOLLOWEDBY":
                rest &= self._since(self._firsts[taken.bit_length() - 1])
            ahead = operands[level : level + _LOOK_AHEAD] if level else operands
            narrowed = self._narrowed(ahead, node.operator, rest)
            return self._bindings(operands[level], narrowed[0]) if narrowed else iter(())

        return _one_of_each(len(operands), ways)

    def _repeated(self, node: _Repeated, allowed: int) -> Iterator[int]:
        """So many different bindings, in the order of their lowest bits, so that no choice is tried in every order."""
        support = self._support(node, allowed)
        if not support:
            return iter(())
        if _is_single(node.inner):
            return (self._mask(chosen) for chosen in combinations(_bits(support), node.times))

        def ways(level: int, taken: int, last: int) -> Iterator[int]:
            self._step()
            rest = support & ~taken & ~_below((last & -last).bit_length())
            return self._bindings(node.inner, rest) if rest.bit_count() >= node.times - level else iter(())

        return _one_of_each(node.times, ways)

    def _windows(self, node: _Within, allowed: int, before_us: int | None = None) -> Iterator[int]:
        """A window for each instant that may be the latest end: all that has an instant in it fits together."""
        inside = allowed
        by_last = sorted(_bits(allowed), key=self._lasts.__getitem__)
        gone = 0
        for place, bit in enumerate(by_last):
            self._step()
            end = self._lasts[bit]
            if before_us is not None and end >= before_us:
                return
            if place and end == self._lasts[by_last[place - 1]]:
                continue
            while gone < place:
                inside &= ~(1 << by_last[gone])
                gone += 1
            yield inside & _below(bisect_right(self._firsts, end + node.span_us))

    def _step(self) -> None:
        self._steps += 1
        if self._steps > STEPS_MAX:
            raise InvalidPattern(f"there are too many ways in which it might hold; {STEPS_MAX:,} were tried")

    def _support(self, node: _Node, allowed: int) -> int:
        """All that can be part of a binding, and perhaps some more; 0 when there is none for certain."""
        if isinstance(node, _Leaf):
            return node.found & allowed
        if isinstance(node, _Between):
            return self._support(node.inner, allowed & node.allowed)
        if isinstance(node, _Within):
            return self._support(node.inner, allowed)
        if isinstance(node, _Repeated):
            inner = self._support(node.inner, allowed)
            return inner if inner.bit_count() >= node.size else 0
        if node.operator == "OR":
            return _union(self._support(operand, allowed) for operand in node.operands)
        return _union(self._narrowed(node.operands, node.operator, allowed))

    def _narrowed(self, operands: Sequence[_Node], operator: str, allowed: int) -> list[int]:
        """The support of each operand beside the others; nothing when one has none."""
        found: list[int] = []
        rest = allowed
        for operand in operands:
            support = self._support(operand, rest)
            if not support:
                return []
            found.append(support)
            if operator == "FOLLOWEDBY":
                # What comes later lasts at least until the first of what came before has begun.
                rest &= self._since(self._firsts[(support & -support).bit_length() - 1])
        if _union(found).bit_count() < sum(operand.size for operand in operands):
            return []
        if operator == "FOLLOWEDBY":
            for place in range(len(found) - 2, -1, -1):
                # What comes before has begun when the last of what comes later ends.
                found[place] &= _below(bisect_right(self._firsts, self._last_end(found[place + 1])))
                if not found[place]:
                    return []
        return found

    def _last_end(self, mask: int) -> int:
        """No bit of the mask lasts longer; it may be that none lasts so long."""
        return self._firsts[mask.bit_length() - 1] + self._longest_us

    def _since(self, time_us: int) -> int:
        """All that last until then or longer."""
        late = bisect_left(self._firsts, time_us)
        mask = self._everything & ~_below(late)
        earliest = bisect_left(self._firsts, time_us - self._longest_us)
        for bit in self._long[bisect_left(self._long, earliest) : bisect_left(self._long, late)]:
            if self._lasts[bit] >= time_us:
                mask |= 1 << bit
        return mask

    def _mask(self, bits: Iterable[int]) -> int:
        flags = bytearray(b"0" * (len(self.owners) + 1))
        for bit in bits:
            flags[-1 - bit] = 49
        return int(flags, 2)

    def _where(self, flags: Iterable[int]) -> int:
        return self._mask(bit for bit, flag in enumerate(flags) if flag)


def span_us_of(seconds: int | float | str) -> int:
    """The argument of WITHIN in microseconds; whatever is longer than time as timestamps count it is that long."""
    return round(min(float(seconds), _SECONDS_MAX) * _SECOND_US)


def bounds_us_of(node: Qualified) -> tuple[int, int]:
    """The arguments of START and STOP. Raises InvalidPattern when one is no date that exists."""
    try:
        start, stop = (parse_timestamp(str(text)) for text in node.arguments)
    except InvalidObject as error:
        raise InvalidPattern(f"{error}, at character {node.position}") from None
    return start, stop


def _one_of_each(levels: int, ways: Callable[[int, int, int], Iterator[int]]) -> Iterator[int]:
    """All unions of one way for each level. `ways` is told the level, the union so far, and the way just taken."""
    open_ = [ways(0, 0, 0)]
    unions = [0]
    while open_:
        one = next(open_[-1], 0)
        if not one:
            open_.pop()
            unions.pop()
        elif len(open_) == levels:
            yield unions[-1] | one
        else:
            unions.append(unions[-1] | one)
            open_.append(ways(len(open_), unions[-1], one))


def _is_single(node: _Node) -> bool:
    """Whether every binding of it is one observation, and every one of its support is a binding."""
    if isinstance(node, _Leaf):
        return True
    if isinstance(node, _Joined):
        return node.operator == "OR" and all(map(_is_single, node.operands))
    return _is_single(node.inner) and not (isinstance(node, _Repeated) and node.times > 1)


def _copies(node: Pattern) -> int:
    """How many copies of one observation a binding can need at most."""
    if isinstance(node, Observation):
        return 1
    if isinstance(node, Joined):
        return (max if node.operator == "OR" else sum)(map(_copies, node.operands))
    inner = _copies(node.expression)
    return inner * int(node.arguments[0]) if node.qualifier == "REPEATS" else inner


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _below(bit: int) -> int:
    return (1 << bit) - 1


def _bits(mask: int) -> Iterator[int]:
    """The set bits from the lowest on; by text, because taking bit after bit off a long number is quadratic."""
    digits = bin(mask)[:1:-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)
