"""Made checklists as eBird files: an EBD and its sampling file, of any era, packed as eBird hands them out."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Literal, NamedTuple, get_args

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.files import atomic_file
from subsong.core.seeds import numpy_generator
from subsong.synthesis.checklists import MadeChecklists
from subsong.synthesis.ebird_headers import ERAS, NEWEST_NAMES, Era
from subsong.synthesis.ebird_rows import CATEGORIES, KINDS, Oddities, RawRows, copy_lists, expand_rows
from subsong.synthesis.ebird_text import KERALA, Region, describe_raw_lists, describe_taxa, draw_comments

Compression = Literal["gz", "zip", "tar"]
_CHUNK_SIZE = 50_000
_GZIP_LEVEL = 4
_PAPERS = {
    "recommended_citation.txt": b"Made-up data for tests and demonstrations; no bird was seen.\n",
    "terms_of_use.txt": b"Made-up data: use them as you like.\n",
}


class WrittenFiles(NamedTuple):
    """A pair of files.

    Attributes
    ----------
    ebd
        The observations: a text file, or the archive it lies in.
    sampling
        The lists; None where it was not asked for. The same archive as `ebd` in a zip.
    num_rows
        Rows of the EBD.
    """

    ebd: Path
    sampling: Path | None
    num_rows: int


class _Tables(NamedTuple):
    """What the rows of both files are put together from."""

    lists: pl.DataFrame
    taxa: pl.DataFrame
    rows: RawRows
    comments: np.ndarray
    sampled: np.ndarray


def write_ebird(
    folder: str | Path,
    made: MadeChecklists,
    era: str = "2025",
    sampling: bool = True,
    trailing_tab: bool = True,
    compress: Compression | None = None,
    region: Region = KERALA,
    oddities: Oddities | None = None,
) -> WrittenFiles:
    """Write checklists as eBird would hand them out; a careful reader gets ``made.checklists`` back.

    Parameters
    ----------
    folder
        Where the files go, under eBird's names: ``ebd_IN-KL_smp_relSep-2025.txt`` and ``..._sampling.txt``.
    made
        The lists.
    era
        Whose headers: ``"2025"``, ``"2022"``, ``"2021"``, ``"2018"`` or ``"2017"``.
    sampling
        Write the sampling file as well, the only place where lists without species stand.
    trailing_tab
        End every line with a tab.
    compress
        None for text; ``"gz"`` for each file by itself; ``"zip"``, both in the archive of a custom download; ``"tar"``,
        two archives of compressed files, as the full download has.
    region
        Which state's lists they are said to be.
    oddities
        What is mixed in; None takes the usual shares.

    Raises
    ------
    SubsongError
        For an unknown era or compression, and when the disk is full.
    """
    if era not in ERAS:
        raise SubsongError(f"no era {era!r} of eBird's headers; {did_you_mean(era, ERAS)}")
    if compress is not None and compress not in get_args(Compression):
        raise SubsongError(f"cannot compress as {compress!r}; {did_you_mean(compress, get_args(Compression))}")
    tables = _build_tables(made, region, oddities or Oddities())
    parts = {"ebd": _ebd_text(tables, ERAS[era], trailing_tab)}
    if sampling:
        parts["sampling"] = _sampling_text(tables, ERAS[era], trailing_tab)
    num_rows = len(tables.rows.num_birds)
    names = _name_files(ERAS[era].release, region, sampling, compress == "tar")
    if compress == "zip":
        path = _write_zip(Path(folder) / f"{names['ebd']}.zip", names, parts)
        return WrittenFiles(path, path if sampling else None, num_rows)
    write = {None: _write_text, "gz": _write_gzip, "tar": _write_tar}[compress]
    paths = {kind: write(Path(folder) / names[kind], chunks) for kind, chunks in parts.items()}
    return WrittenFiles(paths["ebd"], paths.get("sampling"), num_rows)


def _name_files(release: str, region: Region, sampling: bool, is_full_download: bool) -> dict[str, str]:
    if is_full_download:
        return {"ebd": f"ebd_rel{release}", "sampling": f"ebd_sampling_rel{release}"}
    stem = f"ebd_{region.state_code}{'_smp' if sampling else ''}_rel{release}"
    return {"ebd": stem, "sampling": f"{stem}_sampling"}


def _build_tables(made: MadeChecklists, region: Region, oddities: Oddities) -> _Tables:
    lists = copy_lists(made, oddities)
    rows = expand_rows(made, lists, oddities)
    rng = numpy_generator(made.seed, "order of the files")
    comments = draw_comments(len(rows.num_birds), oddities.comment_share, rng)
    sampled = rng.permutation(np.nonzero(lists.kind != KINDS.index("orphan"))[0])
    fields = describe_raw_lists(made, lists, region, oddities.comment_share)
    return _Tables(fields, describe_taxa(made), rows, comments, sampled)


def _ebd_text(tables: _Tables, era: Era, trailing_tab: bool) -> Iterator[bytes]:
    yield _write_header(era.ebd_columns, trailing_tab)
    num_species = tables.taxa.height // len(CATEGORIES)
    for start in range(0, len(tables.rows.num_birds), _CHUNK_SIZE):
        rows = RawRows(*(part[start : start + _CHUNK_SIZE] for part in tables.rows))
        taxa = tables.taxa[rows.category.astype(np.int64) * num_species + rows.species]
        own = _describe_rows(rows, start, tables.comments[start : start + _CHUNK_SIZE])
        fields = pl.concat([tables.lists[rows.raw_list], taxa, own], how="horizontal")
        yield _write_rows(fields, era.ebd_columns, trailing_tab)


def _describe_rows(rows: RawRows, start: int, comments: np.ndarray) -> pl.DataFrame:
    count = pl.Series(rows.num_birds).fill_nan(None).cast(pl.Int64).cast(pl.String).fill_null("X")
    number = pl.int_range(start, start + len(rows.num_birds), eager=True).cast(pl.String)
    constant = {"BREEDING CATEGORY": "", "BEHAVIOR CODE": "", "AGE/SEX": "", "REASON": ""}
    constant |= {"HAS MEDIA": "0", "APPROVED": "1", "REVIEWED": "0"}
    return pl.DataFrame(
        {
            "GLOBAL UNIQUE IDENTIFIER": "URN:CornellLabOfOrnithology:EBIRD:OBS10" + number.str.zfill(9),
            "OBSERVATION COUNT": count,
            "BREEDING CODE": np.where(rows.num_birds == 0, "UN", ""),
            "SPECIES COMMENTS": comments,
        }
    ).with_columns(pl.lit(value).alias(name) for name, value in constant.items())


def _sampling_text(tables: _Tables, era: Era, trailing_tab: bool) -> Iterator[bytes]:
    yield _write_header(era.sampling_columns, trailing_tab)
    observer = pl.col("OBSERVER ID").str.replace("obsr", era.observer_prefix, literal=True)
    for start in range(0, len(tables.sampled), _CHUNK_SIZE):
        lists = tables.lists[tables.sampled[start : start + _CHUNK_SIZE]]
        yield _write_rows(lists.with_columns(observer), era.sampling_columns, trailing_tab)


def _write_header(columns: tuple[str, ...], trailing_tab: bool) -> bytes:
    return ("\t".join(columns) + ("\t\n" if trailing_tab else "\n")).encode()


def _write_rows(table: pl.DataFrame, columns: tuple[str, ...], trailing_tab: bool) -> bytes:
    chosen = table.select(NEWEST_NAMES.get(name, name) for name in columns)
    if trailing_tab:
        chosen = chosen.with_columns(pl.lit("").alias(""))
    buffer = io.BytesIO()
    chosen.write_csv(buffer, separator="\t", include_header=False, quote_style="never")
    return buffer.getvalue()


def _write_text(stem: Path, chunks: Iterable[bytes]) -> Path:
    path = stem.with_name(f"{stem.name}.txt")
    with atomic_file(path) as file:
        file.writelines(chunks)
    return path


def _write_gzip(stem: Path, chunks: Iterable[bytes]) -> Path:
    path = stem.with_name(f"{stem.name}.txt.gz")
    with atomic_file(path) as file:
        _compress(file, chunks)
    return path


def _compress(file: IO[bytes], chunks: Iterable[bytes]) -> None:
    with gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as packed:
        packed.writelines(chunks)


def _write_zip(path: Path, names: dict[str, str], parts: dict[str, Iterator[bytes]]) -> Path:
    with atomic_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for kind, chunks in parts.items():
            # Without a date, so that equal lists make equal archives.
            info = zipfile.ZipInfo(f"{names[kind]}.txt")
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as member:
                member.writelines(chunks)
        for name, text in _PAPERS.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return path


def _write_tar(stem: Path, chunks: Iterable[bytes]) -> Path:
    """Write an archive with one compressed file, the papers, and an entry such as macOS leaves in archives."""
    path = stem.with_name(f"{stem.name}.tar")
    name = f"{stem.name}.txt.gz"
    with atomic_file(path) as file, tarfile.open(fileobj=file, mode="w") as archive:
        with tempfile.TemporaryFile(dir=path.parent) as packed:
            _compress(packed, chunks)
            info = tarfile.TarInfo(name)
            info.size = packed.tell()
            packed.seek(0)
            _add(archive, f"._{name}", b"Mac OS X")
            archive.addfile(info, packed)
        for paper, text in _PAPERS.items():
            _add(archive, paper, text)
    return path


def _add(archive: tarfile.TarFile, name: str, text: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(text)
    archive.addfile(info, io.BytesIO(text))
