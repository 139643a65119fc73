"""Tables of latent codes, as `subsong embed` writes them, read back: of one bird or of several together.

Legend: N = items, L = latent dimensions.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.inference.projection import check_latents
from subsong.inference.tables import check_suffix
from subsong.sources.reading import read_errors

TABLE_COLUMN = "table"
"""Which of several files an item comes from."""
_LATENT = re.compile(r"z\d+")
_VARIANCE = re.compile(r"v\d+")
# Names, also those that look like numbers: label 01 is not label 1.
_TEXT_COLUMNS = ("source", "label", "annotator", "individual", "session", "day", "folder", TABLE_COLUMN)


class Embedding(NamedTuple):
    """Latent codes, and what is known of each item.

    Attributes
    ----------
    items
        One row an item: all columns but those of the codes, as they were written.
    latents_NL
        float64, finite, shape (N, L).
    """

    items: pl.DataFrame
    latents_NL: np.ndarray


def read_embeddings(paths: Sequence[str | Path]) -> Embedding:
    """Read one table of latent codes, or several as one.

    Several tables get a column ``table``, the name of the file without its suffix; a column that one of them lacks is
    null there.

    Raises
    ------
    SubsongError
        When there is no table, two have one name or codes of different lengths, or one cannot be read.
    """
    files = [Path(path).expanduser() for path in paths]
    if not files:
        raise SubsongError("no table of latent codes was given: make one with subsong embed")
    embeddings = [read_embedding(path) for path in files]
    if len(files) == 1:
        return embeddings[0]
    for path, embedding in zip(files, embeddings, strict=True):
        ours, first = (found.latents_NL.shape[1] for found in (embedding, embeddings[0]))
        if ours != first:
            raise SubsongError(
                f"{path} has {ours} latent dimensions, {files[0]} has {first}: embed both with the same model"
            )
        if [other.stem for other in files].count(path.stem) > 1:
            raise SubsongError(f"two tables are called {path.stem}: rename one, so that they can be told apart")
    items = [
        embedding.items.with_columns(pl.lit(path.stem).alias(TABLE_COLUMN))
        for path, embedding in zip(files, embeddings, strict=True)
    ]
    joined = pl.concat(items, how="diagonal_relaxed")
    return Embedding(joined, np.concatenate([embedding.latents_NL for embedding in embeddings]))


def read_embedding(path: str | Path) -> Embedding:
    """Read a table of latent codes: .parquet, .csv or .npz, columns of items and z0, z1, ...

    Variances of the codes (v0, v1, ...) are passed over.

    Raises
    ------
    SubsongError
        When the file cannot be read, is no such table, or a code is not finite.
    """
    path = Path(path)
    check_suffix(path)
    with read_errors(path):
        content = path.read_bytes()
    table, latents_NL = _parse_archive(path, content) if path.suffix.lower() == ".npz" else _parse_table(path, content)
    if not len(latents_NL):
        raise SubsongError(f"{path} has no rows: expected one row an item, as subsong embed writes them")
    try:
        return Embedding(table, check_latents(latents_NL))
    except SubsongError as error:
        raise SubsongError(f"{path}: {error}") from error


def _parse_table(path: Path, content: bytes) -> tuple[pl.DataFrame, np.ndarray]:
    try:
        table = _parse_csv(content) if path.suffix.lower() == ".csv" else pl.read_parquet(content)
    except pl.exceptions.PolarsError as error:
        raise SubsongError(f"{path} cannot be read as a table ({str(error).splitlines()[0]}): embed again") from error
    found = [name for name in table.columns if _LATENT.fullmatch(name)]
    names = [f"z{number}" for number in range(len(found))]
    if not found or set(found) != set(names):
        said = f"found {', '.join(found)}" if found else f"found no such column among {', '.join(table.columns[:12])}"
        raise SubsongError(f"{path}: expected latent codes in columns z0, z1, ... without a gap, {said}")
    texts = [name for name in names if not table[name].dtype.is_numeric()]
    if texts:
        raise SubsongError(f"{path}: column {texts[0]} holds other things than numbers; embed again")
    codes = table.select(pl.col(names).cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    others = [name for name in table.columns if name not in names and not _VARIANCE.fullmatch(name)]
    return table.select(others), codes


def _parse_csv(content: bytes) -> pl.DataFrame:
    header = pl.read_csv(io.BytesIO(content), n_rows=0).columns
    kinds: dict[str, type[pl.DataType]] = {name: pl.Float64 for name in header if _LATENT.fullmatch(name)}
    kinds |= {name: pl.String for name in _TEXT_COLUMNS if name in header}
    return pl.read_csv(io.BytesIO(content), infer_schema_length=None, schema_overrides=kinds)


def _parse_archive(path: Path, content: bytes) -> tuple[pl.DataFrame, np.ndarray]:
    """Read what `write_codes` writes as .npz, where every column of items is text."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files if name != "covariance"}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise SubsongError(f"{path} is no archive of latent codes, or damaged: embed again") from error
    latents_NL = arrays.pop("z", np.zeros(0))
    if latents_NL.ndim != 2 or latents_NL.dtype.kind not in "fiu":
        raise SubsongError(f"{path}: expected latent codes in an array z of shape (items, dimensions)")
    odd = [name for name, values in arrays.items() if values.shape != (len(latents_NL),)]
    if odd:
        raise SubsongError(f"{path}: array {odd[0]!r} has not one value for each of the {len(latents_NL)} codes")
    text = pl.DataFrame({name: values.astype(str) for name, values in arrays.items()})
    # A missing value was written as the text of it.
    known = text.with_columns(pl.when(~pl.all().is_in(["None", "nan", ""])).then(pl.all()).name.keep())
    return _parse_csv(known.write_csv().encode()) if known.width else known, latents_NL
