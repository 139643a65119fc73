"""What a project's report is made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import polars as pl


class ProjectResults(NamedTuple):
    """What the steps of a project found.

    Recordings have the names they have in the project.

    Attributes
    ----------
    given
        Accepted annotations: `ANNOTATION_SCHEMA`.
    found
        Annotations that models propose, with scores: `ANNOTATION_SCHEMA`.
    annotated
        Recordings that are wholly annotated.
    corrected
        Recordings that a person touched.
    embedding
        One row a sound of the map: ``recording`` (or ``source``), ``onset_s``, ``offset_s``, ``label``, ``bird``,
        ``cluster``, ``x``, ``y``, ``z0``, ...; None without a map.
    map_path
        The folder of the map, whose pictures are of the rows of `embedding`, in their order.
    segmenter_runs
        Bird -> run folder of its segmenter.
    map_run
        Run folder of the map's model.
    left_out
        Recording -> why it, or a part of it, could not be used.
    truth
        Annotations of all recordings, where they are known: `ANNOTATION_SCHEMA`.
    durations_s
        Length of recordings; what is not there is read from the files.
    warnings
        Stand before everything else.
    """

    given: pl.DataFrame
    found: pl.DataFrame
    annotated: Collection[str] = ()
    corrected: Collection[str] = ()
    embedding: pl.DataFrame | None = None
    map_path: Path | None = None
    segmenter_runs: Mapping[str, Path] = MappingProxyType({})
    map_run: Path | None = None
    left_out: Mapping[str, str] = MappingProxyType({})
    truth: pl.DataFrame | None = None
    durations_s: Mapping[str, float] = MappingProxyType({})
    warnings: tuple[str, ...] = ()
