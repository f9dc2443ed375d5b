"""What compiled functions and those that call them agree on. Nothing here needs Numba.

Tables are open-addressed arrays of 64-bit fingerprints whose length is a power of two; zero is an empty place. A bitmap
has two bits for each key, in one of its words. `detente.hunt.block` makes and keeps them, `detente.hunt.kernel` looks things up in them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

IPV4, NAMES, HASHES, IPV6, URLS = 1, 2, 4, 8, 16
SHORT_NAMES = 32  # some name or host has fewer than eight bytes

# What a fingerprint in a summary is of, and how many of the latest are remembered, so that what comes again is dropped.
PRINT_OF_NAME, PRINT_OF_HASH, PRINT_OF_URL_HOST, PRINT_OF_ADDRESS6 = 1, 2, 3, 4
RECENT = 1 << 14
RECENT_WORDS = 1 << 10

ODD = 0xC2B2AE3D27D4EB4F

Bits = NDArray[np.uint64]


class Tables(NamedTuple):
    """What is searched for. `wanted`: the sum of the kinds that are not empty."""

    wanted: int
    ip4_bits: Bits  # a bitmap over the addresses
    ip4_shift: int
    ip4: Bits  # address + 1
    ip4_near_bits: Bits  # a bitmap over the first 20 bits of all that networks hold, since most addresses are near none
    ip4_near_shift: int
    ip4_networks: Bits  # leading bits << 8 | length
    ip4_lengths: NDArray[np.int64]
    names: Bits
    name_bits: Bits  # over the last twelve bytes of names and of hosts of URLs
    name_shift: int
    name_every_dot: bool  # some name has no label behind its first that begins with a letter
    hashes: Bits  # the first 16 digits
    ip6: Bits
    ip6_lengths: NDArray[np.int64]
    url_hosts: Bits


def mixed_int(key: int) -> int:
    """`kernel.mixed`, of a number of the interpreter."""
    key = (key ^ key >> 32) * ODD & 0xFFFFFFFFFFFFFFFF
    return key ^ key >> 29


def held_int(bitmap: memoryview, shift: int, key: int) -> bool:
    """`kernel.held`, of a number of the interpreter."""
    mixed = mixed_int(key)
    bits = 1 << (mixed & 63) | 1 << (mixed >> 6 & 63)
    return bool(bitmap[mixed >> shift] & bits == bits)
