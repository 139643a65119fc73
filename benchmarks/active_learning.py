"""Is it worth labelling what is suggested? Onset F1 against seconds of labels: suggested stretches against random ones.

Songs of two days of one bird are the pool, songs of a third day the test. Both arms begin with the same stretches; in
each round a small network is trained anew on what is labelled, scored, and further stretches are labelled: those that
`choose_stretches` puts first, or drawn ones. Network, number of steps and seed are the same in both arms.

``python -m benchmarks.active_learning [STEPS OF TRAINING] [ROUNDS] [SEEDS]``; needs SUBSONG_DATA; by default about five
minutes on two cores.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from benchmarks.segmenter_quality import (
    BORDER_WEIGHT,
    Chunks,
    Song,
    build_source,
    compute_targets,
    fit_range,
    read_songs,
    score_all,
)
from subsong.core.seeds import numpy_generator, set_seed
from subsong.inference.annotating.decoding import join_decoded
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.stream_decoding import decode_stream
from subsong.inference.annotating.streaming import stream_probabilities
from subsong.inference.segmenter import HeardChannel, TrainedSegmenter
from subsong.inference.suggesting.choosing import choose_stretches
from subsong.inference.suggesting.measuring import measure_channel
from subsong.models.portable import ModelDescription
from subsong.models.segmenter import Segmenter, SegmenterConfig
from subsong.models.segmenter_frontends import FrequencyFrontendConfig
from subsong.models.tcn import TcnConfig
from subsong.objectives.segmenting import BorderTerm, SegmentationTerm
from subsong.sources.audio import write_audio
from subsong.sources.song_class import SongClass
from subsong.sources.spectrograms import FrameMaker, SpectrogramConfig

RATE_HZ, NUM_TEST = 32_000, 8
STRETCH_S, START_S, STEP_S = 2.0, 6.0, 6.0
BATCH_SIZE, CHUNK_FRAMES, LEARNING_RATE = 8, 128, 4e-3
NETWORK = SegmenterConfig(
    frontend=FrequencyFrontendConfig(channels=(8, 16), feature_dim=32), tcn=TcnConfig(channels=32, num_stacks=1)
)


class Pool(NamedTuple):
    """Songs that may be labelled, with their files and frames, and how all frames are made."""

    songs: Sequence[Song]
    paths: Sequence[Path]
    grey_KF: Sequence[Tensor]
    target_KC: Sequence[Tensor]
    classes: Sequence[SongClass]
    frames: SpectrogramConfig


class Piece(NamedTuple):
    """A stretch: which song, and which of the stretches that `measure_channel` cuts it into."""

    song: int
    number: int


def read_pool(folder: Path) -> tuple[Pool, list[Song]]:
    """Return the pool, its songs written as files into `folder`, and the songs of the test."""
    names, parts = read_songs()
    songs, classes = [*parts["train"], *parts["same days"]], [SongClass(*one) for one in names]
    frames = fit_range(songs, RATE_HZ)
    sources = [build_source(song, FrameMaker(frames, RATE_HZ)) for song in songs]
    paths = [folder / f"{number}.wav" for number in range(len(songs))]
    for path, song in zip(paths, songs, strict=True):
        write_audio(path, song.samples_S, RATE_HZ, "float32")
    targets = [
        torch.from_numpy(compute_targets(song.truth, len(classes), source.grid))
        for song, source in zip(songs, sources, strict=True)
    ]
    grey = [source.read(0, source.grid.num_frames) for source in sources]
    return Pool(songs, paths, grey, targets, classes, frames), parts["other day"][:NUM_TEST]


def list_pieces(pool: Pool) -> list[Piece]:
    nums = [max(1, int(len(song.samples_S) / RATE_HZ / STRETCH_S + 0.5)) for song in pool.songs]
    return [Piece(song, number) for song, num in enumerate(nums) for number in range(num)]


def find_frames(pool: Pool, piece: Piece) -> range:
    """Return the frames of a piece; the last of a song reaches to its end."""
    size, is_last = STRETCH_S * RATE_HZ / pool.frames.hop_size, Piece(piece.song, piece.number + 1)
    stop = round((piece.number + 1) * size) if is_last in set(list_pieces(pool)) else len(pool.grey_KF[piece.song])
    return range(round(piece.number * size), stop)


def train(pool: Pool, labelled: Sequence[Piece], num_steps: int, seed: int) -> TrainedSegmenter:
    """Return a network trained on the labelled pieces alone."""
    set_seed(seed)
    module, rng = NETWORK.build(pool.frames.num_freq_bins, pool.classes), numpy_generator(seed, "chunks")
    optimizer = torch.optim.AdamW(module.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, num_steps)
    terms, ranges = (SegmentationTerm().build(), BorderTerm().build()), [find_frames(pool, one) for one in labelled]
    lengths = np.array([len(one) for one in ranges], dtype=float)
    for step in range(num_steps):
        drawn = rng.choice(len(labelled), BATCH_SIZE, p=lengths / lengths.sum())
        rows = [int(rng.integers(ranges[one].start, ranges[one].stop - CHUNK_FRAMES + 1)) for one in drawn]
        places = [(labelled[one].song, slice(row, row + CHUNK_FRAMES)) for one, row in zip(drawn, rows, strict=True)]
        output = module(torch.stack([pool.grey_KF[song][part].T for song, part in places]))
        batch = Chunks(torch.stack([pool.target_KC[song][part] for song, part in places]), None)
        segmentation, borders = (term(output, batch, step, 1).mean() / CHUNK_FRAMES for term in terms)
        optimizer.zero_grad()
        (segmentation + BORDER_WEIGHT * borders).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return wrap(module, pool)


def wrap(module: Segmenter, pool: Pool) -> TrainedSegmenter:
    values = {
        "kind": "song",
        "sample_rate_hz": RATE_HZ,
        "spectrogram": pool.frames.model_dump(mode="json"),
        "classes": [one._asdict() for one in pool.classes],
        "decoding": DecodingOptions().model_dump(mode="json"),
    }
    labels = [one.name for one in pool.classes]
    return TrainedSegmenter(module, ModelDescription("song-segmenter", {}, values, labels), torch.device("cpu"))


def score(model: TrainedSegmenter, pool: Pool, tests: Sequence[Song]) -> float:
    sources = [build_source(song, FrameMaker(pool.frames, RATE_HZ)) for song in tests]
    layout, decoding = model.module.layout, model.decoding
    decoded = [
        join_decoded(decode_stream(stream_probabilities(model.module, one), layout, one.grid, decoding))
        for one in sources
    ]
    return score_all(decoded, tests).onset_f1


def suggest(model: TrainedSegmenter, pool: Pool, labelled: Sequence[Piece]) -> list[Piece]:
    pieces = {}
    for song, path in enumerate(pool.paths):
        stretches = measure_channel(model, path, str(song), HeardChannel(0, None), STRETCH_S).stretches
        for number, stretch in enumerate(stretches):
            if Piece(song, number) not in labelled:
                pieces[stretch.recording, stretch.start_s] = Piece(song, number), stretch
    chosen = choose_stretches([stretch for _, stretch in pieces.values()], STEP_S)
    return [pieces[one.stretch.recording, one.stretch.start_s][0] for one in chosen]


def draw(pool: Pool, labelled: Sequence[Piece], total_s: float, rng: np.random.Generator) -> list[Piece]:
    free = [one for one in list_pieces(pool) if one not in labelled]
    return [free[place] for place in rng.permutation(len(free))[: round(total_s / STRETCH_S)]]


def run_arm(
    pool: Pool, tests: Sequence[Song], is_suggested: bool, num_steps: int, num_rounds: int, seed: int
) -> Iterator[tuple[float, float]]:
    """Yield seconds of labels and F1, round by round."""
    labelled = draw(pool, [], START_S, numpy_generator(seed, "start"))
    for number in range(num_rounds):
        model = train(pool, labelled, num_steps, seed)
        yield (
            sum(len(find_frames(pool, one)) for one in labelled) * pool.frames.hop_size / RATE_HZ,
            score(model, pool, tests),
        )
        rng = numpy_generator(seed, "round", number)
        labelled += suggest(model, pool, labelled) if is_suggested else draw(pool, labelled, STEP_S, rng)


def main(num_steps: int = 250, num_rounds: int = 5, num_seeds: int = 2) -> None:
    start_s = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        pool, tests = read_pool(Path(folder))
        for seed in range(num_seeds):
            for is_suggested in (False, True):
                arm = "suggested" if is_suggested else "random"
                for length_s, f1 in run_arm(pool, tests, is_suggested, num_steps, num_rounds, seed):
                    passed_s = time.perf_counter() - start_s
                    print(
                        f"seed {seed}  {arm:9}  {length_s:5.1f} s of labels: onset F1 {f1:.3f}  ({passed_s:.0f} s)",
                        flush=True,
                    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
