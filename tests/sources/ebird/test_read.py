"""What is read from eBird files: the same from every era, packing and block size; steps in their order."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import numpy as np
import polars as pl
import pytest
from tests.sources.ebird.made_files import (
    EVENT_HEADERS,
    HEADERS,
    list_row,
    record,
    render_rows,
    write_events,
    write_records,
)

from subsong.sources.checklists import ATTRITION_SCHEMA, Checklists
from subsong.sources.ebird import EbirdOptions, blocks, read_ebird, read_ebird_header

ALL = EbirdOptions(protocols=None, max_duration_min=None, max_distance_km=None, max_speed_kmh=None, max_observers=None)
RECORDS = [
    record("S2", "Corvus splendens", "3"),
    record("S1", "Corvus splendens", "X"),
    record("S2", "Milvus migrans", "12", protocol="Traveling"),
    record("S1", "Anas acuta", ""),
    record("S3", "Corvus splendens", "2", county="NA", protocol="Stationary", effort_distance_km=""),
]
EVENTS = [
    list_row("S3", county="NA", protocol="Stationary", effort_distance_km=""),
    list_row("S1"),
    list_row("S2"),
    list_row("S9", all_species_reported="1"),
    list_row("S8", all_species_reported="0"),
]


def as_table(lists: Checklists) -> dict[str, dict[str, float | None]]:
    """Return what was found on each list: counts by species, None where not counted."""
    dense = lists.counts.tocoo()
    table: dict[str, dict[str, float | None]] = {name: {} for name in lists.items["list"]}
    for row, column, value in zip(dense.coords[0], dense.coords[1], dense.data, strict=True):
        table[lists.items["list"][int(row)]][lists.species["key"][int(column)]] = None if np.isnan(value) else value
    return table


def steps(lists: Checklists) -> dict[str, tuple[int, int, int]]:
    return {row[0]: row[1:] for row in lists.attrition.rows()}


def assert_equal(first: Checklists, second: Checklists) -> None:
    np.testing.assert_array_equal(first.counts.toarray(), second.counts.toarray())
    assert (first.counts.indices == second.counts.indices).all()
    for name in ("items", "species", "covariates", "attrition"):
        left, right = getattr(first, name), getattr(second, name)
        assert left.drop("source", strict=False).equals(right.drop("source", strict=False)), name


@pytest.fixture
def pair(tmp_path):
    write_events(tmp_path / "ebd_IN-KL_relSep-2025_sampling.txt", EVENTS)
    return write_records(tmp_path / "ebd_IN-KL_relSep-2025.txt", RECORDS)


def test_lists_species_and_counts_come_back(pair):
    lists = read_ebird(pair)
    assert as_table(lists) == {
        "S1": {"Anas acuta": None, "Corvus splendens": None},
        "S2": {"Corvus splendens": 3, "Milvus migrans": 12},
        "S3": {"Corvus splendens": 2},
        "S9": {},
    }
    assert lists.species["name"].to_list() == ["ANAS ACUTA", "CORVUS SPLENDENS", "MILVUS MIGRANS"]
    assert lists.counts.dtype == np.float32
    assert lists.unknown is None


def test_ids_and_covariates_are_kept_apart(pair):
    lists = read_ebird(pair)
    item = lists.items.row(2, named=True)
    assert item["list"] == item["members"] == "S3"
    assert (item["locality"], item["observer"], item["county"], item["state"]) == ("L7", "obsr1", "NA", "Kerala")
    assert str(item["date"]) == "2024-05-31"
    assert (item["group"], item["row"]) == (None, None)
    assert lists.covariates.row(2, named=True) == {
        "duration_min": 60.0,
        "distance_km": 0.0,
        "num_observers": 2.0,
        "hour": 7.5,
        "day_of_year": 152.0,
        "year": 2024.0,
        "latitude": 10.5,
        "longitude": 76.25,
        "is_traveling": 0.0,
    }
    assert set(lists.covariates.dtypes) == {pl.Float64}


@pytest.mark.parametrize("era", HEADERS)
@pytest.mark.parametrize("end", ["\n", "\t\n", "\t\r\n"], ids=["plain", "trailing tab", "windows"])
def test_every_era_of_headers_reads_the_same(tmp_path, caplog, era, end):
    paths = [tmp_path / name for name in ("this.txt", "that.txt")]
    paths[0].write_bytes(render_rows(RECORDS, HEADERS[era], end))
    write_records(paths[1], RECORDS)
    these, those = (read_ebird(path, options=ALL) for path in paths)
    assert as_table(these) == as_table(those)
    assert these.covariates.equals(those.covariates)
    assert "complete lists without a species are missing" in caplog.text


def test_sampling_events_of_an_older_era_read_the_same(pair, tmp_path):
    other = write_events(tmp_path / "other.txt", EVENTS, "2021")
    assert_equal(read_ebird(pair), read_ebird(pair, other))


def test_columns_are_found_by_name_in_any_order_and_case(pair, tmp_path):
    header = [name.lower().replace(" ", "_") for name in reversed(HEADERS["2025"])]
    events = [name.title() for name in reversed(EVENT_HEADERS["2025"])]
    (tmp_path / "turned.txt").write_bytes(render_rows(RECORDS, header))
    (tmp_path / "turned_sampling.txt").write_bytes(render_rows(EVENTS, events))
    assert_equal(read_ebird(pair), read_ebird(tmp_path / "turned.txt"))


def test_the_header_is_returned_as_written(pair):
    assert read_ebird_header(pair) == list(HEADERS["2025"])


def pack_zip(folder, records, events):
    with zipfile.ZipFile(folder / "ebd.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ebd_relSep-2025_sampling.txt", events)
        archive.writestr("ebd_relSep-2025.txt", records)
        archive.writestr("terms_of_use.txt", "Cite us.")
    return folder / "ebd.zip"


def pack_tars(folder, records, events):
    for name, content in (("ebd_relSep-2025", records), ("ebd_sampling_relSep-2025", events)):
        with tarfile.open(folder / f"{name}.tar", "w") as archive:
            for inner, data in ((f"{name}.txt.gz", gzip.compress(content)), ("terms_of_use.txt", b"Cite us.")):
                for member, text in ((inner, data), (f"._{inner}", b"\0\5\26\7")):
                    info = tarfile.TarInfo(member)
                    info.size = len(text)
                    archive.addfile(info, io.BytesIO(text))
    return folder / "ebd_relSep-2025.tar"


def pack_gzips(folder, records, events):
    (folder / "ebd_relSep-2025_sampling.txt.gz").write_bytes(gzip.compress(events))
    (folder / "ebd_relSep-2025.txt.gz").write_bytes(gzip.compress(records))
    return folder / "ebd_relSep-2025.txt.gz"


def put_in_folder(folder, records, events):
    lines = records.splitlines(keepends=True)
    (folder / "a.txt").write_bytes(b"".join(lines[:3]))
    (folder / "b.txt.gz").write_bytes(gzip.compress(lines[0] + b"".join(lines[3:])))
    (folder / "events.txt").write_bytes(events)
    (folder / "BCRCodes.txt").write_bytes(b"code\tname\n1\tArctic\n")
    return folder


@pytest.mark.parametrize("pack", [pack_zip, pack_tars, pack_gzips, put_in_folder])
def test_every_packing_reads_the_same(pair, tmp_path, pack):
    folder = tmp_path / "packed"
    folder.mkdir()
    events = render_rows(EVENTS, EVENT_HEADERS["2025"])
    assert_equal(read_ebird(pair), read_ebird(pack(folder, render_rows(RECORDS, HEADERS["2025"]), events)))


@pytest.mark.parametrize("size", [1, 700, 1500])
def test_any_block_size_reads_the_same(pair, monkeypatch, size):
    whole = read_ebird(pair)
    monkeypatch.setattr(blocks, "BLOCK_SIZE", size)
    assert_equal(read_ebird(pair), whole)


def test_neither_a_missing_last_line_end_nor_empty_lines_at_the_end_matter(pair):
    whole = read_ebird(pair)
    text = pair.read_bytes()
    pair.write_bytes(text.rstrip(b"\n"))
    assert_equal(read_ebird(pair), whole)
    pair.write_bytes(text + b"\n\n\r\n")
    assert_equal(read_ebird(pair), whole)


def test_quotes_are_text(tmp_path):
    rows = [record("S1", 'Corvus "splendens', species_comments='said "hello'), record("S2", "Anas acuta", county='"')]
    lists = read_ebird(write_records(tmp_path / "ebd.txt", rows), options=ALL)
    assert as_table(lists) == {"S1": {'Corvus "splendens': 1}, "S2": {"Anas acuta": 1}}
    assert lists.items["county"].to_list() == ["Idukki", '"']


def test_a_distance_without_a_leading_zero_is_a_number(tmp_path):
    rows = [record("S1", "Anas acuta", effort_distance_km=".805", time_observations_started="06:15")]
    covariates = read_ebird(write_records(tmp_path / "ebd.txt", rows)).covariates
    assert covariates["distance_km"].to_list() == [0.805]
    assert covariates["hour"].to_list() == [6.25]


def test_a_count_of_0_is_no_detection(tmp_path):
    rows = [record("S1", "Anas acuta", "0"), record("S1", "Milvus migrans", "2"), record("S2", "Anas acuta", "0")]
    lists = read_ebird(write_records(tmp_path / "ebd.txt", rows))
    assert as_table(lists) == {"S1": {"Milvus migrans": 2}, "S2": {}}


def test_records_without_a_sampling_event_are_dropped_and_counted(pair):
    write_records(pair, [*RECORDS, record("S77", "Anas acuta"), record("S77", "Milvus migrans")])
    lists = read_ebird(pair)
    assert "S77" not in lists.items["list"]
    assert steps(lists)["read"] == (4, 3, 7)
    assert steps(lists)["with a sampling event"] == (3, 3, 5)
    assert steps(lists)["complete lists without a record added"] == (4, 3, 5)
    assert dict(lists.attrition.schema) == ATTRITION_SCHEMA


def test_taxa_are_rolled_up_to_species_and_counts_added_up(tmp_path):
    rows = [
        record("S1", "Columba livia", "2"),
        record("S1", "Columba livia", "3", category="domestic", subspecies_scientific_name="Columba livia (Feral)"),
        record("S1", "Columba livia", "4", category="issf", subspecies_scientific_name="Columba livia livia"),
        record("S2", "Columba livia", "3", category="intergrade", subspecies_scientific_name="Columba livia a x b"),
        record("S2", "Columba livia", "X", category="form", subspecies_scientific_name="Columba livia (form)"),
        record("S2", "Anas sp.", "3", category="spuh"),
        record("S2", "Anas acuta/crecca", "3", category="slash"),
        record("S2", "Anas acuta x crecca", "3", category="hybrid"),
    ]
    path = write_records(tmp_path / "ebd.txt", rows)
    assert as_table(read_ebird(path)) == {"S1": {"Columba livia": 9}, "S2": {"Columba livia": None}}
    assert as_table(read_ebird(path, options=EbirdOptions(taxa="species"))) == {"S1": {"Columba livia": 2}, "S2": {}}


def test_shared_lists_are_merged(tmp_path):
    group = {"group_identifier": "G5"}
    rows = [
        record("S10", "Anas acuta", "4", **group, observer_id="obsr10"),
        record("S9", "Anas acuta", "7", **group, observer_id="obsr9"),
        record("S9", "Milvus migrans", "X", **group, observer_id="obsr9"),
        record("S10", "Milvus migrans", "2", **group, observer_id="obsr10"),
        record("S10", "Corvus splendens", "X", **group, observer_id="obsr10"),
        record("S3", "Anas acuta"),
    ]
    path = write_records(tmp_path / "ebd.txt", rows)
    lists = read_ebird(path)
    assert as_table(lists) == {
        "G5": {"Anas acuta": 7, "Milvus migrans": 2, "Corvus splendens": None},
        "S3": {"Anas acuta": 1},
    }
    assert lists.items["members"].to_list() == ["S10,S9", "S3"]
    assert lists.items["observer"].to_list() == ["obsr10", "obsr1"]  # "S10" comes before "S9" as text
    apart = read_ebird(path, options=EbirdOptions(collapse_shared=False))
    assert apart.items["list"].to_list() == ["S10", "S3", "S9"]
    assert apart.items["group"].to_list() == ["G5", None, "G5"]


@pytest.mark.parametrize(
    ("change", "off"),
    [
        ({"duration_minutes": "361", "effort_distance_km": "1"}, {"max_duration_min": None}),
        ({"effort_distance_km": "10.1"}, {"max_distance_km": None}),
        ({"effort_distance_km": "9", "duration_minutes": "5"}, {"max_speed_kmh": None}),
        ({"number_observers": "11"}, {"max_observers": None}),
        ({"number_observers": ""}, {"max_observers": None}),
        ({"protocol": "Incidental"}, {"protocols": None}),
        ({"all_species_reported": "0"}, {"complete_only": False}),
        ({"all_species_reported": ""}, {"complete_only": False}),
        ({"approved": "0"}, {"approved_only": False}),
        ({"exotic_code": "X"}, {"exclude_escapees": False}),
    ],
)
def test_each_filter_drops_what_it_names_and_can_be_switched_off(tmp_path, change, off):
    rows = [record("S1", "Anas acuta"), record("S2", "Milvus migrans", **change)]
    path = write_records(tmp_path / "ebd.txt", rows)
    assert "Milvus migrans" not in read_ebird(path).species["key"]
    assert "Milvus migrans" in read_ebird(path, options=EbirdOptions(**off)).species["key"]


@pytest.mark.parametrize(("name", "code"), [("eBird - Traveling Count", ""), ("Reise", "P22"), ("traveling", "")])
def test_a_protocol_is_known_by_its_code_and_its_old_name(tmp_path, name, code):
    rows = [record("S1", "Anas acuta", protocol=name, protocol_code=code)]
    lists = read_ebird(write_records(tmp_path / "ebd.txt", rows))
    assert lists.covariates["is_traveling"].to_list() == [1.0]


def test_dates_and_region_are_filtered(tmp_path):
    rows = [record(f"S{day}", "Anas acuta", observation_date=f"2024-05-0{day}", latitude=f"{day}") for day in (1, 2, 3)]
    path = write_records(tmp_path / "ebd.txt", rows)
    dates = EbirdOptions(first_date="2024-05-02", last_date="2024-05-02")
    assert read_ebird(path, options=dates).items["list"].to_list() == ["S2"]
    region = EbirdOptions(bounds=(76, 2.5, 77, 9))
    assert read_ebird(path, options=region).items["list"].to_list() == ["S3"]


def test_what_an_incomplete_list_does_not_name_is_unknown(pair):
    lists = read_ebird(
        write_records(pair, [*RECORDS, record("S8", "Anas acuta", "5")]), options=EbirdOptions(complete_only=False)
    )
    assert lists.items["list"].to_list() == ["S1", "S2", "S3", "S8", "S9"]
    np.testing.assert_array_equal(lists.unknown.toarray().sum(axis=1), [0, 0, 0, 2, 0])
    assert not (lists.unknown.toarray() & (lists.counts.toarray() != 0)).any()


def test_rare_species_are_dropped_before_short_lists_once_or_until_stable(tmp_path):
    found = {"S1": "abc", "S2": "ab", "S3": "ad", "S4": "d"}
    rows = [record(name, species) for name, names in found.items() for species in names]
    path = write_records(tmp_path / "ebd.txt", rows)
    limits = {"min_species_observations": 2, "min_list_species": 2}
    once = read_ebird(path, options=EbirdOptions(**limits))
    assert as_table(once) == {"S1": {"a": 1, "b": 1}, "S2": {"a": 1, "b": 1}, "S3": {"a": 1, "d": 1}}
    stable = read_ebird(path, options=EbirdOptions(**limits, until_stable=True))
    assert as_table(stable) == {"S1": {"a": 1, "b": 1}, "S2": {"a": 1, "b": 1}}
    assert stable.attrition["step"].to_list()[-4:] == [
        "species on at least 2 lists",
        "lists with at least 2 species",
        "species on at least 2 lists",
        "lists with at least 2 species",
    ]


@pytest.mark.parametrize("has_events", [True, False])
def test_a_sample_draws_whole_groups_and_the_same_ones_from_both_files(tmp_path, has_events):
    rows = [record(f"S{n}", "Anas acuta", group_identifier=f"G{n // 2}" if n < 100 else "") for n in range(300)]
    path = write_records(tmp_path / "ebd.txt", rows)
    if has_events:
        write_events(tmp_path / "ebd_sampling.txt", [row | {"OBSERVATION COUNT": ""} for row in reversed(rows)])
    drawn = {
        seed: read_ebird(path, options=EbirdOptions(sample_fraction=0.4, sample_seed=seed)).items for seed in (0, 1)
    }
    assert 70 < drawn[0].height < 130
    assert set(drawn[0]["list"]) != set(drawn[1]["list"])
    assert all(members.count(",") == 1 for members in drawn[0].filter(pl.col("group").is_not_null())["members"])
    (tmp_path / "ebd_sampling.txt").unlink(missing_ok=True)
    alone = read_ebird(path, options=EbirdOptions(sample_fraction=0.4)).items
    assert alone["list"].to_list() == drawn[0]["list"].to_list()


def test_common_names_can_be_the_key(pair):
    assert read_ebird(pair, options=EbirdOptions(species_key="common")).species["key"][0] == "ANAS ACUTA"


def test_progress_is_told_up_to_the_last_byte(pair):
    told: list[tuple[int, int]] = []
    read_ebird(pair, progress=lambda done, total: told.append((done, total)))
    events = pair.with_name("ebd_IN-KL_relSep-2025_sampling.txt")
    assert told[-1] == (pair.stat().st_size + events.stat().st_size,) * 2
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_sample_counts_the_taxa_of_its_own_lists_only(tmp_path):
    """Every list has a species of its own."""
    path = write_records(tmp_path / "ebd.txt", [record(f"S{n}", f"Species {n}") for n in range(40)])
    step, num_lists, num_species, num_detections = read_ebird(
        path, options=EbirdOptions(sample_fraction=0.4)
    ).attrition.row(0)
    assert step == "read, a sample of 0.4"
    assert 0 < num_lists < 40
    assert num_species == num_detections == num_lists
