"""Renditions of a made-up motif whose warps are known, and how far a fit is from them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.datasets.warps.warp import Warp

NUM_TIME_BINS, DT_S = 120, 0.004
"""A motif of 0.48 s in frames of 4 ms."""


class Renditions(NamedTuple):
    spec_NTF: np.ndarray
    warp: Warp


def make_renditions(
    kind: str, num: int = 40, num_freq_bins: int = 12, noise: float = 0.05, seed: int = 0, spread: float = 1.0
) -> Renditions:
    """Return renditions of random blobs in time and frequency under warps of a kind.

    `spread` 1 shifts by 8 ms and changes tempo by 3 %, and that of each of four pieces by another 4 %, as standard
    deviations.
    """
    rng = np.random.default_rng(seed)
    knots_K = np.linspace(0.0, 1.0, 5 if kind == "piecewise" else 2)
    log_tempo = rng.normal(0.0, 0.03 * spread, (num, 1)) * (kind != "shift")
    log_tempo = log_tempo + rng.normal(0.0, 0.04 * spread, (num, len(knots_K) - 1)) * (kind == "piecewise")
    y_NK = np.concatenate([np.zeros((num, 1)), np.cumsum(np.exp(log_tempo) * np.diff(knots_K), axis=1)], axis=1)
    y_NK += rng.normal(0.0, 0.0167 * spread, (num, 1)) - y_NK.mean(axis=1, keepdims=True) + 0.5
    warp = Warp(np.tile(knots_K, (num, 1)), y_NK)
    frames_NT = np.tile(np.linspace(0.0, 1.0, NUM_TIME_BINS), (num, 1))
    spec_NTF = _draw_motif(warp.to_template(np.arange(num), frames_NT), num_freq_bins, rng)
    return Renditions(spec_NTF + noise * rng.normal(size=spec_NTF.shape), warp)


def _draw_motif(template_time: np.ndarray, num_freq_bins: int, rng: np.random.Generator) -> np.ndarray:
    num_blobs = 25
    when, duration = rng.uniform(0.1, 0.9, num_blobs), rng.uniform(0.01, 0.03, num_blobs)
    row, height = rng.uniform(0, num_freq_bins, num_blobs), rng.uniform(1.0, 3.0, num_blobs)
    loudness = rng.uniform(0.4, 1.0, num_blobs)
    in_time = loudness * np.exp(-0.5 * ((template_time[..., None] - when) / duration) ** 2)
    in_frequency = np.exp(-0.5 * ((np.arange(num_freq_bins) - row[:, None]) / height[:, None]) ** 2)
    return in_time @ in_frequency


def measure_error_ms(true: Warp, found: Warp) -> float:
    """Return by how much the moments that `found` calls the same truly differ, on average, in ms of template time.

    How the template itself is paced cannot be known: what all renditions have in common is no error.
    """
    trial_N = np.arange(len(true.x_knots_NK))
    instants = np.tile(np.linspace(0.1, 0.9, 81), (len(trial_N), 1))
    moment = true.to_template(trial_N, found.to_recording(trial_N, instants))
    return float(1000 * DT_S * (NUM_TIME_BINS - 1) * np.abs(moment - moment.mean(axis=0)).mean())
