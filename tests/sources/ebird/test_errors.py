"""What is said of eBird files that cannot be read: one sentence, with the file and the line."""

from __future__ import annotations

import gzip
import re

import pytest
from pydantic import ValidationError
from tests.sources.ebird.made_files import HEADERS, list_row, record, render_rows, write_events, write_records

from subsong.core.errors import SubsongError
from subsong.sources.ebird import EbirdOptions, read_ebird

ROWS = [record("S1", "Anas acuta"), record("S2", "Anas acuta"), record("S2", "Milvus migrans")]


def change_line(path, number: int, change) -> None:
    lines = path.read_bytes().split(b"\n")
    lines[number - 1] = change(lines[number - 1])
    path.write_bytes(b"\n".join(lines))


@pytest.fixture
def path(tmp_path):
    return write_records(tmp_path / "ebd.txt", ROWS)


@pytest.mark.parametrize(
    ("change", "fields"),
    [(lambda line: line + b"\tmore", 54), (lambda line: line[:30], None), (lambda line: b"\t" + line, 54)],
    ids=["one too many", "cut short", "stray tab"],
)
def test_a_ragged_line_is_named(path, change, fields):
    change_line(path, 3, change)
    with pytest.raises(SubsongError, match=rf"ebd.txt line 3 has {fields or ''}.*fields, expected 53"):
        read_ebird(path)


def test_a_line_too_long_does_not_make_up_for_one_too_short(path):
    change_line(path, 2, lambda line: line + b"\t")
    change_line(path, 3, lambda line: line[:-1])
    with pytest.raises(SubsongError, match=r"line [23] has 5[24] fields"):
        read_ebird(path)


def test_a_line_256_fields_too_long_is_named(path):
    change_line(path, 3, lambda line: line + b"\t" * 256)
    with pytest.raises(SubsongError, match="line 3 has 309 fields"):
        read_ebird(path)


@pytest.mark.parametrize("count", ["many", "1.5", "-2", "x", " 3"])
def test_a_count_that_is_no_number_is_named(tmp_path, count):
    path = write_records(tmp_path / "ebd.txt", [*ROWS, record("S3", "Anas acuta", count)])
    message = f"line 5: expected a whole number or X in column OBSERVATION COUNT, found {count!r}"
    with pytest.raises(SubsongError, match=re.escape(message)):
        read_ebird(path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"duration_minutes": "an hour"}, "expected a number in column DURATION MINUTES, found 'an hour'"),
        ({"latitude": "nan"}, "expected a number in column LATITUDE"),
        ({"observation_date": "31/5/2024"}, "expected a date such as 2024-05-31 in column OBSERVATION DATE"),
        ({"time_observations_started": "25:00:00"}, "expected a time such as 07:30:00"),
        ({"all_species_reported": "yes"}, "expected 0 or 1 in column ALL SPECIES REPORTED, found 'yes'"),
        ({"category": "bird"}, "expected one of species, issf.*found 'bird'"),
        ({"scientific_name": ""}, "expected the name of a taxon in column SCIENTIFIC NAME, found nothing"),
        ({"sampling_event_identifier": ""}, "expected the id of a list"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_its_line(tmp_path, values, message):
    bad = record("S3", "Anas acuta") | {name.upper().replace("_", " "): value for name, value in values.items()}
    with pytest.raises(SubsongError, match=f"ebd.txt line 5: {message}"):
        read_ebird(write_records(tmp_path / "ebd.txt", [*ROWS, bad]))


def test_text_that_is_not_utf8_is_named(path):
    change_line(path, 4, lambda line: line.replace(b"Milvus", b"Milv\xfcs"))
    with pytest.raises(SubsongError, match="line 4 is not UTF-8"):
        read_ebird(path)


def test_a_taxon_that_stands_twice_on_a_list_is_named_with_both_lines(path):
    write_records(path, [*ROWS, record("S1", "Milvus migrans"), ROWS[1]])
    with pytest.raises(SubsongError, match=r"ebd.txt line 6: Anas acuta is on list S2.*first at .*ebd.txt line 3"):
        read_ebird(path)


def test_two_files_that_overlap_are_named(path):
    write_records(path.with_name("more.txt"), ROWS[:1])
    with pytest.raises(
        SubsongError, match=r"more.txt line 2: Anas acuta is on list S1.*ebd.txt line 2.*ebd.txt and .*more.txt overlap"
    ):
        read_ebird(path.parent)


def test_a_list_that_stands_twice_in_the_sampling_file_is_named(path):
    events = write_events(path.with_name("ebd_sampling.txt"), [list_row("S1"), list_row("S2"), list_row("S1")])
    with pytest.raises(
        SubsongError, match=rf"{events.name} line 4: list 'S1' is there for the second .*line 2.*repeated"
    ):
        read_ebird(path)


def test_two_sampling_files_that_overlap_are_named(path):
    write_events(path.with_name("ebd_sampling.txt"), [list_row("S1"), list_row("S2")])
    write_events(path.with_name("old_sampling.txt"), [list_row("S0"), list_row("S2")], "2021")
    message = r"old_sampling.txt line 3: list 'S2'.*files .*ebd_sampling.txt and .*old_sampling.txt overlap"
    with pytest.raises(SubsongError, match=message):
        read_ebird(path.parent)


@pytest.mark.parametrize(
    ("column", "off"),
    [
        ("DURATION MINUTES", {"max_duration_min": None, "max_speed_kmh": None}),
        ("NUMBER OBSERVERS", {"max_observers": None}),
        ("ALL SPECIES REPORTED", {"complete_only": False}),
        ("GROUP IDENTIFIER", {"collapse_shared": False}),
        ("APPROVED", {"approved_only": False}),
    ],
)
def test_a_missing_column_is_named_and_can_be_done_without(path, column, off):
    path.write_bytes(render_rows(ROWS, [name for name in HEADERS["2025"] if name != column]))
    with pytest.raises(SubsongError, match=f"has no column {column}: .*{next(iter(off))}"):
        read_ebird(path)
    assert read_ebird(path, options=EbirdOptions(**off)).counts.nnz == 3


@pytest.mark.parametrize("column", ["CATEGORY", "OBSERVATION COUNT", "SCIENTIFIC NAME"])
def test_a_column_nothing_can_do_without_is_named(path, column):
    path.write_bytes(render_rows(ROWS, [name for name in HEADERS["2025"] if name != column]))
    with pytest.raises(SubsongError, match=f"has no column {column}"):
        read_ebird(path)


def test_a_file_of_a_folder_that_lacks_a_column_is_named(path):
    header = [name for name in HEADERS["2019"] if name != "EFFORT DISTANCE KM"]
    path.with_name("old.txt").write_bytes(render_rows([record("S9", "Anas acuta")], header))
    with pytest.raises(SubsongError, match=r"old.txt has no column EFFORT DISTANCE KM"):
        read_ebird(path.parent)


def test_eras_that_differ_in_names_only_are_read_together(path):
    write_records(path.with_name("old.txt"), [record("S9", "Anas acuta")], "2017")
    assert read_ebird(path.parent).items["list"].to_list() == ["S1", "S2", "S9"]


def test_a_sampling_file_of_another_release_is_told_by_its_name(tmp_path):
    path = write_records(tmp_path / "ebd_IN_relSep-2025.txt", ROWS)
    events = write_events(tmp_path / "ebd_IN_relOct-2025_sampling.txt", [list_row("S1"), list_row("S2")])
    with pytest.raises(SubsongError, match="of release Oct-2025, expected Sep-2025"):
        read_ebird(path, events)
    assert read_ebird(path, events, EbirdOptions(allow_other_release=True)).items.height == 2


def test_a_sampling_file_of_another_release_is_told_by_its_lists(tmp_path):
    path = write_records(tmp_path / "ebd.txt", [record(f"S{n}", "Anas acuta") for n in range(40)])
    events = write_events(tmp_path / "ebd_sampling.txt", [list_row(f"S{n}") for n in range(20)])
    with pytest.raises(SubsongError, match="lacks 20 of the 40 lists"):
        read_ebird(path, events)
    assert read_ebird(path, events, EbirdOptions(allow_other_release=True)).items.height == 20


def test_a_gzip_that_is_cut_short_is_named(tmp_path):
    path = tmp_path / "ebd.txt.gz"
    path.write_bytes(gzip.compress(render_rows(ROWS * 50, HEADERS["2025"]))[:-20])
    with pytest.raises(SubsongError, match=r"ebd.txt.gz is cut short"):
        read_ebird(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ebd.zip", b"PK no", "is damaged"),
        ("ebd.tar", b"no tar" * 200, "is damaged"),
        ("ebd.txt", b"", "is empty"),
        ("ebd.txt", b"a\tb\n1\t2\n", "is no eBird file: expected .*SAMPLING EVENT IDENTIFIER, found 'a, b'"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SubsongError, match=f"{name} {message}"):
        read_ebird(tmp_path / name)


def test_a_missing_path_an_empty_folder_and_events_alone_are_named(tmp_path):
    with pytest.raises(SubsongError, match=r"nowhere.txt does not exist"):
        read_ebird(tmp_path / "nowhere.txt")
    with pytest.raises(SubsongError, match="holds no eBird file"):
        read_ebird(tmp_path)
    with pytest.raises(SubsongError, match="holds sampling events only"):
        read_ebird(write_events(tmp_path / "events.txt", [list_row("S1")]))


def test_records_given_as_sampling_file_are_named(path):
    with pytest.raises(SubsongError, match="is no sampling file"):
        read_ebird(path, path)


def test_when_no_list_is_left_the_step_that_took_the_last_one_is_named(tmp_path):
    path = write_records(tmp_path / "ebd.txt", [record("S1", "Anas acuta", number_observers="40")])
    with pytest.raises(SubsongError, match="no list or no species is left after the step 'observers up to 10'"):
        read_ebird(path)


def test_a_file_with_a_header_alone_is_named(tmp_path):
    with pytest.raises(SubsongError, match="no list or no species is left after the step 'read'"):
        read_ebird(write_records(tmp_path / "ebd.txt", []))


@pytest.mark.parametrize(
    "options", [{"first_date": "2024-02-01", "last_date": "2024-01-01"}, {"bounds": (3, 0, 2, 1)}, {"max_speed": 3}]
)
def test_options_that_contradict_themselves_are_refused(options):
    with pytest.raises(ValidationError):
        EbirdOptions(**options)
