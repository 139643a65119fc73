"""Koumura & Okanoya's ``Annotation.xml``: sequences of notes, in samples, a note counted from its sequence's start."""

from __future__ import annotations

import logging
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import build_annotations
from subsong.sources.annotations.text import read_text

DEFAULT_RATE_HZ = 32000
"""The rate of all recordings of the published data set."""
_DECLARATION = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
log = logging.getLogger(__name__)


class Note(NamedTuple):
    """A syllable, in samples from the start of its recording."""

    recording: str
    start: int
    length: int
    label: str


def read_koumura(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read all notes of all recordings.

    The rate is the one given, else that of the recording where it is found, else 32,000 Hz, which is logged.

    Raises
    ------
    SubsongError
        When the file is no XML of this kind, declares entities, or a number is missing; names the sequence.
    """
    text = read_text(path)
    if _DECLARATION.search(text):
        raise SubsongError(f"{path} declares a document type or entities, which are not read; remove that declaration")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise SubsongError(f"{path} line {error.position[0]}: not valid XML ({error})") from error
    if root.tag != "Sequences":
        raise SubsongError(f"{path}: expected XML with <Sequences> around all, found <{root.tag}>")
    notes = list(_read_notes(path, root))
    rate_hz = _find_rates(path, notes, rates)
    return build_annotations(
        recording=[note.recording for note in notes],
        onset_s=[note.start / rate_hz[note.recording] for note in notes],
        offset_s=[(note.start + note.length) / rate_hz[note.recording] for note in notes],
        label=[note.label or None for note in notes],
    )


def _read_notes(path: Path, root: ElementTree.Element) -> Iterator[Note]:
    for number, sequence in enumerate(root.iterfind("Sequence"), start=1):
        place = f"{path}: sequence {number}"
        recording = _read_child(sequence, "WaveFileName", place)
        sequence_start = _read_whole(sequence, "Position", place)
        for note_number, note in enumerate(sequence.iterfind("Note"), start=1):
            note_place = f"{place} ({recording}), note {note_number}"
            start = sequence_start + _read_whole(note, "Position", note_place)
            length = _read_whole(note, "Length", note_place)
            yield Note(recording, start, length, _read_child(note, "Label", note_place))


def _read_child(element: ElementTree.Element, name: str, place: str) -> str:
    text = element.findtext(name)
    if text is None:
        raise SubsongError(f"{place}: expected a <{name}>, found none")
    return text.strip()


def _read_whole(element: ElementTree.Element, name: str, place: str) -> int:
    text = _read_child(element, name, place)
    try:
        return int(text)
    except ValueError as error:
        raise SubsongError(f"{place}: expected a whole number of samples in <{name}>, found {text!r}") from error


def _find_rates(path: Path, notes: list[Note], rates: SampleRates) -> dict[str, int]:
    found = {name: rates.find(name) for name in dict.fromkeys(note.recording for note in notes)}
    missing = [name for name, rate_hz in found.items() if rate_hz is None]
    if missing:
        log.warning(
            "%s: the rate of %d recordings, such as %s, is taken to be %d Hz; give sample_rate_hz where it is not",
            path,
            len(missing),
            missing[0],
            DEFAULT_RATE_HZ,
        )
    return {name: rate_hz or DEFAULT_RATE_HZ for name, rate_hz in found.items()}
