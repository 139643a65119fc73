"""``subsong listen``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from subsong.cli.app import app

if TYPE_CHECKING:
    from io import BufferedReader


class _Lines(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


class _Raw(StrEnum):
    S16LE = "s16le"
    F32LE = "f32le"


@app.command()
def listen(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A trained song-segmenter, or its run."),
    source: str = typer.Argument("-", metavar="[FILE|-]", help="A recording, or - for raw samples from a pipe."),
    out: Path | None = typer.Option(None, "--out", "-o", help="A file that gets the lines as well."),
    lines: _Lines = typer.Option(_Lines.CSV, "--lines", help="csv, or jsonl: an object a line."),
    realtime: bool = typer.Option(False, "--realtime", help="Play a file as fast as it sounds."),
    raw_format: _Raw = typer.Option(_Raw.S16LE, "--format", help="Of raw samples: 16-bit integers, or floats."),
    rate: int | None = typer.Option(None, "--rate", min=1, help="Of raw samples: samples a second."),
    num_channels: int = typer.Option(1, "--channels", min=1, help="Of raw samples: channels that alternate."),
    channel: int | None = typer.Option(None, "--channel", min=0, help="Listen to this channel, counted from 0."),
    block_frames: int = typer.Option(
        8, "--block", min=1, help="Frames computed at a time: fewer are told sooner, more cost less."
    ),
    max_latency: float | None = typer.Option(
        None, "--max-latency", min=0.0, help="Seconds after which a sound is told, certain or not."
    ),
    device: str = typer.Option("cpu", "--device", help="auto, cpu, cuda or mps."),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Annotate sound while it comes: a recording as if heard now, or raw samples from a pipe.

    Each annotation is a line, printed as soon as it is certain: onset_s, offset_s, label, score, latency_s (seconds of
    sound that had come after its end). They are those of `predict`. How long that takes is said first: the network
    looks ahead, and a sound is certain once a short silence follows. --max-latency tells sooner, at the cost of
    sounds that are cut or labelled before all of them was heard.

    Examples:

    - subsong listen runs/finch song.wav --realtime
    - arecord -f S16_LE -r 32000 -c 1 -t raw | subsong listen runs/finch - --rate 32000
    - sox song.wav -t f32 - | subsong listen runs/finch - --format f32le --rate 44100 --lines jsonl --out heard.jsonl
    """
    import sys

    from subsong.core.errors import SubsongError
    from subsong.recipes.listening import ListenOptions, RawFormat, listen_to_file, listen_to_pipe

    options = ListenOptions(channel, realtime, block_frames, max_latency, lines.value, device, trust)

    def note(text: str) -> None:
        typer.echo(text, err=True)

    if source != "-":
        if rate is not None or num_channels != 1:
            raise SubsongError("--rate and --channels are of raw samples from a pipe: a recording says them itself")
        listen_to_file(model, Path(source), options, out, typer.echo, note)
        return
    if rate is None or realtime:
        raise SubsongError("raw samples need --rate, samples a second, and come as fast as they come: no --realtime")
    raw = RawFormat(raw_format.value, rate, num_channels)
    # A buffered reader, whatever the type says: it gives what is there without waiting for more.
    pipe = cast("BufferedReader", sys.stdin.buffer)
    listen_to_pipe(model, pipe, raw, options, out, typer.echo, note)
