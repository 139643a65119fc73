"""A video from a trained model and a recording, through the library and through the verb."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

import subsong
import subsong.cli.video
from subsong.cli.main import run
from subsong.core.errors import SubsongError
from subsong.inference.load import load_model
from subsong.inference.projection import fit_projection
from subsong.recipes.shotgun_vae import RECIPE
from subsong.recipes.song_video import VideoMap, make_song_video
from subsong.reports.song_video import frames
from subsong.reports.song_video.options import SongVideoOptions

av = pytest.importorskip("av")
QUICK = SongVideoOptions(fps=10)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """Return a folder with songs, their windows, and the model folder of a run on them."""
    folder = tmp_path_factory.mktemp("video")
    short = {"training.num_epochs": 1, "training.figure_epochs": None, "data.num_windows": 16, "data.num_held_out": 8}
    overrides = {**RECIPE.tiny_overrides(folder), **short}
    trained = subsong.train("shotgun-vae", overrides=overrides, root=folder / "runs")
    # The log of the run goes to a standard error that ends with this fixture.
    logging.getLogger("subsong").handlers.clear()
    (folder / "model").symlink_to(trained.path / "model")
    return folder


def find_song(place: Path) -> Path:
    return sorted((place / "songs").rglob("*.wav"))[0]


def count_pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        assert len(container.streams.audio) == 1
        return sum(1 for _ in container.decode(video=0))


def test_a_recording_becomes_a_video_over_a_map_of_its_own_windows(place, tmp_path) -> None:
    told: list[tuple[str, int, int]] = []
    options, out = QUICK.model_copy(update={"shift": 2.0}), tmp_path / "song.mp4"
    done = make_song_video(
        place / "model", find_song(place), out, VideoMap(kind="pca"), 0.2, 1.2, options, lambda *say: told.append(say)
    )
    assert (done.path, done.num_frames, done.shift) == (out, 10, 2.0)
    assert count_pictures(out) == 10
    assert {what for what, done, total in told if done == total} == {
        "windows of the map embedded",
        "windows embedded",
        "frames drawn",
    }


def test_each_window_is_centred_on_the_moment_of_its_frame_and_lies_on_the_map(place, tmp_path, monkeypatch) -> None:
    seen = []
    monkeypatch.setattr("subsong.recipes.song_video.write_song_video", lambda *given: seen.append(given))
    song_path, model = find_song(place), load_model(place / "model")
    windows = model.read_windows(place / "windows", 0.03)
    projection = fit_projection(model.embed(windows), "pca")
    projection.save(tmp_path / "map.projection")
    labels = ["a" if row % 3 else "b" for row in range(len(windows))]
    pl.DataFrame({"label": labels}).write_csv(tmp_path / "map.csv")
    make_song_video(
        place / "model", song_path, tmp_path / "a.mp4", VideoMap(onto=tmp_path / "map.projection"), 0.5, 1.0
    )
    _, song, path, points, start_s, stop_s, _, _ = seen[0]
    assert (start_s, stop_s) == (0.5, 1.0)
    moments = 0.5 + np.arange(15) / 30
    shown = frames.find_shown_windows(path, frames.Timing(0.5, 1.0, 1.0, 30))
    assert path.centre_s_N[shown] == pytest.approx(moments, abs=1e-9)
    assert points.labels_M.tolist() == labels
    assert "windows of map.projection" in points.caption
    # What is shown of a window is what the song's spectrogram shows there, and its place is that of this picture.
    times_s = path.start_s_N[shown[4]] + np.linspace(0.0, model.window_s, model.num_time_bins)
    latents = model.embed(song.picture(times_s)[None].astype(np.float32))
    assert path.coordinates_N2[shown[4]] == pytest.approx(projection.transform(latents)[0], rel=1e-4, abs=1e-5)


def test_the_spectrogram_is_empty_outside_the_recording(place, tmp_path, monkeypatch) -> None:
    seen = []
    monkeypatch.setattr("subsong.recipes.song_video.write_song_video", lambda *given: seen.append(given))
    make_song_video(place / "model", find_song(place), tmp_path / "a.mp4", VideoMap(kind="pca"))
    song, path, stop_s = seen[0][1], seen[0][2], seen[0][5]
    assert not song.picture(np.array([-1.0, -0.001, song.duration_s + 0.1])).any()
    assert song.picture(np.linspace(0.3, 1.0, 50)).any()
    assert stop_s == song.duration_s
    assert path.start_s_N[0] > 0
    assert path.start_s_N[-1] + path.window_s < song.duration_s


def test_the_verb_says_what_it_made(place, tmp_path, capsys) -> None:
    out = tmp_path / "song.mp4"
    arguments = ["video", str(place / "model"), str(find_song(place)), "--background", str(place / "windows")]
    more = ["--kind", "pca", "--stop", "0.5", "--fps", "10", "--slow-down", "2", "--colour-by", "source"]
    assert run([*arguments, *more, "--out", str(out)]) == 0
    assert "song.mp4: 1.0 s, 10 frames, slowed 2 times" in capsys.readouterr().out
    assert count_pictures(out) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "a.avi"], "should end in .mp4"),
        (["--start", "1", "--stop", "0.5"], "is empty"),
        (["--start", "500"], "the recording ends at"),
        (["--shift", "4", "--slow-down", "2"], "give one of them"),
        (["--map", "m.projection", "--background", "b"], "give one of them"),
        (["--map", "m.projection"], "m.projection/projection.json is missing"),
        (["--background", "nowhere"], "nowhere"),
        (["--kind", "umpa"], "did you mean 'umap'"),
        (["--kind", "pca", "--colour-by", "lable"], "no column 'lable'; did you mean 'label'"),
    ],
)
def test_wrong_arguments_are_told_in_a_sentence(place, tmp_path, monkeypatch, capsys, arguments, message) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["video", str(place / "model"), str(find_song(place)), "--stop", "0.4", *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert not list(tmp_path.iterdir())


def test_recordings_that_do_not_fit_are_told_in_a_sentence(place, tmp_path) -> None:
    short = tmp_path / "short.wav"
    soundfile.write(short, np.zeros(2000), 32_000)
    for recording, message in (
        (tmp_path / "none.wav", "is not there: expected a recording"),
        (place / "songs", "is a folder: expected a recording"),
        (short, "lasts 0.062 s, which is shorter than the model's windows: expected at least"),
    ):
        with pytest.raises(SubsongError, match=message):
            make_song_video(place / "model", recording, tmp_path / "a.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["short.wav"]


def test_a_long_video_is_announced(place, tmp_path, caplog, monkeypatch) -> None:
    monkeypatch.setattr("subsong.recipes.song_video.write_song_video", lambda *given: None)
    options = SongVideoOptions(fps=1, slow_down=200)
    make_song_video(place / "model", find_song(place), tmp_path / "a.mp4", VideoMap(kind="pca"), 0.0, 2.0, options)
    assert "will last 6 minutes" in caplog.text
