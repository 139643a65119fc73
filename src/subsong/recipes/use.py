"""What the command line does with trained models and runs: embed, score, sample, list. One call each."""

from __future__ import annotations

import importlib.util
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from subsong.core.devices import choose_precision, get_device
from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.core.yaml_files import load_yaml
from subsong.datasets.pictures import PictureDataset
from subsong.inference.evaluate import EvaluationOptions, evaluate_pictures
from subsong.inference.model import load_model
from subsong.inference.results import Results
from subsong.reports.pictures import write_picture_grid
from subsong.reports.tables import format_quantity
from subsong.sources.pictures import read_pictures
from subsong.training.history import read_history
from subsong.training.run_folder import RunFolder


def _read_pictures(path: Path) -> PictureDataset:
    pictures = read_pictures(path)
    return PictureDataset(pictures.images, pictures.items)


def embed_data(
    model_path: Path, data_path: Path, out: Path, batch_size: int = 500, device: str = "auto", trust: bool = False
) -> tuple[int, int]:
    """Write the posterior mean of every example at `data_path` to a table; return its numbers of rows and dimensions.

    Raises
    ------
    SubsongError
        When the file's suffix is none of .parquet, .csv, .npz, or model and data do not fit.
    """
    if out.suffix not in _WRITERS:
        raise SubsongError(f"{out} ends in {out.suffix or 'nothing'}: expected {', '.join(_WRITERS)}")
    model = load_model(model_path, device, trust)
    dataset = _read_pictures(data_path)
    latents_NL = model.embed(dataset, batch_size)
    _WRITERS[out.suffix](out, dataset.items, latents_NL)
    return latents_NL.shape


def _write_table(out: Path, items: pl.DataFrame, latents_NL: np.ndarray) -> None:
    codes = pl.DataFrame({f"z{number}": latents_NL[:, number] for number in range(latents_NL.shape[1])})
    table = pl.concat([_drop_empty(items), codes], how="horizontal")
    with atomic_file(out) as file:
        if out.suffix == ".csv":
            table.write_csv(file)
        else:
            table.write_parquet(file)


def _write_npz(out: Path, items: pl.DataFrame, latents_NL: np.ndarray) -> None:
    columns: dict[str, Any] = {
        name: column.to_numpy().astype(str) for name, column in _drop_empty(items).to_dict().items()
    }
    with atomic_file(out) as file:
        np.savez_compressed(file, z=latents_NL, **columns)


def _drop_empty(items: pl.DataFrame) -> pl.DataFrame:
    return items.select([column for column in items if column.null_count() < len(column)])


_WRITERS = {".parquet": _write_table, ".csv": _write_table, ".npz": _write_npz}


def evaluate_data(
    path: Path, data_path: Path, out: Path | None, num_samples: int = 100, trust: bool = False
) -> Results:
    """Score a model on the pictures at `data_path`, into the store `out`."""
    if out is None:
        raise SubsongError("name the folder of the evaluation with --out")
    dataset = _read_pictures(data_path)
    options = EvaluationOptions(data_path.name, num_importance_samples=num_samples)
    return evaluate_pictures(load_model(path, trust=trust), dataset, out, options)


def print_results(results: Results) -> None:
    """Print a table of metrics beside their baselines."""
    from rich.console import Console
    from rich.table import Table

    baselines = list(dict.fromkeys(name for metric in results.metrics.values() for name in metric.baselines))
    table = Table(title=f"{results.num_items:,} examples, {results.split} split", box=None)
    for column in ("metric", "value", *baselines):
        table.add_column(column, justify="left" if column == "metric" else "right")
    for name, metric in results.metrics.items():
        values = [format_quantity(metric.baselines[b]) if b in metric.baselines else "" for b in baselines]
        table.add_row(name.replace("_", " "), format_quantity(metric.value, metric.unit), *values)
    Console().print(table)


def write_samples(model_path: Path, out: Path, num_samples: int, seed: int = 0, trust: bool = False) -> None:
    """Write draws from a model as a grid of pictures (.png) or as values (.npy)."""
    pictures_NCHW = load_model(model_path, trust=trust).sample(num_samples, seed)
    if out.suffix == ".npy":
        with atomic_file(out) as file:
            np.save(file, pictures_NCHW)
    elif out.suffix == ".png" and pictures_NCHW.ndim == 4:
        write_picture_grid(out, pictures_NCHW)
    else:
        raise SubsongError(f"{out}: expected a name that ends in .png (pictures only) or .npy")


def list_runs(root: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield name, recipe, epochs, best loss and a remark for each run folder below `root`, oldest first."""
    for config_path in sorted(root.glob("*/config.yaml"), key=lambda path: path.stat().st_mtime):
        run = RunFolder(config_path.parent)
        config = load_yaml(config_path).values
        yield (run.name, str(config.get("recipe", "?")), *_progress(run, config["training"]["num_epochs"]))


def _progress(run: RunFolder, num_epochs: int) -> tuple[str, str, str]:
    if not run.metrics_path.is_file():
        return f"0/{num_epochs}", "", "not started"
    epochs = read_history(run.metrics_path).epochs
    column = next((name for name in ("validation_loss", "train_loss") if name in epochs.columns), None)
    best = "" if column is None else format_quantity(min(epochs[column].drop_nulls().to_list(), default=None))
    remark = "report.html" if run.report_path.is_file() else ""
    is_whole = len(epochs) >= num_epochs
    return f"{len(epochs)}/{num_epochs}", best, remark if is_whole else f"subsong train --resume {run.path}"


def describe_machine() -> dict[str, str]:
    """Return versions, devices and optional parts, by name."""
    import torch

    from subsong.training.environment import package_version

    device = get_device()
    found = {name: package_version(name) or "missing" for name in ("subsong", "torch", "lightning-fabric", "numpy")}
    extras = {
        extra: "installed" if importlib.util.find_spec(module) else f"pip install 'subsong[{extra}]'"
        for extra, module in {"tensorboard": "tensorboard", "onnx": "onnx", "formats": "crowsetta"}.items()
    }
    return {
        "python": platform.python_version(),
        **found,
        "platform": platform.platform(),
        "processors": f"{os.cpu_count()} ({torch.get_num_threads()} threads for torch)",
        "best device": str(device),
        "precision auto": choose_precision("auto", device.type),
        **extras,
    }
