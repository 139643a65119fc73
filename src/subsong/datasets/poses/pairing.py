"""Which picture shows a model the appearance of whom it is to draw: another of the same identity, or this one.

Legend: N = rows of a dataset.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.seeds import derive_seed, numpy_generator

Pairing = Literal["other", "same", "any"]
"""other: another picture of the identity; same: the picture itself; any: any of the identity, itself included."""

OnSingle = Literal["error", "self"]
"""What to do with an identity of one picture where another is wanted."""

_KEY = ("identity", "pose", "source", "row")
_TWO_TO_63 = float(2**63)


class PairingRule(NamedTuple):
    """How partners are chosen.

    Attributes
    ----------
    pairing
        Among which pictures.
    on_single
        Of an identity with one picture only and ``other``: an error, or the picture is its own partner.
    """

    pairing: Pairing = "other"
    on_single: OnSingle = "error"


def check_pairing(items: pl.DataFrame, rule: PairingRule, part: str) -> None:
    """Check that every row has a partner.

    Parameters
    ----------
    items
        One row a picture of one part of the data, with ``identity``.
    rule
        How partners are chosen.
    part
        What the pictures are called in the error, such as ``"training"``.

    Raises
    ------
    SubsongError
        When it is not known who is seen in some pictures, or an identity has one picture only and the partner must be
        another.
    """
    unnamed = items.filter(pl.col("identity").is_null())
    if rule.pairing != "same" and 0 < unnamed.height < items.height:
        row = unnamed.row(0, named=True)
        raise SubsongError(
            f"{unnamed.height} of {items.height} pictures of the {part} part have no identity, first {row['source']} "
            f"row {row['row']}, so nothing tells which others show the same appearance: name who is seen in them, or "
            "set data.pairing=same"
        )
    if rule != PairingRule("other", "error"):
        return
    single = items.group_by("identity").len().filter(pl.col("len") == 1)["identity"].sort()
    if len(single):
        more = f" (as do {len(single) - 1} others)" if len(single) > 1 else ""
        raise SubsongError(
            f"identity {single[0]!r} has one picture only{more} in the {part} part, and the appearance must come from "
            "another one of the same part: set data.on_single=self or data.pairing=any, which let a picture show its "
            "own appearance, or add pictures"
        )


def draw_partners(identity_N: np.ndarray, rule: PairingRule, seed: int, epoch: int) -> np.ndarray:
    """Return the partner of every row in one epoch of training, int64, shape (N,).

    Parameters
    ----------
    identity_N
        Number of each row's identity.
    rule
        How partners are chosen; each one that may be is equally likely.
    seed, epoch
        What the draw is a function of.
    """
    share_N = numpy_generator(seed, "appearance", epoch).random(len(identity_N))
    return _choose_partners(identity_N, np.arange(len(identity_N)), share_N, rule)


def fix_partners(items: pl.DataFrame, rule: PairingRule, seed: int) -> np.ndarray:
    """Return the partner of every row in evaluation, int64, shape (N,).

    It follows from the seed and from identity, pose, source and row of the pictures; in which order they come, or what
    other identities there are, is no matter.
    """
    keys = items.select(pl.concat_str(_KEY, separator="\t", ignore_nulls=True)).to_series().to_list()
    order_N = np.array([derive_seed(seed, "place among partners", key) for key in keys], np.int64)
    share_N = np.array([derive_seed(seed, "partner", key) for key in keys], np.float64) / _TWO_TO_63
    return _choose_partners(number_identities(items), order_N, share_N, rule)


def number_identities(items: pl.DataFrame) -> np.ndarray:
    """Return the number of each row's identity, int64, shape (N,); rows without one share a number."""
    return items["identity"].rank("dense").cast(pl.Int64).fill_null(0).to_numpy()


def _choose_partners(identity_N: np.ndarray, order_N: np.ndarray, share_N: np.ndarray, rule: PairingRule) -> np.ndarray:
    """Return for every row the row that lies `share_N` of the way (0 to 1) through those it may be paired with."""
    num_rows = len(identity_N)
    if rule.pairing == "same":
        return np.arange(num_rows)
    sorted_N = np.lexsort((order_N, identity_N))
    _, first_N, group_N, size_N = np.unique(
        identity_N[sorted_N], return_index=True, return_inverse=True, return_counts=True
    )
    start_N, count_N = first_N[group_N], size_N[group_N]
    share_N = share_N[sorted_N]
    if rule.pairing == "any":
        place_N = np.floor(share_N * count_N).astype(np.int64)
    else:
        # One to count - 1 places further on, around the circle of the identity's pictures: never the row itself.
        step_N = 1 + np.floor(share_N * (count_N - 1)).astype(np.int64)
        place_N = (np.arange(num_rows) - start_N + step_N) % count_N
    partner_N = np.empty(num_rows, np.int64)
    # A share may be rounded to 1.
    partner_N[sorted_N] = sorted_N[start_N + np.minimum(place_N, count_N - 1)]
    return partner_N
