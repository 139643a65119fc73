"""A stream from a file or a pipe, annotated while it comes: one line an annotation.

Legend: T = samples, C = channels.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Literal, NamedTuple, Protocol

import numpy as np

from subsong.core.devices import one_thread
from subsong.core.errors import SubsongError
from subsong.core.files import disk_errors
from subsong.core.words import count_noun
from subsong.inference.listening.arriving import open_grid
from subsong.inference.listening.latency import Latency, Listening, find_latency
from subsong.inference.listening.listen import Heard, listen
from subsong.inference.load import load_segmenter
from subsong.inference.segmenter import TrainedSegmenter
from subsong.sources.audio import open_audio

RAW_TYPES = {"s16le": ("<i2", 32768.0), "f32le": ("<f4", 1.0)}
"""Name of a raw format -> NumPy's type of a sample, and its full scale."""
COLUMNS = ("onset_s", "offset_s", "label", "score", "latency_s")

Say = Callable[[str], None]


class RawPipe(Protocol):
    """Bytes that come from somewhere."""

    def read1(self, size: int = ..., /) -> bytes:
        """Return at most so many bytes, as soon as there are some; none at the end."""
        ...


class RawFormat(NamedTuple):
    """What raw samples are: a name of `RAW_TYPES`, samples a second, channels that alternate."""

    name: str
    sample_rate_hz: int
    num_channels: int = 1


class ListenOptions(NamedTuple):
    """How to listen.

    Attributes
    ----------
    channel
        Which channel; None: the only one there is.
    realtime
        Whether a file is played as fast as it sounds, or else as fast as it can be annotated.
    block_frames, max_latency_s
        See `Listening`.
    line_format
        ``csv`` or ``jsonl``.
    device, trust
        As for `load_model`.
    """

    channel: int | None = None
    realtime: bool = False
    block_frames: int = 8
    max_latency_s: float | None = None
    line_format: Literal["csv", "jsonl"] = "csv"
    device: str = "cpu"
    trust: bool = False


class ListenedStream(NamedTuple):
    """What listening was like.

    Attributes
    ----------
    num_annotations
        Told.
    duration_s
        Of the stream.
    compute_s, longest_s
        Time spent computing, and the longest over one block of the stream.
    num_blocks
        Blocks of the stream.
    latency
        Stated.
    worst_latency_s
        The largest measured, in seconds of sound; 0 without annotations.
    """

    num_annotations: int
    duration_s: float
    compute_s: float
    longest_s: float
    num_blocks: int
    latency: Latency
    worst_latency_s: float

    def describe(self) -> str:
        """Return it in words."""
        speed = self.duration_s / max(self.compute_s, 1e-9)
        mean_ms = 1000 * self.compute_s / max(1, self.num_blocks)
        return (
            f"{count_noun(self.num_annotations, 'annotation')} in {self.duration_s:.1f} s of sound; latency at most "
            f"{1000 * self.worst_latency_s:.0f} ms of sound; {mean_ms:.1f} ms of computing for a block (longest "
            f"{1000 * self.longest_s:.0f} ms), {speed:.0f} times real time on one core"
        )


class _Source(NamedTuple):
    """A stream that is open: its rate, and its blocks."""

    sample_rate_hz: int
    read_samples: int
    blocks: Iterator[np.ndarray]


class _Stopwatch:
    """Times what is done with each block of a stream, and not what it takes to come."""

    def __init__(self) -> None:
        self.num_blocks, self.num_samples, self.total_s, self.longest_s = 0, 0, 0.0, 0.0

    def watch(self, blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        for block_T in blocks:
            self.num_blocks, self.num_samples = self.num_blocks + 1, self.num_samples + len(block_T)
            start = time.perf_counter()
            yield block_T
            took_s = time.perf_counter() - start
            self.total_s, self.longest_s = self.total_s + took_s, max(self.longest_s, took_s)


def listen_to_file(
    model_path: Path, path: Path, options: ListenOptions, out: Path | None, tell: Say, note: Say
) -> ListenedStream:
    """Annotate a recording as if it were heard now.

    Parameters
    ----------
    model_path
        A song-segmenter, or its run.
    path
        The recording.
    options
        How.
    out
        A file that gets the lines as well.
    tell, note
        Called with each line of annotations, and with what else is to be said.

    Raises
    ------
    SubsongError
        When model or recording cannot be used, or the latency cannot be kept.
    """
    model = _load(model_path, options)
    with open_audio(path, options.channel) as reader:
        rate = reader.info.sample_rate_hz
        read_samples = _choose_read(model, rate, options)
        played = (block_T for _, block_T in reader.blocks(read_samples))
        blocks = _pace(played, rate) if options.realtime else played
        return _run(model, _Source(rate, read_samples, blocks), options, out, tell, note)


def listen_to_pipe(
    model_path: Path, pipe: RawPipe, raw: RawFormat, options: ListenOptions, out: Path | None, tell: Say, note: Say
) -> ListenedStream:
    """Annotate raw samples as they come; see `listen_to_file`.

    Raises
    ------
    SubsongError
        When the model cannot be used, there is no such channel, or the latency cannot be kept.
    """
    model = _load(model_path, options)
    read_samples = _choose_read(model, raw.sample_rate_hz, options)
    blocks = _read_pipe(pipe, raw, _choose_channel(raw, options.channel), read_samples)
    return _run(model, _Source(raw.sample_rate_hz, read_samples, blocks), options, out, tell, note)


def _load(path: Path, options: ListenOptions) -> TrainedSegmenter:
    model = load_segmenter(path, options.device, options.trust)
    model.require_one_channel("'subsong listen'")
    return model


def _choose_read(model: TrainedSegmenter, sample_rate_hz: int, options: ListenOptions) -> int:
    """Return how many samples to read at a time: half a block of frames."""
    return max(1, round(0.5 * options.block_frames * open_grid(model).hop_s * sample_rate_hz))


def _choose_channel(raw: RawFormat, channel: int | None) -> int:
    if channel is None and raw.num_channels > 1:
        raise SubsongError(f"the stream has {raw.num_channels} channels: choose one with --channel")
    if channel is not None and not 0 <= channel < raw.num_channels:
        raise SubsongError(
            f"the stream has no channel {channel}: it has {count_noun(raw.num_channels, 'channel')}, numbered from 0"
        )
    return channel or 0


def _pace(blocks: Iterator[np.ndarray], sample_rate_hz: int) -> Iterator[np.ndarray]:
    """Yield each block when its last sample would have sounded."""
    start, num_samples = time.monotonic(), 0
    for block_T in blocks:
        num_samples += len(block_T)
        time.sleep(max(0.0, start + num_samples / sample_rate_hz - time.monotonic()))
        yield block_T


def _read_pipe(pipe: RawPipe, raw: RawFormat, channel: int, read_samples: int) -> Iterator[np.ndarray]:
    """Yield one channel of raw samples as they come; a last sample that is not whole is left out."""
    kind, full_scale = RAW_TYPES[raw.name]
    frame_size = np.dtype(kind).itemsize * raw.num_channels
    held = b""
    while data := pipe.read1(read_samples * frame_size):
        held += data
        num_whole = len(held) // frame_size * frame_size
        frames_TC = np.frombuffer(held[:num_whole], kind).reshape(-1, raw.num_channels)
        held = held[num_whole:]
        yield (frames_TC[:, channel].astype(np.float32) / np.float32(full_scale)).astype(np.float32)


def _run(
    model: TrainedSegmenter, source: _Source, options: ListenOptions, out: Path | None, tell: Say, note: Say
) -> ListenedStream:
    """Annotate a stream to its end, or until it is interrupted."""
    how = Listening(source.sample_rate_hz, source.read_samples, options.block_frames, options.max_latency_s)
    latency, watch, latencies_s = find_latency(model, model.decoding, how), _Stopwatch(), [0.0]
    certain = "once silence follows" if options.max_latency_s is None else "at most"
    note(f"latency after the end of a sound, {certain}: {latency.describe()}, and computing")
    # Blocks are too small for more threads to be of use.
    with one_thread(), _open_out(out) as file:
        # The first block of a process takes a hundred times as long: let it be one of silence.
        list(listen(model, iter([np.zeros(source.sample_rate_hz // 10, np.float32)]), how))
        for line in _head(options):
            _write(line, tell, file)
        with contextlib.suppress(KeyboardInterrupt):
            for heard in listen(model, watch.watch(source.blocks), how):
                _write(_format(heard, options), tell, file)
                latencies_s.append(heard.latency_s)
    duration_s = watch.num_samples / source.sample_rate_hz
    done = ListenedStream(
        len(latencies_s) - 1, duration_s, watch.total_s, watch.longest_s, watch.num_blocks, latency, max(latencies_s)
    )
    note(done.describe())
    return done


@contextlib.contextmanager
def _open_out(path: Path | None) -> Iterator[IO[str] | None]:
    """Open a file that holds every line as soon as it was written."""
    if path is None:
        yield None
        return
    with disk_errors(path), open(path, "w", encoding="utf-8", buffering=1) as file:
        yield file


def _write(line: str, tell: Say, file: IO[str] | None) -> None:
    tell(line)
    if file is not None:
        file.write(line + "\n")


def _head(options: ListenOptions) -> list[str]:
    return [",".join(COLUMNS)] if options.line_format == "csv" else []


def _format(heard: Heard, options: ListenOptions) -> str:
    times = (round(heard.onset_s, 6), round(heard.offset_s, 6))
    values = (*times, heard.label, round(heard.score, 4), round(heard.latency_s, 3))
    if options.line_format == "jsonl":
        return json.dumps(dict(zip(COLUMNS, values, strict=True)))
    quoted = f'"{heard.label.replace(chr(34), 2 * chr(34))}"' if set(heard.label) & set(',"\n') else heard.label
    return ",".join(map(str, (*times, quoted, *values[3:])))
