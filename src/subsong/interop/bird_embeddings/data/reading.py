"""Reading an eBird Basic Dataset file into a pandas frame, as bird-embeddings does, but without its losses.

Quotes are text and only a blank is missing: with pandas' defaults a stray quote in a comment swallows rows, and
Namibia's code ``NA`` is lost.
"""

from __future__ import annotations

import contextlib
import csv
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from subsong.core.errors import SubsongError
from subsong.interop.bird_embeddings.errors import MissingFileError
from subsong.interop.bird_embeddings.frames import Frame, check_columns, import_pandas, to_pandas
from subsong.sources.ebird.files import find_ebird_files, open_member

log = logging.getLogger(__name__)

REQUIRED_COLUMNS = ("COMMON NAME", "SCIENTIFIC NAME", "SAMPLING EVENT IDENTIFIER", "OBSERVATION DATE")
KEPT_COLUMNS = (
    "CATEGORY",
    "COMMON NAME",
    "SCIENTIFIC NAME",
    "OBSERVATION COUNT",
    "COUNTRY",
    "COUNTRY CODE",
    "STATE",
    "STATE CODE",
    "COUNTY",
    "COUNTY CODE",
    "LATITUDE",
    "LONGITUDE",
    "OBSERVATION DATE",
    "TIME OBSERVATIONS STARTED",
    "SAMPLING EVENT IDENTIFIER",
    "OBSERVATION TYPE",
    "DURATION MINUTES",
    "EFFORT DISTANCE KM",
    "NUMBER OBSERVERS",
    "ALL SPECIES REPORTED",
    "GROUP IDENTIFIER",
)
_ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".tar.gz")
_RAW_DIR = Path("data") / "raw"
_FORMAT: dict[str, Any] = {"sep": "\t", "quoting": csv.QUOTE_NONE, "keep_default_na": False, "na_values": [""]}


def load_ebird_data(
    file_path: str | Path,
    nrows: int | None = None,
    columns: Sequence[str] | None = None,
    low_memory: bool = False,
    suppress_warnings: bool = True,
) -> Frame:
    """Read an EBD file.

    Parameters
    ----------
    file_path
        Text, packed text or an archive as eBird hands it out; a relative path is also looked for in ``data/raw``.
    nrows
        Read the first so many rows only. They are no sample: files are sorted neither by date nor by list.
    columns
        Read these only.
    low_memory
        pandas' setting of its parser.
    suppress_warnings
        Keep pandas' warnings of this call to itself.

    Returns
    -------
    One row an observation, under the names of the file; a trailing tab makes a column ``Unnamed: 52``.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SubsongError
        When a column asked for is not in the file.
    """
    pandas = import_pandas()
    path = _find_file(Path(file_path))
    if columns is not None:
        check_columns(pandas.DataFrame(columns=get_ebird_columns(path)), columns)
    with warnings.catch_warnings(), _open(path) as source:
        if suppress_warnings:
            warnings.simplefilter("ignore")
        data = pandas.read_csv(source, nrows=nrows, usecols=columns, low_memory=low_memory, **_FORMAT)
    log.info("read %d rows and %d columns of %s", *data.shape, path)
    return data


def _find_file(path: Path) -> Path:
    places = [path] if path.is_absolute() else [path, _RAW_DIR / path, _RAW_DIR / path.name]
    for place in places:
        if place.is_file():
            return place
    raise MissingFileError(f"no file at {', '.join(map(str, places))}: give the path of an EBD text file")


@contextlib.contextmanager
def _open(path: Path) -> Iterator[Any]:
    """Yield what pandas is to read: the records within an archive as eBird hands it out, or the file itself."""
    if not path.name.lower().endswith(_ARCHIVE_SUFFIXES):
        yield path
        return
    member = find_ebird_files(path, None).records[0]
    with open_member(member.path, member.inner) as opened:
        yield opened.stream


def get_ebird_columns(file_path: str | Path) -> list[str]:
    """Return the names in a file's header, without reading more of it."""
    with _open(_find_file(Path(file_path))) as source:
        return list(import_pandas().read_csv(source, nrows=0, **_FORMAT).columns)


def validate_ebird_data(data: Frame) -> bool:
    """Return True for a frame that has rows and the columns every step needs.

    Raises
    ------
    SubsongError
        When it has not (a ValueError); names the column.
    """
    data = to_pandas(data)
    if not len(data):
        raise SubsongError("the data have no rows: expected at least one observation")
    check_columns(data, REQUIRED_COLUMNS)
    return True


def filter_columns(data: Frame, columns_to_keep: Sequence[str] | None = None) -> Frame:
    """Return the columns `columns_to_keep`, by default the 21 that matter; those that are absent are logged."""
    data = to_pandas(data)
    wanted = KEPT_COLUMNS if columns_to_keep is None else columns_to_keep
    absent = [name for name in wanted if name not in data.columns]
    if absent:
        log.warning("the data have no column %s: passed over", ", ".join(absent))
    kept = data[[name for name in wanted if name in data.columns]].copy()
    before, after = (frame.memory_usage(deep=True).sum() / 2**30 for frame in (data, kept))
    log.info("kept %d of %d columns: %.3f GB of %.3f GB", kept.shape[1], data.shape[1], after, before)
    return kept
