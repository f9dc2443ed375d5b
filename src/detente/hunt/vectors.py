"""Masks of bytes: for each class of bytes a word of 64 bits says which of 64 bytes belong to it.

LLVM makes vector compares of it, as wide as the processor has them. What is here is what Numba has no words for: each function says
what the compiled one does, and its `generate` writes that down for LLVM.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

# Without `_nrt=False` Numba counts references to each array at each call, with atomic instructions: half of the time. Nothing
# here makes an array, so nothing needs it. Numba keeps nothing: it would not see that a function changed which another file calls.
# The interpreter calls none of these but through `detente.hunt.machine_code`; to compile what it would need takes a quarter more time.
_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
compiled: Any = njit(**_OPTIONS)
# Of pointers that came from elsewhere LLVM would have to ask whether they overlap; and an array is seven arguments.
inlined: Any = njit(**_OPTIONS, forceinline=True)

BATCH_BYTES = 4096
WORDS = BATCH_BYTES // 64 + 1
"""Of each mask of a batch. The first is the last of the batch before: what is some bytes back is always there."""


class Masks(NamedTuple):
    """Pointers to the masks of a batch."""

    label: Any  # host bytes but '.' and '-'
    dash: Any
    dot: Any
    digit: Any
    hex: Any  # hexadecimal digits, and colons
    colon: Any
    slash: Any
    newline: Any
    high: Any  # non-ASCII, which are label bytes too
    bound: Any  # '/', '"' and space, which are most of what ends an authority
    # Made of these, each from words of the one above it:
    host: Any
    slashes: Any  # the second slash of "://"
    authority: Any  # the byte behind that
    number2: Any  # a digit behind a dot
    number3: Any  # the same, if it is one 2 to 4 bytes before, too
    hex2: Any  # the second of two, and so on
    hex4: Any
    hex8: Any
    marks: Any


@intrinsic
def masks(_: Any, data: Any, at: Any) -> Any:
    """Of the 64 bytes from `at`: the first ten of `Masks`, in their order."""
    result = types.UniTuple(types.uint64, 10)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), 64)
        array = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.bitcast(builder.gep(array.data, [args[1]]), vector.as_pointer())
        v = builder.load(place, align=1)

        def all_of(byte: int) -> Any:
            return ir.Constant(vector, [byte] * 64)

        def is_(byte: str) -> Any:
            return builder.icmp_unsigned("==", v, all_of(ord(byte)))

        def within(x: Any, first: str, last: str) -> Any:
            # Below `first` the difference wraps around and is large.
            return builder.icmp_unsigned("<=", builder.sub(x, all_of(ord(first))), all_of(ord(last) - ord(first)))

        def any_of(*found: Any) -> Any:
            together = found[0]
            for one in found[1:]:
                together = builder.or_(together, one)
            return together

        lower = builder.or_(v, all_of(0x20))
        digit, colon, slash = within(v, "0", "9"), is_(":"), is_("/")
        high = builder.icmp_signed("<", v, all_of(0))
        label = any_of(digit, within(lower, "a", "z"), is_("_"), high)
        hex_or_colon = any_of(digit, within(lower, "a", "f"), colon)
        # Space and '"' differ by one bit.
        bound = any_of(
            slash, builder.icmp_unsigned("==", builder.and_(v, all_of(0xFF ^ ord(" ") ^ ord('"'))), all_of(ord(" ")))
        )
        found = (label, is_("-"), is_("."), digit, hex_or_colon, colon, slash, is_("\n"), high, bound)
        return context.make_tuple(builder, result, [builder.bitcast(m, ir.IntType(64)) for m in found])

    return result(data, types.int64), generate


@intrinsic
def room_for_masks(_: Any) -> Any:
    """`Masks` with WORDS words each, until the calling function returns."""
    result = types.NamedUniTuple(types.CPointer(types.uint64), len(Masks._fields), Masks)

    def generate(context: Any, builder: Any, _: Any, __: Any) -> Any:
        # Each by itself: LLVM sees that they do not overlap.
        rooms = [cgutils.alloca_once(builder, ir.IntType(64), WORDS) for _ in Masks._fields]
        return context.make_tuple(builder, result, rooms)

    return result(), generate


@intrinsic
def room_for_places(_: Any) -> Any:
    """A list of places in a batch, for every second byte and some that are not used, until the calling function returns."""

    def generate(_: Any, builder: Any, __: Any, ___: Any) -> Any:
        return cgutils.alloca_once(builder, ir.IntType(16), BATCH_BYTES // 2 + 64)

    return types.CPointer(types.uint16)(), generate


@intrinsic
def load64(_: Any, data: Any, at: Any) -> Any:
    """The eight bytes from `at`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        return builder.load(builder.bitcast(builder.gep(array.data, [args[1]]), ir.IntType(64).as_pointer()), align=1)

    return types.uint64(data, types.int64), generate


@intrinsic
def trailing_zeros(_: Any, mask: Any) -> Any:
    """How many bits below the lowest that is set; 64 of zero."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


@intrinsic
def leading_zeros(_: Any, mask: Any) -> Any:
    """How many bits above the highest that is set; 64 of zero."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


@intrinsic
def ones(_: Any, mask: Any) -> Any:
    """How many bits are set."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.uint64), generate
