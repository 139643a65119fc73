"""Further formats through crowsetta, which is installed with ``pip install subsong[formats]``."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import build_annotations, empty_annotations

PREFIX = "crowsetta:"


def read_crowsetta(path: Path, name: str, rates: SampleRates) -> pl.DataFrame:
    """Read a file in one of crowsetta's formats.

    Parameters
    ----------
    path
        The annotation file.
    name
        crowsetta's name of the format, such as ``timit``.
    rates
        For formats that count in samples alone.

    Raises
    ------
    SubsongError
        When crowsetta is not installed, does not know the format, or cannot read the file.
    """
    try:
        crowsetta = importlib.import_module("crowsetta")
    except ImportError as error:
        raise SubsongError(
            f"{path}: the format {PREFIX}{name} needs crowsetta; install it with: pip install subsong[formats]"
        ) from error
    known = crowsetta.formats.as_list()
    if name not in known:
        raise SubsongError(f"crowsetta has no format {name!r}: {did_you_mean(name, known)}")
    try:
        found = crowsetta.Transcriber(format=name).from_file(path).to_annot()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SubsongError(f"{path}: crowsetta cannot read it as {name} ({error})") from error
    annotations = found if isinstance(found, list) else [found]
    tables = [_convert(path, annotation, rates) for annotation in annotations]
    return pl.concat([empty_annotations(), *tables])


def _convert(path: Path, annotation: Any, rates: SampleRates) -> pl.DataFrame:
    """Return the table of one ``crowsetta.Annotation``, of boxes or of sequences."""
    notated = getattr(annotation, "notated_path", None)
    recording = path.stem if notated is None else Path(notated).as_posix()
    boxes = getattr(annotation, "bboxes", None)
    if boxes:
        return build_annotations(
            recording=recording,
            onset_s=[box.onset for box in boxes],
            offset_s=[box.offset for box in boxes],
            low_hz=[box.low_freq for box in boxes],
            high_hz=[box.high_freq for box in boxes],
            label=[str(box.label) for box in boxes],
        )
    sequences = annotation.seq if isinstance(annotation.seq, list) else [annotation.seq]
    return pl.concat([empty_annotations(), *(_convert_sequence(path, recording, seq, rates) for seq in sequences)])


def _convert_sequence(path: Path, recording: str, sequence: Any, rates: SampleRates) -> pl.DataFrame:
    onsets, offsets = sequence.onsets_s, sequence.offsets_s
    if onsets is None or offsets is None:
        rate_hz = rates.find(recording)
        if rate_hz is None:
            raise SubsongError(f"{path} counts in samples: give sample_rate_hz")
        onsets, offsets = sequence.onset_samples / rate_hz, sequence.offset_samples / rate_hz
    labels = [str(label) for label in sequence.labels]
    return build_annotations(recording=recording, onset_s=list(onsets), offset_s=list(offsets), label=labels)
