"""Our warps of motifs against those of affinewarp, the package AVA uses: objective, time, and error against the truth.

Motifs of synthetic song whose warps are known, cut at the place where each would begin without its shift. Both fit the
same spectrograms with the same penalties and knots; the objective of both is computed here, by the same function. Times
are of one process on one thread, affinewarp's after its compilation. The error is in ms: the moments of a rendition
that a fit calls the same are looked up in the rendition's true warp, and compared with their mean over renditions, as
no fit can know how the template itself is paced.

Needs affinewarp: ``pip install affinewarp==0.2.0``

``python -m benchmarks.time_warping [SONGS]``
"""

from __future__ import annotations

import os
import sys
import time
from typing import NamedTuple

os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np
import torch

from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.fitting import fit_warp
from subsong.datasets.warps.objective import compute_objective, compute_total
from subsong.datasets.warps.time_base import TimeBase
from subsong.datasets.warps.warp import Warp, null_warp
from subsong.sources.spectrograms import SpectrogramConfig, compute_log_spectrogram
from subsong.synthesis.song.birds import make_bird
from subsong.synthesis.song.make import make_song
from subsong.synthesis.song.options import SongOptions
from subsong.synthesis.song.warps import Warp as TrueWarp

SPECTROGRAM = SpectrogramConfig(window_size=512, hop_size=128, low_hz=400.0, high_hz=10_000.0)
MARGIN_S, ROWS_A_BIN, NUM_KNOTS = 0.05, 4, 3
CASES = {
    "shift": {"warp": "shift", "shift_spread_s": 0.01},
    "linear": {"warp": "linear", "shift_spread_s": 0.01},
    "piecewise": {"warp": "piecewise", "shift_spread_s": 0.01},
    "piecewise, 10 dB": {"warp": "piecewise", "shift_spread_s": 0.01, "snr_db": 10.0},
    "piecewise, wide": {"warp": "piecewise", "shift_spread_s": 0.02, "tempo_spread": 0.08},
}


class Motifs(NamedTuple):
    spec_NTF: np.ndarray
    start_s_N: np.ndarray
    true_N: list[TrueWarp]
    base: TimeBase


def make_motifs(options: SongOptions) -> Motifs:
    bird = make_bird(seed=0, number=1, options=options)
    songs = [make_song(bird, number=number, options=options) for number in range(1, options.num_songs + 1)]
    rows = [(song, row) for song in songs for row in song.renditions.filter(phrase="motif").iter_rows(named=True)]
    longest_s = max(row["recording_s"][-1] - row["start_s"] for _, row in rows)
    dt_s = SPECTROGRAM.hop_size / options.rate_hz
    base = TimeBase(-MARGIN_S, dt_s, 1 + int(np.ceil((longest_s + 2 * MARGIN_S) / dt_s)))
    log = {id(song): compute_log_spectrogram(song.samples, song.sample_rate_hz, SPECTROGRAM) for song in songs}
    spec_NTF = np.stack([cut(log[id(song)], row["start_s"], base) for song, row in rows])
    low, high = np.percentile(spec_NTF, (40.0, 99.5))
    true_N = [TrueWarp(np.array(row["template_s"]), np.array(row["recording_s"])) for _, row in rows]
    grey_NTF = np.clip((spec_NTF - low) / (high - low), 0.0, 1.0)
    return Motifs(grey_NTF, np.array([row["start_s"] for _, row in rows]), true_N, base)


def cut(log, start_s: float, base: TimeBase) -> np.ndarray:
    times_s = start_s + base.to_seconds(np.linspace(0.0, 1.0, base.num_time_bins))
    num_bins = len(log.values_BK) // ROWS_A_BIN
    rows_FK = log.values_BK[: num_bins * ROWS_A_BIN].reshape(num_bins, ROWS_A_BIN, -1).mean(axis=1)
    return np.stack([np.interp(times_s, log.times_s_K, row_K) for row_K in rows_FK], axis=1)


def measure_error_ms(motifs: Motifs, warp: Warp) -> float:
    duration_s = motifs.true_N[0].template_s[-1]
    instants = motifs.base.to_fraction(np.linspace(0.0, duration_s, 101))
    num = len(motifs.true_N)
    fraction_NI = warp.to_recording(np.arange(num), np.tile(instants, (num, 1)))
    time_s_NI = motifs.start_s_N[:, None] + motifs.base.to_seconds(fraction_NI)
    moment_s_NI = np.stack([true.to_template(time_s) for true, time_s in zip(motifs.true_N, time_s_NI, strict=True)])
    return float(1000 * np.abs(moment_s_NI - moment_s_NI.mean(axis=0)).mean())


def fit_theirs(motifs: Motifs, config: WarpConfig, num_iterations: int) -> tuple[Warp, np.ndarray, float]:
    from affinewarp import PiecewiseWarping

    model = PiecewiseWarping(
        n_knots={"shift": -1, "linear": 0, "piecewise": config.num_knots}[config.kind],
        warp_reg_scale=config.warp_penalty,
        smoothness_reg_scale=config.smoothness,
        l2_reg_scale=config.l2,
    )
    model.fit(motifs.spec_NTF, iterations=num_iterations, warp_iterations=200, verbose=False)
    # Its knots may coincide; so far apart they change nothing.
    apart_K = 1e-9 * np.arange(model.x_knots.shape[1])
    x_NK = (model.x_knots + apart_K) / (1 + apart_K[-1])
    return Warp(x_NK, model.y_knots + apart_K), model.template, float(model.objective_hist[-1])


def report(name: str, motifs: Motifs, config: WarpConfig) -> bool:
    print(f"{name}: {len(motifs.true_N)} motifs of {motifs.base.num_time_bins} frames x {motifs.spec_NTF.shape[2]}")
    print(f"  not warped   error {measure_error_ms(motifs, null_warp(len(motifs.true_N))):6.2f} ms")
    start = time.perf_counter()
    ours = fit_warp(motifs.spec_NTF, config)
    middle = time.perf_counter()
    their_warp, their_TF, their_own = fit_theirs(motifs, config, num_iterations=50)
    end = time.perf_counter()
    totals = []
    for who, warp, template_TF, seconds in (
        ("ours", ours.warp, ours.template_TF, middle - start),
        ("affinewarp", their_warp, their_TF, end - middle),
    ):
        objective = compute_objective(motifs.spec_NTF, template_TF, warp, config.warp_penalty)
        totals.append((objective.mean(), compute_total(objective, template_TF, config)))
        print(
            f"  {who:<11}  error {measure_error_ms(motifs, warp):6.2f} ms  objective {totals[-1][0]:.6f}"
            f"  with the template's penalties {totals[-1][1]:.6f}  {seconds:6.1f} s",
            flush=True,
        )
    print(f"  affinewarp's own figure {their_own:.6f}")
    return all(own <= their for own, their in zip(*totals, strict=True))


def main() -> None:
    try:
        import affinewarp  # noqa: F401
    except ImportError:
        sys.exit("affinewarp is not installed: pip install affinewarp==0.2.0")
    torch.set_num_threads(1)
    num_songs = int(sys.argv[1]) if len(sys.argv) > 1 else 14
    small = np.random.default_rng(0).random((3, 20, 2))
    for kind in ("shift", "linear", "piecewise"):  # compiles affinewarp's functions
        fit_theirs(Motifs(small, np.zeros(3), [], TimeBase(0.0, 1.0, 20)), WarpConfig(kind=kind), 1)
    is_lower = []
    for name, settings in CASES.items():
        motifs = make_motifs(SongOptions(num_songs=num_songs, motif_fidelity=1.0, num_warp_knots=NUM_KNOTS, **settings))
        config = WarpConfig(kind=settings["warp"], num_knots=NUM_KNOTS)
        is_lower.append(report(name, motifs, config))
    print(f"our objective is the lower one in {sum(is_lower)} of {len(is_lower)} cases")


if __name__ == "__main__":
    main()
