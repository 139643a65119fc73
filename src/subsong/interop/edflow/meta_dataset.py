"""edflow's dataset on disk: labels as raw memory maps, ``meta.yaml`` beside them, heavy things loaded by path.

::

    root/meta.yaml                                     description, loaders, loader_kwargs
    root/labels/<name>[:<loader>]-*-<d0xd1>-*-<dtype>.npy

A label file is raw: its shape and type stand in its name. A label with a loader holds what the loader is given (a path,
say) and appears as ``<name>_``; what the loader makes of it appears in the example as ``<name>``.

Legend: N = examples.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.files import atomic_file
from subsong.core.imports import load_object
from subsong.core.yaml_files import dump_yaml, load_yaml
from subsong.interop.edflow.datasets import DatasetMixin

SUPPORTS = {"0->255": (0.0, 255.0), "0->1": (0.0, 1.0), "-1->1": (-1.0, 1.0)}
"""The ranges of values a loaded picture can be given."""

META, LABEL_DIR = "meta.yaml", "labels"


class MetaDataset(DatasetMixin):
    """A folder of labels, and of what they lead to.

    Parameters
    ----------
    root
        The folder with ``meta.yaml``. Relative paths in labels are looked for there first.

    Raises
    ------
    SubsongError
        When the folder is none, a label file is damaged, or labels differ in length.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        if not (self.root / META).is_file():
            raise SubsongError(f"{root} is no dataset of edflow: it has no {META}")
        self.meta: dict[str, Any] = load_yaml(self.root / META).values
        self.loaders: dict[str, str] = dict(self.meta.get("loaders") or {})
        self.loader_kwargs: dict[str, Any] = dict(self.meta.get("loader_kwargs") or {})
        self.labels = self._read_labels()
        self._length = len(next(iter(self.labels.values()))) if self.labels else 0

    def _read_labels(self) -> dict[str, Any]:
        labels: dict[str, Any] = {}
        for path in sorted((self.root / LABEL_DIR).glob("**/*.npy")):
            name, loader, array = read_label(path, self.root / LABEL_DIR)
            if loader is not None:
                self.loaders.setdefault(name, loader)
            labels[f"{name}_" if name in self.loaders else name] = array
            first, length = next((known, len(values)) for known, values in labels.items())
            if len(array) != length:
                raise SubsongError(
                    f"{path}: {len(array)} rows, but the label {first!r} has {length}; write all labels of one length"
                )
        return labels

    @property
    def description(self) -> str:
        """What the folder says of itself."""
        return str(self.meta.get("description", ""))

    def __len__(self) -> int:
        return self._length

    def get_example(self, i: int) -> dict[str, Any]:
        """Return the labels of example `i`, and functions that load what they lead to."""
        example: dict[str, Any] = {name: values[i] for name, values in self.labels.items() if not name.endswith("_")}
        for name in self.loaders:
            if f"{name}_" in self.labels:
                example[name] = functools.partial(self._load, name, self.labels[f"{name}_"][i])
        return example

    def _load(self, name: str, value: Any) -> Any:
        arguments = {"root": str(self.root), **(self.loader_kwargs.get(name) or {})}
        return _find_loader(self.loaders[name], self.root / META)(value, **arguments)


def read_label(path: Path, root: Path) -> tuple[str, str | None, np.ndarray]:
    """Return name, loader and memory map of a label file; names in sub-folders of `root` hold a ``/``.

    Raises
    ------
    SubsongError
        When the name tells no shape and type, or the file has another length than they make.
    """
    try:
        title, shape_text, type_text = path.name.removesuffix(".npy").split("-*-")
        shape = tuple(int(size) for size in shape_text.split("x"))
        dtype = np.dtype(type_text)
    except (ValueError, TypeError) as error:
        raise SubsongError(
            f"{path}: expected a name such as keypoints-*-100x18x2-*-float32.npy, which tells shape and type"
        ) from error
    num_bytes = math.prod(shape) * dtype.itemsize
    if path.stat().st_size != num_bytes:
        raise SubsongError(
            f"{path}: {path.stat().st_size} bytes, but its name says {num_bytes}; the file was cut off, or renamed"
        )
    name, _, loader = path.with_name(title).relative_to(root).as_posix().partition(":")
    array = np.memmap(path, dtype, "r", shape=shape) if num_bytes else np.empty(shape, dtype)
    return name, loader or None, array


def write_label(root: Path, name: str, values: np.ndarray, loader: str | None = None) -> Path:
    """Write one label file below `root`; texts take the width of the longest.

    Raises
    ------
    SubsongError
        When the values are no numbers or texts.
    """
    if values.dtype.kind not in "biufcU":
        raise SubsongError(f"label {name!r} is of type {values.dtype}: expected numbers or texts")
    # The byte order's sign, <, cannot stand in a file name everywhere.
    values = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False))
    type_text = f"U{values.dtype.itemsize // 4}" if values.dtype.kind == "U" else values.dtype.name
    title = name if loader is None else f"{name}:{loader}"
    path = root / LABEL_DIR / f"{title}-*-{'x'.join(map(str, values.shape))}-*-{type_text}.npy"
    with atomic_file(path) as file:
        file.write(values.tobytes())
    return path


def write_meta_dataset(root: str | Path, labels: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
    """Write labels and ``meta.yaml``.

    Parameters
    ----------
    root
        Folder to write to.
    labels
        Name, or ``name:loader``, -> array of N rows.
    meta
        ``description``, ``loader_kwargs`` and whatever else is to be kept.

    Raises
    ------
    SubsongError
        When labels differ in length, or are no numbers or texts.
    """
    lengths = {name: len(values) for name, values in labels.items()}
    if len(set(lengths.values())) > 1:
        raise SubsongError(f"labels need one length, found {lengths}")
    for key, values in labels.items():
        name, _, loader = key.partition(":")
        write_label(Path(root), name, np.asarray(values), loader or None)
    with atomic_file(Path(root) / META, "w") as file:
        file.write(dump_yaml({"description": "", **meta}))


def load_image(value: Any, root: str = "", support: str = "0->255", resize_to: int | None = None) -> np.ndarray:
    """Load a picture.

    Parameters
    ----------
    value
        Path, absolute or relative to `root`.
    support
        A key of `SUPPORTS`; ``0->255`` gives uint8, the others float32.
    resize_to
        Side of the square it is brought to, in pixels.

    Returns
    -------
    np.ndarray
        Shape (height, width, channels).

    Raises
    ------
    SubsongError
        When there is no such picture or no such support.
    """
    if support not in SUPPORTS:
        raise SubsongError(f"loader_kwargs: support {support!r} is unknown; {did_you_mean(support, SUPPORTS)}")
    with Image.open(_find_file(value, root)) as picture:
        if resize_to is not None:
            picture = picture.resize((resize_to, resize_to), Image.Resampling.BILINEAR)  # type: ignore[assignment]
        pixels = np.asarray(picture)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    low, high = SUPPORTS[support]
    return pixels if high == 255.0 else (pixels / np.float32(255.0) * (high - low) + low).astype(np.float32)


def load_array(value: Any, root: str = "") -> np.ndarray:
    """Load a ``.npy`` file, a path relative to `root`."""
    array: np.ndarray = np.load(_find_file(value, root), allow_pickle=False)
    return array


def name_category(value: Any, root: str = "", categories: Any = ()) -> Any:
    """Return the name of a category by its number."""
    return categories[int(value)]


def _find_file(value: Any, root: str) -> Path:
    """Return the file: below the dataset, or as edflow wrote it, below the working folder."""
    for path in (Path(root) / str(value), Path(str(value))):
        if path.is_file():
            return path
    raise SubsongError(f"{Path(root) / str(value)} is missing, which a label of the dataset names")


_LOADERS: dict[str, Callable[..., Any]] = {
    "image": load_image,
    "np": load_array,
    "category": name_category,
    "cat": name_category,
}


def _find_loader(name: str, place: Path) -> Callable[..., Any]:
    if name in _LOADERS:
        return _LOADERS[name]
    if "." not in name and ":" not in name:
        raise SubsongError(f"{place}: no loader {name!r}; {did_you_mean(name, _LOADERS)}")
    loader: Callable[..., Any] = load_object(name if ":" in name else ":".join(name.rsplit(".", 1)))
    return loader
