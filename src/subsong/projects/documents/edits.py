"""What can be asked of a document, as JSON and as frozen records alike."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sized
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from subsong.core.config import ConfigBase
from subsong.core.config_files import validate_config
from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.raw_config import RawConfig

_MAX_TEXT = 200


def check_text(text: str) -> str:
    """Return a label or name without spaces around it.

    Raises
    ------
    ValueError
        When it is empty, too long, or holds line ends, tabs or other control characters.
    """
    text = text.strip()
    if not text:
        raise ValueError("expected a name of at least one letter, found nothing")
    if len(text) > _MAX_TEXT:
        raise ValueError(f"expected at most {_MAX_TEXT} letters, found {len(text)}")
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        raise ValueError(f"expected plain letters on one line, found {text[:40]!r}")
    return text


def _check_seconds(value: float) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"expected seconds from the start of the recording, 0 or more, found {value:g}")
    return value


def _check_frequency(value: float) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"expected a frequency in hertz, 0 or more, found {value:g}")
    return value


def _check_any(values: Sized) -> Sized:
    if not values:
        raise ValueError("expected at least one, found none")
    return values


Text = Annotated[str, AfterValidator(check_text)]
Seconds = Annotated[float, AfterValidator(_check_seconds)]
Frequency = Annotated[float, AfterValidator(_check_frequency)]
Ids = Annotated[tuple[int, ...], AfterValidator(_check_any)]


class NewAnnotation(ConfigBase):
    """An annotation that has no number yet."""

    onset_s: Seconds = Field(description="Seconds from the start of the recording.")
    offset_s: Seconds = Field(description="Its end; equal to the onset for an event.")
    label: Text = Field(description="What it is.")
    channel: int | None = Field(None, ge=0, description="From 0; null: not said.")
    low_hz: Frequency | None = Field(None, description="Lower end of its band; null: not said.")
    high_hz: Frequency | None = Field(None, description="Upper end of its band; null: not said.")


class NewProposal(NewAnnotation):
    """What a model or a threshold found."""

    score: float | None = Field(None, allow_inf_nan=False, description="How sure the model is; null: not said.")


class ChangedValues(ConfigBase):
    """New values of annotations; what is not given stays."""

    label: Text | None = Field(None, description="What it is.")
    onset_s: Seconds | None = Field(None, description="Seconds from the start of the recording.")
    offset_s: Seconds | None = Field(None, description="Its end.")
    channel: int | None = Field(None, ge=0, description="From 0; null: not said.")
    low_hz: Frequency | None = Field(None, description="Lower end of its band; null: not said.")
    high_hz: Frequency | None = Field(None, description="Upper end of its band; null: not said.")

    @model_validator(mode="after")
    def _says_something(self) -> ChangedValues:
        for name in ("label", "onset_s", "offset_s"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} is null: leave it out to keep it as it is")
        return self

    def list_values(self) -> dict[str, Any]:
        """Return the values that were given, without a number."""
        return {name: getattr(self, name) for name in self.model_fields_set if name != "id"}


class ChangedAnnotation(ChangedValues):
    """New values of one annotation."""

    id: int = Field(description="Number of the annotation.")


class Add(ConfigBase):
    """Adds annotations."""

    op: Literal["add"] = "add"
    annotations: Annotated[tuple[NewAnnotation, ...], AfterValidator(_check_any)] = Field(description="The new ones.")


class ChangeValues(ConfigBase):
    """Gives annotations new values; a proposal that is changed counts as accepted."""

    op: Literal["change"] = "change"
    ids: Ids | None = Field(None, description="Annotations that all get the same values.")
    values: ChangedValues | None = Field(None, description="These values.")
    annotations: Annotated[tuple[ChangedAnnotation, ...], AfterValidator(_check_any)] | None = Field(
        None, description="In place of ids and values: each annotation with values of its own."
    )

    @model_validator(mode="after")
    def _one_way(self) -> ChangeValues:
        is_shared = self.ids is not None and self.values is not None
        if is_shared == (self.annotations is not None) or (self.ids is None) != (self.values is None):
            raise ValueError("expected either ids and values, or annotations")
        return self

    def list_changes(self) -> list[tuple[int, dict[str, Any]]]:
        """Return the number of each annotation, and its new values."""
        if self.annotations is not None:
            return [(one.id, one.list_values()) for one in self.annotations]
        assert self.ids is not None
        assert self.values is not None
        return [(number, self.values.list_values()) for number in dict.fromkeys(self.ids)]


class Delete(ConfigBase):
    """Takes annotations out."""

    op: Literal["delete"] = "delete"
    ids: Ids = Field(description="Which.")


class Accept(ConfigBase):
    """Makes proposals annotations; those that are accepted stay as they are."""

    op: Literal["accept"] = "accept"
    ids: Ids = Field(description="Which.")


class Reject(ConfigBase):
    """Takes proposals out, and remembers them: they do not come back."""

    op: Literal["reject"] = "reject"
    ids: Ids = Field(description="Which.")


class Review(ConfigBase):
    """Marks a stretch as looked at completely, or takes the mark off."""

    op: Literal["review"] = "review"
    start_s: Seconds = Field(description="Its begin.")
    stop_s: Seconds = Field(description="Its end.")
    value: bool = Field(True, description="Whether it was looked at.")

    @model_validator(mode="after")
    def _has_length(self) -> Review:
        if self.stop_s <= self.start_s:
            raise ValueError(f"the stretch from {self.start_s:g} s should end after that, not at {self.stop_s:g} s")
        return self


class Done(ConfigBase):
    """Marks the whole recording as looked at, or takes the mark off."""

    op: Literal["done"] = "done"
    value: bool = Field(True, description="Whether it was looked at.")


class Propose(ConfigBase):
    """Replaces all proposals, or those of a stretch that somebody asked for."""

    op: Literal["propose"] = "propose"
    annotations: tuple[NewProposal, ...] = Field(description="The new proposals.")
    source: Text = Field(description="What found them: a run, a threshold.")
    start_s: Seconds | None = Field(None, description="Only proposals from here on are replaced; null: all.")
    stop_s: Seconds | None = Field(None, description="Only proposals up to here are replaced; null: all.")
    channel: int | None = Field(None, ge=0, description="Only proposals of this channel are replaced; null: all.")

    @property
    def is_asked(self) -> bool:
        """Whether a person asked for proposals in a stretch, which may have been looked at before."""
        return self.start_s is not None or self.stop_s is not None


Edit = Add | ChangeValues | Delete | Accept | Reject | Review | Done | Propose
_KINDS: Mapping[str, type[Edit]] = {
    "add": Add,
    "change": ChangeValues,
    "delete": Delete,
    "accept": Accept,
    "reject": Reject,
    "review": Review,
    "done": Done,
    "propose": Propose,
}


def parse_edit(values: Mapping[str, Any]) -> Edit:
    """Return an edit from JSON.

    Raises
    ------
    SubsongError
        When it asks for nothing we know, or with values that cannot be: one sentence.
    """
    op = str(values.get("op"))
    if op not in _KINDS:
        hint = did_you_mean(op, _KINDS)
        raise SubsongError(f"the edit asks for {op!r}: expected one of {', '.join(_KINDS)} as its 'op'; {hint}")
    return validate_config(_KINDS[op], RawConfig.from_mapping(values, "the edit"))


def write_edit(edit: Edit) -> dict[str, Any]:
    """Return an edit as JSON, only what was given."""
    return {"op": edit.op, **edit.model_dump(mode="json", exclude_unset=True)}
