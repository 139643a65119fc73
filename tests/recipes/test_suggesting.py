"""Suggested stretches hold more errors than others, and their proposals can be read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.datasets.song.building import build_song
from subsong.inference.load import load_model
from subsong.inference.segmenter import TrainedSegmenter
from subsong.recipes import run as recipes
from subsong.recipes.suggesting import SuggestedFolder, SuggestOptions, suggest_stretches
from subsong.sources.annotations import find_annotations
from subsong.sources.audio import find_audio, read_audio, read_audio_info, write_audio
from subsong.synthesis.song import SongOptions, write_songs

STRETCH_S, TOLERANCE_S = 0.6, 0.02
TINY: dict[str, Any] = {
    "data.chunk_s": 0.8,
    "data.num_chunks": 48,
    "model.frontend": {"kind": "frequency", "channels": [8, 16], "strides": [4, 2], "feature_dim": 24},
    "model.tcn": {"channels": 16, "dilations": [1, 2, 4], "num_stacks": 1},
    "optimizer.learning_rate": 0.015,
    "training.num_epochs": 6,
    "training.batch_size": 8,
    "training.figure_epochs": None,
    "training.device": "cpu",
}


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("colony")
    options = SongOptions(num_birds=1, num_days=1, num_songs=8, num_motifs=(2, 2), num_types=4, motif_length=3)
    write_songs(folder, options, seed=2)
    return folder


@pytest.fixture(scope="module")
def run_path(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    overrides = {**TINY, "data.path": str(build_song(songs, folder / "store").path)}
    return recipes.train("song-segmenter", overrides=overrides, root=folder / "runs").path


@pytest.fixture(scope="module")
def mixed(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return recordings of which every second one is drowned in noise."""
    folder = tmp_path_factory.mktemp("mixed")
    for number, path in enumerate(find_audio(songs)):
        audio = read_audio(path)
        noise_T = numpy_generator(0, "noise", number).standard_normal(len(audio.samples)) * 0.7 * audio.samples.std()
        loud_T = (audio.samples + (number % 2) * noise_T).clip(-1, 1).astype(np.float32)
        write_audio(folder / f"{number:02d}.wav", loud_T, audio.sample_rate_hz)
    return folder


@pytest.fixture(scope="module")
def suggested(run_path: Path, mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> SuggestedFolder:
    out = tmp_path_factory.mktemp("out") / "next"
    return suggest_stretches(run_path, mixed, out, SuggestOptions(STRETCH_S, 3.0))


def find_errors(songs: Path, mixed: Path, run_path: Path) -> dict[str, np.ndarray]:
    """Return when, in each recording, something was missed or found that is not there."""
    model, truth = (
        load_model(run_path, "cpu"),
        pl.read_csv(songs / "segments.csv", schema_overrides={"label": pl.String}),
    )
    assert isinstance(model, TrainedSegmenter)
    errors = {}
    for number, path in enumerate(find_audio(songs)):
        true = truth.filter(pl.col("audio_file") == path.relative_to(songs).as_posix())
        found = model.annotate(mixed / f"{number:02d}.wav")
        near = np.abs(found["onset_s"].to_numpy()[:, None] - true["onset_s"].to_numpy()) < TOLERANCE_S
        right = near & (found["label"].to_numpy()[:, None] == true["label"].to_numpy())
        wrong, missed = found.filter(~right.any(axis=1)), true.filter(~right.any(axis=0))
        errors[f"{number:02d}.wav"] = np.concatenate([wrong["onset_s"], missed["onset_s"]])
    return errors


def test_suggested_stretches_hold_more_errors_a_second_than_the_rest(
    songs: Path, mixed: Path, run_path: Path, suggested: SuggestedFolder
) -> None:
    errors = find_errors(songs, mixed, run_path)
    searched_s = sum(read_audio_info(path).duration_s for path in find_audio(mixed))
    mean_rate = sum(map(len, errors.values())) / searched_s
    rows = suggested.table.select("recording", "start_s", "stop_s").rows()
    num = sum(int(((errors[name] >= start) & (errors[name] < stop)).sum()) for name, start, stop in rows)
    assert num / sum(stop - start for _, start, stop in rows) > 1.3 * mean_rate > 0


def test_the_table_ranks_stretches_that_cut_no_proposal_in_two(
    run_path: Path, mixed: Path, suggested: SuggestedFolder
) -> None:
    table, model = suggested.table, load_model(run_path, "cpu")
    assert isinstance(model, TrainedSegmenter)
    assert table.columns[:4] == ["rank", "recording", "channel", "start_s"]
    for name, start_s, stop_s in table.select("recording", "start_s", "stop_s").rows():
        found = model.annotate(mixed / name)
        for edge_s in (start_s, stop_s):
            assert found.filter(pl.col("onset_s") < edge_s - 1e-5, pl.col("offset_s") > edge_s + 1e-5).is_empty()


def test_what_was_looked_at_and_proposed_makes_a_dataset(
    mixed: Path, suggested: SuggestedFolder, tmp_path: Path
) -> None:
    folder = suggested.proposals_path
    found = find_annotations(find_audio(mixed), mixed, folder / "annotations.csv")
    # Neighbours that were moved out to the same proposal share it.
    assert 0 < found.table.height <= suggested.table["num_proposals"].sum()
    assert (folder.parent / "page.html").is_file()
    looked_at = find_annotations(find_audio(mixed), mixed, folder.parent / "looked_at.csv").table
    assert looked_at.height == suggested.table.height


@pytest.mark.parametrize("annotation_format", ["audacity", "not-mat"])
def test_stretches_are_cut_out_with_proposals_that_are_found_beside_them(
    run_path: Path, mixed: Path, tmp_path: Path, annotation_format: str
) -> None:
    options = SuggestOptions(STRETCH_S, 1.0, annotation_format, cut=True)
    done = suggest_stretches(run_path, mixed / "01.wav", tmp_path / "next", options)
    paths = find_audio(done.proposals_path)
    assert len(paths) == done.table.height
    row = done.table.row(0, named=True)
    name = f"01__{row['start_s']:.3f}-{row['stop_s']:.3f}s.wav"
    whole, part = read_audio(mixed / "01.wav"), read_audio(done.proposals_path / name)
    first = round(row["start_s"] * whole.sample_rate_hz)
    np.testing.assert_allclose(part.samples, whole.samples[first : first + len(part.samples)], atol=1e-4)
    found = find_annotations(paths, done.proposals_path, format=annotation_format).table
    assert found.filter(pl.col("recording") == name).height == row["num_proposals"]


def test_corrected_annotations_are_never_written_over(run_path: Path, mixed: Path, suggested: SuggestedFolder) -> None:
    with pytest.raises(SubsongError, match="is there already and may hold corrected annotations"):
        suggest_stretches(run_path, mixed, suggested.proposals_path.parent)


def test_a_format_that_is_not_written_is_refused_before_any_work(mixed: Path, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match=r"not written as 'audicity'.*audacity"):
        suggest_stretches(tmp_path / "none", mixed, tmp_path / "next", SuggestOptions(format="audicity"))
