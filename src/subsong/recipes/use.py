"""What the command line does with trained models: embed, score, complete, sample. One call each.

The family a model was trained as (its recipe) knows how its data are read; everything here holds for all of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.progress import Progress
from subsong.core.words import count_noun
from subsong.inference.load import load_checklist_model, load_encoder, load_model, load_vae, load_window_model
from subsong.inference.model import TrainedVae
from subsong.inference.results import Results
from subsong.inference.scoring import EvaluationOptions
from subsong.inference.sequence_embedding import embed_plan
from subsong.inference.sequence_files import SequenceShape, write_sequences
from subsong.inference.sequence_plan import DEFAULT_HOP_S, check_hop, plan_sequences
from subsong.inference.tables import check_suffix, write_codes
from subsong.recipes.base import PredictOptions, Recipe
from subsong.recipes.catalogue import load_recipe
from subsong.recipes.console import open_console
from subsong.reports.tables import format_quantity
from subsong.training.run_folder import RunFolder

_MIN_WIDTH = 100
_OWN_EVALUATION = re.compile(r"last|best|final|epoch-\d+")


class _Loaded(NamedTuple):
    """A trained model and the family it was trained as."""

    model: TrainedVae
    recipe: Recipe


def _load(path: Path, device: str = "auto", trust: bool = False) -> _Loaded:
    model = load_vae(path, device, trust)
    return _Loaded(model, load_recipe(model.description.recipe))


def embed_data(
    model_path: Path,
    data_path: Path,
    out: Path,
    batch_size: int = 500,
    device: str = "auto",
    trust: bool = False,
    with_covariance: bool = False,
) -> tuple[int, int]:
    """Write the posterior mean of every example at `data_path` to a table; return its numbers of rows and dimensions.

    With `with_covariance`, how sure the model is of each is written as well (see `write_codes`).

    Raises
    ------
    SubsongError
        When the file's suffix is none of .parquet, .csv, .npz, or model and data do not fit.
    """
    check_suffix(out)
    model = load_encoder(model_path, device, trust)
    dataset = load_recipe(model.description.recipe).read_data(data_path, model)
    covariance_NLL = model.compute_covariance(dataset, batch_size) if with_covariance else None
    latents_NL = model.embed(dataset, batch_size)
    write_codes(out, dataset.items, latents_NL, covariance_NLL)
    num_items, latent_dim = latents_NL.shape
    return num_items, latent_dim


class SlidingOptions(NamedTuple):
    """How windows slide along song.

    Attributes
    ----------
    hop_s
        From one window to the next.
    with_variance
        Whether tables have the variance of each dimension as well; archives always have.
    batch_size
        Windows at a time; changes no number.
    """

    hop_s: float = DEFAULT_HOP_S
    with_variance: bool = False
    batch_size: int = 500


def embed_windows(
    model_path: Path,
    data_path: Path,
    out: Path,
    options: SlidingOptions | None = None,
    device: str = "auto",
    trust: bool = False,
    progress: Progress | None = None,
) -> SequenceShape:
    """Write the latent code of a window at every hop through each region at `data_path`; return what was written.

    Parameters
    ----------
    model_path
        A model of windows (shotgun-vae) or of warped windows (warped-shotgun-vae), or its run.
    data_path
        Recordings, or a dataset of windows or motifs.
    out
        .parquet, .csv or .npz; read back by `subsong.inference.sequences.read_sequences`. However long the recordings,
        a part of the windows is in memory at a time.
    options, device, trust
        How; as for `load_model`.
    progress
        Told how many windows are embedded.

    Raises
    ------
    SubsongError
        When the suffix is another one, the model of another family, the hop not above 0, or no region holds a window.
    """
    options = options or SlidingOptions()
    check_suffix(out)
    check_hop(options.hop_s)
    model = load_window_model(model_path, device, trust)
    frames, axis = model.open_windows(data_path)
    check_hop(options.hop_s, frames.sample_s)
    plan = plan_sequences(axis, options.hop_s)
    shape = SequenceShape(len(plan.region_M), plan.num_windows, model.latent_dim, axis.window_s, options.hop_s)
    parts = embed_plan(model, frames, axis, plan, options.batch_size, progress)
    write_sequences(out, parts, shape, options.with_variance)
    return shape


def evaluate_data(
    path: Path, data_path: Path, out: Path | None = None, num_samples: int = 100, trust: bool = False
) -> tuple[Results, Path]:
    """Score a model on the examples at `data_path`; return the numbers, and the folder of the store.

    Without `out`, the store is called as the data are, among the evaluations of the run.

    Raises
    ------
    SubsongError
        When there is no `out` and `path` is no run, or model and data do not fit.
    """
    name = data_path.absolute().name
    folder = _choose_evaluation(path, name) if out is None else out
    model: Any = load_model(path, trust=trust)
    recipe = load_recipe(model.description.recipe)
    options = EvaluationOptions(name, num_importance_samples=num_samples)
    return recipe.evaluate_model(model, recipe.read_data(data_path, model), folder, options), folder


def _choose_evaluation(path: Path, name: str) -> Path:
    """Return the folder of an evaluation of the run at `path` on the data `name`."""
    run = RunFolder(path)
    if not run.config_path.is_file():
        raise SubsongError(
            f"{path} is no run folder, which would keep the evaluation: say with --out into which folder it goes"
        )
    if _OWN_EVALUATION.fullmatch(name):
        raise SubsongError(
            f"the run keeps its own evaluation as {name}, as these data are called: say with --out into which folder "
            "this one goes"
        )
    return run.evaluation_dir / name


def predict_data(
    model_path: Path, data: Path | Sequence[str], options: PredictOptions, device: str = "auto", trust: bool = False
) -> pl.DataFrame:
    """Return what a model finds in data: a file or folder, or names given by hand.

    Raises
    ------
    SubsongError
        When the family predicts nothing, or model and data do not fit.
    """
    model: Any = load_model(model_path, device, trust)
    return load_recipe(model.description.recipe).predict(model, data, options)


def write_samples(model_path: Path, out: Path | None, num_samples: int, seed: int = 0, trust: bool = False) -> Path:
    """Write draws from a model, in the family's own format or as values (.npy); return the file.

    Without `out`, the file is called ``samples`` and has the family's own format.
    """
    model, recipe = _load(model_path, trust=trust)
    out = Path(recipe.name_samples(model)) if out is None else out
    recipe.write_samples(model, out, num_samples, seed)
    return out


def print_results(results: Results) -> None:
    """Print a table of metrics beside their baselines, and below it which are measured in what."""
    from rich.table import Table

    baselines = list(dict.fromkeys(name for metric in results.metrics.values() for name in metric.baselines))
    units: dict[str, list[str]] = {}
    table = Table(
        title=f"{count_noun(results.num_items, 'example')}, {results.split} split", box=None, title_justify="left"
    )
    table.add_column("metric", no_wrap=True)
    has_intervals = any(metric.interval is not None for metric in results.metrics.values())
    for column in ("value", *(["95 %"] if has_intervals else []), *baselines):
        table.add_column(column, justify="right")
    for name, metric in results.metrics.items():
        values = [format_quantity(metric.baselines[b]) if b in metric.baselines else "" for b in baselines]
        interval = [_format_interval(metric.interval)] if has_intervals else []
        table.add_row(name.replace("_", " "), format_quantity(metric.value), *interval, *values)
        units.setdefault(metric.unit, []).append(name.replace("_", " "))
    # A number must never be cut short: on a narrow terminal its lines wrap instead.
    console = open_console(_MIN_WIDTH)
    console.print(table)
    for unit, names in units.items():
        if unit:
            console.print(f"in {unit}: {', '.join(names)}", highlight=False)


def _format_interval(interval: tuple[float, float] | None) -> str:
    return "" if interval is None or math.isnan(interval[0]) else " to ".join(map(format_quantity, interval))


def find_near_lists(model_path: Path, data_path: Path, among_path: Path, num_nearest: int) -> pl.DataFrame:
    """Return the lists at `among_path` whose communities are most like that of each list at `data_path`.

    Where both are the same file or folder, a list is not its own neighbour.
    """
    return load_checklist_model(model_path).find_near_lists(data_path, among_path, num_nearest)


def find_near_species(model_path: Path, species: str, num_nearest: int) -> pl.DataFrame:
    """Return the species a model expects in the same places."""
    return load_checklist_model(model_path).find_near_species(species, num_nearest)
