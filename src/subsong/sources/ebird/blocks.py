"""A text file as blocks of whole lines, of which only the columns in use become text.

Legend: R = lines of a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.ebird.files import Member, OpenMember, open_member
from subsong.sources.ebird.headers import FIELD_NAMES

# Small enough that the allocator keeps the memory from block to block, large enough for what a block costs at least.
BLOCK_SIZE = 16 << 20
_TAB, _LINE_END = b"\t\n"

Progress = Callable[[int, int], None]
PositionReport = Callable[[int], None]


class Block(NamedTuple):
    """Whole lines of a file, each known to have the right number of fields.

    Attributes
    ----------
    member
        The file.
    text
        The lines, each with its end.
    line_ends
        Shape (R,), where in `text` each line ends.
    line_numbers
        Shape (R,), their numbers in the file; the header is line 1.
    """

    member: Member
    text: bytes
    line_ends: np.ndarray
    line_numbers: np.ndarray

    def say_where(self, row: int) -> str:
        """Return how messages name a line."""
        return f"{self.member.name} line {self.line_numbers[row]}"


def read_blocks(member: Member, report: PositionReport | None = None) -> Iterator[Block]:
    """Yield the lines after the header, block by block, so that few of them are in memory.

    Unpacking and checking run one block ahead in a thread of their own.

    Raises
    ------
    SubsongError
        When a line has more or fewer fields than the header, or the file is damaged.
    """
    blocks = _check_blocks(member)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(next, blocks, None)
        while (found := waiting.result()) is not None:
            waiting = thread.submit(next, blocks, None)
            block, position = found
            yield block
            if report is not None:
                report(position)


def _check_blocks(member: Member) -> Iterator[tuple[Block, int]]:
    """Yield blocks, each with the position in the file after it."""
    next_line, num_tabs, marks = 2, -1, np.empty(0, bool)
    with open_member(member.path, member.inner) as opened:
        for text in _read_whole_lines(opened):
            # The marks of the block before are written over: fresh memory costs more than the search.
            marks = marks if len(marks) >= len(text) else np.empty(len(text) * 5 // 4, bool)
            line_ends = np.flatnonzero(_mark_bytes(text, _LINE_END, marks))
            block = Block(member, text, line_ends, np.arange(next_line, next_line + len(line_ends)))
            num_tabs = _count_expected_tabs(block) if num_tabs < 0 else num_tabs
            _check_tabs(block, _mark_bytes(text, _TAB, marks), num_tabs)
            next_line += len(line_ends)
            yield block, opened.position()


def _mark_bytes(text: bytes, byte: int, marks: np.ndarray) -> np.ndarray:
    """Return where a byte stands, bool, one a byte of `text`, in the memory of `marks`."""
    is_there: np.ndarray = np.equal(np.frombuffer(text, np.uint8), byte, out=marks[: len(text)])
    return is_there


def _read_whole_lines(opened: OpenMember) -> Iterator[bytes]:
    """Yield blocks that end with a line's end, without the header and without empty lines at the end."""
    opened.stream.readline()
    text = _read_block(opened)
    while text:
        following = _read_block(opened)
        if not following:
            text = text.rstrip(b"\r\n") + b"\n"
        if text != b"\n":
            yield text
        text = following


def _read_block(opened: OpenMember) -> bytes:
    chunk = opened.stream.read(BLOCK_SIZE)
    return chunk if chunk.endswith(b"\n") else chunk + opened.stream.readline()


def _count_expected_tabs(block: Block) -> int:
    """Return the tabs of every line, as the first one has them: files with a tab at the end have it on each line."""
    num_names = len(block.member.header.names)
    first = block.text[: block.line_ends[0]].rstrip(b"\r")
    return num_names if first.count(b"\t") == num_names and first.endswith(b"\t") else num_names - 1


def _check_tabs(block: Block, is_tab: np.ndarray, expected: int) -> None:
    starts = np.concatenate([[0], block.line_ends[:-1] + 1])
    # Sums of bytes are fast but wrap at 256; the total tells a line with 256 tabs too many from a right one.
    num_tabs = np.add.reduceat(is_tab.view(np.uint8), starts, dtype=np.uint8)
    if (num_tabs == expected % 256).all() and np.count_nonzero(is_tab) == expected * len(starts):
        return
    num_tabs = np.add.reduceat(is_tab, starts, dtype=np.int64)
    row = int((num_tabs != expected).argmax())
    raise SubsongError(
        f"{block.say_where(row)} has {num_tabs[row] + 1} fields, expected {expected + 1} as in the header: the line is "
        "cut short, or holds a stray tab or line break; mend it or download the file again"
    )


def take_lines(block: Block, rows: np.ndarray) -> Block:
    """Return a block of some of the lines, in the order of `rows`."""
    ends = block.line_ends[rows] + 1
    starts = np.where(rows > 0, block.line_ends[rows - 1] + 1, 0)
    text = b"".join(block.text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True))
    return Block(block.member, text, np.cumsum(ends - starts) - 1, block.line_numbers[rows])


def join_blocks(blocks: Sequence[Block]) -> Block:
    """Return blocks of one file as one."""
    starts = np.cumsum([0] + [len(block.text) for block in blocks[:-1]])
    ends = [block.line_ends + start for block, start in zip(blocks, starts, strict=True)]
    numbers = [block.line_numbers for block in blocks]
    text = b"".join(block.text for block in blocks)
    return Block(blocks[0].member, text, np.concatenate(ends), np.concatenate(numbers))


def parse_fields(block: Block, fields: Sequence[str]) -> pl.DataFrame:
    """Return fields as text, one column each, named by our words; null where blank, or where the file lacks it.

    Raises
    ------
    SubsongError
        When a field is not UTF-8.
    """
    positions = block.member.header.positions
    present = sorted((positions[field], field) for field in fields if field in positions)
    try:
        frame = pl.read_csv(
            block.text,
            separator="\t",
            quote_char=None,
            has_header=False,
            infer_schema=False,
            columns=[position for position, _ in present],
        )
    except pl.exceptions.ComputeError as error:
        raise SubsongError(_describe_bad_text(block)) from error
    frame.columns = [field for _, field in present]
    missing = [pl.lit(None, pl.String).alias(field) for field in fields if field not in positions]
    return frame.with_columns(missing).select(fields)


def _describe_bad_text(block: Block) -> str:
    for row, line in enumerate(block.text.splitlines()):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            return f"{block.say_where(row)} is not UTF-8 text at byte {error.start}: download the file again"
    return f"{block.member.name} cannot be read as tab-separated text: download it again"


def check_values(block: Block, field: str, texts: pl.Series, is_bad: pl.Series, expected: str) -> None:
    """Check that no value of a column is bad.

    Raises
    ------
    SubsongError
        Names the first bad value, its line and its column.
    """
    if is_bad.any():
        row = is_bad.fill_null(False).arg_max() or 0
        found = "nothing" if texts[row] is None else repr(texts[row])
        column = block.member.header.name_of(field) if field in block.member.header.positions else FIELD_NAMES[field][0]
        raise SubsongError(
            f"{block.say_where(row)}: expected {expected} in column {column}, found {found}; mend the line or "
            "download the file again"
        )


def parse_numbers(block: Block, field: str, texts: pl.Series, expected: str = "a number") -> pl.Series:
    """Return a column as Float64, null where it is blank.

    Raises
    ------
    SubsongError
        When a value is not a number; names its line.
    """
    numbers = texts.cast(pl.Float64, strict=False)
    check_values(block, field, texts, (numbers.is_null() & texts.is_not_null()) | ~numbers.is_finite(), expected)
    return numbers
