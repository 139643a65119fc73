"""Checklists on the disk: sparse arrays as plain ``.npy``, tables as Parquet, and a manifest that is written last.

Read by memory map: a store of a hundred million lists opens at once. Why it is not the store of `datasets.store`,
whose arrays have one equal-sized entry an item: ``docs/decisions/0004``.

Legend: N = lists, D = species.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
import pydantic
from pydantic import Field
from scipy.sparse import csr_array

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.core.files import atomic_folder, disk_errors, read_json, remove_abandoned_files, write_json
from subsong.datasets.manifest import ITEMS_NAME, MANIFEST_NAME, SourceFile
from subsong.sources.checklists import ATTRITION_SCHEMA, Checklists

FORMAT: Literal["subsong-checklists"] = "subsong-checklists"
SPECIES_NAME, COVARIATES_NAME, ATTRITION_NAME = "species.parquet", "covariates.parquet", "attrition.csv"


class ChecklistManifest(ConfigBase):
    """What is in a store of checklists and how it was made.

    Attributes
    ----------
    parameters
        The options it was read with.
    sources
        The files it was read from.
    num_lists, num_species, num_detections
        N, D and the number of entries.
    has_unknown
        Whether there are cells of which nothing is known.
    """

    format: Literal["subsong-checklists"] = FORMAT
    version: Literal[1] = 1
    parameters: dict[str, Any] = Field(default_factory=dict)
    sources: tuple[SourceFile, ...] = ()
    num_lists: int = Field(ge=1)
    num_species: int = Field(ge=1)
    num_detections: int = Field(ge=0)
    has_unknown: bool


class StoredChecklists(NamedTuple):
    """A store that was opened: the lists, and what its manifest says."""

    checklists: Checklists
    manifest: ChecklistManifest


def is_checklist_store(folder: str | Path) -> bool:
    """Whether `folder` holds a store of checklists; never raises."""
    try:
        content = read_json(Path(folder) / MANIFEST_NAME)
    except (SubsongError, OSError):
        return False
    return isinstance(content, dict) and content.get("format") == FORMAT


def write_checklists(
    path: str | Path,
    checklists: Checklists,
    parameters: Mapping[str, Any] | None = None,
    sources: Sequence[SourceFile] = (),
    overwrite: bool = False,
) -> None:
    """Write a store of checklists, whole or not at all.

    Raises
    ------
    SubsongError
        When nothing is left to write, the folder holds something else or, without `overwrite`, a store, or the disk is
        full; what was there before stays.
    """
    path = Path(path).expanduser()
    check_free(path, overwrite)
    num_lists, num_species = checklists.counts.shape
    if not num_lists or not num_species:
        raise SubsongError(
            f"no lists or no species are left to write to {path}: see the table of what each step dropped, and loosen "
            "the filter that dropped most"
        )
    remove_abandoned_files(path)
    with disk_errors(path), atomic_folder(path) as folder:
        _write_matrix(folder, "counts", checklists.counts, with_data=True)
        if checklists.unknown is not None:
            _write_matrix(folder, "unknown", checklists.unknown, with_data=False)
        tables = {
            ITEMS_NAME: checklists.items,
            SPECIES_NAME: checklists.species,
            COVARIATES_NAME: checklists.covariates,
        }
        for name, table in tables.items():
            table.write_parquet(folder / name)
        checklists.attrition.write_csv(folder / ATTRITION_NAME)
        manifest = ChecklistManifest(
            parameters=dict(parameters or {}),
            sources=tuple(sources),
            num_lists=num_lists,
            num_species=num_species,
            num_detections=checklists.counts.nnz,
            has_unknown=checklists.unknown is not None,
        )
        write_json(folder / MANIFEST_NAME, manifest.model_dump(mode="json"))


def check_free(path: Path, overwrite: bool) -> None:
    """Raise a `SubsongError` when `path` holds something that must not be replaced."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not is_checklist_store(path):
        raise SubsongError(f"{path} is there already and is no store of checklists: name another folder")
    if not overwrite:
        raise SubsongError(f"{path} holds a store of checklists already: say --overwrite, or name another folder")


def _write_matrix(folder: Path, name: str, matrix: csr_array, with_data: bool) -> None:
    np.save(folder / f"{name}_starts.npy", matrix.indptr.astype(np.int64))
    np.save(folder / f"{name}_species.npy", matrix.indices.astype(np.int32))
    if with_data:
        np.save(folder / f"{name}_values.npy", matrix.data.astype(np.float32))


def load_checklists(path: str | Path) -> StoredChecklists:
    """Open a store of checklists by memory map.

    Raises
    ------
    SubsongError
        When the store is missing, half-written, damaged or of another version.
    """
    path = Path(path).expanduser()
    manifest = _read_manifest(path)
    shape = (manifest.num_lists, manifest.num_species)
    counts = _read_matrix(path, "counts", shape, with_data=True)
    unknown = _read_matrix(path, "unknown", shape, with_data=False) if manifest.has_unknown else None
    items, species, covariates = (_read_table(path / name) for name in (ITEMS_NAME, SPECIES_NAME, COVARIATES_NAME))
    attrition = pl.read_csv(path / ATTRITION_NAME, schema_overrides=ATTRITION_SCHEMA)
    if (items.height, species.height, counts.nnz) != (*shape, manifest.num_detections):
        raise SubsongError(f"the files of {path} do not belong together: prepare it again")
    return StoredChecklists(Checklists(counts, unknown, items, species, covariates, attrition), manifest)


def _read_manifest(path: Path) -> ChecklistManifest:
    if not is_checklist_store(path):
        raise SubsongError(f"{path} is no store of checklists: expected a folder made by 'subsong prepare checklists'")
    try:
        return ChecklistManifest.model_validate(read_json(path / MANIFEST_NAME))
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise SubsongError(
            f"{path / MANIFEST_NAME} is damaged or of another version at {place}: prepare it again"
        ) from error


def _read_matrix(path: Path, name: str, shape: tuple[int, int], with_data: bool) -> csr_array:
    starts, indices = _read_array(path / f"{name}_starts.npy"), _read_array(path / f"{name}_species.npy")
    values = _read_array(path / f"{name}_values.npy") if with_data else np.ones(len(indices), bool)
    if len(starts) != shape[0] + 1 or starts[-1] != len(indices) or len(values) != len(indices):
        raise SubsongError(f"the files of {path} do not belong together: prepare it again")
    return csr_array((values, indices, starts), shape=shape, copy=False)


def _read_array(path: Path) -> np.ndarray:
    try:
        values: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise SubsongError(f"{path} is missing: copy the whole folder or prepare it again") from error
    except (ValueError, EOFError, OSError) as error:
        raise SubsongError(f"{path} is damaged or cut short: copy it again or prepare it again") from error
    return values


def _read_table(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path.read_bytes())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SubsongError(f"{path} is missing or damaged: copy it again or prepare it again") from error
