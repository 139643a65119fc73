"""``NAME_params.yaml``, which DAS writes beside a model: its plain values, read without building what it names.

DAS dumps whatever Python held, so that tuples and NumPy's numbers carry tags. Tuples become lists, NumPy's numbers
become numbers, and anything else that has a tag becomes the plain values below it; nothing is imported or called.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from subsong.core.errors import SubsongError
from subsong.sources.reading import read_errors

_MOST_BYTES = 1 << 26
_TAG = "tag:yaml.org,2002:python/"
_NUMBER_MAKERS = ("multiarray.scalar", "numpy.dtype")


class _PlainLoader(yaml.SafeLoader):
    """Reads tagged values as plain ones."""


def _construct_plain(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        values = loader.construct_sequence(node, deep=True)
        return _read_number(values) if suffix.endswith(_NUMBER_MAKERS[0]) else values
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


def _read_number(values: list[Any]) -> float | None:
    """Return the number that a dumped scalar of NumPy stands for: its type, as ``f8``, and its bytes."""
    kind, data = values
    name = (kind["args"] if isinstance(kind, dict) else kind)[0]
    return float(np.frombuffer(data, np.dtype(str(name)))[0])


_PlainLoader.add_multi_constructor(_TAG, _construct_plain)


def read_parameters(path: Path) -> dict[str, Any]:
    """Return the parameters of a model of DAS.

    Raises
    ------
    SubsongError
        When the file is missing, damaged or no mapping.
    """
    with read_errors(path):
        data = path.read_bytes()
    if len(data) > _MOST_BYTES:
        raise SubsongError(f"{path} is larger than any parameters of a model: it is something else")
    try:
        values = yaml.load(data, _PlainLoader)  # noqa: S506  a SafeLoader that reads Python's tags as plain values
    except (yaml.YAMLError, ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise SubsongError(f"{path} is no parameter file of DAS, or a damaged one: copy it again") from error
    if not isinstance(values, dict):
        raise SubsongError(f"{path} holds {type(values).__name__}: expected the parameters of a model of DAS")
    return values
