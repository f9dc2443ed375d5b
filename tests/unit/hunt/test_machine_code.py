"""The functions that Numba compiled, as one object file: what it needs, what it is made of, what a call refuses."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba", reason="the fast pass needs Numba (the extra `hunt`)")

import llvmlite.binding as llvm
import numba

from detente.hunt import kernel, machine_code, tokens_kernel
from detente.hunt.builder import build
from detente.hunt.compiler import compiled_object
from detente.hunt.entries import ENTRIES, TABLES, Entry, Record
from detente.hunt.indicators import IndicatorSource
from detente.hunt.machine_code import call, packed
from detente.node.code_cache import object_file
from detente.stix.pattern import PatternValue

MAY_BE_NAMED = {"memcpy", "memset", "memmove"}


def test_the_object_needs_no_interpreter() -> None:
    """Not its lock, not its exceptions, no counts of references: nothing of it is named."""
    defined, undefined = symbols(object_file())
    assert undefined <= MAY_BE_NAMED
    assert defined == set(ENTRIES)


def test_an_object_that_needs_the_interpreter_would_be_seen() -> None:
    module = llvm.parse_assembly(
        "declare i8* @PyErr_Occurred()\ndefine i8* @f() {\n%x = call i8* @PyErr_Occurred()\nret i8* %x\n}"
    )
    assert symbols(machine_code.target_machine().emit_object(module)) == ({"f"}, {"PyErr_Occurred"})


def test_the_functions_are_counted_while_they_are_compiled() -> None:
    told: list[tuple[int, int]] = []
    # Of numbers that no entry is made for, so that it was not compiled before.
    entries = {"enter32": Entry("kernel", "enter", ("out u8[]", "u4[]"))}
    made = compiled_object(entries, machine_code.target_machine(), lambda *so_far: told.append(so_far))
    assert symbols(made)[0] == {"enter32"}
    assert told[0][0] == 1
    assert told == sorted(told)
    assert told[-1][0] < told[-1][1]


def test_records_have_a_kind_for_each_field() -> None:
    records = {kind for entry in ENTRIES.values() for kind in entry.takes if isinstance(kind, Record)}
    assert TABLES in records
    assert all(len(record.kinds) == len(record.made_of._fields) for record in records)


def test_the_sources_are_all_that_is_compiled() -> None:
    program = (
        "import sys; from detente.hunt import compiler, entries\n"
        "for entry in entries.ENTRIES.values(): compiler._function(entry)\n"
        "loaded = {m.removeprefix('detente.hunt.') for m in sys.modules if m.startswith('detente.hunt.')}\n"
        "others = {m for m in sys.modules if m.startswith('detente.')} - {'detente.hunt', 'detente.errors'}\n"
        "assert loaded == set(entries.SOURCES), loaded ^ set(entries.SOURCES)\n"
        "assert all(m.startswith('detente.hunt.') for m in others), others"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_results_are_those_of_the_functions_that_numba_calls_itself() -> None:
    text = np.frombuffer(b"evil.examplebad.testexample.org", np.uint8)
    ends = np.array([12, 20, 31], np.int64)
    kinds = np.array([1, 2, 3], np.int64)
    prints, same = np.zeros(3, np.uint64), np.zeros(3, np.uint64)
    call("fingerprints_of_names", text, ends, prints)
    numba_s_own(kernel.fingerprints_of_names)(text, ends, same)
    assert prints.tolist() == same.tolist()
    call("prints_of", text, ends, kinds, prints)
    numba_s_own(tokens_kernel.prints_of)(text, ends, kinds, same)
    assert prints.tolist() == same.tolist()


def test_the_pass_gives_what_it_gives_when_numba_calls_it() -> None:
    values = (
        PatternValue("domain", "evil.example"),
        PatternValue("ipv4", "203.0.113.0/24"),
        PatternValue("ipv6", "2001:db8::/32"),
        PatternValue("md5", "0123456789abcdef" * 2),
        PatternValue("url", "http://evil.example/x"),
    )
    tables = build([IndicatorSource("indicator--x", values)]).tables
    lines = (
        b"a www.evil.example b\n203.0.113.7 - 2001:db8::1 "
        + b"0123456789abcdef" * 2
        + b"\nhttp://evil.example/x \xff.x\n"
    ) * 9
    data = np.frombuffer(bytes(64) + lines + bytes(64 + (-len(lines)) % 64), np.uint8)
    out, same = np.zeros((2 * len(lines), 3), np.int64), np.zeros((2 * len(lines), 3), np.int64)
    found = call("scan", data, len(lines), packed(TABLES, tables), out)
    assert found == numba_s_own(kernel.scan)(data, len(lines), tables, same)
    assert found[0] > 9
    assert out.tolist() == same.tolist()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((np.zeros(16, np.int64), np.zeros(1, np.uint64)), "1 dimensions of uint64, got 1 of int64"),
        ((np.zeros((4, 4), np.uint64), np.zeros(1, np.uint64)), "1 dimensions of uint64, got 2"),
        ((np.zeros(32, np.uint64)[::2], np.zeros(1, np.uint64)), "one behind the other"),
        ((np.frombuffer(bytes(128), np.uint64), np.zeros(1, np.uint64)), "read only"),
        ((np.zeros(16, np.uint64),), "shorter"),
        ((np.zeros(16, np.uint64), [1, 2]), "list"),
    ],
)
def test_a_call_refuses_what_would_be_read_or_written_wrongly(arguments: tuple[Any, ...], complaint: str) -> None:
    with pytest.raises(TypeError, match=f"enter: .*{complaint}"):
        call("enter", *arguments)


def test_a_record_is_packed_before_it_is_handed_over() -> None:
    tables = build([IndicatorSource("indicator--x", (PatternValue("domain", "evil.example"),))]).tables
    with pytest.raises(TypeError, match="packed"):
        call("scan", np.zeros(192, np.uint8), 64, tables, np.zeros((128, 3), np.int64))


def numba_s_own(function: Any) -> Any:
    """The same function as Numba compiles and calls it by itself."""
    return numba.njit(function.py_func)


def symbols(code: bytes) -> tuple[set[str], set[str]]:
    """The names that an ELF object of 64 bits defines for others, and those that it needs of others."""
    if not code.startswith(b"\x7fELF\x02\x01"):
        pytest.skip("objects of this system are not ELF")

    def number(at: int, size: int) -> int:
        return int.from_bytes(code[at : at + size], "little")

    headers, header_bytes, sections = number(0x28, 8), number(0x3A, 2), number(0x3C, 2)
    defined: set[str] = set()
    undefined: set[str] = set()
    for header in (headers + header_bytes * section for section in range(sections)):
        if number(header + 4, 4) != 2:  # no table of symbols
            continue
        names = number(headers + header_bytes * number(header + 0x28, 4) + 0x18, 8)
        start, size = number(header + 0x18, 8), number(header + 0x20, 8)
        for symbol in range(start, start + size, 24):
            name = code[names + number(symbol, 4) :].partition(b"\0")[0].decode()
            if name and code[symbol + 4] >> 4:  # not a local one
                (defined if number(symbol + 6, 2) else undefined).add(name)
    return defined, undefined
