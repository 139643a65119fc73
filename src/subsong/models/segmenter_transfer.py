"""The head of a trained segmenter for other classes: a class that both know keeps its rows, a new one begins anew."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from subsong.models.segmenter import FrameNetwork, SegmenterHead, find_layout
from subsong.models.transfer import AlignedWeights, Weights, take_rows
from subsong.sources.song_class import SongClass

_SHARED = ("any segment",)
"""The key of the borders of segments that exclude each other, which have one kind of border together."""


def name_rows(classes: Sequence[SongClass], overlap: bool) -> list[Hashable]:
    """Return what each row of a segmenter's head is for: the classes, then onsets and offsets of each kind of sound."""
    layout = find_layout(classes, overlap)
    segments: list[Hashable] = [classes[column].name for column in layout.segments]
    sounds = segments if overlap else [_SHARED][: layout.num_borders]
    borders: list[Hashable] = [(border, sound) for border in ("onset", "offset") for sound in sounds]
    return [*((one.kind, one.name) for one in classes), *borders]


def align_head(
    weights: Weights,
    module: FrameNetwork,
    start: tuple[Sequence[SongClass], bool],
    classes: Sequence[SongClass],
) -> AlignedWeights:
    """Return a trained segmenter's weights with the rows of its head in the order of `module`'s.

    Parameters
    ----------
    weights
        Of the trained one.
    module
        The new one, untrained: rows of classes that only it knows are its own.
    start
        The trained one's classes, and whether its labels may sound at once.
    classes
        The new one's.
    """
    own = module.state_dict()
    heads = [f"{name}." for name, part in module.named_modules() if isinstance(part, SegmenterHead)]
    names = [name for name in own if name.startswith(tuple(heads))] if heads else []
    # A head of other features is no use: it begins anew as a whole, like every other layer that does not fit.
    if any(name not in weights or weights[name].shape[1:] != own[name].shape[1:] for name in names):
        return AlignedWeights(weights, ())
    keys, known = name_rows(classes, module.layout.overlap), name_rows(*start)
    rows = {name: take_rows(own[name], weights[name], keys, known) for name in names}
    fresh = tuple(f"head of {_describe(key)}" for key in keys if key not in known)
    return AlignedWeights({**weights, **rows}, fresh)


def _describe(key: Hashable) -> str:
    assert isinstance(key, tuple)
    what, name = key
    return f"{what}s" if name == _SHARED else f"{what} {name!r}"
