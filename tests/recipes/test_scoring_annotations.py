from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.evaluation.annotations.options import ScoringOptions
from subsong.recipes.scoring_annotations import evaluate_annotations
from subsong.sources.annotations.read import write_annotations
from subsong.sources.annotations.table import build_annotations
from subsong.sources.audio import write_audio


def write(folder: Path, name: str, onset_s: list[float], suffix: str = ".csv") -> Path:
    folder.mkdir(exist_ok=True)
    offset_s = [onset + 0.2 for onset in onset_s]
    table = build_annotations(recording=[name] * len(onset_s), onset_s=onset_s, offset_s=offset_s)
    write_annotations(folder / f"{name}{suffix}", table)
    return folder


@pytest.fixture
def sets(tmp_path: Path) -> tuple[Path, Path]:
    """Return found and true annotations of two recordings, in two formats; one of four is missed."""
    write(tmp_path / "found", "a", [0.0, 1.0], ".txt")
    write(tmp_path / "found", "b", [0.5], ".txt")
    write(tmp_path / "truth", "a", [0.0, 1.0], ".TextGrid")
    write(tmp_path / "truth", "b", [0.5, 1.5], ".TextGrid")
    return tmp_path / "found", tmp_path / "truth"


def test_folders_of_two_formats_are_compared(sets: tuple[Path, Path], tmp_path: Path) -> None:
    done = evaluate_annotations(*sets, out=tmp_path / "out")
    assert done.report_path == tmp_path / "out" / "index.html"
    saved = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert saved["scores"]["iou_recall"] == {**saved["scores"]["iou_recall"], "value": 0.75, "denominator": 4}
    assert saved["scores"]["iou_precision"]["value"] == 1.0
    matches = pl.read_csv(tmp_path / "out" / "matches.csv")
    assert matches.filter(pl.col("outcome") == "missed").select("recording", "truth_onset_s").rows() == [("b", 1.5)]
    assert {"per_class.csv", "per_recording.csv", "confusion.csv", "curves.csv"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }


def test_the_same_comparison_writes_the_same_bytes(sets: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("one", "two"):
        evaluate_annotations(*sets, out=tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_recordings_give_silence_its_share(sets: tuple[Path, Path], tmp_path: Path) -> None:
    for name in "ab":
        write_audio(tmp_path / "songs" / f"{name}.wav", np.zeros(16_000, np.float32), 8000)
    done = evaluate_annotations(*sets, recordings=tmp_path / "songs")
    error = dict(done.scores.summary.select("score", "value").iter_rows())["frame_error"]
    assert error == pytest.approx(0.2 / 4)
    assert done.report_path is None


def test_recordings_with_nothing_found_can_be_left_out(sets: tuple[Path, Path]) -> None:
    found, truth = sets
    (found / "b.txt").unlink()
    recalls = []
    for common_only in (False, True):
        done = evaluate_annotations(found, truth, common_only=common_only)
        recalls.append(done.scores.summary.filter(pl.col("score") == "iou_recall")["value"][0])
    assert recalls == [0.5, 1.0]
    assert any("left out" in warning for warning in done.scores.warnings)


def test_a_file_may_say_where_the_truth_is_complete(sets: tuple[Path, Path], tmp_path: Path) -> None:
    write(sets[0], "a", [0.0, 1.0, 5.0, 8.0], ".txt")
    windows = build_annotations(recording=["a"], onset_s=[4.0], offset_s=[6.0])
    write_annotations(tmp_path / "complete.csv", windows)
    done = evaluate_annotations(*sets, options=ScoringOptions(within=(str(tmp_path / "complete.csv"),)))
    outcomes = dict(done.scores.matches["outcome"].value_counts().iter_rows())
    assert outcomes == {"paired": 3, "missed": 1, "extra": 1, "not judged": 1}


def test_an_empty_table_misses_everything(sets: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("recording,onset_s,offset_s,label\n")
    done = evaluate_annotations(tmp_path / "none.csv", sets[1])
    assert set(done.scores.matches["outcome"]) == {"missed"}


def test_sets_of_other_recordings_are_refused_by_name(sets: tuple[Path, Path], tmp_path: Path) -> None:
    write(tmp_path / "other", "q", [0.0])
    with pytest.raises(SubsongError, match=r"other \(of 'q', 1 in all\) and .*truth \(of 'a', 2 in all\)"):
        evaluate_annotations(tmp_path / "other", sets[1])


def test_only_scores_are_replaced_and_only_when_told(
    sets: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subsong.recipes.scoring_annotations.write_scores_page", lambda *parts: None)
    out = tmp_path / "out"
    evaluate_annotations(*sets, out=out)
    with pytest.raises(SubsongError, match="holds scores: choose another --out, or --overwrite"):
        evaluate_annotations(*sets, out=out)
    evaluate_annotations(*sets, out=out, overwrite=True)
    with pytest.raises(SubsongError, match="would be replaced"):
        evaluate_annotations(*sets, out=sets[0], overwrite=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(SubsongError, match="something else"):
        evaluate_annotations(*sets, out=tmp_path / "mine", overwrite=True)
