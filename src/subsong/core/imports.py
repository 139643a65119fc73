"""The escape hatch ``kind: import``: a user's own class or function, named by file or module."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from subsong.core.errors import SubsongError, did_you_mean


def resolve_target(target: str) -> str:
    """Return `target` with the path of a file made absolute, so that it means the same from any folder."""
    place, separator, name = target.partition(".py:")
    if not separator:
        return target
    return f"{Path(place + '.py').expanduser().resolve()}:{name}"


def load_object(target: str) -> Any:
    """Import a user's object.

    Parameters
    ----------
    target
        ``path/to/file.py:Name`` or ``package.module:Name``.

    Raises
    ------
    SubsongError
        When the target has another form, or the file, module or name does not exist.
    """
    place, separator, name = target.rpartition(":")
    if not separator or not place or not name:
        raise SubsongError(f"import target {target!r} should read 'file.py:Name' or 'package.module:Name'")
    module = _load_file(Path(place)) if place.endswith(".py") else _load_module(place)
    try:
        return getattr(module, name)
    except AttributeError as error:
        raise SubsongError(f"{place} has no {name!r}; {did_you_mean(name, _public_names(module))}") from error


def _public_names(module: ModuleType) -> list[str]:
    return [name for name in vars(module) if not name.startswith("_")]


def _load_file(path: Path) -> ModuleType:
    path = path.expanduser().resolve()
    if not path.is_file():
        raise SubsongError(f"import target: file {path} does not exist")
    # One module per file, also when two parts of a config name it: classes must be the same objects.
    # The digest, unlike hash(), is equal in every process, so that objects of these classes can be sent to workers.
    name = f"subsong_user_{hashlib.blake2b(str(path).encode(), digest_size=6).hexdigest()}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        del sys.modules[name]
        raise SubsongError(f"{error.filename} line {error.lineno}: not valid Python ({error.msg})") from error
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _load_module(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise SubsongError(
            f"import target: {name!r} is no module name; expected 'file.py:Name' or 'package.module:Name'"
        )
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(error.name + ".")):
            raise
        raise SubsongError(f"import target: no module {name!r}; install it or give a file ('file.py:Name')") from error
