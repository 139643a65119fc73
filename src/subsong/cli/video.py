"""``subsong video``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app
from subsong.cli.progress import show_stages
from subsong.cli.stopping import stopping_says


@app.command()
def video(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A trained shotgun-vae or warped-shotgun-vae."),
    recording: Path = typer.Argument(..., help="A recording; it needs no annotations."),
    out: Path = typer.Option("song.mp4", "--out", "-o", help="The video."),
    onto: Path | None = typer.Option(
        None, "--map", metavar="MAP.projection", help="Map that 'subsong map' wrote, for the point to move over."
    ),
    background: Path | None = typer.Option(
        None, "--background", help="Dataset of windows, or recordings, to lay out a map of; else the recording itself."
    ),
    kind: str = typer.Option("umap", "--kind", help="How that map is laid out: umap or pca."),
    colour_by: str | None = typer.Option(None, "--colour-by", help="Column that colours the map's points."),
    start: float = typer.Option(0.0, "--start", help="Second of the recording to begin at."),
    stop: float | None = typer.Option(None, "--stop", help="Second of the recording to end at."),
    slow_down: float | None = typer.Option(
        None, "--slow-down", help="Times slower; by default 10 for ultrasound (rates above 96 kHz), otherwise 1."
    ),
    shift: float | None = typer.Option(None, "--shift", help="Play in real time, every frequency divided by this."),
    fps: int = typer.Option(30, "--fps", help="Frames per second."),
    height: int = typer.Option(720, "--height", help="Height of the picture: 720 or 1080."),
    title: str = typer.Option("", "--title", help="Stands above the picture; by default the recording's name."),
    seed: int = typer.Option(0, "--seed", help="Of the layout."),
) -> None:
    """Make a video of a song: its spectrogram runs by, its window wanders over the latent map, and it is heard.

    The outlined window is what the model sees; the point is where the model puts it, drawn while the window's middle
    is heard. Ultrasound is slowed ten times, as bat detectors do: a call of 60 kHz sounds at 6 kHz and lasts ten times
    as long. With --shift 8 it keeps its pace and sounds at 7.5 kHz; short calls are then easily missed.

    Needs the extra: pip install 'subsong[video]'. The MP4 (H.264, AAC) plays in every browser and slide program.

    Examples:

    - subsong video RUN song.wav --background windows --out song.mp4
    - subsong video RUN song.wav --map map.projection --start 2 --stop 12
    - subsong video RUN mouse.wav --shift 8 --kind pca
    """
    from subsong.core.config_files import validate_config
    from subsong.core.raw_config import RawConfig
    from subsong.recipes.song_video import VideoMap, make_song_video
    from subsong.reports.song_video.options import SongVideoOptions

    label = "the command line"
    options = {"fps": fps, "slow_down": slow_down, "shift": shift, "height": height, "title": title}
    video_map = {"onto": onto, "background": background, "kind": kind, "colour_by": colour_by, "seed": seed}
    with stopping_says("stopped: no video was written"), show_stages() as tell:
        done = make_song_video(
            model,
            recording,
            out,
            validate_config(VideoMap, RawConfig.from_mapping(video_map, label)),
            start,
            stop,
            validate_config(SongVideoOptions, RawConfig.from_mapping(options, label)),
            tell,
        )
    pitch = "" if done.shift is None else f", pitch divided by {done.shift:g}"
    pace = "" if done.slow_down == 1 else f", slowed {done.slow_down:g} times"
    typer.echo(f"{done.path}: {done.duration_s:.1f} s, {done.num_frames:,} frames{pace}{pitch}")
