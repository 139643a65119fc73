"""What scores are called where people read them."""

from __future__ import annotations

from subsong.evaluation.annotations.options import ScoringOptions
from subsong.evaluation.annotations.scores import AnnotationScores

_PARTS = {"precision": "precision", "recall": "recall", "f1": "F1"}
_ERRORS = {
    "frame_error": "frame error",
    "frame_error_in_sound": "frame error within sound",
    "syllable_error_rate": "syllable error rate",
}
_HEADLINES = ("iou_f1", "onset_f1", "event_f1", "frame_f1", "frame_error", "syllable_error_rate")


def describe_criterion(criterion: str, options: ScoringOptions) -> str:
    """Return what makes annotations agree, in words."""
    within = f"within {1000 * options.tolerance_s:g} ms"
    names = {
        "iou": f"overlap at least {options.min_iou:g}",
        "edges": f"both edges {within}",
        "onset": f"onset {within}",
        "event": f"events {within}",
        "frame": f"frames of {1000 * options.frame_s:g} ms, any sound",
    }
    return names[criterion]


def describe_score(score: str, options: ScoringOptions) -> tuple[str, str]:
    """Return a score's name and its unit, % for errors.

    Examples
    --------
    >>> describe_score("onset_f1", ScoringOptions())
    ('F1, onset within 10 ms', '')
    """
    if score in _ERRORS:
        return _ERRORS[score], "%"
    criterion, part = score.rsplit("_", 1)
    return f"{_PARTS[part]}, {describe_criterion(criterion, options)}", ""


def list_headlines(scores: AnnotationScores) -> list[str]:
    """Return the few scores that stand for all."""
    known = scores.summary["score"].to_list()
    return [score for score in _HEADLINES if score in known]
