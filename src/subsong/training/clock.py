"""How fast a run goes: examples a second, the share of time spent waiting for data, seconds in each part of a step."""

from __future__ import annotations

import time

import torch


class Clock:
    """Times of the epoch under way."""

    def __init__(self) -> None:
        self.start_epoch()
        self.epoch_s = 0.0

    def start_epoch(self) -> None:
        """Begin a new epoch."""
        self._start = time.perf_counter()
        self.train_s = 0.0
        self.num_examples = 0
        self.wait_s = 0.0

    def end_training(self) -> None:
        """The last update of the epoch is done; validation follows."""
        self.train_s = time.perf_counter() - self._start

    def end_epoch(self) -> None:
        """Keep the epoch's duration, for the ETA."""
        self.epoch_s = time.perf_counter() - self._start

    def count(self, num_examples: int, wait_s: float) -> None:
        """An update with `num_examples` is done; so far the epoch waited `wait_s` for batches."""
        self.num_examples += num_examples
        self.wait_s = wait_s

    def summary(self) -> dict[str, float]:
        """Return the epoch's times for ``timings.jsonl``."""
        return {
            "train_s": self.train_s,
            "epoch_s": self.epoch_s,
            "examples_per_s": self.examples_per_s,
            "wait_share": self.wait_share,
        }

    @property
    def _elapsed_s(self) -> float:
        return self.train_s or time.perf_counter() - self._start

    @property
    def examples_per_s(self) -> float:
        """Training examples a second in this epoch."""
        return self.num_examples / max(self._elapsed_s, 1e-9)

    @property
    def wait_share(self) -> float:
        """Share of the epoch's training time spent waiting for batches, in [0, 1]."""
        return min(1.0, self.wait_s / max(self._elapsed_s, 1e-9))


class Stopwatch:
    """Seconds in the parts of one step, for ``training.debug_timing``; costs nothing when off."""

    def __init__(self, is_on: bool, device: torch.device) -> None:
        self.is_on, self.device = is_on, device
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def start(self) -> None:
        """Begin a step."""
        if self.is_on:
            self.laps = {}
            self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Add the time since the last call to part `name`; waits for the device, so that it is the part's own."""
        if not self.is_on:
            return
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        now = time.perf_counter()
        self.laps[name] = self.laps.get(name, 0.0) + now - self._last
        self._last = now
