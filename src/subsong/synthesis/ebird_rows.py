"""What an eBird file makes of checklists, in numbers: copies of shared lists, rows of sub-taxa, and rows that no reader
should count.

None of it changes what a careful reader recovers: sub-taxa add up to their species, a shared list's copies to the list,
and what is added beside that is to be dropped.

Legend: N = made lists, R = raw lists (copies and additions among them), M = rows of the EBD, D = species.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.seeds import numpy_generator
from subsong.synthesis.checklists import MadeChecklists

CATEGORIES = ("species", "issf", "form", "intergrade", "domestic", "spuh", "slash", "hybrid")
_SUBTAXA = (1, 2, 3, 4)
_SUBTAXON_SHARES = (0.7, 0.1, 0.1, 0.1)
_COARSE_TAXA = (5, 6, 7)
# Ids of the made lists are 7 apart: numbers between them are free for a list's copies.
_ID_STEP = 7


class Oddities(NamedTuple):
    """How much of what makes eBird files hard to read a made one holds; shares of lists or of rows.

    Attributes
    ----------
    subtaxon_share
        Rows that name a subspecies group, form, intergrade or domestic type of their species.
    split_share
        Rows whose count is divided over two rows of the same list and species.
    coarse_share
        Rows added for what was not told to the species: spuh, slash, hybrid.
    zero_share
        Rows added with a count of 0 (a nest that was used).
    copy_gap_share
        Detections of a shared list that one of its copies lacks.
    incomplete_share, incidental_share
        Lists added that do not report all species, by a travelling observer and by the way.
    excess_share
        Lists added that took longer or went further than good practice allows.
    orphan_share
        Lists added whose rows stand in the EBD while the sampling file lacks them.
    comment_share
        Lists and rows with a comment, with stray quotes and HTML entities in it.
    """

    subtaxon_share: float = 0.03
    split_share: float = 0.01
    coarse_share: float = 0.03
    zero_share: float = 0.002
    copy_gap_share: float = 0.03
    incomplete_share: float = 0.08
    incidental_share: float = 0.05
    excess_share: float = 0.03
    orphan_share: float = 0.0
    comment_share: float = 0.05


class RawLists(NamedTuple):
    """The lists of a pair of files, each shape (R,).

    Attributes
    ----------
    template
        The made list whose place, date and effort a raw list has.
    number
        Digits of its sampling event id.
    member
        Which of a shared list's copies it is, from 0; -1 where the list is nobody's copy.
    kind
        Index into `KINDS`.
    """

    template: np.ndarray
    number: np.ndarray
    member: np.ndarray
    kind: np.ndarray


KINDS = ("made", "incomplete", "incidental", "excess", "orphan")


class RawRows(NamedTuple):
    """The rows of an EBD, in the order of the file, each shape (M,).

    Attributes
    ----------
    raw_list
        Row of `RawLists`.
    species
        Column of the made checklists.
    num_birds
        float32; NaN for an X, 0 for a used nest.
    category
        Index into `CATEGORIES`.
    """

    raw_list: np.ndarray
    species: np.ndarray
    num_birds: np.ndarray
    category: np.ndarray


def copy_lists(made: MadeChecklists, oddities: Oddities) -> RawLists:
    """Return every member's copy of the made lists, and the lists that are added."""
    num_lists = made.checklists.items.height
    num_members = made.truth.num_members
    template = np.repeat(np.arange(num_lists), num_members)
    member = np.arange(len(template)) - np.repeat(np.cumsum(num_members) - num_members, num_members)
    is_shared = num_members[template] > 1
    ids = made.checklists.items["list"].str.slice(1).cast(pl.Int64).to_numpy()
    lists = [RawLists(template, ids[template] + is_shared * (member + 1), np.where(is_shared, member, -1), 0 * member)]
    rng = numpy_generator(made.seed, "added lists")
    first_number = ids.max(initial=0) + _ID_STEP
    for kind, name in enumerate(KINDS[1:], start=1):
        num = round(getattr(oddities, f"{name}_share") * num_lists)
        numbers = first_number + np.arange(num)
        first_number += num
        lists.append(RawLists(rng.integers(0, num_lists, num), numbers, np.full(num, -1), np.full(num, kind)))
    return RawLists(*(np.concatenate(part) for part in zip(*lists, strict=True)))


def expand_rows(made: MadeChecklists, lists: RawLists, oddities: Oddities) -> RawRows:
    """Return the rows of the EBD in an order of their own: lists lie scattered over the file, dates unsorted."""
    rng = numpy_generator(made.seed, "ebd rows")
    rows = _repeat_detections(made, lists, oddities, rng)
    rows = _split_counts(_name_subtaxa(rows, oddities, rng), oddities, rng)
    added = [_add_zeros(made, rows, oddities, rng), _add_coarse_taxa(rows, oddities, rng)]
    rows = RawRows(*(np.concatenate(part) for part in zip(rows, *added, strict=True)))
    order = rng.permutation(len(rows.raw_list))
    return RawRows(*(part[order] for part in rows))


def _repeat_detections(made: MadeChecklists, lists: RawLists, oddities: Oddities, rng: np.random.Generator) -> RawRows:
    """Return a row for each detection of each raw list; of a shared list's copies at most one lacks a species."""
    counts = made.checklists.counts
    lengths = np.diff(counts.indptr)
    # A detection's gap lies in one copy at the most: the copies together hold the whole list.
    gap = rng.integers(0, made.truth.num_members.repeat(lengths))
    gap[rng.random(counts.nnz) >= oddities.copy_gap_share] = -2
    raw_lengths = lengths[lists.template]
    raw_list = np.repeat(np.arange(len(lists.template)), raw_lengths)
    offset = np.arange(len(raw_list)) - np.repeat(np.cumsum(raw_lengths) - raw_lengths, raw_lengths)
    detection = counts.indptr[lists.template[raw_list]] + offset
    is_kept = gap[detection] != lists.member[raw_list]
    # An observer who only notes what is striking notes little.
    is_brief = np.isin(lists.kind, (KINDS.index("incomplete"), KINDS.index("incidental")))
    is_kept &= ~is_brief[raw_list] | (offset < 3)
    raw_list, detection = raw_list[is_kept], detection[is_kept]
    category = np.zeros(len(raw_list), np.uint8)
    return RawRows(raw_list, counts.indices[detection], counts.data[detection], category)


def _split_counts(rows: RawRows, oddities: Oddities, rng: np.random.Generator) -> RawRows:
    """Divide some counts over two rows of one list and species, the second of a subspecies; an X becomes two."""
    is_split = (rng.random(len(rows.num_birds)) < oddities.split_share) & ~(rows.num_birds < 2) & (rows.category == 0)
    second = RawRows(*(part[is_split] for part in rows))
    part = np.floor(second.num_birds / 2)
    num_birds = rows.num_birds.copy()
    num_birds[is_split] -= part
    category = np.ones(len(part), np.uint8)
    halves = (rows._replace(num_birds=num_birds), second._replace(num_birds=part, category=category))
    return RawRows(*(np.concatenate(parts) for parts in zip(*halves, strict=True)))


def _name_subtaxa(rows: RawRows, oddities: Oddities, rng: np.random.Generator) -> RawRows:
    is_finer = rng.random(len(rows.num_birds)) < oddities.subtaxon_share
    category = rows.category.copy()
    category[is_finer] = rng.choice(_SUBTAXA, is_finer.sum(), p=_SUBTAXON_SHARES)
    return rows._replace(category=category)


def _add_zeros(made: MadeChecklists, rows: RawRows, oddities: Oddities, rng: np.random.Generator) -> RawRows:
    """Return rows with a count of 0, of species that are not on the list otherwise."""
    num = round(oddities.zero_share * len(rows.num_birds))
    num_species = made.checklists.species.height
    raw_list = rng.choice(rows.raw_list, num) if num else rows.raw_list[:0]
    species = rng.integers(0, num_species, len(raw_list))
    key = raw_list * num_species + species
    is_free = ~np.isin(key, rows.raw_list * num_species + rows.species)
    is_first = np.zeros(len(key), bool)
    is_first[np.unique(key, return_index=True)[1]] = True
    raw_list, species = raw_list[is_free & is_first], species[is_free & is_first]
    zeros = np.zeros(len(raw_list), np.float32)
    return RawRows(raw_list, species.astype(rows.species.dtype), zeros, zeros.astype(np.uint8))


def _add_coarse_taxa(rows: RawRows, oddities: Oddities, rng: np.random.Generator) -> RawRows:
    """Return rows of what was told to a genus or a pair of species at best."""
    whole = np.nonzero(rows.category == 0)[0]
    num = min(round(oddities.coarse_share * len(rows.num_birds)), len(whole))
    chosen = rng.choice(whole, num, replace=False)
    category = rng.choice(_COARSE_TAXA, num).astype(np.uint8)
    return RawRows(rows.raw_list[chosen], rows.species[chosen], np.ones(num, np.float32), category)
