"""Plain values of a pickle, worked out from its instructions and never executed.

A pickle is a program, and loading it runs whatever it names. Here its instructions are only read, in the order they are
written, on a stack of plain values: numbers, texts, lists, tuples, dicts and NumPy arrays. An instruction that would
import or call anything but the few functions that arrays are written with is refused, and even those are not called.
"""

from __future__ import annotations

import pickletools
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.reading import read_errors

_ARRAY, _DTYPE, _RECONSTRUCT, _SCALAR, _FROM_BUFFER, _ENCODE, _BYTES = (
    "numpy.ndarray",
    "numpy.dtype",
    "multiarray._reconstruct",
    "multiarray.scalar",
    "numeric._frombuffer",
    "_codecs.encode",
    "bytes",
)
_ALLOWED = {
    _ARRAY: _ARRAY,
    _DTYPE: _DTYPE,
    _ENCODE: _ENCODE,
    **dict.fromkeys(("builtins.bytes", "__builtin__.bytes"), _BYTES),
    **{f"numpy.{core}.{name}": name for core in ("core", "_core") for name in (_RECONSTRUCT, _SCALAR, _FROM_BUFFER)},
}
_ELEMENT_TYPE = re.compile(r"[biufSU][1-9]\d*|O8?")
_DAMAGE = (ValueError, LookupError, TypeError, AttributeError, OverflowError)


class _Name(NamedTuple):
    """One of the functions and classes arrays are written with."""

    name: str


class _EmptyArray:
    """An array whose type, shape and content are still to come."""


class _ElementType:
    """Type of an array's elements: NumPy's code without the byte order, which comes later."""

    def __init__(self, code: str, *_: Any) -> None:
        if not _ELEMENT_TYPE.fullmatch(code):
            raise ValueError(f"arrays of type {code}")
        self.code = code

    def order(self, state: tuple[Any, ...]) -> np.dtype[Any]:
        """Return the whole type."""
        return np.dtype(self.code).newbyteorder(state[1])


_MARK = object()


def read_pickle_values(path: Path) -> Any:
    """Return the value a pickle stands for.

    Raises
    ------
    SubsongError
        When the file is missing, damaged or no pickle, or names any function or class that plain values and NumPy
        arrays do not need; nothing of it has run then.
    """
    with read_errors(path):
        content = path.read_bytes()
    try:
        # Python warns of odd escapes in texts of Python 2.
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            return _Machine(path).run(content)
    except SubsongError:
        raise
    except _DAMAGE as error:
        raise SubsongError(
            f"{path} cannot be read as a pickle of plain values and arrays ({error}): it is damaged, or holds other "
            "things"
        ) from error


class _Machine:
    """The stack and the memory that a pickle's instructions work on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self, content: bytes) -> Any:
        """Follow the instructions to the end and return what is left."""
        for opcode, argument, _ in pickletools.genops(content):
            if opcode.name == "STOP":
                break
            self._step(opcode.name, argument)
        return self._stack.pop()

    def _step(self, name: str, argument: Any) -> None:
        if name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name]())
        elif name in _PUSHES:
            self._stack.append(argument)
        elif name in _ACTIONS:
            _ACTIONS[name](self, argument)
        elif name not in ("PROTO", "FRAME"):
            raise self._refuse(f"the instruction {name}")

    def _refuse(self, what: str) -> SubsongError:
        return SubsongError(
            f"{self._path} holds {what}, which plain values and arrays do not need: it is not read, as it could run a "
            "program; save the values as .npz, CSV or Parquet"
        )

    def _pop_to_mark(self) -> list[Any]:
        place = max(index for index, value in enumerate(self._stack) if value is _MARK)
        values = self._stack[place + 1 :]
        del self._stack[place:]
        return values

    def pop(self, _: Any) -> None:
        self._stack.pop()

    def pop_mark(self, _: Any) -> None:
        self._pop_to_mark()

    def repeat(self, _: Any) -> None:
        self._stack.append(self._stack[-1])

    def put(self, key: int) -> None:
        self._memo[key] = self._stack[-1]

    def memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def get(self, key: int) -> None:
        self._stack.append(self._memo[key])

    def make_tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._pop_to_mark()))

    def make_short_tuple(self, length: int) -> None:
        values = tuple(self._stack[-length:])
        del self._stack[-length:]
        self._stack.append(values)

    def make_list(self, _: Any) -> None:
        self._stack.append(self._pop_to_mark())

    def make_dict(self, _: Any) -> None:
        values = self._pop_to_mark()
        self._stack.append(dict(zip(values[::2], values[1::2], strict=True)))

    def append(self, _: Any) -> None:
        value = self._stack.pop()
        self._stack[-1].append(value)

    def extend(self, _: Any) -> None:
        values = self._pop_to_mark()
        self._stack[-1].extend(values)

    def set_item(self, _: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._stack[-1][key] = value

    def set_items(self, _: Any) -> None:
        values = self._pop_to_mark()
        self._stack[-1].update(zip(values[::2], values[1::2], strict=True))

    def name(self, argument: str) -> None:
        self._push_name(*argument.split(" ", 1))

    def name_on_stack(self, _: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._push_name(module, name)

    def _push_name(self, module: str, name: str) -> None:
        if f"{module}.{name}" not in _ALLOWED:
            raise self._refuse(f"a call of {module}.{name}")
        self._stack.append(_Name(_ALLOWED[f"{module}.{name}"]))

    def reduce(self, _: Any) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        self._stack.append(_BUILDERS[function.name](*arguments))

    def build(self, _: Any) -> None:
        """Fill the array or type on the stack, and wherever it was put into the memory."""
        state, unfilled = self._stack.pop(), self._stack.pop()
        filled = unfilled.order(state) if isinstance(unfilled, _ElementType) else _fill_array(unfilled, state)
        self._memo.update({key: filled for key, value in self._memo.items() if value is unfilled})
        self._stack.append(filled)


def _fill_array(unfilled: Any, state: tuple[Any, ...]) -> np.ndarray:
    if not isinstance(unfilled, _EmptyArray):
        raise TypeError("content for something that is no array")
    _, shape, element_type, is_fortran, content = state
    return _make_array(content, element_type, shape, "F" if is_fortran else "C")


def _make_array(content: Any, element_type: np.dtype[Any], shape: tuple[int, ...], order: Any = "C") -> np.ndarray:
    """Return an array from its bytes (text in pickles of Python 2), or from a list of values of any kind."""
    if isinstance(content, list):
        values = np.empty(len(content), object)
        values[:] = content
        return values.reshape(shape, order=order)
    if element_type.hasobject:
        raise ValueError("bytes for an array of objects")
    raw = content.encode("latin-1") if isinstance(content, str) else bytes(content)
    return np.frombuffer(raw, element_type).reshape(shape, order=order)


def _make_scalar(element_type: np.dtype[Any], content: Any) -> Any:
    return _make_array(content, element_type, (1,)).item()


def _encode(text: str, encoding: str = "latin-1") -> bytes:
    return text.encode(encoding)


def _call_nothing(*_: Any) -> Any:
    raise ValueError("a class used as a function")


_BUILDERS: dict[str, Callable[..., Any]] = {
    _ARRAY: _call_nothing,
    _DTYPE: _ElementType,
    _RECONSTRUCT: lambda *_: _EmptyArray(),
    _SCALAR: _make_scalar,
    _FROM_BUFFER: _make_array,
    _ENCODE: _encode,
    # How no bytes at all are written before protocol 3.
    _BYTES: lambda: b"",
}
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
    "MARK": lambda: _MARK,
}
_PUSHES = frozenset(
    (
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    )
)
_ACTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "POP": _Machine.pop,
    "POP_MARK": _Machine.pop_mark,
    "DUP": _Machine.repeat,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
    "MEMOIZE": _Machine.memoize,
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    "TUPLE": _Machine.make_tuple,
    "TUPLE1": lambda machine, _: machine.make_short_tuple(1),
    "TUPLE2": lambda machine, _: machine.make_short_tuple(2),
    "TUPLE3": lambda machine, _: machine.make_short_tuple(3),
    "LIST": _Machine.make_list,
    "DICT": _Machine.make_dict,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.extend,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "GLOBAL": _Machine.name,
    "STACK_GLOBAL": _Machine.name_on_stack,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
}
