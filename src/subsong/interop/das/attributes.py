"""What a DAS dataset says of itself: ``attrs.npy``, a pickled dict, read without running anything that is in it."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.interop.das.plain_pickle import read_plain_pickle

ATTRIBUTES_NAME = "attrs.npy"
_MOST_BYTES = 1 << 28


class DasAttributes(NamedTuple):
    """What is needed of the attributes of a DAS dataset.

    Attributes
    ----------
    sample_rate_hz
        Of sound and targets.
    class_names, class_kinds
        Columns of the targets; the first is ``noise``. Kinds are ``"segment"`` or ``"event"``.
    event_width_s, gap_s
        How the targets were made; 0 where it does not say.
    """

    sample_rate_hz: int
    class_names: tuple[str, ...]
    class_kinds: tuple[str, ...]
    event_width_s: float
    gap_s: float


def read_attributes(path: Path) -> DasAttributes:
    """Read the file ``attrs.npy`` of a dataset.

    Raises
    ------
    SubsongError
        When it holds anything that could run, is damaged, or lacks what a dataset must say.
    """
    attributes = _load(path)
    rate = _require(path, attributes, "samplerate_x_Hz")
    names = [str(name) for name in _require(path, attributes, "class_names")]
    kinds = [str(kind) for kind in _require(path, attributes, "class_types")]
    if len(names) != len(kinds) or not set(kinds) <= {"segment", "event"}:
        raise SubsongError(
            f"{path} has class_names {names} and class_types {kinds}: expected 'segment' or 'event' each"
        )
    if not isinstance(rate, int | float) or not float(rate).is_integer() or rate < 1:
        raise SubsongError(f"{path} has the sample rate {rate!r}: expected a whole number above 0")
    widths = (attributes.get(name) or 0.0 for name in ("event_std_seconds", "gap_seconds"))
    event_width_s, gap_s = (float(width) for width in widths)
    return DasAttributes(int(rate), tuple(names), tuple(kinds), event_width_s, gap_s)


def _require(path: Path, attributes: dict[Any, Any], name: str) -> Any:
    if attributes.get(name) is None:
        raise SubsongError(f"{path} does not say {name}: found {', '.join(map(str, attributes)) or 'nothing'}")
    return attributes[name]


def _load(path: Path) -> dict[Any, Any]:
    if not path.is_file():
        raise SubsongError(f"{path} is missing: copy the whole dataset")
    if path.stat().st_size > _MOST_BYTES:
        raise SubsongError(f"{path} is larger than any attributes of a dataset: it is something else")
    with path.open("rb") as file:
        shape, dtype = _read_array_header(file, path)
        if shape != () or dtype != np.dtype(object):
            raise SubsongError(f"{path} holds {dtype} of shape {shape}: expected one dict, as DAS writes it")
        attributes = read_plain_pickle(file, path)
    if not isinstance(attributes, dict):
        raise SubsongError(f"{path} holds {type(attributes).__name__}: expected one dict, as DAS writes it")
    return attributes


def _read_array_header(file: IO[bytes], path: Path) -> tuple[tuple[int, ...], np.dtype]:
    try:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0
        shape, _, dtype = (read_header if version == (1, 0) else np.lib.format.read_array_header_2_0)(file)
    except (ValueError, OSError) as error:
        raise SubsongError(f"{path} is damaged ({error}): make it again") from error
    return shape, dtype
