"""Callbacks over stored outputs: scores, tables and pictures of a whole split, with or without the model."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.files import write_json
from subsong.interop.edflow.logs import LogWriter
from subsong.interop.edflow.outputs import OUTPUT_DIR, load_outputs
from subsong.interop.edflow.parts import build_datasets, import_part
from subsong.interop.edflow.retrieve import retrieve

Score = Callable[..., Any]
"""``f(root, data_in, data_out, config, **kwargs)``: `data_out` is what `load_outputs` returns, row i of both belongs to
example i; a dict with ``scalars`` or ``images`` in it is written and logged."""

log = logging.getLogger(__name__)


def find_scores(config: Any, iterator: Any = None) -> dict[str, Score]:
    """Return the callbacks of an iterator and of ``eval_pipeline/callbacks``, by name; the latter win.

    Raises
    ------
    SubsongError
        When one cannot be imported.
    """
    from_iterator = getattr(iterator, "callbacks", {}).get("eval_op", {})
    found = {str(name): score for name, score in from_iterator.items() if callable(score)}
    for name in retrieve(config, "eval_pipeline/callbacks", default={}) or {}:
        found[str(name)] = import_part(config, f"eval_pipeline/callbacks/{name}")
    return found


def score_outputs(
    folder: str | Path, scores: Mapping[str, Score], config: Any, data_in: Any, tensorboard: Any = None
) -> dict[str, dict[str, float]]:
    """Run callbacks over stored outputs.

    Parameters
    ----------
    folder
        ``model_outputs`` of a step, or the folder around it.
    scores
        Name -> callback.
    config
        Given to each; ``eval_pipeline/callback_kwargs/<name>`` are its further arguments.
    data_in
        The split the outputs were made of.
    tensorboard
        A ``SummaryWriter``, or None.

    Returns
    -------
    dict
        Name -> the numbers it returned; they also lie in ``<step>/<name>.json``.

    Raises
    ------
    SubsongError
        When the folder holds no outputs, or outputs of another split.
    """
    data_out = load_outputs(folder)
    if len(data_out) != len(data_in):
        raise SubsongError(
            f"{data_out.root} holds outputs of {len(data_out)} examples, the validation split has {len(data_in)}: give "
            "the configuration the outputs were made with"
        )
    place = data_out.root.parent if data_out.root.name == OUTPUT_DIR else data_out.root
    step = int(data_out.meta.get("step", 0))
    results: dict[str, dict[str, float]] = {}
    for name, score in scores.items():
        arguments = retrieve(config, f"eval_pipeline/callback_kwargs/{name}", default={}) or {}
        result = score(str(data_out.root), data_in, data_out, config, **arguments)
        results[name] = _keep_result(place, name, result, LogWriter(place, tensorboard), step)
    return results


def _keep_result(place: Path, name: str, result: Any, writer: LogWriter, step: int) -> dict[str, float]:
    """Write what a callback returned, and return its numbers."""
    if isinstance(result, Mapping) and result.keys() & {"scalars", "images", "figures"}:
        scalars = writer.write(name, step, result)
        write_json(place / f"{name}.json", scalars)
        return scalars
    if result is not None:
        write_json(place / f"{name}.json", json.loads(json.dumps(result, default=_to_plain)))
    return {}


def _to_plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)


def rescore(folder: str | Path, config: Any) -> dict[str, dict[str, float]]:
    """Run the callbacks of ``eval_pipeline/callbacks`` over stored outputs; no model is built.

    Raises
    ------
    SubsongError
        When the configuration names no callback or no validation split.
    """
    scores = find_scores(config)
    if not scores:
        raise SubsongError("no callback to run: give one with --eval_pipeline/callbacks/NAME package.module:function")
    datasets = build_datasets(config)
    if "validation" not in datasets:
        raise SubsongError("the configuration names no validation split, which the outputs belong to")
    return score_outputs(folder, scores, config, datasets["validation"])
