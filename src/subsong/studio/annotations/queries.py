"""What the routes of annotations can be asked."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from subsong.core.config import ConfigBase


class RecordingQuery(ConfigBase):
    """One recording."""

    recording: str = Field(description="Its name.")


class DocumentQuery(RecordingQuery):
    """One document, or a stretch of it."""

    start_s: float | None = Field(None, description="Only annotations that end after this; null: all.")
    stop_s: float | None = Field(None, description="Only annotations that begin before this; null: all.")


class HistoryQuery(RecordingQuery):
    """What was done to a document."""

    limit: int = Field(500, ge=1, le=100_000, description="How many changes are listed, the newest first.")


class StepBody(RecordingQuery):
    """Takes the last change back, or does it again."""

    base_revision: int = Field(description="Of the document that the page shows.")
    author: str | None = Field(None, description="Who; null: whom the studio was told.")


class EditBody(StepBody):
    """Changes a document."""

    edit: dict[str, Any] = Field(description="What to do, with its 'op'.")


class Interval(ConfigBase):
    """Where an annotation is."""

    recording: str = Field(description="Name of the recording.")
    channel: int | None = Field(None, ge=0, description="From 0; null: any.")
    onset_s: float = Field(allow_inf_nan=False, description="Its onset.")
    offset_s: float = Field(allow_inf_nan=False, description="Its offset.")


class BulkBody(ConfigBase):
    """Does one thing to many annotations, of any recordings."""

    intervals: tuple[Interval, ...] = Field(description="Which.")
    action: Literal["rename", "reject", "accept"] = Field(description="What; reject: proposals and annotations go.")
    label: str | None = Field(None, description="The new label, of rename.")
    author: str | None = Field(None, description="Who; null: whom the studio was told.")


class ExportQuery(ConfigBase):
    """Which annotations, in which format."""

    format: str = Field(description="Name of a format that is written.")
    recording: tuple[str, ...] = Field((), description="Names of recordings; none: all that have annotations.")
    proposals: bool = Field(False, description="Whether proposals are written as well.")


class ImportQuery(RecordingQuery):
    """Which recording a file is of."""

    format: str | None = Field(None, description="Name of its format; null: told by the file.")
    mode: Literal["replace", "add"] = Field("add", description="What becomes of the annotations that are there.")
    base_revision: int | None = Field(None, description="Of the document that the page shows; null: any.")
    author: str | None = Field(None, description="Who; null: whom the studio was told.")


class ThresholdBody(RecordingQuery):
    """Proposes segments by amplitude."""

    channel: int | None = Field(None, ge=0, description="From 0; null: there is one.")
    start_s: float = Field(0.0, ge=0, allow_inf_nan=False, description="Begin of the stretch.")
    stop_s: float | None = Field(None, gt=0, allow_inf_nan=False, description="Its end; null: of the recording.")
    settings: dict[str, Any] = Field({}, description="Settings in place of the project's, by key.")
    label: str = Field("vocalization", description="What is found is called.")
    author: str | None = Field(None, description="Who; null: whom the studio was told.")


class ProofreadQuery(ConfigBase):
    """Which proposals are to be looked at."""

    bird: str | None = Field(None, description="Of this bird; null: of all.")
    label: str | None = Field(None, description="Of this label; null: of all.")
    recording: str | None = Field(None, description="Of this recording; null: of all.")
    max_score: float | None = Field(None, description="Of at most this score; null: of any, or none.")
    limit: int = Field(50, ge=1, le=1000, description="How many are listed.")
