"""An aviary: a few recordings of each bird and day are annotated, the truth of all stands beside them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from subsong.synthesis.aviary import Aviary, write_aviary
from subsong.synthesis.song import SongOptions

OPTIONS = SongOptions(num_days=2, num_songs=3, num_motifs=(1, 1), num_types=4, motif_length=3, sample_rate_hz=16000)


@pytest.fixture(scope="module")
def aviary(tmp_path_factory: pytest.TempPathFactory) -> Aviary:
    return write_aviary(tmp_path_factory.mktemp("aviary") / "demo", OPTIONS, num_annotated=1, seed=3)


def test_the_first_recordings_of_each_bird_and_day_are_annotated(aviary: Aviary) -> None:
    annotated = pl.read_csv(aviary.recordings_dir / "segments.csv")
    birds_and_days = ("bird1_day01", "bird1_day02", "bird2_day01", "bird2_day02")
    assert {Path(name).stem for name in annotated["audio_file"]} == {f"{one}_song001" for one in birds_and_days}
    assert (aviary.num_recordings, aviary.num_annotated) == (12, 4)


def test_the_truth_is_of_all_and_lies_beside_the_recordings(aviary: Aviary) -> None:
    truth = pl.read_csv(aviary.truth_dir / "segments.csv")
    assert truth["audio_file"].n_unique() == 12
    assert {path.name for path in aviary.recordings_dir.iterdir()} == {"bird1", "bird2", "files.csv", "segments.csv"}
    files = pl.read_csv(aviary.recordings_dir / "files.csv")
    assert files["duration_s"].sum() == pytest.approx(aviary.duration_s)
