"""Tables of latent codes are read as they were written, or refused with what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.inference.embeddings import read_embedding, read_embeddings
from subsong.inference.tables import write_codes

CODES = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
ITEMS = pl.DataFrame(
    {"source": ["a.wav"] * 5, "row": range(5), "label": ["01", None, "1", "x", "01"], "duration_s": [0.1] * 5}
)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".npz"])
def test_what_embed_writes_reads_back(tmp_path: Path, suffix: str) -> None:
    covariance = np.broadcast_to(np.eye(3), (5, 3, 3))
    write_codes(tmp_path / f"codes{suffix}", ITEMS, CODES, covariance)
    found = read_embedding(tmp_path / f"codes{suffix}")
    assert np.allclose(found.latents_NL, CODES, atol=1e-7)
    assert found.items.equals(ITEMS)


def test_dimensions_stand_in_their_order_not_that_of_the_file(tmp_path: Path) -> None:
    names = [f"z{number}" for number in (10, 2, 0, 1, 3, 4, 5, 6, 7, 8, 9)]
    pl.DataFrame({name: [float(name[1:])] for name in names}).write_csv(tmp_path / "codes.csv")
    assert read_embedding(tmp_path / "codes.csv").latents_NL.tolist() == [list(map(float, range(11)))]


def test_several_tables_keep_the_columns_of_all(tmp_path: Path) -> None:
    write_codes(tmp_path / "one.csv", ITEMS, CODES)
    write_codes(tmp_path / "two.parquet", ITEMS.drop("label"), CODES)
    found = read_embeddings([tmp_path / "one.csv", tmp_path / "two.parquet"])
    assert found.items["table"].to_list() == ["one"] * 5 + ["two"] * 5
    assert found.items["label"].to_list() == [*ITEMS["label"], *[None] * 5]
    assert found.latents_NL.shape == (10, 3)


def test_tables_of_different_models_or_of_one_name_are_refused(tmp_path: Path) -> None:
    write_codes(tmp_path / "one.csv", ITEMS, CODES)
    write_codes(tmp_path / "two.csv", ITEMS, CODES[:, :2])
    write_codes(tmp_path / "one.parquet", ITEMS, CODES)
    with pytest.raises(SubsongError, match="2 latent dimensions"):
        read_embeddings([tmp_path / "one.csv", tmp_path / "two.csv"])
    with pytest.raises(SubsongError, match="two tables are called one"):
        read_embeddings([tmp_path / "one.csv", tmp_path / "one.parquet"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "found no such column among a, b"),
        ("z0,z2\n1,2\n", "without a gap, found z0, z2"),
        ("z0,z1\n1,nan\n2,3\n", "latents of row 0 are not finite"),
        ("z0,z1\n1,\n2,3\n", "latents of row 0 are not finite"),
        ("z0,z1\n1,much\n", "could not parse `much`"),
        ("z0,z1\n", "has no rows"),
        ("", "cannot be read as a table"),
    ],
)
def test_what_is_no_table_of_codes_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "codes.csv").write_text(text)
    with pytest.raises(SubsongError, match=said):
        read_embedding(tmp_path / "codes.csv")


@pytest.mark.parametrize("suffix", [".parquet", ".npz"])
def test_a_damaged_file_is_named(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"codes{suffix}").write_bytes(b"not what it seems")
    with pytest.raises(SubsongError, match=f"codes{suffix}"):
        read_embedding(tmp_path / f"codes{suffix}")


def test_a_missing_file_and_another_suffix_are_named(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="does not exist"):
        read_embedding(tmp_path / "codes.csv")
    with pytest.raises(SubsongError, match=r"expected \.parquet, \.csv, \.npz"):
        read_embedding(tmp_path / "codes.wav")
    with pytest.raises(SubsongError, match="no table"):
        read_embeddings([])
