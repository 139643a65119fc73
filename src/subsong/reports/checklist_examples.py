"""Examples of completed lists: what was shown, what was hidden and where the model ranked it, what it suggests.

Legend: N = lists, D = species.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from subsong.core.errors import SubsongError
from subsong.evaluation.completion import rank_hidden
from subsong.reports.style import BLUE, FAINT, FULL_WIDTH_MM, house_style, new_figure

_MAX_SHOWN = 24
_LINE_MM = 3.4
_SHOWN_CHARACTERS, _NAME_CHARACTERS = 46, 30
_NUMBER_POINTS = 22.0


class Suggestion(NamedTuple):
    """A species the model suggests, with its probability, and whether it was among the hidden ones."""

    name: str
    probability: float
    is_hidden: bool


class CompletionExample(NamedTuple):
    """One list, completed.

    Attributes
    ----------
    title
        Its id.
    shown
        Names of the species the model was given.
    hidden
        Names of those hidden, each with its rank among the candidates, from 1, the best first.
    num_candidates
        How many species were ranked.
    suggestions
        The first of them.
    """

    title: str
    shown: tuple[str, ...]
    hidden: tuple[tuple[str, float], ...]
    num_candidates: int
    suggestions: tuple[Suggestion, ...]


def build_completion_examples(
    titles: Sequence[str],
    names: Sequence[str],
    probability_ND: np.ndarray,
    shown_ND: np.ndarray,
    hidden_ND: np.ndarray,
    candidates_ND: np.ndarray,
    num_suggestions: int = 8,
) -> list[CompletionExample]:
    """Return each list with what the model suggests for it.

    Parameters
    ----------
    titles
        Id of each list, shape (N,).
    names
        Of the species, shape (D,).
    probability_ND
        Of each species.
    shown_ND, hidden_ND, candidates_ND
        What the model was given, what was hidden from it, and what it may suggest; see `find_candidates`.
    num_suggestions
        Of each list; the first columns come first among equal probabilities.
    """
    ranks = rank_hidden(probability_ND, hidden_ND, candidates_ND)
    examples = []
    for row, title in enumerate(titles):
        mine = ranks.list_H == row
        hidden = zip(ranks.species_H[mine].tolist(), ranks.rank_H[mine].tolist(), strict=True)
        candidates = np.flatnonzero(candidates_ND[row])
        best: list[int] = candidates[np.argsort(-probability_ND[row, candidates], kind="stable")][
            :num_suggestions
        ].tolist()
        examples.append(
            CompletionExample(
                title,
                tuple(names[column] for column in np.flatnonzero(shown_ND[row]).tolist()),
                tuple(sorted(((names[column], rank) for column, rank in hidden), key=lambda pair: pair[1])),
                len(candidates),
                tuple(Suggestion(names[c], float(probability_ND[row, c]), bool(hidden_ND[row, c])) for c in best),
            )
        )
    return examples


@house_style()
def plot_completion_examples(examples: Sequence[CompletionExample]) -> Figure:
    """Draw a row a list: the species shown, those hidden with their ranks, and bars of the best suggestions.

    Raises
    ------
    SubsongError
        When there is no example.
    """
    if not examples:
        raise SubsongError("no completions to draw: give one list at least")
    texts = [(_describe_shown(example), *_describe_hidden(example)) for example in examples]
    num_lines = [
        max(len(shown), len(hidden), len(example.suggestions), 3) + 3.5
        for example, (shown, hidden, _) in zip(examples, texts, strict=True)
    ]
    figure = new_figure(FULL_WIDTH_MM, _LINE_MM * sum(num_lines) + 12.0)
    panels = figure.subplots(
        len(examples), 3, squeeze=False, sharex="col", width_ratios=(1.05, 0.8, 1.15), height_ratios=num_lines
    )
    for axes, example, (shown, hidden, ranks) in zip(panels, examples, texts, strict=True):
        _write_lines(axes[0], f"{example.title}: {len(example.shown)} shown", shown)
        _write_lines(axes[1], f"{len(example.hidden)} hidden, ranked among {example.num_candidates:,}", hidden, ranks)
        _draw_suggestions(axes[2], example.suggestions)
    panels[-1, 2].set_xlabel("probability (%)")
    keys = [Patch(color=BLUE, label="suggested and hidden"), Patch(color=FAINT, label="suggested, not on the list")]
    figure.legend(handles=keys, loc="outside upper right", ncols=2, handlelength=0.9)
    return figure


def _describe_shown(example: CompletionExample) -> list[str]:
    names = list(example.shown[:_MAX_SHOWN])
    if len(example.shown) > _MAX_SHOWN:
        names.append(f"and {len(example.shown) - _MAX_SHOWN} more")
    return textwrap.wrap(", ".join(names), _SHOWN_CHARACTERS) or ["nothing"]


def _describe_hidden(example: CompletionExample) -> tuple[list[str], list[str]]:
    """Return the names of the hidden species, and their ranks."""
    names = [_shorten(name, _NAME_CHARACTERS) for name, _ in example.hidden[:_MAX_SHOWN]]
    if len(example.hidden) > _MAX_SHOWN:
        names.append(f"and {len(example.hidden) - _MAX_SHOWN} more")
    return names, [f"{rank:g}" for _, rank in example.hidden[:_MAX_SHOWN]]


def _shorten(text: str, num_characters: int) -> str:
    return text if len(text) <= num_characters else text[: num_characters - 1] + "…"


def _write_lines(axes: Axes, title: str, lines: Sequence[str], numbers: Sequence[str] = ()) -> None:
    axes.set_axis_off()
    axes.set_title(title)
    look: dict[str, Any] = {"textcoords": "offset points", "va": "top", "size": 7}
    for place, line in enumerate(lines):
        down = -place * _LINE_MM * 72 / 25.4
        axes.annotate(line, (0, 1), (_NUMBER_POINTS if numbers else 0.0, down), "axes fraction", **look)
        if place < len(numbers):
            axes.annotate(numbers[place], (0, 1), (_NUMBER_POINTS - 5, down), "axes fraction", ha="right", **look)


def _draw_suggestions(axes: Axes, suggestions: Sequence[Suggestion]) -> None:
    places = np.arange(len(suggestions))
    shares = [100 * suggestion.probability for suggestion in suggestions]
    colours = [BLUE if suggestion.is_hidden else FAINT for suggestion in suggestions]
    axes.barh(places, shares, height=0.72, color=colours)
    for place, share in zip(places, shares, strict=True):
        axes.annotate(f"{share:.3g}", (share, place), (3, 0), textcoords="offset points", va="center", size=7)
    axes.set_title("best suggestions")
    axes.set_yticks(places, [_shorten(suggestion.name, _NAME_CHARACTERS) for suggestion in suggestions])
    axes.set_xlim(0, 112)
    axes.set_ylim(max(len(suggestions), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
