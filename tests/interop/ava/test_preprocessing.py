"""From recordings and segments to files of spectrograms, and from recordings to segments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator
from scipy.io import wavfile
from scipy.signal import stft

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.interop.ava.hdf5 import read_specs
from subsong.interop.ava.preprocessing.preprocess import process_sylls
from subsong.interop.ava.preprocessing.utils import get_spec
from subsong.interop.ava.recordings import read_segment_file
from subsong.interop.ava.segmenting.amplitude_segmentation import get_onsets_offsets
from subsong.interop.ava.segmenting.segment import segment

RATE = 32000
PARAMETERS = {
    "get_spec": get_spec,
    "num_freq_bins": 128,
    "num_time_bins": 128,
    "nperseg": 512,
    "noverlap": 256,
    "max_dur": 0.2,
    "min_freq": 400,
    "max_freq": 10e3,
    "spec_min_val": 2.0,
    "spec_max_val": 6.5,
    "fs": RATE,
    "mel": True,
    "time_stretch": True,
    "within_syll_normalize": False,
    "max_num_syllables": None,
    "sylls_per_file": 5,
    "real_preprocess_params": ("min_freq", "max_freq"),
}
SEGMENTING = {
    **{key: PARAMETERS[key] for key in ("min_freq", "max_freq", "nperseg", "noverlap", "spec_min_val", "spec_max_val")},
    "fs": RATE,
    "th_1": 2.0,
    "th_2": 3.0,
    "th_3": 5.0,
    "max_dur": 0.5,
    "min_dur": 0.02,
    "smoothing_timescale": 0.007,
    "softmax": False,
    "temperature": 0.5,
    "algorithm": get_onsets_offsets,
}
BURSTS = [(0.2, 0.28), (0.5, 0.65), (0.9, 0.95)]


def make_sound(seed: int = 0, bursts=BURSTS, duration_s: float = 1.2) -> np.ndarray:
    time_T = np.arange(round(duration_s * RATE)) / RATE
    sound = 3 * numpy_generator(seed, "noise").standard_normal(len(time_T))
    for onset, offset in bursts:
        inside = (time_T >= onset) & (time_T < offset)
        sound += inside * 6000 * np.sin(2 * np.pi * (2000 + 8000 * (time_T - onset)) * time_T)
    return sound.astype(np.int16)


def make_folders(tmp_path: Path, num_recordings: int = 3) -> tuple[Path, Path, Path]:
    audio_dir, segment_dir = tmp_path / "audio", tmp_path / "segs"
    audio_dir.mkdir()
    segment_dir.mkdir()
    for number in range(num_recordings):
        wavfile.write(audio_dir / f"{number}.wav", RATE, make_sound(number))
        np.savetxt(segment_dir / f"{number}.txt", BURSTS, fmt="%.5f", header=f"Onsets/offsets for {number}.wav")
    return audio_dir, segment_dir, tmp_path / "specs"


def compute_reference(t1: float, t2: float, sound: np.ndarray) -> np.ndarray:
    """Return AVA's image by SciPy, after its description: silent surroundings, its own stretch, a mel axis."""
    part = sound[round(t1 * RATE) : round(t2 * RATE)].astype(float)
    frequency, time, spectrum = stft(part - part.mean(), fs=RATE, nperseg=512, noverlap=256)
    grid = RegularGridInterpolator(
        (frequency, time + t1), np.log(np.abs(spectrum) + 1e-12), bounds_error=False, fill_value=-1e12
    )
    shoulder = 0.5 * (0.2 - np.sqrt((t2 - t1) * 0.2))
    mel = np.linspace(*(1127 * np.log(1 + np.array([400, 10e3]) / 700)), 128)
    rows, columns = np.meshgrid(
        700 * (np.exp(mel / 1127) - 1), np.linspace(t1 - shoulder, t2 + shoulder, 128), indexing="ij"
    )
    return np.clip((grid((rows, columns)) - 2.0) / 4.5, 0, 1)


@pytest.mark.parametrize("as_type", [np.int16, np.float32])
def test_an_image_is_avas(as_type: type) -> None:
    sound = make_sound()
    spec, is_shown = get_spec(0.5, 0.65, sound.astype(as_type), PARAMETERS, fs=RATE)
    assert is_shown
    np.testing.assert_allclose(spec, compute_reference(0.5, 0.65, sound), atol=1e-6)


def test_a_segment_shorter_than_a_window_is_black_and_says_so() -> None:
    spec, is_shown = get_spec(0.5, 0.505, make_sound(), PARAMETERS, fs=RATE)
    assert not is_shown
    assert not spec.any()


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(SubsongError, match="lack 'min_freq'"):
        get_spec(0.5, 0.65, make_sound(), {key: PARAMETERS[key] for key in PARAMETERS if key != "min_freq"}, fs=RATE)
    with pytest.raises(SubsongError, match="no target_freqs"):
        get_spec(0.5, 0.65, make_sound(), PARAMETERS, target_freqs=np.arange(3))


def test_every_segment_of_a_folder_is_written_as_ava_does(tmp_path: Path) -> None:
    audio_dir, segment_dir, save_dir = make_folders(tmp_path)
    process_sylls(audio_dir, segment_dir, save_dir, PARAMETERS)
    contents = [read_specs(path) for path in sorted(save_dir.iterdir())]
    assert [path.name for path in sorted(save_dir.iterdir())] == ["syllables_0000.hdf5", "syllables_0001.hdf5"]
    assert [len(content.specs) for content in contents] == [5, 4]
    order = np.array(["0.wav", "1.wav", "2.wav"])[np.random.RandomState(42).permutation(3)]
    names = [name for content in contents for name in content.audio_filenames]
    assert names == [str(audio_dir / name) for name in order for _ in BURSTS]
    sound = wavfile.read(names[1])[1]
    np.testing.assert_allclose(contents[0].specs[1], compute_reference(0.5, 0.65, sound), atol=1e-6)
    assert (contents[0].onsets[1], contents[0].offsets[1]) == (0.5, 0.65)


def test_fewer_syllables_may_be_asked_for_and_files_of_an_earlier_call_go(tmp_path: Path) -> None:
    audio_dir, segment_dir, save_dir = make_folders(tmp_path)
    process_sylls(audio_dir, segment_dir, save_dir, PARAMETERS)
    process_sylls(audio_dir, segment_dir, save_dir, {**PARAMETERS, "max_num_syllables": 4})
    assert [len(read_specs(path).specs) for path in save_dir.iterdir()] == [4]


def test_one_bad_recording_costs_nothing_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    audio_dir, segment_dir, save_dir = make_folders(tmp_path)
    (audio_dir / "1.wav").write_bytes(b"no sound")
    (segment_dir / "2.txt").write_text("0.2 0.28\n0.5 0.5\n")
    process_sylls(audio_dir, segment_dir, save_dir, PARAMETERS)
    assert len(read_specs(save_dir / "syllables_0000.hdf5").specs) == 4
    assert "1.wav is passed over" in caplog.text
    assert "has no duration" in caplog.text


def test_a_folder_without_segments_to_show_is_refused(tmp_path: Path) -> None:
    audio_dir, segment_dir, save_dir = make_folders(tmp_path, num_recordings=1)
    (segment_dir / "0.txt").unlink()
    with pytest.raises(SubsongError, match="no segment of"):
        process_sylls(audio_dir, segment_dir, save_dir, PARAMETERS)
    with pytest.raises(SubsongError, match="no folder"):
        process_sylls(audio_dir, tmp_path / "nowhere", save_dir, PARAMETERS)


def test_loud_parts_are_found_with_avas_parameters() -> None:
    onsets, offsets, traces = get_onsets_offsets(make_sound(), SEGMENTING, return_traces=True)
    np.testing.assert_allclose(np.stack([onsets, offsets], axis=1), BURSTS, atol=0.035)
    assert traces[0].max() > 5.0


def test_a_folder_is_segmented_into_files_that_process_sylls_reads(tmp_path: Path) -> None:
    audio_dir, _, save_dir = make_folders(tmp_path)
    (audio_dir / "broken.wav").write_bytes(b"no sound")
    segment(audio_dir, tmp_path / "found", SEGMENTING)
    assert sorted(path.name for path in (tmp_path / "found").iterdir()) == ["0.txt", "1.txt", "2.txt"]
    np.testing.assert_allclose(read_segment_file(tmp_path / "found" / "1.txt"), BURSTS, atol=0.035)
    process_sylls(audio_dir, tmp_path / "found", save_dir, PARAMETERS)
    assert sum(len(read_specs(path).specs) for path in save_dir.iterdir()) == 9


def test_an_algorithm_of_the_users_sees_the_numbers_of_the_file(tmp_path: Path) -> None:
    audio_dir, _, _ = make_folders(tmp_path, num_recordings=1)
    seen = []

    def find(audio: np.ndarray, p: dict) -> tuple[list[float], list[float]]:
        seen.append((audio, p["fs"]))
        return [0.1], [0.2]

    segment(audio_dir, tmp_path / "found", {"algorithm": find})
    np.testing.assert_array_equal(seen[0][0], make_sound(0))
    assert seen[0][1] == RATE
    assert read_segment_file(tmp_path / "found" / "0.txt").tolist() == [[0.1, 0.2]]
