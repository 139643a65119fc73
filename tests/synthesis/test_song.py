from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from subsong.core.errors import SubsongError
from subsong.sources.annotations.table import ANNOTATION_SCHEMA
from subsong.sources.audio.reader import read_audio
from subsong.synthesis.song import Song, SongOptions, make_bird, make_song, make_songs, write_songs

CLEAN = SongOptions(snr_db=None, reverberation_s=0.0)


def mark_syllables(song: Song) -> np.ndarray:
    """Return whether each sample lies within an annotated syllable."""
    inside = np.zeros(len(song.samples), bool)
    for onset_s, offset_s in song.annotations.select("onset_s", "offset_s").iter_rows():
        inside[round(onset_s * song.sample_rate_hz) : round(offset_s * song.sample_rate_hz)] = True
    return inside


def test_equal_seeds_give_equal_songs_whatever_was_sung_before() -> None:
    options = SongOptions(num_birds=2, num_days=2, num_songs=2)
    last = list(make_songs(options, seed=3))[-1]
    alone = make_song(make_bird(3, 2, options), day=2, number=2, options=options)
    np.testing.assert_array_equal(alone.samples, last.samples)
    assert alone.syllables.equals(last.syllables)
    assert alone.renditions.equals(last.renditions)


@pytest.mark.parametrize(("seed", "bird", "day", "number"), [(1, 1, 1, 1), (0, 2, 1, 1), (0, 1, 2, 1), (0, 1, 1, 2)])
def test_another_seed_bird_day_or_number_is_another_song(seed: int, bird: int, day: int, number: int) -> None:
    first = make_song(make_bird(0, 1))
    other = make_song(make_bird(seed, bird), day, number)
    assert first.annotations["onset_s"].to_list() != other.annotations["onset_s"].to_list()


@pytest.mark.parametrize("species", ["finch", "mouse"])
def test_boundaries_are_exact_to_the_sample(species: str) -> None:
    options = CLEAN.model_copy(update={"species": species})
    for number in range(1, 4):
        song = make_song(make_bird(0, number, options), options=options)
        inside = mark_syllables(song)
        assert np.all(song.samples[~inside] == 0)
        for edge_s in ("onset_s", "offset_s"):
            edges = np.rint(song.annotations[edge_s].to_numpy() * song.sample_rate_hz).astype(int)
            assert np.all(song.samples[edges - (edge_s == "offset_s")] != 0)


@pytest.mark.parametrize("snr_db", [0.0, 20.0])
def test_noise_has_the_level_that_is_asked_for(snr_db: float) -> None:
    options = CLEAN.model_copy(update={"snr_db": snr_db})
    song, clean = (make_song(make_bird(0, 1, options), options=each) for each in (options, CLEAN))
    signal = np.mean(clean.samples[mark_syllables(clean)].astype(float) ** 2)
    noise = np.mean((song.samples - clean.samples).astype(float) ** 2)
    assert 10 * np.log10(signal / noise) == pytest.approx(snr_db, abs=0.1)


def test_echo_follows_the_song_at_its_level() -> None:
    options = CLEAN.model_copy(update={"reverberation_s": 0.1, "reverberation_db": -20.0})
    song, clean = (make_song(make_bird(0, 1, options), options=each) for each in (options, CLEAN))
    echo = (song.samples - clean.samples).astype(float)
    first = np.flatnonzero(clean.samples)[0]
    assert np.abs(echo[: first + 1]).max() < 1e-12
    assert 10 * np.log10(np.mean(echo**2) / np.mean(clean.samples.astype(float) ** 2)) == pytest.approx(-20, abs=2)


def test_syllables_lie_apart_and_inside_in_the_shared_schema() -> None:
    for seed in range(5):
        song = make_song(make_bird(seed), options=SongOptions(shift_spread_s=0.05, tempo_spread=0.2))
        times = song.annotations.select("onset_s", "offset_s").to_numpy()
        assert dict(song.annotations.schema) == ANNOTATION_SCHEMA
        assert np.all(np.diff(times.ravel()) > 0)
        assert times[-1, 1] < len(song.samples) / song.sample_rate_hz
        assert np.abs(song.samples).max() < 1


def test_a_warp_carries_template_times_to_the_sung_ones() -> None:
    options = CLEAN.model_copy(update={"motif_fidelity": 1.0, "shift_spread_s": 0.01})
    bird = make_bird(0, 1, options)
    song = make_song(bird, options=options)
    motif_s = [0.0]
    for index in bird.motif:
        motif_s += [motif_s[-1] + bird.types[index].duration_s]
        motif_s += [motif_s[-1] + bird.gaps_s[index]]
    motifs = song.renditions.filter(pl.col("phrase") == "motif")
    assert motifs.height >= 2
    for row in motifs.iter_rows(named=True):
        sung = song.syllables.filter(pl.col("rendition") == row["rendition"]).select("onset_s", "offset_s").to_numpy()
        expected = np.interp(motif_s[:-1], row["template_s"], row["recording_s"])
        np.testing.assert_allclose(sung.ravel(), expected, atol=1 / song.sample_rate_hz)


@pytest.mark.parametrize(
    ("warp", "num_slopes", "is_shifted"),
    [("none", 0, False), ("shift", 0, True), ("linear", 1, True), ("piecewise", 4, True)],
)
def test_warps_are_of_the_kind_that_is_asked_for(warp: str, num_slopes: int, is_shifted: bool) -> None:
    options = SongOptions(warp=warp, shift_spread_s=0.01, motif_fidelity=1.0)
    row = make_song(make_bird(0), options=options).renditions.row(1, named=True)
    slopes = np.diff(row["recording_s"]) / np.diff(row["template_s"])
    assert len(np.unique(np.round(slopes[np.abs(slopes - 1) > 1e-6], 6))) == num_slopes
    assert (abs(row["recording_s"][0] - row["start_s"]) > 1e-6) == is_shifted


def test_tempo_leaves_pitch_as_it_is() -> None:
    slow, fast = (
        make_song(make_bird(0), options=CLEAN.model_copy(update={"variability": 0.0, "tempo_spread": spread}))
        for spread in (0.0, 0.3)
    )
    spectra = []
    for song in (slow, fast):
        row = song.syllables.filter(pl.col("label") == "e").row(0, named=True)
        start, stop = (round(row[name] * song.sample_rate_hz) for name in ("onset_s", "offset_s"))
        spectrum = np.abs(np.fft.rfft(song.samples[start:stop], 16384))
        spectra.append(spectrum / np.linalg.norm(spectrum))
    assert len(slow.samples) != len(fast.samples)
    assert np.dot(*spectra) > 0.7


def test_types_differ_and_renditions_of_a_type_do_not() -> None:
    options = SongOptions(num_birds=1, num_days=1, num_songs=12, snr_db=20.0)
    features, labels = zip(*(describe_by_bands(song) for song in make_songs(options)), strict=True)
    first, second = (np.concatenate(half) for half in (features[:6], features[6:]))
    known, wanted = (np.concatenate(half) for half in (labels[:6], labels[6:]))
    means = np.array([first[known == label].mean(axis=0) for label in np.unique(known)])
    nearest = np.unique(known)[((second[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)]
    assert np.mean(nearest == wanted) > 0.97


def describe_by_bands(song: Song) -> tuple[np.ndarray, np.ndarray]:
    """Return the log power of each syllable in 24 bands, shape (N, 24), and the labels, shape (N,)."""
    features = []
    for onset_s, offset_s in song.annotations.select("onset_s", "offset_s").iter_rows():
        samples = song.samples[round(onset_s * song.sample_rate_hz) : round(offset_s * song.sample_rate_hz)]
        power = np.abs(np.fft.rfft(samples)) ** 2
        features.append([np.log(band.mean()) for band in np.array_split(power[: len(power) * 2 // 3], 24)])
    return np.array(features), song.annotations["label"].to_numpy()


def test_directed_song_is_half_as_variable() -> None:
    spread = {}
    for share in (0.0, 1.0):
        options = SongOptions(
            num_birds=1, num_days=1, num_songs=20, directed_share=share, snr_db=None, num_motifs=(2, 2)
        )
        spread[share] = pl.concat([song.syllables for song in make_songs(options)])["gain_db"].std()
    assert spread[1.0] / spread[0.0] == pytest.approx(0.5, rel=0.15)


def test_pitch_drifts_from_day_to_day_for_all_renditions_of_a_type() -> None:
    options = SongOptions(day_drift=0.05, variability=0.0)
    days = [make_song(make_bird(0, 1, options), day, 1, options).syllables for day in (1, 2)]
    first, second = (day.group_by("label").agg(pl.col("pitch_factor").unique()) for day in days)
    assert first["pitch_factor"].list.len().max() == second["pitch_factor"].list.len().max() == 1
    assert first["pitch_factor"].explode().to_list() == pytest.approx([1.0] * first.height)
    assert second["pitch_factor"].explode().log().std() > 0.01


def test_mice_sing_above_hearing() -> None:
    options = SongOptions(species="mouse", reverberation_s=0.0, snr_db=None)
    song = make_song(make_bird(0, 1, options), options=options)
    power = np.abs(np.fft.rfft(song.samples)) ** 2
    hz = np.fft.rfftfreq(len(song.samples), 1 / song.sample_rate_hz)
    assert song.sample_rate_hz == 250_000
    assert power[(hz > 30e3) & (hz < 115e3)].sum() / power.sum() > 0.97


def test_a_colony_is_written_with_its_truth(tmp_path: Path) -> None:
    options = SongOptions(num_birds=2, num_days=1, num_songs=2)
    written = write_songs(tmp_path / "colony", options, seed=1)
    segments = pl.read_csv(tmp_path / "colony" / "segments.csv")
    assert segments.columns == ["audio_file", "onset_s", "offset_s", "label"]
    assert pl.read_parquet(tmp_path / "colony" / "renditions.parquet").equals(written.renditions)
    assert written.files["n_units"].sum() == segments.height == written.syllables.height
    for song in make_songs(options, seed=1):
        name = song.syllables["recording"][0]
        samples, rate_hz = read_audio(tmp_path / "colony" / name)
        np.testing.assert_allclose(samples, song.samples, atol=0.5001 / 32768)
        assert rate_hz == song.sample_rate_hz
        onsets = segments.filter(pl.col("audio_file") == name)["onset_s"]
        assert onsets.to_list() == song.annotations["onset_s"].to_list()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_types": 5, "motif_length": 5}, "should be below num_types"),
        ({"num_motifs": (3, 2)}, "num_motifs"),
        ({"species": "mouse", "sample_rate_hz": 48_000}, "no sound of 110 kHz"),
    ],
)
def test_options_that_do_not_fit_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SongOptions(**settings)


def test_there_is_no_song_before_the_first() -> None:
    with pytest.raises(SubsongError, match="numbered from 1"):
        make_song(make_bird(), day=0)
    with pytest.raises(SubsongError, match="no bird 0"):
        make_bird(0, 0)
