"""Annotations a second by networks of DAS's architecture: run as DAS runs them, and as we do, with the same weights.

As DAS runs them (das 0.32: ``predict``), written here in PyTorch, with direct convolutions in the layout that is
fastest: the recording is padded to whole batches; chunks of ``nb_hist`` samples, of which ``data_padding`` at both ends
are dropped, go through the network 32 at a time; outputs are repeated up to the sample rate, in float64; labels are
found sample by sample, gaps filled, short sounds dropped. Ours: `stream_probabilities` and `decode_stream`, in float32
and in bfloat16. Both start from samples in memory and end in annotations; on one thread, by turns, the fastest of
several runs.

The networks learn a made-up bird for some steps, on chunks of several lengths, so that there is something to find.

What agrees: share of annotations that the other side has too, with the same label and both ends within a frame. Of
ours in float32 with the plain network over the whole recording at once and the labels of DAS, by samples (`whole`);
with bfloat16; and with DAS's chunks, in which a network sees zeros where it looks beyond the ends of the chunk.

``python -m benchmarks.das_speed [SECONDS]``: of song; 10.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from subsong.core.devices import prepare_process
from subsong.datasets.song.labels import SongClass
from subsong.datasets.song.targets import compute_targets
from subsong.datasets.types import Batch
from subsong.inference.annotating.decoding import DecodedAnnotations, join_decoded
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.stream_decoding import decode_stream
from subsong.inference.annotating.streaming import stream_probabilities
from subsong.models.das_tcn import DasTcn, DasTcnConfig
from subsong.objectives.segmenting import BorderTerm, SegmentationTerm
from subsong.sources.spectrograms import SampleFrames, SampleFramesConfig
from subsong.synthesis.song import SongOptions, make_bird, make_song

RATE_HZ, BATCH_SIZE, NUM_REPEATS, LEVEL = 32_000, 32, 4, 0.05
SONGS = SongOptions(sample_rate_hz=RATE_HZ, num_types=5, motif_length=4)
DECODING = DecodingOptions(fill_gap_s=0.005, min_duration_s=0.01, split_touching=False, refine_borders=False)
STFT = {"kind": "stft", "hop_size": 16, "num_taps": 64}


class Case(NamedTuple):
    """A network of DAS, and how it is trained here."""

    name: str
    config: DasTcnConfig
    chunk_size: int
    num_steps: int
    num_trained_frames: int


CASES = (
    Case(
        "Bengalese finch (64 filters, 32 taps, 4 stacks, STFT 16)",
        DasTcnConfig(channels=64, kernel_size=32, num_stacks=4, frontend=STFT),
        chunk_size=1024,
        num_steps=60,
        num_trained_frames=1536,
    ),
    Case(
        "default (32 filters, 16 taps, 3 stacks, samples)",
        DasTcnConfig(channels=32, kernel_size=16, num_stacks=3),
        chunk_size=1024,
        num_steps=50,
        num_trained_frames=8192,
    ),
)


class Sound(NamedTuple):
    """Song with its truth: onset, offset and class of each syllable."""

    samples: np.ndarray
    onset_s: np.ndarray
    offset_s: np.ndarray
    class_number: np.ndarray


def make_sound(duration_s: float, first_number: int) -> tuple[Sound, list[SongClass]]:
    """Return songs of one bird, one after the other, and its classes."""
    bird, parts, start_s, number = make_bird(3, options=SONGS), [], 0.0, first_number
    while start_s < duration_s:
        song = make_song(bird, number=number, options=SONGS)
        times = [song.annotations[name].to_numpy() + start_s for name in ("onset_s", "offset_s")]
        parts.append((song.samples, *times, song.annotations["label"].to_list()))
        start_s, number = start_s + len(song.samples) / RATE_HZ, number + 1
    names = [one.label for one in bird.types]
    class_number = np.array([names.index(label) for part in parts for label in part[3]])
    samples, onset_s, offset_s = (np.concatenate([part[place] for part in parts]) for place in range(3))
    return Sound(samples, onset_s, offset_s, class_number), [SongClass(name, "segment") for name in names]


def open_frames(case: Case, samples: np.ndarray) -> SampleFrames:
    config = SampleFramesConfig(hop_size=case.config.frontend.hop_size, level=LEVEL)
    return SampleFrames(config, RATE_HZ, len(samples), lambda first, stop: samples[first:stop])


def train(case: Case, sound: Sound, classes: list[SongClass]) -> DasTcn:
    """Teach a network on chunks of 1, 2, 4 and 8 times DAS's length by turns."""
    torch.manual_seed(0)
    module, rng = case.config.build(case.config.frontend.hop_size, classes), np.random.default_rng(0)
    frames, terms = open_frames(case, sound.samples), [(1.0, SegmentationTerm().build()), (0.2, BorderTerm().build())]
    optimizer = torch.optim.Adam(module.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=case.num_steps)
    for step in range(case.num_steps):
        size = case.chunk_size // case.config.frontend.hop_size * 2 ** (step % 4)
        starts = rng.integers(0, frames.grid.num_frames - size, max(1, case.num_trained_frames // size))
        input_BFK = torch.stack([frames.read(start, start + size).T for start in starts.tolist()])
        times_BK = (starts[:, None] + np.arange(size)) * frames.grid.hop_s
        target_BKC = torch.stack([torch.from_numpy(find_truth(sound, times_K, classes)) for times_K in times_BK])
        batch, output = Batch(torch.from_numpy(starts), input_BFK, target_BKC), module(input_BFK)
        loss = sum(weight * term(output, batch, step, case.num_steps).mean() for weight, term in terms) / size
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return module.eval()


def find_truth(sound: Sound, times_K: np.ndarray, classes: list[SongClass]) -> np.ndarray:
    return compute_targets(sound.onset_s, sound.offset_s, sound.class_number, classes, times_K, 0.001)


def annotate_ours(case: Case, module: DasTcn, samples: np.ndarray) -> DecodedAnnotations:
    frames = open_frames(case, samples)
    return join_decoded(decode_stream(stream_probabilities(module, frames), module.layout, frames.grid, DECODING))


def annotate_bf16(case: Case, module: DasTcn, samples: np.ndarray) -> DecodedAnnotations:
    with torch.autocast("cpu", torch.bfloat16):
        return annotate_ours(case, module, samples)


def annotate_whole(case: Case, module: DasTcn, samples: np.ndarray) -> DecodedAnnotations:
    """Run the plain network over all frames at once, and go on as DAS does."""
    frames, hop = open_frames(case, samples), case.config.frontend.hop_size
    shares_BCK = compute_plain(module, frames.read(0, frames.grid.num_frames).T.unsqueeze(0))
    shares_TC = shares_BCK[0].T.repeat_interleave(hop, dim=0).double().numpy()
    return find_segments(shares_TC[hop // 2 :][: len(samples)])


def annotate_as_das(case: Case, module: DasTcn, samples: np.ndarray) -> DecodedAnnotations:
    hop, size = case.config.frontend.hop_size, case.chunk_size
    padding = math.ceil(case.config.kernel_size * case.config.num_stacks)
    stride = size - 2 * padding
    num_chunks = BATCH_SIZE * math.ceil((len(samples) + size) / (stride * BATCH_SIZE))
    padded = np.pad(samples, (padding, num_chunks * stride + 2 * padding - len(samples)), mode="edge") / LEVEL
    chunks = torch.from_numpy(padded.astype(np.float32)).unfold(0, size, stride)[:num_chunks]
    kept = []
    for chunk_BT in chunks.split(BATCH_SIZE):
        shares_BCK = compute_plain(module, chunk_BT.reshape(len(chunk_BT), -1, hop).transpose(1, 2))
        shares_BTC = shares_BCK.transpose(1, 2).repeat_interleave(hop, dim=1).double()
        kept.append(shares_BTC[:, padding : size - padding].flatten(0, 1).numpy())
    return find_segments(np.concatenate(kept)[: len(samples)])


def compute_plain(module: DasTcn, samples_BFK: Tensor) -> Tensor:
    """Return what a softmax makes of nothing and the classes, (B, 1 + C, K), by direct convolutions."""
    with torch.inference_mode():
        x = module.frontend(samples_BFK).unsqueeze(2).contiguous(memory_format=torch.channels_last)
        x = module.enter(x)
        skips = torch.zeros_like(x)
        for block in module.blocks:
            weights = block.filter
            padded = functional.pad(x, weights.reach)
            added = functional.conv2d(padded, weights.weight, weights.bias, dilation=weights.dilation).relu()
            added = block.mix(added / (added.amax(dim=1, keepdim=True) + 1e-5))
            x, skips = x + added, skips + added
        logits_BCK = module.head(skips.relu().squeeze(2)).logits_BCK
        return functional.pad(logits_BCK, (0, 0, 1, 0)).softmax(dim=1)


def find_segments(shares_TC: np.ndarray) -> DecodedAnnotations:
    """Return the segments of DAS's post-processing, sample by sample."""
    above_TC = shares_TC > DECODING.low_threshold
    labels_T = np.where(above_TC.any(axis=1), above_TC.argmax(axis=1), 0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], labels_T > 0, [False]])))
    onsets, offsets = edges[::2], edges[1::2]
    is_gap = onsets[1:] - offsets[:-1] > DECODING.fill_gap_s * RATE_HZ
    onsets, offsets = onsets[np.append(True, is_gap)[: len(onsets)]], offsets[np.append(is_gap, True)[: len(offsets)]]
    kept = offsets - onsets >= DECODING.min_duration_s * RATE_HZ
    onsets, offsets = onsets[kept], offsets[kept]
    classes = [np.bincount(labels_T[start:stop]).argmax() - 1 for start, stop in zip(onsets, offsets, strict=True)]
    return DecodedAnnotations(onsets / RATE_HZ, offsets / RATE_HZ, np.array(classes, int), np.ones(len(onsets)))


def measure_agreement(found: DecodedAnnotations, others: DecodedAnnotations, frame_s: float) -> float:
    """Return twice the annotations both have, over those of both."""
    if len(found) + len(others) == 0:
        return math.nan
    near = [np.abs(one[:, None] - two) <= frame_s for one, two in zip(found[:2], others[:2], strict=True)]
    both = near[0] & near[1] & (found.class_N[:, None] == others.class_N)
    return 2.0 * int(both.any(axis=1).sum()) / (len(found) + len(others))


def run_case(case: Case, sound: Sound, module: DasTcn, classes: list[SongClass]) -> None:
    ways: dict[str, Callable[[Case, DasTcn, np.ndarray], DecodedAnnotations]] = {
        "as DAS runs it": annotate_as_das,
        "ours, float32": annotate_ours,
        "ours, bfloat16": annotate_bf16,
    }
    found, fastest_s = {}, dict.fromkeys(ways, math.inf)
    for _ in range(NUM_REPEATS):
        for name, annotate in ways.items():
            # Where the processor has no bfloat16, once is enough.
            if min(fastest_s.values()) * 3 < fastest_s[name] < math.inf:
                continue
            start_s = time.perf_counter()
            found[name] = annotate(case, module, sound.samples)
            fastest_s[name] = min(fastest_s[name], time.perf_counter() - start_s)
    duration_s, (das, ours, bf16) = len(sound.samples) / RATE_HZ, ways
    truth = DecodedAnnotations(sound.onset_s, sound.offset_s, sound.class_number, np.ones(len(sound.onset_s)))
    print(f"{case.name}: {sum(one.numel() for one in module.parameters()):,} parameters, {len(classes)} classes")
    for name in ways:
        speed, ratio = duration_s / fastest_s[name], fastest_s[das] / fastest_s[name]
        hits = measure_agreement(found[name], truth, 0.01)
        print(f"  {name}: {speed:.1f} x real time, {ratio:.2f} x DAS; F1 within 10 ms of the truth {hits:.3f}")
    frame_s = 1.001 * case.config.frontend.hop_size / RATE_HZ
    pairs = {"whole": (ours, annotate_whole(case, module, sound.samples)), bf16: (ours, found[bf16])}
    for name, (one, other) in {**pairs, das: (ours, found[das])}.items():
        near, wide = (measure_agreement(found[one], other, within_s) for within_s in (frame_s, 0.002))
        print(f"  {one} agrees with {name}: {near:.3f} within a frame, {wide:.3f} within 2 ms")


def main() -> None:
    prepare_process()
    torch.set_num_threads(1)
    duration_s = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    (train_sound, classes), (sound, _) = make_sound(20.0, 1), make_sound(duration_s, 1000)
    for case in CASES:
        run_case(case, sound, train(case, train_sound, classes), classes)


if __name__ == "__main__":
    main()
