"""Recordings annotated by a trained segmenter: into files or a table, over what was there before."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from tests.trained_segmenter import TrainedRun

from subsong.cli.main import run
from subsong.core.errors import SubsongError
from subsong.inference.annotating.options import DecodingOptions
from subsong.recipes.annotating import AnnotatingOptions, annotate_to_files, choose_decoding
from subsong.recipes.annotating_merge import merge_found
from subsong.recipes.annotating_table import annotate_to_table
from subsong.recipes.annotation_files import FILE_ENDS, name_files
from subsong.sources.annotations.formats import FORMATS
from subsong.sources.annotations.read import read_annotations
from subsong.sources.annotations.table import build_annotations


@pytest.fixture(scope="module")
def folder(trained_run: TrainedRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return two recordings, one of them in a folder of its own."""
    folder = tmp_path_factory.mktemp("recordings")
    first, second = sorted(trained_run.songs.rglob("*.wav"))[:2]
    (folder / "deep").mkdir()
    shutil.copy(first, folder / "one.wav")
    shutil.copy(second, folder / "deep" / "two.wav")
    return folder


@pytest.fixture(scope="module")
def table(trained_run: TrainedRun, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Return what is found in them."""
    out = tmp_path_factory.mktemp("found") / "found.csv"
    annotate_to_table(trained_run.run, [folder], out)
    return read_annotations(out)


def annotations(*rows: tuple[str, int | None, float, float, str]) -> pl.DataFrame:
    names = ("recording", "channel", "onset_s", "offset_s", "label")
    return build_annotations(**dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def test_a_table_is_sorted_and_nothing_is_left_beside_it(trained_run: TrainedRun, folder: Path, tmp_path: Path) -> None:
    done = annotate_to_table(trained_run.run, [folder], tmp_path / "found.csv")
    table = read_annotations(tmp_path / "found.csv")
    assert table["recording"].unique(maintain_order=True).to_list() == ["deep/two.wav", "one.wav"]
    assert table.equals(table.sort("recording", "channel", "onset_s"))
    assert done.recordings["num_annotations"].sum() == table.height > 10
    assert [path.name for path in tmp_path.iterdir()] == ["found.csv"]


def test_several_paths_are_named_from_the_folder_that_holds_all(
    trained_run: TrainedRun, folder: Path, table: pl.DataFrame, tmp_path: Path
) -> None:
    annotate_to_table(trained_run.run, [folder / "one.wav", folder / "deep"], tmp_path / "found.parquet")
    assert pl.read_parquet(tmp_path / "found.parquet").equals(table)


@pytest.mark.slow
def test_processes_write_the_same_files(
    trained_run: TrainedRun, folder: Path, table: pl.DataFrame, tmp_path: Path
) -> None:
    annotate_to_files(trained_run.run, [folder], tmp_path, AnnotatingOptions(num_jobs=2))
    files = [tmp_path / "deep" / "two_annotations.csv", tmp_path / "one_annotations.csv"]
    assert pl.concat(map(read_annotations, files)).equals(table)


def test_a_stopped_table_goes_on_where_it_was(
    trained_run: TrainedRun, folder: Path, table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subsong.recipes.annotating_jobs as jobs

    annotate, done = jobs.annotate_one, []

    def stop_at_the_second(*arguments: object) -> object:
        if done:
            raise KeyboardInterrupt
        done.append(annotate(*arguments))  # type: ignore[arg-type]
        return done[0]

    monkeypatch.setattr(jobs, "annotate_one", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        annotate_to_table(trained_run.run, [folder], tmp_path / "found.csv")
    assert not (tmp_path / "found.csv").exists()
    second = []
    monkeypatch.setattr(jobs, "annotate_one", lambda *a: (second.append(a[1].name), annotate(*a))[1])
    annotate_to_table(trained_run.run, [folder], tmp_path / "found.csv")
    assert second == ["one.wav"]
    assert read_annotations(tmp_path / "found.csv").equals(table)


def test_recordings_of_a_table_are_kept_by_default(trained_run: TrainedRun, folder: Path, tmp_path: Path) -> None:
    from subsong.sources.annotations.read import write_annotations

    mine = annotations(("one.wav", None, 0.0, 0.01, "mine"), ("far.wav", None, 0.0, 1.0, "x"))
    write_annotations(tmp_path / "found.csv", mine)
    done = annotate_to_table(trained_run.run, [folder], tmp_path / "found.csv")
    table = read_annotations(tmp_path / "found.csv")
    assert dict(done.recordings.select("recording", "status").iter_rows()) == {
        "deep/two.wav": "annotated",
        "one.wav": "kept",
    }
    assert table.filter(recording="one.wav")["label"].to_list() == ["mine"]
    assert table.filter(recording="far.wav").height == 1


@pytest.mark.parametrize(
    "format", [form.name for form in FORMATS if form.write is not None and form.name != "songexplorer"]
)
def test_every_format_we_write_holds_what_was_found(
    trained_run: TrainedRun, folder: Path, table: pl.DataFrame, tmp_path: Path, format: str
) -> None:
    done = annotate_to_files(trained_run.run, [folder / "one.wav"], tmp_path, AnnotatingOptions(format))
    if format == "not-mat" and done.recordings["problem"][0] is not None:
        assert "one character" in done.recordings["problem"][0]
        return
    (path,) = tmp_path.iterdir()
    read = read_annotations(path, format, 32_000)
    assert read["onset_s"].to_list() == pytest.approx(table.filter(recording="one.wav")["onset_s"].to_list(), abs=1e-3)


def test_merging_keeps_what_is_there_and_twice_is_once(
    trained_run: TrainedRun, folder: Path, table: pl.DataFrame, tmp_path: Path
) -> None:
    from subsong.sources.annotations.read import write_annotations

    found = table.filter(recording="one.wav")
    first = found.row(0, named=True)
    mine = annotations(("one.wav", None, first["onset_s"] + 0.01, first["offset_s"] + 0.01, first["label"]))
    write_annotations(tmp_path / "one_annotations.csv", mine, "csv")
    options = AnnotatingOptions(existing="merge")
    done = annotate_to_files(trained_run.run, [folder / "one.wav"], tmp_path, options)
    merged = read_annotations(tmp_path / "one_annotations.csv")
    assert done.recordings.select("status", "num_annotations", "num_kept").row(0) == ("merged", found.height, 1)
    assert merged.filter(pl.col("annotator").is_null())["onset_s"].to_list() == [first["onset_s"] + 0.01]
    annotate_to_files(trained_run.run, [folder / "one.wav"], tmp_path, options)
    assert read_annotations(tmp_path / "one_annotations.csv").equals(merged)


def test_found_annotations_are_new_unless_their_label_is_there_on_their_channel() -> None:
    there = annotations(("r", 0, 1.0, 2.0, "a"), ("r", 0, 0.0, 9.0, "long"), ("r", 0, 5.0, 5.0, "click"))
    found = annotations(
        ("r", 0, 1.9, 2.5, "a"),  # overlaps
        ("r", 1, 1.9, 2.5, "a"),  # another channel
        ("r", 0, 2.0, 2.5, "a"),  # touches
        ("r", 0, 1.5, 1.6, "b"),  # another label
        ("s", 0, 1.5, 1.6, "a"),  # another recording
        ("r", 0, 8.0, 8.1, "long"),  # within one that began long before
        ("r", 0, 5.004, 5.004, "click"),  # the same event
        ("r", 0, 5.02, 5.02, "click"),
    )
    merged = merge_found(there, found, event_spacing_s=0.01)
    assert merged.height == there.height + 5
    assert merged.equals(merged.sort("recording", "channel", "onset_s", "offset_s", "label"))
    nowhere = there.with_columns(channel=pl.lit(None, pl.Int64))
    assert merge_found(nowhere, found, event_spacing_s=0.01).height == there.height + 4


def test_a_threshold_given_alone_pulls_the_other_along() -> None:
    own = DecodingOptions(low_threshold=0.3, high_threshold=0.6)
    assert choose_decoding(own, ["decoding.low_threshold=0.8"]).high_threshold == 0.8
    assert choose_decoding(own, {"high_threshold": 0.2}).low_threshold == 0.2
    assert choose_decoding(own, ["low_threshold=0.4"]) == own.model_copy(update={"low_threshold": 0.4})
    with pytest.raises(SubsongError, match="is above high_threshold"):
        choose_decoding(own, ["low_threshold=0.8", "high_threshold=0.7"])
    with pytest.raises(SubsongError, match="did you mean 'low_threshold'"):
        choose_decoding(own, ["low_threshhold=0.4"])


def test_every_format_we_write_has_a_file_name_and_two_recordings_never_share_one() -> None:
    assert set(FILE_ENDS) == {form.name for form in FORMATS if form.write is not None}
    with pytest.raises(SubsongError, match="would share the annotation file"):
        name_files(["a.wav", "a.flac"], "csv")
    assert name_files(["a.wav", "a.flac"], "not-mat")["a.flac"] == "a.flac.not.mat"


def test_the_command_names_what_was_left_out_and_says_so_with_its_exit_code(
    trained_run: TrainedRun, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sounds = tmp_path / "sounds"
    shutil.copytree(folder, sounds)
    (sounds / "bad.wav").write_bytes(b"junk")
    arguments = ["predict", str(trained_run.run), str(sounds), "--beside", "--format", "audacity"]
    assert run([*arguments, "--threshold", "0.6", "--min-duration", "0.01"]) == 2
    said = capsys.readouterr()
    assert "2 recordings annotated" in said.out
    assert "bad.wav" in said.err
    assert "1 recording could not be annotated" in said.err
    assert {path.name for path in sounds.rglob("*.txt")} == {"one.txt", "two.txt"}
    (sounds / "bad.wav").unlink()
    assert run(arguments) == 0
    assert "2 recordings kept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name recordings"),
        (["{}", "--out", "x.png"], "expected a table"),
        (["{}", "--out", "x", "--beside"], "give one of them"),
        (["{}", "--out", "x.csv", "--format", "raven"], "one file a recording"),
        (["{}", "--beside", "--format", "ravn"], "did you mean 'raven'"),
        (["{}", "--beside", "--existing", "merg"], "did you mean 'merge'"),
        (["{}", "--channel", "4"], "has no channel 4"),
        (["{}", "--species", "Anas acuta"], "are for lists"),
        (["{}", "--threshold", "1.5"], "low_threshold"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_arguments_are_one_sentence(
    trained_run: TrainedRun, folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    given = [text.format(folder) for text in arguments]
    assert run(["predict", str(trained_run.run), *given]) == 2
    assert words in capsys.readouterr().err
