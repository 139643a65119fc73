"""Recordings kept open, and those that are decoded from their start."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from subsong.core.errors import SubsongError
from subsong.sources.audio import open_audio, read_audio
from subsong.studio.errors import NotFoundError
from subsong.studio.sound.decoded import DecodedSound, NotYetError
from subsong.studio.sound.sounds import OpenSounds, find_version

RATE = 8000
NOISE_TC = np.random.default_rng(0).standard_normal((40_000, 2)) / 8


def _fill_disk(block_CT: np.ndarray) -> bytes:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def sounds(tmp_path: Path) -> OpenSounds:
    return OpenSounds(tmp_path / "decoded", most_open=2)


def write(path: Path, frames_TC: np.ndarray = NOISE_TC) -> Path:
    soundfile.write(path, frames_TC, RATE)
    return path


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_every_place_of_a_channel_equals_the_recording(sounds: OpenSounds, tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}")
    expected_T = read_audio(path, 1).samples
    read = sounds.get(path).take_channel(1)
    for start, stop in ((30_000, 31_000), (0, 100), (39_990, len(expected_T))):
        assert read(start, stop) == pytest.approx(expected_T[start:stop], abs=0.6 / 2**15)


def test_beyond_the_ends_there_is_silence(sounds: OpenSounds, tmp_path: Path) -> None:
    read = sounds.get(write(tmp_path / "a.wav")).take_channel(0)
    around_T = read(-10, 40_020)
    assert len(around_T) == 40_030
    assert not around_T[:10].any()
    assert not around_T[-20:].any()
    assert np.array_equal(around_T[10:-20], read(0, 40_000))
    assert not read(10**9, 10**9 + 5).any()


def test_a_recording_stays_open_until_its_file_changes(sounds: OpenSounds, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav")
    first = sounds.get(path)
    assert sounds.get(path) is first
    write(path, NOISE_TC[:100])
    changed = sounds.get(path)
    assert changed.version != first.version
    assert changed.info.num_samples == 100


def test_only_the_last_few_stay_open_and_whoever_reads_may_finish(sounds: OpenSounds, tmp_path: Path) -> None:
    first = sounds.get(write(tmp_path / "0.wav"))
    read = first.take_channel(0)
    for number in (1, 2):
        sounds.get(write(tmp_path / f"{number}.wav"))
    assert read(0, 10).any()
    assert sounds.get(tmp_path / "0.wav") is not first


def test_a_channel_that_is_not_there_is_one_sentence(sounds: OpenSounds, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"a.wav has no channel 2: it has 2, numbered from 0"):
        sounds.get(write(tmp_path / "a.wav")).take_channel(2)


def test_many_threads_read_the_same_numbers(sounds: OpenSounds, tmp_path: Path) -> None:
    read = sounds.get(write(tmp_path / "a.flac")).take_channel(0)
    whole_T, wrong = read(0, 40_000), []

    def check(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for start in rng.integers(0, 39_000, 50).tolist():
            if not np.array_equal(read(start, start + 700), whole_T[start : start + 700]):
                wrong.append(start)

    threads = [threading.Thread(target=check, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_file_that_went_away_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        find_version(tmp_path / "gone.wav")


def test_what_was_decoded_once_is_not_decoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.ogg")
    first = OpenSounds(tmp_path / "decoded").get(path)
    first_T = first.take_channel(0)(0, 40_000)
    first.let_go()
    monkeypatch.setattr("subsong.studio.sound.decoded.DecodedSound._decode", None)
    assert np.array_equal(OpenSounds(tmp_path / "decoded").get(path).take_channel(0)(0, 40_000), first_T)


def test_a_half_written_decoded_file_is_not_believed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ogg")
    sound = OpenSounds(tmp_path / "decoded").get(path)
    expected_T = sound.take_channel(0)(0, 40_000)
    sound.let_go()
    (decoded,) = (tmp_path / "decoded").iterdir()
    decoded.write_bytes(decoded.read_bytes()[:1000])
    assert np.array_equal(OpenSounds(tmp_path / "decoded").get(path).take_channel(0)(0, 40_000), expected_T)


def test_the_beginning_is_there_before_the_end_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.ogg", np.tile(NOISE_TC, (4, 1)))
    may_go_on = threading.Event()

    def wait_after_first(block_CT: np.ndarray) -> bytes:
        if wait_after_first.num_blocks:  # type: ignore[attr-defined]
            may_go_on.wait(20)
        wait_after_first.num_blocks += 1  # type: ignore[attr-defined]
        return np.rint(block_CT.T * 2**15).astype("<i2").tobytes()

    wait_after_first.num_blocks = 0  # type: ignore[attr-defined]
    monkeypatch.setattr("subsong.studio.sound.decoded._to_int16", wait_after_first)
    sound = DecodedSound(open_audio(path, "all"), "v", tmp_path / "decoded", patience_s=0.2)
    # The first block may take longer than this impatient one waits.
    sound._patience_s = 20
    assert sound.read(0, 1000).any()
    sound._patience_s = 0.1
    with pytest.raises(NotYetError, match=r"a.ogg can only be decoded from its start, which is 41% done"):
        sound.read(100_000, 100_010)
    may_go_on.set()
    sound._patience_s = 20
    assert sound.read(159_000, 160_000).any()


def test_a_recording_that_cannot_be_decoded_says_so_to_all_who_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = open_audio(write(tmp_path / "a.ogg"), "all")

    def fail(start: int, stop: int) -> None:
        raise SubsongError("a.ogg cannot be decoded")

    monkeypatch.setattr(reader, "read", fail)
    sound = DecodedSound(reader, "v", tmp_path / "decoded")
    for _ in range(2):
        with pytest.raises(SubsongError, match=r"a.ogg cannot be decoded"):
            sound.read(0, 10)
    assert list((tmp_path / "decoded").iterdir()) == []


def test_a_recording_that_could_not_be_decoded_is_tried_again(
    sounds: OpenSounds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.ogg")
    with monkeypatch.context() as patch:
        patch.setattr("subsong.studio.sound.decoded._to_int16", _fill_disk)
        with pytest.raises(SubsongError, match="the disk is full"):
            sounds.get(path).take_channel(0)(0, 10)
    assert sounds.get(path).take_channel(0)(0, 10).any()
