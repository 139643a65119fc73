"""From recordings to a store of aligned motifs: what was sung comes back, to two milliseconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.motifs import building
from subsong.datasets.motifs.aligning import align_motifs
from subsong.datasets.motifs.building import PreparedMotifs, build_motifs
from subsong.datasets.motifs.store import Motifs, is_motif_store, load_motifs
from subsong.datasets.store import load_store
from subsong.datasets.store_writing import WritingOptions
from subsong.datasets.windows.frames import is_window_store
from subsong.sources.audio import read_audio, write_audio

from .conftest import KnownMotifs, read


@pytest.fixture(scope="module")
def motifs(prepared: PreparedMotifs) -> Motifs:
    return load_motifs(prepared.path)


def compute_errors_ms(motifs: Motifs, renditions: pl.DataFrame) -> np.ndarray:
    """Return how far from when a moment was sung the warp finds it, shape (renditions, moments).

    A moment of the template is where the warps of all renditions put the same moment of the truth, on average.
    """
    axis, region_N = motifs.build_times(0.05, 8), np.arange(len(motifs.frames))
    template_s, recording_s = (np.array(renditions[name].to_list()) for name in ("template_s", "recording_s"))
    moments_s = np.linspace(0, template_s[0, -1], 40)
    sung_NT = np.array([np.interp(moments_s, *knots) for knots in zip(template_s, recording_s, strict=True)])
    moments_T = axis.to_template(region_N, sung_NT).mean(axis=0)
    found_NT = axis.to_recording(region_N, np.tile(moments_T, (len(region_N), 1)))
    return np.asarray(1000 * np.abs(found_NT - sung_NT))


def test_known_warps_come_back_to_two_milliseconds(motifs: Motifs, known: KnownMotifs) -> None:
    errors_ms = compute_errors_ms(motifs, known.renditions.sort("recording", "onset_s"))
    held_out_N = (motifs.frames.regions["split"] != "train").to_numpy()
    assert errors_ms.mean() < 2
    assert errors_ms[held_out_N].mean() < 2
    assert np.quantile(errors_ms, 0.95) < 4


def test_alignment_lets_the_template_describe_more_of_every_split(prepared: PreparedMotifs) -> None:
    assert prepared.scores["split"].to_list() == ["train", "validation", "test"]
    assert prepared.scores["num_renditions"].sum() == prepared.num_renditions
    assert (prepared.scores["after"] > prepared.scores["before"] + 0.1).all()


def test_held_out_renditions_have_no_part_in_the_template(motifs: Motifs) -> None:
    song = motifs.read_song()
    noise_NTF = np.random.default_rng(0).random(song.song_NTF.shape, np.float32)
    changed_NTF = np.where(song.is_train_N[:, None, None], song.song_NTF, noise_NTF)
    other = align_motifs(song._replace(song_NTF=changed_NTF), motifs.alignment.config)
    np.testing.assert_array_equal(other.template_TF, motifs.alignment.fitted.template_TF)


def test_items_hold_where_the_motif_is_what_it_is_and_its_split(prepared: PreparedMotifs) -> None:
    items = load_store(prepared.path).items
    assert {"motif_onset_s", "motif_offset_s", "split", "session", "label"} <= set(items.columns)
    assert is_motif_store(prepared.path)
    assert not is_window_store(prepared.path)
    for name in ("audit.csv", "skipped.csv", "regions.csv", "warp/warp.json"):
        assert (prepared.path / name).is_file()


def test_no_window_reaches_beyond_what_is_stored(motifs: Motifs) -> None:
    axis = motifs.build_times(0.08, 32)
    low_R, high_R = axis.bounds()
    region_R = np.arange(len(motifs.frames))
    assert (high_R > low_R).all()
    rng = np.random.default_rng(1)
    for start_R in (low_R, high_R, low_R + rng.random(len(low_R)) * (high_R - low_R)):
        pictures = motifs.frames.fetch(region_R, axis.times(region_R, start_R))
        assert pictures.shape == (len(region_R), 48, 32)


def test_the_song_of_a_fit_is_that_of_the_recordings(motifs: Motifs) -> None:
    song = motifs.read_song()
    region, step = 2, 30
    row = motifs.frames.regions.row(region, named=True)
    time_s = row["motif_onset_s"] + song.base.start_s + step * song.base.dt_s
    picture = motifs.frames.fetch(np.array([region]), np.array([[time_s]]))[0, :, 0].numpy()
    np.testing.assert_allclose(song.song_NTF[region, step], picture, atol=1e-6)
    longest_s = float(
        (motifs.frames.regions["motif_offset_s"] - motifs.frames.regions["motif_onset_s"]).to_numpy().max()
    )
    assert song.base.duration_s == pytest.approx(longest_s + 0.1, abs=song.base.dt_s)


def test_files_of_one_motif_each_are_aligned_without_black_borders(known: KnownMotifs, tmp_path: Path) -> None:
    (tmp_path / "cut").mkdir()
    spans = known.renditions.select("recording", "onset_s", "offset_s").head(12)
    for number, (recording, onset_s, offset_s) in enumerate(spans.iter_rows()):
        audio = read_audio(known.path / recording, None, onset_s, offset_s)
        write_audio(tmp_path / f"cut/{number:02d}.wav", audio.samples, audio.sample_rate_hz)
    prepared = build_motifs(tmp_path / "cut", tmp_path / "out", read(None), WritingOptions(num_workers=1))
    motifs = load_motifs(prepared.path)
    song = motifs.read_song()
    assert song.base.start_s == 0
    assert prepared.num_renditions == 12
    # The first and the last moments are held, not black: as loud as their neighbours.
    np.testing.assert_array_equal(song.song_NTF[:, 0], song.song_NTF[:, 1])
    axis = motifs.build_times(0.06, 16)
    region_R = np.arange(12)
    for start_R in axis.bounds():
        motifs.frames.fetch(region_R, axis.times(region_R, start_R))


def test_interrupted_while_aligning_frames_are_kept_and_the_same_call_makes_the_store(
    known: KnownMotifs, prepared: PreparedMotifs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(building, "align_motifs", stop)
        with pytest.raises(KeyboardInterrupt):
            build_motifs(known.path, tmp_path / "out", prepared.reading, WritingOptions(num_workers=1))
    assert not (tmp_path / "out").exists()
    with monkeypatch.context() as patch:
        patch.setattr(building, "write_region_store", stop)
        build_motifs(known.path, tmp_path / "out", prepared.reading, WritingOptions(num_workers=2))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    first, again = (load_motifs(path).alignment.fitted for path in (prepared.path, tmp_path / "out"))
    np.testing.assert_array_equal(first.warp.y_knots_NK, again.warp.y_knots_NK)


def test_a_store_that_is_there_is_not_replaced_unasked(known: KnownMotifs, prepared: PreparedMotifs) -> None:
    with pytest.raises(SubsongError, match="--overwrite"):
        build_motifs(known.path, prepared.path, read(known.motif))


def test_a_store_is_not_made_of_itself(prepared: PreparedMotifs) -> None:
    with pytest.raises(SubsongError, match="name another folder"):
        build_motifs(prepared.path, prepared.path, read("a"), WritingOptions(overwrite=True))


def test_a_folder_of_recordings_is_no_store_of_motifs(known: KnownMotifs) -> None:
    with pytest.raises(SubsongError, match="subsong prepare motifs"):
        load_motifs(known.path)


def test_frames_of_other_settings_are_not_taken_up_again(
    known: KnownMotifs, prepared: PreparedMotifs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(building, "align_motifs", stop)
        with pytest.raises(KeyboardInterrupt):
            build_motifs(known.path, tmp_path / "out", prepared.reading.model_copy(update={"margin_s": 0.02}))
    build_motifs(known.path, tmp_path / "out", prepared.reading)
    first, again = (load_motifs(path).frames.regions for path in (prepared.path, tmp_path / "out"))
    assert again.equals(first)


def test_more_frames_than_a_warp_can_be_fitted_to_are_refused_before_they_are_computed(
    known: KnownMotifs, prepared: PreparedMotifs, tmp_path: Path
) -> None:
    reading = prepared.reading.model_copy(update={"margin_s": 1000.0})
    with pytest.raises(SubsongError, match="name a shorter motif, or lower margin_s"):
        build_motifs(known.path, tmp_path / "out", reading)
    assert list(tmp_path.iterdir()) == []
