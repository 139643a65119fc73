"""Dividing recordings in time: contiguous pieces, in an order of their own, with gaps so that nothing leaks.

Legend: B = blocks, O = orders of the splits, S = splits, C = sound, then classes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from subsong.core.seeds import numpy_generator
from subsong.datasets.song.stratifying import choose_options
from subsong.datasets.song.stretches import join_stretches

_MOST_ROUNDS, _FEW_RECORDINGS = 4, 10
_USUAL_PIECE_S, _SHORTEST_PIECE_S = 5.0, 0.1
_FURTHEST_MOVE = 0.1


class CutRecording(NamedTuple):
    """A recording to be divided.

    Attributes
    ----------
    num_samples
        Its length.
    intervals_s
        Onsets and offsets of its annotations, shape (N, 2), at any place.
    class_number
        Of each of them, shape (N,).
    """

    num_samples: int
    intervals_s: np.ndarray
    class_number: np.ndarray


class Cutting(NamedTuple):
    """How recordings are divided.

    Attributes
    ----------
    sample_rate_hz
        Samples a second.
    gap_s
        Between pieces of two splits this much sound belongs to neither.
    block_s
        Every split has a piece in each stretch of about this length; None: whole recordings, or a few stretches of long
        ones where there are few.
    """

    sample_rate_hz: int
    gap_s: float
    block_s: float | None = None


class Piece(NamedTuple):
    """Samples of a recording, and the split they belong to."""

    start: int
    stop: int
    split: str


class _Block(NamedTuple):
    """A stretch of a recording in which every split has one piece; or a whole short one, which goes to one split."""

    recording: int
    edges_OS: np.ndarray
    orders: tuple[tuple[int, ...], ...]


def cut_recordings(
    recordings: Sequence[CutRecording],
    shares: Mapping[str, float],
    num_classes: int,
    cutting: Cutting,
    seed: int,
) -> list[list[Piece]]:
    """Return the pieces of each recording, in order.

    Parameters
    ----------
    recordings
        All of them.
    shares
        Share of each split, that for training first.
    num_classes
        Of the annotations.
    cutting
        How.
    seed
        Of the order in which splits follow each other, which is chosen so that classes are balanced.

    Notes
    -----
    Cuts are moved out of segments where silence is near. A few long recordings are gone through several times, so that
    each split has sound of their beginning and their end; one that is too short to be cut goes to one split whole.
    """
    blocks = [
        block
        for number, recording in enumerate(recordings)
        for block in _plan_blocks(number, recording, shares, cutting, len(recordings))
    ]
    num_splits, num_options = len(shares), max(len(block.orders) for block in blocks)
    amount_BOSC = np.zeros((len(blocks), num_options, num_splits, 1 + num_classes))
    for place, block in enumerate(blocks):
        recording = recordings[block.recording]
        for option in range(num_options):
            amount_BOSC[place, option] = _count(
                block, option % len(block.orders), recording, cutting.sample_rate_hz, amount_BOSC.shape[2:]
            )
    chosen = choose_options(amount_BOSC, np.array(list(shares.values())), numpy_generator(seed, "song pieces"))
    pieces: list[list[Piece]] = [[] for _ in recordings]
    names = list(shares)
    for block, option in zip(blocks, chosen.option_U.tolist(), strict=True):
        edges, order = block.edges_OS[option % len(block.orders)], block.orders[option % len(block.orders)]
        for start, stop, split in zip(edges[:-1].tolist(), edges[1:].tolist(), order, strict=True):
            _append(pieces[block.recording], Piece(start, stop, names[split]))
    gap = round(cutting.gap_s * cutting.sample_rate_hz)
    return [_leave_gaps(of_recording, gap) for of_recording in pieces]


def _plan_blocks(
    number: int, recording: CutRecording, shares: Mapping[str, float], cutting: Cutting, num_recordings: int
) -> list[_Block]:
    share_S, rate = np.array(list(shares.values())), cutting.sample_rate_hz
    shortest_s = recording.num_samples / rate * share_S.min()
    if shortest_s < max(2 * cutting.gap_s, _SHORTEST_PIECE_S):
        edges = np.array([0, recording.num_samples])
        return [_Block(number, np.tile(edges, (len(share_S), 1)), tuple((split,) for split in range(len(share_S))))]
    num_rounds = _count_rounds(shortest_s, recording.num_samples / rate, cutting, num_recordings)
    busy_N2 = join_stretches(recording.intervals_s)
    cut_R = np.linspace(0, recording.num_samples, num_rounds + 1)
    size = recording.num_samples / num_rounds
    cut_R = np.array([_move_out(cut, busy_N2, _FURTHEST_MOVE * share_S.min() * size, rate) for cut in cut_R])
    orders = tuple(itertools.permutations(range(len(share_S))))
    blocks = []
    for start, stop in itertools.pairwise(cut_R):
        edges_OS = start + (stop - start) * np.array([np.cumsum([0.0, *share_S[list(order)]]) for order in orders])
        reach = _FURTHEST_MOVE * share_S.min() * (stop - start)
        moved = [[_move_out(edge, busy_N2, reach, rate) for edge in edges] for edges in edges_OS[:, 1:-1]]
        ends = np.full((len(orders), 1), start), np.full((len(orders), 1), stop)
        inner = np.array(moved).reshape(len(orders), -1)
        blocks.append(_Block(number, np.rint(np.hstack([ends[0], inner, ends[1]])).astype(np.int64), orders))
    return blocks


def _count_rounds(shortest_s: float, duration_s: float, cutting: Cutting, num_recordings: int) -> int:
    """Return how many times a recording is gone through, `shortest_s` being its shortest piece in one round."""
    if cutting.block_s is not None:
        most = shortest_s // max(2 * cutting.gap_s, _SHORTEST_PIECE_S)
        return int(np.clip(round(duration_s / cutting.block_s), 1, most))
    if num_recordings > _FEW_RECORDINGS:
        return 1
    return int(np.clip(shortest_s // max(_USUAL_PIECE_S, 10 * cutting.gap_s), 1, _MOST_ROUNDS))


def _move_out(cut: float, busy_N2: np.ndarray, reach: float, rate: int) -> float:
    """Return the place nearest to `cut` where no segment is under way, or `cut` where that is further than `reach`."""
    number = int(np.searchsorted(busy_N2[:, 0] * rate, cut)) - 1
    if number < 0 or busy_N2[number, 1] * rate <= cut:
        return cut
    nearest = min((busy_N2[number] * rate).tolist(), key=lambda edge: abs(edge - cut))
    return nearest if abs(nearest - cut) <= reach else cut


def _count(block: _Block, option: int, recording: CutRecording, rate: int, shape_SC: tuple[int, ...]) -> np.ndarray:
    """Return the samples and the annotations of each class that each split gets, by their middles."""
    amount_SC = np.zeros(shape_SC)
    edges, order = block.edges_OS[option], np.array(block.orders[option])
    np.add.at(amount_SC[:, 0], order, np.diff(edges))
    middle_N = recording.intervals_s.mean(axis=1) * rate
    place_N = np.searchsorted(edges, middle_N, side="right") - 1
    is_in_N = (place_N >= 0) & (place_N < len(order))
    np.add.at(amount_SC, (order[place_N[is_in_N]], 1 + recording.class_number[is_in_N]), 1)
    return amount_SC


def _append(pieces: list[Piece], piece: Piece) -> None:
    """Add a piece, joined to the last one where both are of one split."""
    if pieces and pieces[-1].split == piece.split:
        pieces[-1] = pieces[-1]._replace(stop=piece.stop)
    else:
        pieces.append(piece)


def _leave_gaps(pieces: list[Piece], gap: int) -> list[Piece]:
    last = len(pieces) - 1
    trimmed = [
        piece._replace(
            start=piece.start + (gap - gap // 2) * (number > 0), stop=piece.stop - gap // 2 * (number < last)
        )
        for number, piece in enumerate(pieces)
    ]
    return [piece for piece in trimmed if piece.start < piece.stop]
