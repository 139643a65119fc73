"""The page of a store of annotated song: a stretch of every class, and what is worrying."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from subsong.datasets.song.building import build_song
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.store import SongStore, load_song
from subsong.reports.song_dataset.page import write_song_page
from subsong.reports.song_dataset.stretches import choose_stretch, read_stretch
from subsong.sources.audio import write_audio

RATE_HZ = 8000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SongStore:
    """Return a store of two recordings with two syllables and a pulse each."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "songs").mkdir()
    for name in "xy":
        write_audio(folder / "songs" / f"{name}.wav", np.random.default_rng(0).normal(0, 0.1, 6 * RATE_HZ), RATE_HZ)
        rows = [
            f"a,{time},{time + 0.2}\nb&<,{time + 0.3},{time + 0.4}\np,{time + 0.7},{time + 0.7}\n" for time in range(6)
        ]
        (folder / "songs" / f"{name}_annotations.csv").write_text("name,start_seconds,stop_seconds\n" + "".join(rows))
    build_song(folder / "songs", folder / "store", SongReading())
    return load_song(folder / "store")


def test_a_stretch_shows_its_annotation_with_its_target(store: SongStore) -> None:
    recording, start_s, stop_s = choose_stretch(store, "p")
    assert stop_s - start_s == pytest.approx(1.0)
    stretch = read_stretch(store, recording, start_s, stop_s)
    assert np.array_equal(stretch.samples_T, store.read(recording, round(start_s * RATE_HZ), round(stop_s * RATE_HZ)))
    target_K = stretch.target_KC[:, [name for name, _ in stretch.classes].index("p")]
    assert target_K.max() > 0.8
    assert stretch.times_s_K[target_K.argmax()] % 1 == pytest.approx(0.7, abs=0.01)
    assert stretch.log_BK.shape[1] == len(stretch.times_s_K) == len(stretch.target_KC)


def test_the_page_shows_every_class_says_what_is_worrying_and_is_always_the_same(
    store: SongStore, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        write_song_page(tmp_path / f"{name}.html", store)
    page = (tmp_path / "one.html").read_text()
    assert page == (tmp_path / "two.html").read_text()
    assert page.count("<svg") == 3
    assert "b&amp;&lt;: " in page
    assert "there are only 2 recordings" in page
