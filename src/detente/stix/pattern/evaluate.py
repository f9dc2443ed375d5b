"""Whether a pattern holds for observations, and by which of them: each observation expression is held against each observation
(STIX 2.1, section 9.5: all of an AND in one object), and `detente.stix.pattern.search` chooses among those that make one true.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from detente.stix.pattern.compare import Predicate, any_of, predicate_of, values_at
from detente.stix.pattern.grammar import parse_pattern
from detente.stix.pattern.observed import Object, Observed
from detente.stix.pattern.search import Seen, bounds_us_of, leaves_of, occurrences
from detente.stix.pattern.tree import Combined, Comparison, Constant, Joined, Observation, Path, Pattern

Holds = Callable[[Object, Observed], bool]


def match(pattern: Pattern | str, observed: Sequence[Observed]) -> list[Observed]:
    """Observations that together make the pattern hold, in the order given; none when it does not.

    Text is read leniently (see `parse_pattern`). Raises InvalidPattern for what cannot be evaluated, or takes too many steps;
    InvalidObject where a time is compared with text that is none.
    """
    tree = parse_pattern(pattern, lenient=True) if isinstance(pattern, str) else pattern
    says = [holds_for(leaf.expression) for leaf in leaves_of(tree)]
    seen = [Seen(one.first_us, one.last_us, one.count, leaves_true(says, one)) for one in observed]
    return [observed[n] for n in next(occurrences(tree, seen), ())]


def leaves_true(says: Sequence[Holds], one: Observed) -> int:
    """A bit for each of these that some object of the observation makes true."""
    return sum(1 << n for n, holds in enumerate(says) if any(holds(root, one) for root in one.roots))


def holds_for(expression: Comparison | Combined) -> Holds:
    """Whether a comparison expression holds in one object: all parts of an AND in the same one."""
    if isinstance(expression, Comparison):
        return _holds_at(expression.path, predicate_of(expression))
    if expression.operator == "AND":
        parts = [holds_for(operand) for operand in expression.operands]
        return lambda root, observed: all(part(root, observed) for part in parts)
    parts = _alternatives(expression)
    return lambda root, observed: any(part(root, observed) for part in parts)


def _holds_at(path: Path, predicate: Predicate) -> Holds:
    def holds(root: Object, observed: Observed) -> bool:
        if root.get("type") != path.object_type:
            return False
        return any(predicate(value) for value in values_at(path, root, observed.objects))

    return holds


def _alternatives(expression: Combined) -> list[Holds]:
    """Texts that one property may equal are looked up together: a thousand of them cost no more than one."""
    texts: dict[Path, list[Constant]] = {}
    others: list[Holds] = []
    for operand in expression.operands:
        if isinstance(operand, Comparison) and operand.operator == "=" and not operand.negated:
            texts.setdefault(operand.path, []).append(operand.values[0])
        else:
            others.append(holds_for(operand))
    return [_holds_at(path, any_of(literals)) for path, literals in texts.items()] + others


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
            if one.qualifier == "START":
                bounds_us_of(one)
            pending.append(one.expression)
