"""Reading along with a run: its curves, how far it is, what it warns of, and the figures it draws."""

from __future__ import annotations

import re
import statistics
from pathlib import Path
from typing import Any, NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.files import read_json
from subsong.core.yaml_files import load_yaml
from subsong.recipes.listing import find_state
from subsong.studio.work.jsonl_tail import JsonLinesTail
from subsong.training.run_folder import RunFolder
from subsong.training.run_process import read_process

_LOG_LINE = re.compile(r"^(?P<time>\S+ \S+) (?P<level>WARNING|ERROR|CRITICAL) (?P<text>.*)$")
_OF_EPOCH = re.compile(r"epoch (?P<epoch>\d+): ")
_FIGURE = re.compile(r"^(?P<name>.+?)_(?P<epoch>\d+)$")
_FIGURE_SUFFIXES = (".png", ".svg")
_NUM_LOG_LINES, _LOG_BYTES = 60, 1 << 16
_ENDED = ("finished", "stopped", "failed", "interrupted")


class Warned(NamedTuple):
    """Something a run warns of.

    Attributes
    ----------
    text
        With its remedies, where the run knows some.
    num_times
        How often.
    level
        WARNING, or ERROR.
    last_epoch
        The last epoch that was warned of, from 1; None where it is of none.
    is_past
        Whether a later epoch was not warned of: it has mended itself.
    """

    text: str
    num_times: int
    level: str
    last_epoch: int | None = None
    is_past: bool = False


class Standing(NamedTuple):
    """How far a run is.

    Attributes
    ----------
    state
        As in `subsong.recipes.listing.RunRow`.
    message
        Why it stopped or failed.
    num_done, num_epochs
        Epochs.
    best_loss, best_epoch
        The lowest validation loss, or training loss where nothing is validated, and of which epoch it is, from 1.
    left_s
        Seconds left; None where nobody can say.
    examples_per_s, wait_share
        Of the last epoch: how fast, and the share of time spent waiting for data.
    device
        What it trains on.
    warnings
        What it warned of.
    log
        The last lines of its log.
    """

    state: str
    message: str
    num_done: int
    num_epochs: int
    best_loss: float | None
    best_epoch: int | None
    left_s: float | None
    examples_per_s: float | None
    wait_share: float | None
    device: str
    warnings: tuple[Warned, ...]
    log: tuple[str, ...]

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come by itself."""
        return self.state in _ENDED


class Figure(NamedTuple):
    """A picture of a run, and after which epoch it was drawn, from 1: ``example_9.png`` is that after the 10th."""

    file: str
    name: str
    epoch: int | None
    changed_at: float


class RunReader:
    """Reads along with one run; not for several threads at once.

    Parameters
    ----------
    run
        The run folder.
    since
        Bytes of its metrics that are known already.
    """

    def __init__(self, run: RunFolder, since: int = 0) -> None:
        self._run = run
        self._metrics, self._timings = JsonLinesTail(run.metrics_path, since), JsonLinesTail(run.timings_path)
        self._losses: list[float] = []
        self._epoch_s: list[float] = []
        self._last_timing: dict[str, Any] = {}

    @property
    def offset(self) -> int:
        """Bytes of the metrics that were read."""
        return self._metrics.offset

    def read_metrics(self) -> tuple[list[dict[str, Any]], bool]:
        """Return the records since the last call, and whether those before no longer count."""
        news = self._metrics.read()
        if news.is_anew:
            self._losses = []
        epochs = (record for record in news.records if record.get("event") == "epoch")
        self._losses += [_find_loss(record) for record in epochs]
        return news.records, news.is_anew

    def read_standing(self) -> Standing:
        """Return how far the run is, as of the metrics read last.

        Raises
        ------
        SubsongError
            When a file of the run is damaged.
        """
        self._read_timings()
        process = read_process(self._run)
        num_epochs, num_done = _read_num_epochs(self._run), len(self._losses)
        state = find_state(self._run, process, num_done >= num_epochs)
        known = [(loss, number) for number, loss in enumerate(self._losses, start=1) if loss == loss]
        best_loss, best_epoch = min(known, default=(None, None))
        epoch_s = statistics.median(self._epoch_s) if self._epoch_s else None
        left_s = epoch_s * (num_epochs - num_done) if epoch_s is not None and state == "running" else None
        lines = _read_log(self._run.log_path)
        return Standing(
            state,
            process.message if process is not None and process.state == state else "",
            *(num_done, num_epochs, best_loss, best_epoch, left_s),
            *(self._last_timing.get("examples_per_s"), self._last_timing.get("wait_share")),
            _read_device(self._run),
            tuple(_list_warnings(self._run.log_path, num_done)),
            tuple(lines),
        )

    def _read_timings(self) -> None:
        news = self._timings.read()
        epochs = [record for record in news.records if record.get("event") == "epoch"]
        if news.is_anew:
            self._epoch_s = []
        self._epoch_s += [float(record["epoch_s"]) for record in epochs if "epoch_s" in record]
        self._last_timing = epochs[-1] if epochs else self._last_timing


def list_figures(folder: Path) -> list[Figure]:
    """Return the figures of a run, the newest first."""
    if not folder.is_dir():
        return []
    paths = [path for path in folder.iterdir() if path.suffix in _FIGURE_SUFFIXES and not path.name.startswith(".")]
    return sorted(map(_describe_figure, paths), key=lambda one: (one.changed_at, one.file), reverse=True)


def _describe_figure(path: Path) -> Figure:
    match = _FIGURE.match(path.stem)
    name, epoch = (match["name"], int(match["epoch"]) + 1) if match else (path.stem, None)
    return Figure(path.name, name.replace("_", " "), epoch, path.stat().st_mtime)


def _find_loss(record: dict[str, Any]) -> float:
    losses = record.get("validation") or record.get("train") or {}
    return float(losses.get("loss", float("nan")))


def _read_num_epochs(run: RunFolder) -> int:
    try:
        return int(load_yaml(run.config_path).values["training"]["num_epochs"])
    except (LookupError, TypeError, ValueError) as error:
        raise SubsongError(f"{run.config_path} does not say training.num_epochs: expected the file of a run") from error


def _read_device(run: RunFolder) -> str:
    if not run.environment_path.is_file():
        return ""
    environment = read_json(run.environment_path)
    return str(environment.get("device", "")) if isinstance(environment, dict) else ""


def _read_log(path: Path) -> list[str]:
    """Return the last lines of a log, without reading more of it than they need."""
    if not path.is_file():
        return []
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - _LOG_BYTES))
        return file.read().decode("utf-8", errors="replace").splitlines()[-_NUM_LOG_LINES:]


def _list_warnings(path: Path, num_done: int) -> list[Warned]:
    """Return what a log warns of, the latest first, what is past last; the same of several epochs once."""
    found: dict[str, Warned] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else ():
        match = _LOG_LINE.match(line)
        if match:
            told = _OF_EPOCH.match(match["text"])
            epoch = None if told is None else int(told["epoch"]) + 1
            text = match["text"] if told is None else match["text"][told.end() :]
            # Numbers differ from epoch to epoch, what is warned of does not.
            kind = re.sub(r"\d[\d.,e+-]*", "#", text)
            before = found.pop(kind, None)
            num_times = 1 + (before.num_times if before else 0)
            found[kind] = Warned(text, num_times, match["level"], epoch, epoch is not None and epoch < num_done)
    return sorted(reversed(found.values()), key=lambda one: one.is_past)
