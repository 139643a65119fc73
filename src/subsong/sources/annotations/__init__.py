"""Annotation files of many programs -> one table: who sang what, when, in which recording.

`table` holds the record, `read` reads and writes files, `find` pairs them with a folder of recordings, `check` says
which annotations cannot be. One file a format: `two_columns` (AVA), `own_csv`, `das`, `audacity`, `raven`, `textgrid`
(on `praat_tokens`), `notmat`, `koumura`, `songexplorer`, `whisperseg`, `call_tables` (MUPET, DeepSqueak, SAP) and
`crowsetta_formats`; `formats` lists them and tells them apart.
"""

from subsong.sources.annotations.check import CheckedSegments, check_segments
from subsong.sources.annotations.das import read_song_types, write_definitions
from subsong.sources.annotations.find import FoundAnnotations, find_annotations
from subsong.sources.annotations.formats import FORMATS, AnnotationFormat
from subsong.sources.annotations.read import read_annotations, write_annotations
from subsong.sources.annotations.table import (
    ANNOTATION_SCHEMA,
    build_annotations,
    empty_annotations,
    sort_annotations,
)

__all__ = [
    "ANNOTATION_SCHEMA",
    "FORMATS",
    "AnnotationFormat",
    "CheckedSegments",
    "FoundAnnotations",
    "build_annotations",
    "check_segments",
    "empty_annotations",
    "find_annotations",
    "read_annotations",
    "read_song_types",
    "sort_annotations",
    "write_annotations",
    "write_definitions",
]
