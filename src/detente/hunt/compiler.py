"""The functions of `detente.hunt.entries` compiled by Numba into one object file: machine code that needs nothing but itself.

Each is wrapped so that every one is called alike: two pointers, to the arguments as 64-bit words and to room for what comes back. Numba
makes a C callback of that, without reference counts. A callback takes the interpreter's lock to report an error; since nothing here can
raise, LLVM finds that this part is never reached and drops it. What is left names no symbol of Python, which a test looks at.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import cfunc, types
from numba.core import event
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array
from numba.np.numpy_support import from_dtype

from detente.hunt.entries import Entry, Kind, Record

Told = Callable[[int, int], None]


def compiled_object(entries: Mapping[str, Entry], machine: Any, told: Told | None = None) -> bytes:
    """An object file for this machine (an `llvmlite` TargetMachine), with a symbol for each entry.

    `told` hears how many functions are compiled, and of how many.
    """
    functions = {name: _function(entry) for name, entry in entries.items()}
    with event.install_listener("numba:compile", _Count(functions.values(), told)):
        modules = [_module(name, entry, functions[name]) for name, entry in entries.items()]
    together = modules[0]
    for module in modules[1:]:
        together.link_in(module)
    _without_errors(together, machine)
    together.verify()
    return bytes(machine.emit_object(together))


def _function(entry: Entry) -> Any:
    return getattr(importlib.import_module(f"detente.hunt.{entry.module}"), entry.function)


def _module(name: str, entry: Entry, function: Any) -> Any:
    """The LLVM module of one entry and all that it calls, in which it has its own name."""
    words = types.CPointer(types.int64)
    callback = cfunc(types.void(words, words), _nrt=False)(_wrapped(entry, function))
    module = llvm.parse_assembly(callback.inspect_llvm())
    module.get_function(callback.native_name).name = name
    for symbol in (*module.functions, *module.global_variables):
        if symbol.name != name and not symbol.is_declaration:
            symbol.linkage = "internal"
    return module


def _without_errors(module: Any, machine: Any) -> None:
    """Follow what each function returns to who calls it: that none reports an error shows only now that nobody else can call them."""
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options())
    passes = llvm.create_new_module_pass_manager()
    passes.add_ipsccp_pass()
    passes.add_simplify_cfg_pass()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, builder)


def _wrapped(entry: Entry, function: Any) -> Any:
    arguments = _arguments(entry.takes)

    def gives_nothing(takes: Any, gives: Any) -> None:
        function(*arguments(takes))

    def gives_one(takes: Any, gives: Any) -> None:
        gives[0] = types.int64(function(*arguments(takes)))

    def gives_several(takes: Any, gives: Any) -> None:
        found = function(*arguments(takes))
        for place in range(len(found)):
            gives[place] = types.int64(found[place])

    return gives_several if entry.gives > 1 else gives_one if entry.gives else gives_nothing


def _arguments(kinds: tuple[Kind, ...]) -> Any:
    """A function that makes a tuple of arguments of the words at a place."""
    result = types.Tuple([_type(kind) for kind in kinds])

    @intrinsic
    def arguments(_: Any, takes: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            words = _Words(context, builder, args[0])
            return context.make_tuple(builder, result, [words.value(kind) for kind in kinds])

        return result(takes), generate

    return arguments


def _type(kind: Kind) -> Any:
    if isinstance(kind, Record):
        return types.NamedTuple([_type(field) for field in kind.kinds], kind.made_of)
    number = from_dtype(np.dtype(kind.removeprefix("out ").rstrip("[]")))
    dimensions = kind.count("[]")
    return types.Array(number, dimensions, "C", readonly=not kind.startswith("out ")) if dimensions else number


class _Words:
    """Words at a place, taken one after the other. `detente.hunt.machine_code` puts them there."""

    def __init__(self, context: Any, builder: Any, place: Any) -> None:
        self.context = context
        self.builder = builder
        self.place = place
        self.taken = 0

    def value(self, kind: Kind) -> Any:
        type_ = _type(kind)
        if isinstance(kind, Record):
            fields = _Words(self.context, self.builder, self.builder.inttoptr(self.word(), ir.IntType(64).as_pointer()))
            return self.context.make_tuple(self.builder, type_, [fields.value(field) for field in kind.kinds])
        if isinstance(type_, types.Array):
            return self.array(type_)
        return self.word()

    def word(self) -> Any:
        place = self.builder.gep(self.place, [ir.Constant(ir.IntType(64), self.taken)])
        self.taken += 1
        return self.builder.load(place)

    def array(self, type_: Any) -> Any:
        array = self.context.make_array(type_)(self.context, self.builder)
        data = self.builder.inttoptr(self.word(), array.data.type)
        shape = [self.word() for _ in range(type_.ndim)]
        size = type_.dtype.bitwidth // 8
        strides = [ir.Constant(ir.IntType(64), size)]
        for length in reversed(shape[1:]):
            strides.insert(0, self.builder.mul(strides[0], length))
        populate_array(array, data=data, shape=shape, strides=strides, itemsize=size, meminfo=None)
        return array._getvalue()


class _Count(event.Listener):
    """Tells how many functions are compiled. Numba tells the beginning and end of each, but not how many there will be."""

    def __init__(self, functions: Any, told: Told | None) -> None:
        modules = {function.py_func.__module__ for function in functions}
        self._total = sum(
            isinstance(member, Dispatcher) and member.py_func.__module__ == module
            for module in modules
            for member in vars(importlib.import_module(module)).values()
        )
        self._compiled: set[Any] = set()
        self._told = told

    def on_start(self, event: Any) -> None:
        pass

    def on_end(self, event: Any) -> None:
        self._compiled.add(event.data["dispatcher"])
        if self._told is not None:
            self._told(min(len(self._compiled), self._total), self._total)
