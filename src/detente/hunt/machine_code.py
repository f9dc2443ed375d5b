"""The compiled functions of `detente.hunt.entries`, called from the interpreter: loaded by llvmlite, without Numba, in a tenth of its time.

Whoever keeps the object file (`detente.node.code_cache`) gives it to `use`. Where nobody did, the first call compiles all of them, in
memory. A call hands over two pointers: to the arguments as 64-bit words (a number; the address and lengths of an array; the address of a
packed record), and to room for what comes back. It lets go of the interpreter while it runs.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from detente.hunt.entries import ENTRIES, Entry, Kind, Record

_Callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)


def call(name: str, *arguments: Any) -> Any:
    """Raises TypeError for arrays of other types than the entry has, or that it may not write to: it would write over anything."""
    return functions()[name](arguments)


def functions() -> dict[str, Function]:
    if not _loaded:
        from detente.hunt.compiler import compiled_object

        use(compiled_object(ENTRIES, target_machine()))
    return _loaded


def is_loaded() -> bool:
    return bool(_loaded)


def use(object_file: bytes) -> None:
    """Load what `compiler.compiled_object` made on a machine like this one. Nothing is checked: it is executed as it is."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(object_file))
    engine.finalize_object()
    loaded = {name: Function(name, entry, engine.get_function_address(name)) for name, entry in ENTRIES.items()}
    _engines.append(engine)
    _loaded.update(loaded)


def target_machine() -> Any:
    """This machine, with all that its processor can do."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=_features(), opt=3, reloc="static", codemodel="jitdefault", jit=True
    )


def made_for() -> str:
    """What an object file depends on besides its sources and Numba: another processor, another LLVM, another file."""
    return f"{llvmlite.__version__} {llvm.get_process_triple()} {llvm.get_host_cpu_name()} {_features()}"


def _features() -> str:
    features: str = llvm.get_host_cpu_features().flatten()
    return features


@dataclass(frozen=True, slots=True)
class Packed:
    """A record whose words were written down once, for many calls. It keeps the arrays that they point to."""

    record: Record
    words: Any
    fields: tuple[Any, ...]


def packed(record: Record, fields: Sequence[Any]) -> Packed:
    return Packed(record, _words(_fields(record), fields), tuple(fields))


@cache
def _fields(record: Record) -> list[_Argument]:
    return list(map(_Argument, record.kinds))


class Function:
    def __init__(self, name: str, entry: Entry, address: int) -> None:
        self._name = name
        self._takes = list(map(_Argument, entry.takes))
        self._gives = entry.gives
        self._call = _Callback(address)

    def __call__(self, arguments: Sequence[Any]) -> Any:
        try:
            words = _words(self._takes, arguments)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{self._name}: {error}") from None
        found = (ctypes.c_uint64 * self._gives)()
        self._call(ctypes.addressof(words), ctypes.addressof(found))
        if not self._gives:
            return None
        return tuple(found) if self._gives > 1 else found[0]


class _Argument:
    """One of the kinds of `detente.hunt.entries`, as it is checked."""

    def __init__(self, kind: Kind) -> None:
        self.record = kind if isinstance(kind, Record) else None
        text = kind if isinstance(kind, str) else ""
        self.dimensions = text.count("[]")
        self.written = text.startswith("out ")
        self.type = np.dtype(text.removeprefix("out ").rstrip("[]")) if text else None

    def words(self, value: Any) -> tuple[int, ...]:
        if self.record is not None:
            if not isinstance(value, Packed) or value.record is not self.record:
                raise TypeError("expected a packed record")
            return (ctypes.addressof(value.words),)
        if not self.dimensions:
            return (int(value),)
        if not isinstance(value, np.ndarray):
            raise TypeError(f"expected an array, got {type(value).__name__}")
        if value.dtype != self.type or value.ndim != self.dimensions:
            raise TypeError(f"expected {self.dimensions} dimensions of {self.type}, got {value.ndim} of {value.dtype}")
        flags = value.flags
        if not flags.c_contiguous or not flags.aligned:
            raise TypeError("the numbers of an array must stand one behind the other, at multiples of their size")
        if self.written and not flags.writeable:
            raise TypeError("an array that is written to may not be read only")
        return (value.ctypes.data, *value.shape)


def _words(takes: Sequence[_Argument], values: Sequence[Any]) -> Any:
    words = [word for argument, value in zip(takes, values, strict=True) for word in argument.words(value)]
    # Of a number without a sign the same 64 bits.
    return (ctypes.c_int64 * len(words))(*words)


_engines: list[Any] = []  # code lives as long as its engine
_loaded: dict[str, Function] = {}
