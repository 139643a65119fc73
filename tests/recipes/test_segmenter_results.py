"""What a run of a segmenter ends with, and its decoding chosen again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.trained_segmenter import TrainedRun

from subsong.cli.main import run
from subsong.core.errors import SubsongError
from subsong.datasets.song.building import build_song
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.store import load_song
from subsong.evaluation.annotations.metrics import LabelledSpans, MetricScorer
from subsong.evaluation.annotations.scores import score_annotations
from subsong.inference.load import load_model
from subsong.inference.segmenter import TrainedSegmenter
from subsong.recipes import run as recipes
from subsong.recipes.segmenter_results import AnnotatedSplit, annotate_split
from subsong.recipes.tuning import tune_model
from subsong.sources.annotations.read import read_annotations


@pytest.fixture(scope="module")
def annotated(trained_run: TrainedRun) -> AnnotatedSplit:
    model = load_model(trained_run.run)
    assert isinstance(model, TrainedSegmenter)
    return annotate_split(model, load_song(trained_run.store))


def test_a_run_ends_with_its_test_sound_annotated_and_scored(trained_run: TrainedRun) -> None:
    folder = trained_run.run / "results"
    names = {path.name for path in folder.iterdir()}
    assert {"scores.json", "annotations.csv", "confusion.csv", "per_class.csv", "per_recording.csv"} <= names
    results, store = recipes.load_run(trained_run.run).results, load_song(trained_run.store)
    test = set(store.parts.filter(split="test")["source"])
    assert results.split == "test"
    assert set(read_annotations(folder / "truth.csv")["recording"]) == test
    assert results.metrics["onset_f1"].value > 0.7
    low, high = results.metrics["onset_f1"].interval or (1.0, 0.0)
    assert low <= results.metrics["onset_f1"].value <= high


def test_found_annotations_are_in_seconds_of_the_recording(trained_run: TrainedRun) -> None:
    found = read_annotations(trained_run.run / "results" / "annotations.csv")
    model = load_model(trained_run.run)
    assert isinstance(model, TrainedSegmenter)
    name = found["recording"][0]
    alone = model.annotate(trained_run.songs / name, name)
    assert found.filter(recording=name)["onset_s"].to_list() == pytest.approx(alone["onset_s"].to_list(), abs=1e-3)


def test_the_page_shows_scores_and_examples_without_the_data(trained_run: TrainedRun, tmp_path: Path) -> None:
    shutil.copytree(trained_run.run, tmp_path / "run")
    page = recipes.report(tmp_path / "run").read_text()
    assert "syllable error rate" in page
    assert "Example 1" in page
    assert (trained_run.run / "figures" / "example_3.png").stat().st_size > 10_000


def test_other_annotated_song_is_scored_with_the_command(
    trained_run: TrainedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, out = str(trained_run.store), tmp_path / "scores"
    assert run(["evaluate", str(trained_run.run), "--data", store, "--out", str(out)]) == 0
    assert "onset f1" in capsys.readouterr().out
    ours, theirs = (json.loads((path / "scores.json").read_text()) for path in (out, trained_run.run / "results"))
    assert ours["scores"] == theirs["scores"]


def test_the_one_number_of_a_search_is_the_score_of_the_page(annotated: AnnotatedSplit) -> None:
    durations = {part.name: part.duration_s for part in annotated.parts}
    found = annotated.found.filter(pl.int_range(pl.len()) % 7 != 3)
    summary = dict(score_annotations(found, annotated.truth, None, durations).summary["score", "value"].iter_rows())
    labels = sorted({*annotated.truth["label"], *found["label"]})
    places = {name: number for number, name in enumerate(durations)}

    def to_spans(table: pl.DataFrame) -> LabelledSpans:
        rows = table.sort(pl.col("recording").replace_strict(places), "onset_s")
        place = rows["recording"].replace_strict(places, return_dtype=pl.Int64).to_numpy()
        class_N = np.array([labels.index(label) for label in rows["label"]], np.int64)
        return LabelledSpans(rows["onset_s"].to_numpy(), rows["offset_s"].to_numpy(), place, class_N)

    expected = {
        "onset": summary["onset_f1"],
        "edges": summary["edges_f1"],
        "iou": summary["iou_f1"],
        "frames": 1 - summary["frame_error"],
        "sequence": 1 - summary["syllable_error_rate"],
    }
    expected["balanced"] = (expected["onset"] + expected["sequence"] + expected["frames"]) / 3
    for metric, value in expected.items():
        scorer = MetricScorer(to_spans(annotated.truth), np.array(list(durations.values())), metric)  # type: ignore[arg-type]
        assert scorer.score(to_spans(found)) == pytest.approx(value, abs=1e-12), metric


def test_tuning_stores_the_decoding_and_keeps_the_former_one_on_record(
    trained_run: TrainedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(trained_run.run / "model", tmp_path / "model")
    path = tmp_path / "model" / "preprocessing.json"
    content = json.loads(path.read_text())
    spoiled = {**content["decoding"], "low_threshold": 0.9, "high_threshold": 0.99, "min_duration_s": 0.08}
    path.write_text(json.dumps({**content, "decoding": spoiled}))
    assert run(["tune", str(tmp_path / "model"), str(trained_run.store), "--metric", "edges"]) == 0
    said, tuned = capsys.readouterr().out, json.loads(path.read_text())
    assert "F1 of both edges within 10 ms" in said
    assert "min_duration_s: 0.08 ->" in said
    assert tuned["decoding_search"]["former_decoding"] == spoiled
    assert tuned["decoding_search"]["score"] > tuned["decoding_search"]["former_score"]
    assert {**tuned, "decoding": 0, "decoding_search": 0} == {**content, "decoding": 0, "decoding_search": 0}
    model = load_model(tmp_path / "model")
    assert isinstance(model, TrainedSegmenter)
    assert model.decoding.min_duration_s < 0.08


def test_tuning_without_validation_sound_or_dataset_says_so(trained_run: TrainedRun, tmp_path: Path) -> None:
    shutil.copytree(trained_run.run / "model", tmp_path / "model")
    with pytest.raises(SubsongError, match="name one, 'subsong tune MODEL DATASET'"):
        tune_model(tmp_path / "model")
    shutil.copytree(trained_run.store, tmp_path / "song")
    parts = pl.read_parquet(tmp_path / "song" / "parts.parquet")
    parts.with_columns(pl.col("split").replace("validation", "train")).write_parquet(tmp_path / "song/parts.parquet")
    with pytest.raises(SubsongError, match="has no sound for validation"):
        tune_model(tmp_path / "model", tmp_path / "song")


def test_parts_of_recordings_are_judged_by_their_own_annotations_alone(trained_run: TrainedRun, tmp_path: Path) -> None:
    reading = SongReading.model_validate({"split_by": "time"})
    store = load_song(build_song(trained_run.songs, tmp_path / "song", reading).path)
    model = load_model(trained_run.run)
    assert isinstance(model, TrainedSegmenter)
    annotated = annotate_split(model, store)
    assert all(part.stop_sample - part.first_sample < 0.6 * 32_000 * 60 for part in annotated.parts)
    longest = annotated.truth.join(
        pl.DataFrame(
            {"recording": [p.name for p in annotated.parts], "end_s": [p.duration_s for p in annotated.parts]}
        ),
        on="recording",
    )
    assert (longest["offset_s"] <= longest["end_s"] + 1e-9).all()
    total_s = sum(part.duration_s for part in annotated.parts)
    parts = store.parts.filter(split="test")
    assert total_s == pytest.approx(float((parts["stop_s"] - parts["start_s"]).sum()), abs=1e-6)
    assert score_annotations(annotated.found, annotated.truth).summary.filter(score="onset_f1")["value"][0] > 0.7
