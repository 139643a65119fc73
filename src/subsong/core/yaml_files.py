"""YAML to plain values and back, without executing anything.

Read as YAML 1.2 has it where PyYAML differs: ``1e-4`` is a number; ``on``, ``off``, ``yes`` and ``no`` are words; so
are dates, ``1:30`` and ``007``. Every key keeps the line it was written in, and a key written twice is an error.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import Any, NoReturn

import yaml

from subsong.core.errors import SubsongError
from subsong.core.raw_config import KeyPath, RawConfig

# More values than any configuration holds; a few lines of nested aliases can stand for billions.
_MAX_NODES = 100_000
_SCALARS = {"bool": r"true|True|TRUE|false|False|FALSE", "null": r"~|null|Null|NULL|"}
_SCALARS["int"] = r"[-+]?(?:0|[1-9][0-9]*)"
_SCALARS["float"] = (
    r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_BREAKS = re.compile("[\r\x85\u2028\u2029]")
_RESOLVERS = [(f"tag:yaml.org,2002:{name}", re.compile(f"(?:{pattern})\\Z")) for name, pattern in _SCALARS.items()]


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {None: _RESOLVERS}  # noqa: RUF012  PyYAML reads it from the class


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers = {None: _RESOLVERS}  # noqa: RUF012

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # These break lines inside plain and single quotes and would come back as spaces; double quotes escape them.
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if _BREAKS.search(text) else None)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_multi_representer(PurePath, lambda dumper, path: dumper.represent_str(str(path)))


def load_yaml(path: str | Path, label: str | None = None) -> RawConfig:
    """Read a YAML file whose top level is a mapping.

    Parameters
    ----------
    path
        The file, UTF-8.
    label
        What errors call the file, for one that is packaged: ``preset digits-vae``.

    Raises
    ------
    SubsongError
        When the file is missing, empty, not text, not YAML, holds a key twice or no mapping; names the line.
    """
    place = f"{label}," if label else str(path)
    text = _read_text(Path(path), place)
    values, origins = _parse(text, place)
    if values is None:
        raise SubsongError(f"{place} is empty: expected keys such as 'recipe: digits-vae'")
    if not isinstance(values, dict):
        raise SubsongError(f"{place} line 1: expected lines 'key: value', found {_name_type(values)}")
    return RawConfig(values, {**origins, (): label or str(path)})


def parse_yaml(text: str, label: str) -> Any:
    """Return the value of a piece of YAML, such as the right side of an override.

    Raises
    ------
    SubsongError
        When it is not YAML; the sentence begins with `label`.
    """
    return _parse(text, label, lines=False)[0]


def dump_yaml(value: Any) -> str:
    """Return plain values as YAML: in the order given, one key a line, no aliases; `load_yaml` gives them back."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=110)


def _read_text(path: Path, place: str) -> str:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SubsongError(f"configuration file {path} does not exist") from error
    except IsADirectoryError as error:
        raise SubsongError(f"{path} is a folder: expected a YAML file") from error
    except PermissionError as error:
        raise SubsongError(f"no permission to read {path}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SubsongError(f"{place} line {line}: not UTF-8 text; save it as UTF-8, or give another file") from error


def _parse(text: str, place: str, lines: bool = True) -> tuple[Any, dict[KeyPath, str]]:
    """Return the value and, where `lines` count, the origin of every key."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        reader = _NodeReader(loader, place, lines)
        return (None if node is None else reader.read(node, ())), reader.origins
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SubsongError(f"{_at(place, line, lines)}: a control character, not text; is this a YAML file?") from error
    except yaml.MarkedYAMLError as error:
        marks = [error.problem_mark, error.context_mark]
        # A bracket left open is noticed at the end of the file; the context is where it opens.
        mark = next(filter(None, reversed(marks) if "stream end" in (error.problem or "") else marks), None)
        where = _at(place, mark.line + 1 if mark else 1, lines)
        raise SubsongError(f"{where}: not valid YAML ({_plain_reason(error)})") from error
    except RecursionError as error:
        raise SubsongError(f"{place}: nested too deeply to be a configuration") from error


def _at(place: str, line: int, lines: bool) -> str:
    return f"{place} line {line}" if lines else place


def _plain_reason(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "syntax error"
    if "'\\t'" in problem:
        return "a tab; indent with spaces"
    if "stream end" in problem:
        return "a bracket that is not closed"
    if "undefined alias" in problem or "while scanning an alias" in (error.context or ""):
        return "a text that begins with * needs quotes"
    if "mapping values are not allowed" in problem:
        return "an unexpected colon; check the indentation, or put the text in quotes"
    return problem


class _NodeReader:
    """Turns PyYAML's nodes into plain values, noting the line of every key."""

    def __init__(self, loader: _Loader, place: str, lines: bool) -> None:
        self._loader, self._place, self._lines = loader, place, lines
        self._num_nodes = 0
        self.origins: dict[KeyPath, str] = {}

    def read(self, node: yaml.Node, path: KeyPath) -> Any:
        self._num_nodes += 1
        if self._num_nodes > _MAX_NODES:
            self._fail(node, f"more than {_MAX_NODES} values; is this a configuration?")
        if isinstance(node, yaml.ScalarNode):
            return self._read_scalar(node)
        expected = "map" if isinstance(node, yaml.MappingNode) else "seq"
        if node.tag != f"tag:yaml.org,2002:{expected}":
            self._fail(node, f"the tag {_short_tag(node)} is not allowed; write a plain value")
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, path)
        assert isinstance(node, yaml.SequenceNode)
        return [self._read_child(child, child, (*path, index)) for index, child in enumerate(node.value)]

    def _read_mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        first_lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._read_key(key_node)
            line = key_node.start_mark.line + 1
            if key in values:
                second = f" and again in line {line}" if self._lines else " twice"
                self._fail(key_node, f"the key {key!r} is there{second}; keep one of them", first_lines[key])
            first_lines[key] = line
            values[key] = self._read_child(key_node, value_node, (*path, key))
        return values

    def _read_child(self, key_node: yaml.Node, node: yaml.Node, path: KeyPath) -> Any:
        self.origins[path] = _at(self._place, key_node.start_mark.line + 1, self._lines)
        return self.read(node, path)

    def _read_key(self, node: yaml.Node) -> Any:
        key = self._read_scalar(node) if isinstance(node, yaml.ScalarNode) else None
        if isinstance(key, str) or (isinstance(key, int) and not isinstance(key, bool)):
            return key
        self._fail(node, "a key should be text; put it in quotes")

    def _read_scalar(self, node: yaml.ScalarNode) -> Any:
        name = node.tag.removeprefix("tag:yaml.org,2002:")
        text = node.value
        if name == "str":
            return text
        if name not in _SCALARS or not re.fullmatch(_SCALARS[name], text):
            self._fail(node, f"the tag {_short_tag(node)} is not allowed here; write a plain value")
        if name == "null":
            return None
        if name == "bool":
            return text.lower() == "true"
        return self._read_number(node, name, text)

    def _read_number(self, node: yaml.ScalarNode, name: str, text: str) -> int | float:
        if name == "float":
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        try:
            return int(text)
        except ValueError:
            self._fail(node, f"a number of {len(text)} digits; put it in quotes if it is a name")

    def _fail(self, node: yaml.Node, problem: str, line: int | None = None) -> NoReturn:
        where = _at(self._place, line or node.start_mark.line + 1, self._lines)
        raise SubsongError(f"{where}: {problem}")


def _short_tag(node: yaml.Node) -> str:
    return str(node.tag).replace("tag:yaml.org,2002:", "!!")


def _name_type(value: Any) -> str:
    return "a list" if isinstance(value, list) else "a single value"
