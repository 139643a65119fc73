"""Made-up eBird files: true to the format, and nothing in them that is not in the lists."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import make_checklists
from subsong.synthesis.ebird_files import write_ebird
from subsong.synthesis.ebird_headers import ERAS
from subsong.synthesis.ebird_rows import Oddities
from subsong.synthesis.ebird_text import KHOMAS


@pytest.fixture(scope="module")
def made():
    return make_checklists(ChecklistWorldOptions(num_lists=400, num_localities=60, empty_share=0.03), seed=3)


def read(text):
    """Read as text what a spreadsheet of the format would hold: no quoting, blank is blank."""
    source = io.BytesIO(text) if isinstance(text, bytes) else text
    table = pl.read_csv(source, separator="\t", quote_char=None, infer_schema=False).fill_null("")
    return table.rename({name: name.upper() for name in table.columns})


@pytest.fixture(scope="module")
def files(made, tmp_path_factory):
    return write_ebird(tmp_path_factory.mktemp("ebird"), made)


@pytest.fixture(scope="module")
def ebd(files):
    return read(files.ebd)


@pytest.fixture(scope="module")
def sampling(files):
    return read(files.sampling)


def test_the_files_have_ebird_s_names(files, made, tmp_path):
    assert files.ebd.name == "ebd_IN-KL_smp_relSep-2025.txt"
    assert files.sampling.name == "ebd_IN-KL_smp_relSep-2025_sampling.txt"
    alone = write_ebird(tmp_path, made, era="2017", sampling=False, region=KHOMAS)
    assert (alone.ebd.name, alone.sampling) == ("ebd_NA-KH_relMay-2017.txt", None)


@pytest.mark.parametrize(("era", "num_names"), [("2025", 52), ("2022", 49), ("2021", 47), ("2018", 46), ("2017", 48)])
def test_every_era_has_its_header(made, tmp_path, era, num_names):
    files = write_ebird(tmp_path, made, era=era, trailing_tab=False)
    lines = files.ebd.read_text().splitlines()
    assert lines[0].split("\t") == list(ERAS[era].ebd_columns)
    assert len(lines[0].split("\t")) == num_names
    assert {line.count("\t") for line in lines} == {num_names - 1}
    assert len(lines) == 1 + files.num_rows


def test_what_changed_in_the_headers_is_where_it_changed():
    assert "FIRST NAME" in ERAS["2017"].ebd_columns
    assert "FIRST NAME" not in ERAS["2018"].ebd_columns
    assert "BREEDING BIRD ATLAS CODE" in ERAS["2018"].ebd_columns
    assert {"BREEDING CODE", "BEHAVIOR CODE", "PROTOCOL TYPE", "TRIP COMMENTS"} <= set(ERAS["2021"].ebd_columns)
    assert "country" in ERAS["2021"].sampling_columns
    assert {"EXOTIC CODE", "TAXON CONCEPT ID", "PROJECT CODE"} <= set(ERAS["2022"].ebd_columns)
    assert {"OBSERVATION TYPE", "PROTOCOL NAME", "OBSERVER ORCID ID"} <= set(ERAS["2025"].ebd_columns)
    assert len(ERAS["2025"].sampling_columns) == 33


def test_every_line_ends_with_a_tab_when_told_so(files):
    assert all(line.endswith("\t") for line in files.ebd.read_text().splitlines())


def recover(ebd, sampling):
    """Return (list, species) -> count, "X" where it was not counted: auk's steps, in plain Python."""
    kept = set(sampling.filter(pl.col("ALL SPECIES REPORTED") == "1")["SAMPLING EVENT IDENTIFIER"])
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in ebd.iter_rows(named=True):
        event, category = row["SAMPLING EVENT IDENTIFIER"], row["CATEGORY"]
        if event in kept and category not in ("spuh", "slash", "hybrid") and row["OBSERVATION COUNT"] != "0":
            key = row["GROUP IDENTIFIER"] or event, row["SCIENTIFIC NAME"]
            found.setdefault(key, {}).setdefault(event, []).append(row["OBSERVATION COUNT"])
    return {key: add_up(copies[min(copies)]) for key, copies in found.items()}


def add_up(counts):
    return "X" if "X" in counts else str(sum(map(int, counts)))


def test_the_lists_can_be_read_back_from_the_rows(made, ebd, sampling):
    long = sampling["DURATION MINUTES"].cast(pl.Int64, strict=False).fill_null(0) > 300
    far = sampling["EFFORT DISTANCE KM"].cast(pl.Float64, strict=False).fill_null(0) > 10
    found = recover(ebd, sampling.filter(~(long | far)))
    counts = made.checklists.counts.tocoo()
    ids, keys = made.checklists.items["list"].to_list(), made.checklists.species["key"].to_list()
    triples = zip(counts.row, counts.col, counts.data, strict=True)
    assert found == {(ids[row], keys[col]): "X" if np.isnan(n) else str(int(n)) for row, col, n in triples}


def test_lists_without_a_species_stand_in_the_sampling_file_alone(made, ebd, sampling):
    is_empty = np.diff(made.checklists.counts.indptr) == 0
    singles = made.checklists.items.filter(pl.Series(is_empty))["list"].to_list()
    events = [event for event in singles if event.startswith("S")]
    assert events
    assert set(events) <= set(sampling["SAMPLING EVENT IDENTIFIER"])
    assert not set(events) & set(ebd["SAMPLING EVENT IDENTIFIER"])


def test_all_that_makes_the_format_hard_is_in_it(ebd, sampling):
    assert set(ebd["CATEGORY"]) == {"species", "issf", "form", "intergrade", "domestic", "spuh", "slash", "hybrid"}
    assert {"X", "0"} <= set(ebd["OBSERVATION COUNT"])
    assert set(ebd["ALL SPECIES REPORTED"]) == {"0", "1"}
    assert set(sampling["PROTOCOL NAME"]) == {"Traveling", "Stationary", "Incidental"}
    comments = "".join(ebd["SPECIES COMMENTS"])
    assert comments.count('"') % 2 or 'a "chip' in comments
    assert "&#61;" in comments
    stationary = sampling.filter(pl.col("PROTOCOL NAME") == "Stationary")
    assert set(stationary["EFFORT DISTANCE KM"]) == {""}
    assert any(km.startswith(".") for km in sampling["EFFORT DISTANCE KM"])


def test_a_subspecies_row_names_its_species(ebd, made):
    finer = ebd.filter(pl.col("CATEGORY").is_in(["issf", "form", "intergrade", "domestic"]))
    assert set(finer["SCIENTIFIC NAME"]) <= set(made.checklists.species["key"])
    assert (finer["SUBSPECIES SCIENTIFIC NAME"] != "").all()
    coarse = ebd.filter(pl.col("CATEGORY").is_in(["spuh", "slash", "hybrid"]))
    assert not set(coarse["SCIENTIFIC NAME"]) & set(made.checklists.species["key"])


def test_rows_of_a_list_are_scattered_and_dates_unsorted(ebd):
    events = ebd["SAMPLING EVENT IDENTIFIER"].to_numpy()
    assert (events[1:] != events[:-1]).mean() > 0.9
    assert not ebd["OBSERVATION DATE"].is_sorted()


def test_members_of_a_group_agree_but_for_a_few_species(ebd):
    shared = ebd.filter((pl.col("GROUP IDENTIFIER") != "") & (pl.col("OBSERVATION COUNT") != "0"))
    shared = shared.filter(~pl.col("CATEGORY").is_in(["spuh", "slash", "hybrid"]))
    sets = {}
    for group, event, key in shared.select("GROUP IDENTIFIER", "SAMPLING EVENT IDENTIFIER", "SCIENTIFIC NAME").rows():
        sets.setdefault(group, {}).setdefault(event, set()).add(key)
    several = [list(copies.values()) for copies in sets.values() if len(copies) > 1]
    overlap = [len(set.intersection(*copies)) / len(set.union(*copies)) for copies in several]
    assert np.mean(overlap) > 0.85
    assert min(overlap) < 1


def test_older_sampling_files_call_observers_otherwise(made, tmp_path):
    files = write_ebird(tmp_path, made, era="2021")
    assert read(files.sampling)["OBSERVER ID"].str.contains(r"^obs\d+$").all()
    assert read(files.ebd)["OBSERVER ID"].str.contains(r"^obsr\d+$").all()


def test_namibia_s_code_is_a_text(made, tmp_path):
    assert set(read(write_ebird(tmp_path, made, region=KHOMAS).ebd)["COUNTRY CODE"]) == {"NA"}


def test_orphans_stand_in_the_ebd_alone(made, tmp_path):
    files = write_ebird(tmp_path, made, oddities=Oddities(orphan_share=0.05))
    events, sampled = (set(read(path)["SAMPLING EVENT IDENTIFIER"]) for path in (files.ebd, files.sampling))
    assert 10 < len(events - sampled) <= 20


def test_without_oddities_every_row_is_a_species_of_a_whole_list(tmp_path):
    made = make_checklists(ChecklistWorldOptions(num_lists=50, shared_share=0))
    files = write_ebird(tmp_path, made, oddities=Oddities(*([0.0] * len(Oddities._fields))))
    assert files.num_rows == made.checklists.counts.nnz
    assert set(read(files.ebd)["CATEGORY"]) == {"species"}


def test_packed_files_hold_the_same_text(made, files, tmp_path):
    texts = [files.ebd.read_bytes(), files.sampling.read_bytes()]
    packed = write_ebird(tmp_path, made, compress="gz")
    assert [gzip.decompress(path.read_bytes()) for path in (packed.ebd, packed.sampling)] == texts
    archive = zipfile.ZipFile(write_ebird(tmp_path, made, compress="zip").ebd)
    assert [archive.read(path.name) for path in (files.ebd, files.sampling)] == texts
    assert "terms_of_use.txt" in archive.namelist()
    tar = write_ebird(tmp_path, made, compress="tar")
    assert (tar.ebd.name, tar.sampling.name) == ("ebd_relSep-2025.tar", "ebd_sampling_relSep-2025.tar")
    for path, text in zip((tar.ebd, tar.sampling), texts, strict=True):
        with tarfile.open(path) as archive:
            assert gzip.decompress(archive.extractfile(f"{path.stem}.txt.gz").read()) == text


def test_equal_lists_make_equal_files(made, files, tmp_path):
    assert write_ebird(tmp_path, made).ebd.read_bytes() == files.ebd.read_bytes()


def test_the_size_of_the_chunks_changes_nothing(made, files, tmp_path, monkeypatch):
    monkeypatch.setattr("subsong.synthesis.ebird_files._CHUNK_SIZE", 97)
    again = write_ebird(tmp_path, made)
    assert again.ebd.read_bytes() == files.ebd.read_bytes()
    assert again.sampling.read_bytes() == files.sampling.read_bytes()


def test_a_year_of_fog_leaves_a_header_and_the_lists(tmp_path):
    files = write_ebird(tmp_path, make_checklists(ChecklistWorldOptions(num_lists=20, empty_share=1.0)))
    assert files.num_rows == 0
    assert len(files.ebd.read_text().splitlines()) == 1
    assert len(files.sampling.read_text().splitlines()) > 20


def test_unknown_eras_and_packings_are_named(made, tmp_path):
    with pytest.raises(SubsongError, match="no era '2024'"):
        write_ebird(tmp_path, made, era="2024")
    with pytest.raises(SubsongError, match="cannot compress as 'gzip'; did you mean"):
        write_ebird(tmp_path, made, compress="gzip")
    assert list(tmp_path.iterdir()) == []
