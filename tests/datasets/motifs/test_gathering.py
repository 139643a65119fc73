"""The renditions of a folder of recordings: which, what is kept of each, and how they are divided."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.motifs.gathering import gather_motifs
from subsong.sources.audio import read_audio, write_audio

from .conftest import KnownMotifs, read


def test_the_renditions_found_are_those_that_were_sung(known: KnownMotifs) -> None:
    found = gather_motifs(known.path, read(known.motif)).segments
    truth = known.renditions.sort("recording", "onset_s")
    assert found["source"].to_list() == truth["recording"].to_list()
    np.testing.assert_allclose(found["motif_onset_s"], truth["onset_s"], atol=1e-9)
    np.testing.assert_allclose(found["motif_offset_s"], truth["offset_s"], atol=1e-9)
    assert found["label"].unique().to_list() == [known.motif]


def test_a_margin_is_kept_on_both_sides(known: KnownMotifs) -> None:
    found = gather_motifs(known.path, read(known.motif, margin_s=0.07)).segments
    np.testing.assert_allclose(found["motif_onset_s"] - found["onset_s"], 0.07)
    np.testing.assert_allclose(found["offset_s"] - found["motif_offset_s"], 0.07)


def test_a_margin_ends_where_the_recording_does(known: KnownMotifs) -> None:
    found = gather_motifs(known.path, read(known.motif, margin_s=2.0))
    ends = np.array([found.recordings[name].duration_s for name in found.segments["source"]])
    first_s = 256 / 32_000  # where the first STFT window that lies in the recording is centred
    assert (found.segments["onset_s"] >= first_s).all()
    assert (found.segments["offset_s"].to_numpy() <= ends).all()
    assert found.segments["onset_s"].min() == first_s


def test_annotated_motifs_are_renditions(known: KnownMotifs, tmp_path: Path) -> None:
    table = known.renditions.select(pl.col("recording").alias("audio_file"), "onset_s", "offset_s")
    table.with_columns(label=pl.lit("motif")).write_csv(tmp_path / "motifs.csv")
    found = gather_motifs(known.path, read("motif", annotations=tmp_path / "motifs.csv")).segments
    assert found.height == known.renditions.height


def test_files_of_one_motif_each_are_renditions_without_surroundings(known: KnownMotifs, tmp_path: Path) -> None:
    cut_motifs(known, tmp_path)
    found = gather_motifs(tmp_path, read(None))
    durations_s = [found.recordings[name].duration_s for name in found.segments["source"]]
    assert found.segments.height == known.renditions.height
    assert found.segments["motif_onset_s"].to_list() == [0.0] * len(durations_s)
    assert found.segments["motif_offset_s"].to_list() == durations_s
    assert (found.segments["onset_s"] > 0).all()


def test_whole_songs_are_not_taken_for_renditions(known: KnownMotifs, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="--motif"):
        gather_motifs(known.path, read(None))
    for number, seconds in enumerate((1, 2, 4, 8)):
        noise = np.random.default_rng(number).normal(0, 0.1, seconds * 8000).astype(np.float32)
        write_audio(tmp_path / f"{seconds}.wav", noise, 32_000)
    with pytest.raises(SubsongError, match=r"4 of 4 renditions last more than 10% longer or shorter.*--motif"):
        gather_motifs(tmp_path, read(None, max_tempo_change=0.1))


def test_no_recording_lies_in_two_splits(known: KnownMotifs) -> None:
    found = gather_motifs(known.path, read(known.motif)).segments
    assert set(found["split"]) == {"train", "validation", "test"}
    assert found.group_by("source").agg(pl.col("split").n_unique())["split"].to_list() == [1] * 10


def test_few_recordings_are_divided_by_rendition(known: KnownMotifs, tmp_path: Path) -> None:
    keep_recordings(known, tmp_path, 1)
    found = gather_motifs(tmp_path, read(known.motif)).segments
    assert found["source"].n_unique() == 1
    assert set(found["split"]) == {"train", "validation", "test"}


def test_a_column_of_the_recordings_may_divide_and_is_kept(known: KnownMotifs) -> None:
    table = pl.read_csv(known.path / "files.csv")
    assert "session" in table.columns
    found = gather_motifs(known.path, read(known.motif, split_by="recording")).segments
    assert found["session"].to_list() == ["day01"] * found.height
    with pytest.raises(SubsongError, match=r"split_by is 'sesion'.*did you mean 'session'"):
        gather_motifs(known.path, read(known.motif, split_by="sesion"))


def test_odd_tempo_and_recordings_without_the_motif_are_listed(known: KnownMotifs, tmp_path: Path) -> None:
    median_s = float((known.renditions["offset_s"] - known.renditions["onset_s"]).median())  # type: ignore[arg-type]
    first, last = known.renditions["recording"][0], known.renditions["recording"][-1]
    rows = known.renditions.select("recording", "onset_s", "offset_s").with_columns(label=pl.lit("m"))
    cut_s = pl.when(pl.int_range(pl.len()) == 0).then(pl.col("onset_s") + 0.5 * median_s).otherwise("offset_s")
    label = pl.when(pl.col("recording") == last).then(pl.lit("other")).otherwise("label")
    rows = rows.with_columns(offset_s=cut_s, label=label)
    rows.rename({"recording": "audio_file"}).write_csv(tmp_path / "motifs.csv")
    gathered = gather_motifs(known.path, read("m", annotations=tmp_path / "motifs.csv"))
    reasons = dict(gathered.skipped.select("recording", "reason").rows())
    assert "odd tempo" in reasons[first]
    assert "does not occur" in reasons[last]
    assert gathered.skipped.height == 2


def test_renditions_may_be_left_out_by_id(known: KnownMotifs, tmp_path: Path) -> None:
    everything = gather_motifs(known.path, read(known.motif)).segments
    source, row = everything.select("source", "row").row(3)
    (tmp_path / "noisy.csv").write_text(f"id\n{source} #{row}\n")
    rest = gather_motifs(known.path, read(known.motif, leave_out=tmp_path / "noisy.csv"))
    assert rest.segments.height == everything.height - 1
    assert rest.segments.filter(source=source, row=row).is_empty()
    assert "noisy.csv" in rest.skipped["reason"][0]


def test_a_motif_that_never_occurs_names_what_does(known: KnownMotifs) -> None:
    with pytest.raises(SubsongError, match=rf"the motif 'xyzzy' does not occur.*'{known.motif}' \(\d+\)"):
        gather_motifs(known.path, read("xyzzy"))


@pytest.mark.parametrize("motif", ["", [], ["a", ""]])
def test_an_empty_motif_is_refused(motif: str | list[str]) -> None:
    with pytest.raises(ValueError, match="holds no label"):
        read(motif)  # type: ignore[arg-type]


def cut_motifs(known: KnownMotifs, folder: Path) -> None:
    """Write one file a rendition, without anything around it."""
    for number, (recording, onset_s, offset_s) in enumerate(
        known.renditions.select("recording", "onset_s", "offset_s").iter_rows()
    ):
        audio = read_audio(known.path / recording, None, onset_s, offset_s)
        write_audio(folder / f"motif{number:02d}.wav", audio.samples, audio.sample_rate_hz)


def keep_recordings(known: KnownMotifs, folder: Path, num: int) -> None:
    """Copy the first recordings with their annotations."""
    names = known.renditions.group_by("recording", maintain_order=True).len().filter(pl.col("len") >= 3)["recording"]
    kept = names.head(num).to_list()
    for name in kept:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(known.path / name, folder / name)
    pl.read_csv(known.path / "segments.csv").filter(pl.col("audio_file").is_in(kept)).write_csv(folder / "segments.csv")
