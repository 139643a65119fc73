"""The files of a data set -> its lists, and its records as numbers, block by block in bounded memory.

Legend: R = records, T = taxa, N = lists.
"""

from __future__ import annotations

from array import array

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from subsong.core.errors import SubsongError
from subsong.sources.ebird.blocks import (
    Block,
    PositionReport,
    Progress,
    join_blocks,
    parse_fields,
    read_blocks,
    take_lines,
)
from subsong.sources.ebird.codes import Codes
from subsong.sources.ebird.files import EbirdFiles, Member
from subsong.sources.ebird.lists import LIST_SCHEMA, draw_sample, parse_lists
from subsong.sources.ebird.options import EbirdOptions
from subsong.sources.ebird.records import parse_counts, parse_record_texts
from subsong.sources.ebird.taxa import TaxonTable

# In place of a row of the table of lists: a list without a sampling event, and one the sample leaves out.
_NO_EVENT, _NOT_DRAWN = -1, -2
_PENDING_LINES = 20_000


class Tables:
    """Lists and records while they are read: sampling events first, where there are any, then records.

    What stays in memory is 12 bytes a record, and the id, place, time and effort of each list.

    Parameters
    ----------
    files
        What is read.
    options
        Which lists the sample holds, and what fields mean.
    """

    def __init__(self, files: EbirdFiles, options: EbirdOptions) -> None:
        self._files, self._options = files, options
        self._list_codes, self.taxa = Codes(slot_bits=22), TaxonTable(options)
        self._row_of_code = array("i")
        self._lists: list[pl.DataFrame] = []
        self._pending: list[Block] = []
        self._num_drawn = 0
        # Rows of the table of lists, codes of taxa, counts; the first part is there for files without a record.
        self._records = [(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))]

    def read(self, progress: Progress | None) -> None:
        """Read all files; `progress` is told the bytes done and the bytes in all after each block."""
        done, total = 0, sum(member.size for member in (*self._files.events, *self._files.records))

        def report(position: int) -> None:
            if progress is not None:
                progress(min(done + position, total), total)

        for member in self._files.events:
            self._read_events(member, report)
            done += member.size
        for member in self._files.records:
            for block in read_blocks(member, report):
                self._read_records(block)
            self._flush()
            done += member.size

    @property
    def num_unmatched(self) -> int:
        """Lists with records but without a sampling event."""
        return int(np.count_nonzero(np.frombuffer(self._row_of_code, np.int32) == _NO_EVENT))

    @property
    def num_records(self) -> int:
        """Records of the sample, also those of lists without a sampling event."""
        return sum(len(rows) for rows, _, _ in self._records)

    @property
    def num_taxa(self) -> int:
        """Taxa of these records."""
        return len(np.unique(np.concatenate([np.unique(taxa) for _, taxa, _ in self._records])))

    def build_lists(self) -> pl.DataFrame:
        """Return the lists of the sample, `LIST_SCHEMA`."""
        return pl.concat(self._lists) if self._lists else pl.DataFrame(schema=LIST_SCHEMA)

    def build_counts(self) -> csr_array:
        """Return the records of the lists with a sampling event, shape (N, T), zeros among them.

        Raises
        ------
        SubsongError
            When a species, or a taxon that counts as one, stands twice on a list.
        """
        rows, taxa, counts = (np.concatenate(parts) for parts in zip(*self._records, strict=True))
        is_matched = rows >= 0
        rows, taxa, counts = rows[is_matched], taxa[is_matched], counts[is_matched]
        shape = (self._num_drawn, len(self.taxa))
        matrix = csr_array((counts, (rows, taxa)), shape=shape)
        is_counted = self.taxa.build()["is_species"].to_numpy()
        if np.count_nonzero(is_counted[matrix.indices]) < np.count_nonzero(is_counted[taxa]):
            raise self._find_duplicate(rows, taxa, is_counted[taxa])
        return matrix

    def _read_events(self, member: Member, report: PositionReport) -> None:
        for block in read_blocks(member, report):
            lists = parse_lists(block, self._options)
            num_known = len(self._list_codes)
            codes = self._list_codes.encode(lists.select("list"))
            is_first = np.zeros(len(codes), bool)
            is_first[np.unique(codes, return_index=True)[1]] = True
            is_repeated = pl.Series(~is_first | (codes < num_known))
            if is_repeated.any():
                raise self._find_repeated_list(lists["list"][int(is_repeated.arg_max() or 0)])
            drawn = self._draw(lists)
            self._number_lists(drawn)
            self._lists.append(lists.filter(drawn))

    def _read_records(self, block: Block) -> None:
        texts = parse_record_texts(block, self._options)
        codes = self._list_codes.encode(texts.select("list"))
        is_new = np.flatnonzero(codes >= len(self._row_of_code))
        if len(is_new):
            # Codes are given in the order of the lines, so the first lines of new lists come in the order of codes.
            self._add_new_lists(block, texts, is_new[np.unique(codes[is_new], return_index=True)[1]])
        rows = np.frombuffer(self._row_of_code, np.int32)[codes]
        drawn = rows != _NOT_DRAWN
        taxa = self.taxa.encode(block, texts)
        counts = parse_counts(block, texts["count"])
        self._records.append((rows[drawn], taxa[drawn], counts[drawn]))

    def _add_new_lists(self, block: Block, texts: pl.DataFrame, first_rows: np.ndarray) -> None:
        """Add lists at the record that names them first: with what its line tells, or as lacking a sampling event."""
        drawn = self._draw(texts[first_rows])
        if self._files.events:
            self._extend_codes(np.where(drawn, _NO_EVENT, _NOT_DRAWN))
            return
        self._number_lists(drawn)
        self._pending.append(take_lines(block, first_rows[drawn]))
        if sum(len(waiting.line_ends) for waiting in self._pending) >= _PENDING_LINES:
            self._flush()

    def _flush(self) -> None:
        """Parse the lines of lists that wait; many at once, for each call of the parser has its price."""
        if self._pending:
            self._lists.append(parse_lists(join_blocks(self._pending), self._options))
            self._pending = []

    def _draw(self, texts: pl.DataFrame) -> np.ndarray:
        if self._options.sample_fraction == 1:
            return np.ones(texts.height, bool)
        return draw_sample(texts.select(pl.coalesce("group", "list")).to_series(), self._options)

    def _number_lists(self, drawn: np.ndarray) -> None:
        self._extend_codes(np.where(drawn, self._num_drawn + np.cumsum(drawn) - 1, _NOT_DRAWN))
        self._num_drawn += int(drawn.sum())

    def _extend_codes(self, rows: np.ndarray) -> None:
        self._row_of_code.frombytes(rows.astype(np.int32).tobytes())

    def _find_duplicate(self, rows: np.ndarray, taxa: np.ndarray, is_counted: np.ndarray) -> SubsongError:
        """Read the records again to say where a taxon that is counted stands twice on a list."""
        keys = rows.astype(np.int64) * len(self.taxa) + taxa
        is_repeated = is_counted.copy()
        is_repeated[np.unique(keys, return_index=True)[1]] = False
        record = int(is_repeated.argmax())
        list_id, taxon = self.build_lists()["list"][int(rows[record])], int(taxa[record])
        blocks = (block for member in self._files.records for block in read_blocks(member))
        first, second = [(block, row) for block in blocks for row in self.taxa.find(block, list_id, taxon)][:2]
        what = f"{self.taxa.build()['key'][taxon]} is on list {list_id}"
        return _describe_repetition(first, second, what, "each taxon once a list")

    def _find_repeated_list(self, list_id: str) -> SubsongError:
        """Read the sampling events again to say where a list stands twice."""
        first, second = [
            (block, int(row))
            for member in self._files.events
            for block in read_blocks(member)
            for row in (parse_fields(block, ("list",))["list"] == list_id).arg_true()
        ][:2]
        return _describe_repetition(first, second, f"list {list_id!r} is there", "each list once")


def _describe_repetition(first: tuple[Block, int], second: tuple[Block, int], what: str, expected: str) -> SubsongError:
    """Return what is wrong with two lines, given as block and row, that say the same."""
    (first_block, _), (second_block, _) = first, second
    where_first, where_second = (block.say_where(row) for block, row in (first, second))
    is_overlap = first_block.member.name != second_block.member.name
    files = f"{first_block.member.name} and {second_block.member.name}"
    reason = f"the files {files} overlap: take one out" if is_overlap else "rows were repeated: take one out"
    return SubsongError(
        f"{where_second}: {what} for the second time, expected {expected} (first at {where_first}); {reason}"
    )
