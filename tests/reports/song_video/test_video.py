"""The file: its streams, its sync, its bytes, and what happens when something is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.reports.song_video.options import SongVideoOptions
from subsong.reports.song_video.parts import LatentPath, MapPoints, Song
from subsong.reports.song_video.video import SongVideo, write_song_video

av = pytest.importorskip("av")
RATE_HZ, DURATION_S, CLICK_S = 32_000, 2.0, 1.0
POINTS = MapPoints(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))


def build_song(rate_hz: int = RATE_HZ, duration_s: float = DURATION_S) -> Song:
    samples = np.zeros(round(duration_s * rate_hz), np.float32)
    click = round(CLICK_S * rate_hz)
    samples[click : click + 3] = 1.0
    return Song(
        lambda start, stop: samples[start:stop],
        len(samples),
        rate_hz,
        lambda times_s: np.tile(np.abs(times_s - CLICK_S) < 0.005, (16, 1)).astype(np.float32),
        np.linspace(500.0, 8000.0, 16),
    )


def build_path() -> LatentPath:
    start_s = np.arange(0.0, 1.901, 0.01)
    after = start_s + 0.05 >= CLICK_S - 1e-9
    return LatentPath(start_s, 0.1, np.stack([after.astype(float), np.zeros(len(start_s))], axis=1))


def write(out: Path, start_s: float = 0.0, stop_s: float = DURATION_S, **options) -> SongVideo:
    path, chosen = build_path(), SongVideoOptions(**options)
    return write_song_video(out, build_song(), path, POINTS, start_s, stop_s, chosen)


def read_pictures(path: Path) -> tuple[list[float], list[np.ndarray]]:
    with av.open(str(path)) as container:
        frames = [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    times, pictures = zip(*frames, strict=True)
    return list(times), list(pictures)


def read_sound(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the time of each sample, as a player gives it, and the samples."""
    with av.open(str(path)) as container:
        frames = [(frame.time, frame.to_ndarray()[0]) for frame in container.decode(audio=0)]
    times = np.concatenate([start_s + np.arange(len(block)) / 48_000 for start_s, block in frames])
    return times, np.concatenate([block for _, block in frames])


def test_the_file_is_an_mp4_that_browsers_play(tmp_path) -> None:
    done = write(tmp_path / "song.mp4", fps=20, title="a song")
    with av.open(str(done.path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt, video.frames) == ("h264", "yuv420p", 40)
        assert (video.codec_context.width, video.codec_context.height) == (1280, 720)
        assert (video.average_rate, audio.codec_context.name, audio.codec_context.sample_rate) == (20, "aac", 48_000)
        for stream in (video, audio):
            assert float(stream.duration * stream.time_base) == pytest.approx(2.0, abs=0.03)
            assert float((stream.start_time or 0) * stream.time_base) == pytest.approx(0.0, abs=1e-6)
    content = done.path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert (done.num_frames, done.duration_s) == (40, 2.0)
    assert [path.name for path in tmp_path.iterdir()] == ["song.mp4"]


@pytest.mark.parametrize(
    ("options", "played_s"),
    [({}, 1.0), ({"shift": 2.0}, 1.0), ({"slow_down": 3.0}, 3.0)],
    ids=["plain", "shift", "slow"],
)
def test_sound_and_picture_are_in_sync_to_the_frame(tmp_path, options, played_s) -> None:
    fps = 15
    out = write(tmp_path / "song.mp4", stop_s=1.3, fps=fps, **options).path
    times, sound = read_sound(out)
    click_s = times[np.abs(sound).argmax()]
    moments, pictures = read_pictures(out)
    still = pictures[0][370:, :, :].astype(int)  # the map, the point on the left
    moved = [np.abs(picture[370:, 700:].astype(int) - still[:, 700:]).max() > 60 for picture in pictures]
    jump_s = moments[moved.index(True)]
    assert jump_s == pytest.approx(played_s, abs=1e-6)
    assert abs(click_s - jump_s) < 0.5 / fps
    # A frame later, the click has just run past the cursor, by what the ribbon moves in a frame.
    shown = pictures[moved.index(True) + 1][100:220, 87:1257].mean(axis=(0, 2))
    step = round(1170 / (3.0 * fps))
    assert shown[585 - step - 1 : 585 - step + 2].min() < 150


def test_the_same_input_gives_the_same_pictures_and_sound(tmp_path) -> None:
    first, second = (write(tmp_path / name, stop_s=0.5, fps=20).path for name in ("a.mp4", "b.mp4"))
    assert first.read_bytes() == second.read_bytes()


def test_progress_counts_the_frames(tmp_path) -> None:
    told: list[tuple[int, int]] = []
    options = SongVideoOptions(fps=10)
    write_song_video(
        tmp_path / "a.mp4", build_song(), build_path(), POINTS, 0.0, 0.5, options, lambda *counts: told.append(counts)
    )
    assert told == [(number, 5) for number in range(1, 6)]


def test_a_stopped_video_leaves_nothing_and_the_one_before_as_it_was(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "videos" / "song.mp4"
    out.parent.mkdir()
    out.write_bytes(b"the one before")

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_song_video(out, build_song(), build_path(), POINTS, 0.0, 1.0, SongVideoOptions(), stop)
    assert [path.name for path in out.parent.iterdir()] == ["song.mp4"]
    assert out.read_bytes() == b"the one before"
    assert [path.name for path in tmp_path.iterdir()] == ["videos"]


@pytest.mark.parametrize(
    ("name", "start_s", "stop_s", "message"),
    [
        ("song.mov", 0.0, 1.0, "should end in .mp4"),
        ("song", 0.0, 1.0, "ends in nothing"),
        ("song.mp4", 1.0, 0.5, "from 1 s to 0.5 s is empty"),
        ("song.mp4", -1.0, 0.5, "is empty: expected a start of 0 or later"),
        ("song.mp4", 5.0, 6.0, "starts at 5 s, but the recording ends at 2 s"),
    ],
)
def test_what_cannot_be_made_is_said_before_anything_is_written(tmp_path, name, start_s, stop_s, message) -> None:
    with pytest.raises(SubsongError, match=message):
        write(tmp_path / name, start_s, stop_s)
    assert not list(tmp_path.iterdir())


def test_places_of_another_shape_are_refused(tmp_path) -> None:
    path = build_path()
    for bad in (path.coordinates_N2[:5], path.coordinates_N2[:, :1], path.coordinates_N2 * np.nan):
        with pytest.raises(SubsongError, match=r"windows need coordinates|not a finite number"):
            write_song_video(tmp_path / "a.mp4", build_song(), path._replace(coordinates_N2=bad), POINTS, 0.0, 1.0)
    labelled = POINTS._replace(labels_M=np.array(["a"]))
    with pytest.raises(SubsongError, match="4 points needs 4 labels, not 1"):
        write_song_video(tmp_path / "a.mp4", build_song(), path, labelled, 0.0, 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"slow_down": 2.0, "shift": 2.0}, "give one of them"),
        ({"shift": 1.0}, "above 1"),
        ({"slow_down": 0.5}, "at least 1"),
        ({"shift": float("nan")}, "above 1"),
    ],
)
def test_ways_of_hearing_that_are_none_are_refused(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        SongVideoOptions(**options)


def test_without_pyav_the_extra_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(SubsongError, match=r"pip install 'subsong\[video\]'"):
        write(tmp_path / "song.mp4")
