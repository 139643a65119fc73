"""From recordings to a store of syllables: the same whatever the workers, the interruptions, the neighbours."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.parts import StorePlan
from subsong.datasets.store import load_store
from subsong.datasets.store_writing import WritingOptions
from subsong.datasets.syllables import building
from subsong.datasets.syllables.building import build_syllables
from subsong.datasets.syllables.making import SyllableMaker
from subsong.datasets.syllables.reading import SyllableReading
from subsong.sources.audio import read_audio, write_audio
from subsong.sources.spectrograms import SpectrogramMaker

SMALL: dict[str, Any] = {"num_freq_bins": 24, "num_time_bins": 20}


def read(**settings: Any) -> SyllableReading:
    return SyllableReading.model_validate({"spectrogram": SMALL, "stored_as": "float32", **settings})


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_PART_SIZE", 7)


def content(path: Path) -> tuple[np.ndarray, pl.DataFrame]:
    store = load_store(path)
    return store.arrays["x"].fetch(np.arange(store.items.height)), store.items


def assert_equal(one: Path, other: Path) -> None:
    (images, items), (other_images, other_items) = content(one), content(other)
    assert np.array_equal(images, other_images)
    assert items.equals(other_items)
    for name in ("audit.csv", "skipped.csv"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_every_annotated_syllable_is_an_item(songs: Path, tmp_path: Path) -> None:
    prepared = build_syllables(songs, tmp_path / "out", read())
    annotated = pl.read_csv(songs / "segments.csv", schema_overrides={"label": pl.String})
    images, items = content(tmp_path / "out")
    assert prepared.num_items == len(images) == annotated.height
    assert sorted(items["label"]) == sorted(annotated["label"])
    assert prepared.skipped.is_empty()


def test_an_item_is_the_spectrogram_of_its_row(songs: Path, tmp_path: Path) -> None:
    prepared = build_syllables(songs, tmp_path / "out", read())
    images, items = content(tmp_path / "out")
    for number in (0, 5, items.height - 1):
        row = items.row(number, named=True)
        audio = read_audio(songs / row["source"])
        maker = SpectrogramMaker(prepared.reading.spectrogram, audio.sample_rate_hz)
        alone = maker.compute(audio.samples, np.array([[row["onset_s"], row["offset_s"]]])).images_NFT[0].numpy()
        np.testing.assert_allclose(images[number], alone, atol=1e-6)


@pytest.mark.usefixtures("small_parts")
def test_workers_change_nothing(songs: Path, tmp_path: Path) -> None:
    for workers in (1, 3):
        build_syllables(songs, tmp_path / str(workers), read(), WritingOptions(num_workers=workers))
    assert_equal(tmp_path / "1", tmp_path / "3")


def test_size_of_parts_changes_nothing(songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (1024, 5):
        monkeypatch.setattr(building, "_PART_SIZE", size)
        build_syllables(songs, tmp_path / str(size), read())
    assert_equal(tmp_path / "1024", tmp_path / "5")


@pytest.mark.usefixtures("small_parts")
def test_interrupted_it_goes_on_and_gives_the_same(
    songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_syllables(songs, tmp_path / "whole", read())
    made: list[int] = []
    make = SyllableMaker.make

    def stop_at_third(self: SyllableMaker, segments: pl.DataFrame) -> Any:
        made.append(segments.height)
        if len(made) == 3:
            raise KeyboardInterrupt
        return make(self, segments)

    monkeypatch.setattr(SyllableMaker, "make", stop_at_third)
    with pytest.raises(KeyboardInterrupt):
        build_syllables(songs, tmp_path / "out", read(), WritingOptions(num_workers=1))
    assert not (tmp_path / "out").exists()
    num_before = len(made)
    build_syllables(songs, tmp_path / "out", read(), WritingOptions(num_workers=1))
    num_parts = -(-load_store(tmp_path / "out").items.height // 7)
    assert len(made) - num_before <= num_parts - 2
    assert_equal(tmp_path / "whole", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.usefixtures("small_parts")
def test_what_was_begun_with_other_settings_is_not_gone_on_with(
    songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(StorePlan, "finish", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            build_syllables(songs, tmp_path / "out", read(min_duration_s=0.05))
    build_syllables(songs, tmp_path / "out", read())
    build_syllables(songs, tmp_path / "fresh", read())
    assert_equal(tmp_path / "out", tmp_path / "fresh")


def test_what_cannot_be_used_is_listed_and_loses_nothing_else(songs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "songs"
    shutil.copytree(songs, folder)
    num_before = pl.read_csv(folder / "segments.csv").height
    first = pl.read_csv(folder / "segments.csv")["audio_file"][0]
    write_audio(folder / "silent.wav", np.zeros(3200, np.float32), 32_000)
    (folder / "broken.wav").write_bytes(b"RIFF")
    with open(folder / "segments.csv", "a", encoding="utf-8") as file:
        file.write(f"silent.wav,0.01,0.05,a\n{first},0.2,0.2,a\n{first},9000,9001,a\nmissing.wav,0.1,0.2,a\n")
    prepared = build_syllables(folder, tmp_path / "out", read())
    assert prepared.num_items == num_before
    reasons = " ".join(prepared.skipped["reason"].drop_nulls())
    assert prepared.skipped.height >= 3
    assert "cannot be used" in reasons
    assert set(prepared.audit.filter(~pl.col("usable"))["recording"]) == {"silent.wav", "broken.wav"}


def test_short_segments_are_listed(songs: Path, tmp_path: Path) -> None:
    everything = build_syllables(songs, tmp_path / "all", read())
    duration_s = load_store(tmp_path / "all").items["duration_s"]
    limit = float(np.median(duration_s))
    prepared = build_syllables(songs, tmp_path / "out", read(min_duration_s=limit))
    assert prepared.num_items + prepared.skipped.height == everything.num_items
    assert (load_store(tmp_path / "out").items["duration_s"] >= limit).all()


def test_a_table_of_the_recordings_gives_columns(songs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "songs"
    shutil.copytree(songs, folder)
    names = pl.read_csv(folder / "segments.csv")["audio_file"].unique(maintain_order=True)
    pl.DataFrame({"audio_file": names, "individual": "bird 7", "session": "0012"}).write_csv(folder / "files.csv")
    build_syllables(folder, tmp_path / "out", read())
    items = load_store(tmp_path / "out").items
    assert set(items["individual"]) == {"bird 7"}
    assert set(items["session"]) == {"0012"}


def test_nothing_annotated_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "songs").mkdir()
    write_audio(tmp_path / "songs/a.wav", np.random.default_rng(0).normal(size=3200).astype(np.float32) / 9, 32_000)
    (tmp_path / "songs/a.txt").write_text("# no segments\n")
    with pytest.raises(SubsongError, match="subsong segment"):
        build_syllables(tmp_path / "songs", tmp_path / "out", read())
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_dataset_is_never_replaced(songs: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("years of work")
    with pytest.raises(SubsongError, match="is not a dataset"):
        build_syllables(songs, tmp_path, read(), WritingOptions(overwrite=True))
    assert (tmp_path / "thesis.doc").read_text() == "years of work"


def test_recordings_may_be_links_to_elsewhere(songs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "linked"
    for path in songs.rglob("*"):
        if path.is_file():
            link = folder / path.relative_to(songs)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    linked, real = (build_syllables(source, tmp_path / out, read()) for source, out in ((folder, "a"), (songs, "b")))
    assert linked.num_items == real.num_items
