"""The records: which taxon was found on which list, and how many.

Legend: R = records.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.sources.ebird.blocks import Block, check_values, parse_fields
from subsong.sources.ebird.options import EbirdOptions
from subsong.sources.ebird.taxa import identity_fields


def needed_record_fields(options: EbirdOptions) -> list[tuple[str, str]]:
    """Return the fields of a file of records, each with the option that does without, or ""."""
    needs = [("list", ""), ("category", ""), ("count", ""), (options.species_key, "")]
    remedy = "download it again with all columns, or take every record for approved: approved_only false"
    return [*needs, ("approved", remedy)] if options.approved_only else needs


def parse_record_texts(block: Block, options: EbirdOptions) -> pl.DataFrame:
    """Return the fields of records that are needed line by line, as text."""
    sampled = ("group",) if options.sample_fraction < 1 else ()
    texts = parse_fields(block, ("list", "count", *sampled, *identity_fields(block.member.header, options)))
    check_values(block, "list", texts["list"], texts["list"].is_null(), "the id of a list")
    return texts


def parse_counts(block: Block, texts: pl.Series) -> np.ndarray:
    """Return counts, float32, shape (R,): NaN for X and for blank.

    Raises
    ------
    SubsongError
        When a count is neither a whole number of at least 0, nor X, nor blank; names the line.
    """
    counts = texts.cast(pl.Int64, strict=False)
    is_bad = (counts.is_null() & texts.is_not_null() & (texts != "X")) | (counts < 0)
    check_values(block, "count", texts, is_bad, "a whole number or X")
    return counts.cast(pl.Float32).fill_null(float("nan")).to_numpy()
