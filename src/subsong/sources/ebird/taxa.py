"""The taxa: their names and categories, and the species they belong to.

Legend: R = lines of a block.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.sources.ebird.blocks import Block, check_values, parse_fields, take_lines
from subsong.sources.ebird.codes import Codes
from subsong.sources.ebird.headers import Header
from subsong.sources.ebird.options import EbirdOptions

# In every era these rows name their species in COMMON NAME and SCIENTIFIC NAME.
_SUBTAXA = ("issf", "form", "intergrade", "domestic")
_CATEGORIES = ("species", *_SUBTAXA, "spuh", "slash", "hybrid")
_FIELDS = ("category", "common", "scientific", "subspecies", "taxonomic_order", "approved", "exotic")


def identity_fields(header: Header, options: EbirdOptions) -> tuple[str, ...]:
    """Return the fields that tell the taxa of a file apart, among them those the filters of records need."""
    name = "scientific" if "scientific" in header.positions else "common"
    approved = ("approved",) if options.approved_only else ()
    exotic = ("exotic",) if options.exclude_escapees else ()
    return ("category", name, "subspecies", *approved, *exotic)


class TaxonTable:
    """The different taxa of all blocks; what does not tell them apart is read from the first line of each.

    Parameters
    ----------
    options
        Which fields tell them apart, and what is counted as a species.
    """

    def __init__(self, options: EbirdOptions) -> None:
        self._options = options
        self._codes = Codes(slot_bits=18)
        self._frames = [pl.DataFrame(schema=dict.fromkeys(_FIELDS, pl.String))]

    def __len__(self) -> int:
        return len(self._codes)

    def encode(self, block: Block, texts: pl.DataFrame) -> np.ndarray:
        """Return the number of each line's taxon, int32, shape (R,): rows of what `build` returns."""
        num_known = len(self._codes)
        codes = self._codes.encode(texts.select(identity_fields(block.member.header, self._options)))
        if len(self._codes) > num_known:
            new, first_rows = np.unique(codes, return_index=True)
            self._add(take_lines(block, first_rows[new >= num_known]))
        return codes

    def _add(self, block: Block) -> None:
        """Add the taxa of lines."""
        taxa = parse_fields(block, _FIELDS)
        key = self._options.species_key
        check_values(block, key, taxa[key], taxa[key].is_null(), "the name of a taxon")
        is_bad = ~taxa["category"].is_in(_CATEGORIES).fill_null(False)
        check_values(block, "category", taxa["category"], is_bad, "one of " + ", ".join(_CATEGORIES))
        self._frames.append(taxa)

    def build(self) -> pl.DataFrame:
        """Return one row a taxon: its names, ``key``, and whether it ``is_approved``, ``is_escapee``, ``is_species``.

        ``is_species`` tells that it is a species, or is counted as one by `EbirdOptions.taxa`.
        """
        counted = ("species", *_SUBTAXA) if self._options.taxa == "roll_up" else ("species",)
        return pl.concat(self._frames).with_columns(
            pl.col(self._options.species_key).alias("key"),
            pl.col("taxonomic_order").cast(pl.Float64, strict=False),
            (pl.col("approved") != "0").fill_null(True).alias("is_approved"),
            (pl.col("exotic") == "X").fill_null(False).alias("is_escapee"),
            pl.col("category").is_in(counted).alias("is_species"),
        )

    def find(self, block: Block, list_id: str, code: int) -> list[int]:
        """Return the lines of a block that hold a taxon on a list."""
        fields = identity_fields(block.member.header, self._options)
        taxon = self._codes.get_rows()[code]
        same = [pl.col(field).eq_missing(pl.lit(value)) for field, value in zip(fields, taxon, strict=True)]
        texts = parse_fields(block, ("list", *fields)).with_row_index()
        return texts.filter(pl.col("list") == list_id, *same)["index"].to_list()


def build_species(taxa: pl.DataFrame) -> pl.DataFrame:
    """Return the species of taxa: ``key``, ``name``, ``taxonomic_order`` (of the first of its taxa, or null)."""
    own_first = pl.col("common").sort_by(pl.col("category") != "species", "common").first()
    grouped = taxa.filter("is_species").group_by("key")
    return grouped.agg(own_first.alias("name"), pl.col("taxonomic_order").min()).sort("key")
