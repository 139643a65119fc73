"""A fraction of the data: one stretch through the recordings, drawn by a seed, that holds song; and chosen labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.song.building import build_song
from subsong.datasets.song.chunks import ChunkPlan
from subsong.datasets.song.places import DataFraction, Places, find_places
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.store import SongStore, load_song

from .songs import RATE_HZ, write_files, write_recording


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SongStore:
    """Return a store of 16 recordings, song in every fourth alone."""
    folder = tmp_path_factory.mktemp("fraction") / "songs"
    for number in range(16):
        song = [("a", time, time + 0.1) for time in np.arange(0.2, 3.6, 0.5).round(2)] if number % 4 == 0 else []
        write_recording(folder, f"{number:02d}", [*song, *([("pulse", 2.0, 2.0)] if number == 0 else [])])
    splits = ["train"] * 8 + ["val"] * 4 + ["test"] * 4
    write_files(folder, {"audio_file": [f"{number:02d}.wav" for number in range(16)], "split": splits})
    return load_song(build_song(folder, folder.parent / "out", SongReading(split_by="split")).path)


def count_annotations(store: SongStore, places: Places) -> int:
    stretches = zip(places.part_L, places.start_L, places.end_L, strict=True)
    return sum(
        len(store.find_intervals(int(places.recording_P[part]), start / RATE_HZ, stop / RATE_HZ).onset_s)
        for part, start, stop in stretches
    )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("fraction", [{"share": 0.1}, {"duration_s": 3.2}])
def test_a_fraction_is_one_stretch_of_its_length_with_song_in_it(
    store: SongStore, seed: int, fraction: dict[str, float]
) -> None:
    places = find_places(store, "train", DataFraction(**fraction, seed=seed))
    assert places.num_labelled == round(3.2 * RATE_HZ)
    assert count_annotations(store, places) > 0
    assert (np.diff(places.recording_P) == 1).all()
    assert (places.first_P[1:] == 0).all()
    assert (places.stop_P[:-1] == 4 * RATE_HZ).all()


def test_the_seed_says_where_it_lies(store: SongStore) -> None:
    drawn = [find_places(store, "train", DataFraction(0.1, seed=seed)) for seed in (0, 0, 1, 2, 3)]
    firsts = [(int(places.recording_P[0]), int(places.first_P[0])) for places in drawn]
    assert firsts[0] == firsts[1]
    assert len(set(firsts)) > 2


def test_a_fraction_beyond_what_is_there_is_all_of_it(store: SongStore) -> None:
    whole = find_places(store, "train")
    for fraction in (DataFraction(1.0), DataFraction(None, 1e6)):
        assert all(np.array_equal(*pair) for pair in zip(find_places(store, "train", fraction), whole, strict=True))


def test_chunks_of_a_fraction_stay_inside_it(store: SongStore) -> None:
    plan = ChunkPlan(store, "train", 0.5, DataFraction(0.2, seed=3))
    bounds = {int(recording): (first, stop) for recording, first, stop in zip(*plan.places[:3], strict=True)}
    for chunks in (plan.draw(300, 0, 0), plan.tile()):
        for recording, first, num in zip(*chunks, strict=True):
            low, high = bounds[int(recording)]
            assert low <= first < first + num <= high


def test_labels_are_chosen_and_the_others_become_nothing(store: SongStore) -> None:
    chosen = store.select_labels(["pulse"])
    assert [tuple(one) for one in chosen.classes] == [("pulse", "event")]
    assert len(chosen.find_intervals(0).onset_s) == 1
    assert len(store.find_intervals(0).onset_s) == 8
    with pytest.raises(SubsongError, match=r"no annotations of 'puls'.*'pulse'"):
        store.select_labels(["puls"])


def test_few_shots_of_a_real_bird_are_half_a_minute_with_song(real_data: Path, tmp_path: Path) -> None:
    built = build_song(real_data / "zebra_finch_juveniles_whisperseg", tmp_path / "out", SongReading())
    store = load_song(built.path)
    places = find_places(store, "train", DataFraction(duration_s=20.0, seed=1))
    assert places.num_labelled == 20 * store.sample_rate_hz
    assert len(places.recording_P) < 5
