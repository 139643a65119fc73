"""A file that cannot be read as it was meant says so: which file, which line, what to do."""

from __future__ import annotations

import contextlib
import logging
import math
from pathlib import Path

import pytest

from subsong.core.errors import SubsongError
from subsong.sources.annotations import FORMATS, build_annotations, read_annotations, write_annotations

OWN = "recording,onset_s,offset_s"
SEQUENCE = "<Sequences><Sequence><WaveFileName>0.wav</WaveFileName>"
GRID = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n'
BAD = {
    "a.txt": {
        "0,123\t0,456\n": r"point in column 1 \(onset\), found '0,123'; write 0\.123",
        "0,123 0,456\n": "line 1: expected a number with a decimal point",
        "0,5;1,25\n": "line 1: expected a number with a decimal point",
        "0,5,1,25\n2,5,3,75\n": "cannot tell commas within numbers from commas between them",
        "0.1 0.2\n0.3\n": "line 2: expected an onset and an offset in seconds, found '0.3'",
        "0.1 0.2\n0.3 x\n": r"line 2: expected a number in column 2 \(offset\), found 'x'",
        "\x00\x01": "begins with bytes that are not text",
        "Notes of the day\n": "it begins with 'Notes of the day': raven expects .*ava expects",
        "0.1\t0.2\ta\n\\\t500\n": "line 2: expected two frequencies in hertz",
        "\\\t500\t800\n0.1\t0.2\ta\n": "line 1: expected two frequencies in hertz below a label",
    },
    "a.csv": {
        f"{OWN}\nx.wav,0,123,0,456\n": "line 2: expected 3 cells, found 5; a comma within a number",
        f'{OWN}\nx.wav,"0,123","0,456"\n': "line 2: expected a number with a decimal point in onset_s, found '0,123'",
        f"{OWN}\nx.wav,0.1\n": "line 2: expected 3 cells, found 2; is the line cut short",
        f"{OWN}\nx.wav,0.1,abc\n": "line 2: expected a number in offset_s, found 'abc'",
        f"{OWN}\n,0.1,0.2\n": "line 2: the recording's name is missing",
        f"{OWN},lable\nx.wav,0.1,0.2,b\n": "line 1: unknown column 'lable'; did you mean 'label'",
        f"{OWN},label,label\nx.wav,0.1,0.2,b,c\n": "line 1: column 'label' is there twice",
        f"{OWN},channel\nx.wav,0.1,0.2,0.5\n": "line 2: expected a whole number in channel, found '0.5'",
        f'{OWN}\n"x.wav,0.1,0.2\n' + "x.wav,0.1,0.2\n" * 10_000: "is a quote left open",
        "species,count\nwren,2\n": "begins with 'species,count': das expects the columns name, start_seconds",
        "name,start_seconds,stop_seconds\nsine,x,1\n": "line 2: expected a number in start_seconds, found 'x'",
        "a.wav,80,160,annotated,x\n": "counts in samples and the recording a.wav is not beside it: give sample_rate_hz",
        "Begin Time (min),End Time (min)\n1,2\n": "unknown unit in the column 'Begin Time \\(min\\)'",
    },
    "a.json": {
        '{"onset": [1], "offset": [2, 3], "cluster": ["a"]}': "equal length, found 1, 2 and 1",
        '{"onset": [1], "offset": ["2"], "cluster": ["a"]}': "expected seconds in offset entry 1, found '2'",
        '{"onset": [1], "offset": [2]}': "found no list 'cluster'",
        '{"onset": [1], "offset": [2': "not valid JSON",
        '{"rate": 1}': "whisperseg expects lists",
    },
    "a.xml": {
        '<!DOCTYPE x [<!ENTITY e SYSTEM "a.txt">]><Sequences>&e;</Sequences>': "declares a document type",
        "<Sequences><Sequence></Sequences>": "line 1: not valid XML",
        f"{SEQUENCE}</Sequence></Sequences>": "sequence 1: expected a <Position>",
        f"{SEQUENCE}<Position>1.5</Position></Sequence></Sequences>": "whole number",
        "<Other/>": "koumura expects XML with <Sequences>",
    },
    "a.TextGrid": {
        GRID + '2\n<exists>\n1\n"IntervalTier"\n': "is cut short: expected a text",
        'File type = "ooTextFile"\nObject class = "Pitch 1"\n': "in a Praat TextGrid, found 'Pitch 1'",
        GRID + '"x"\n': "line 5: expected a number, found 'x'",
        "ooBinaryFile\x08TextGrid": "textgrid expects a Praat text file",
    },
    "a.not.mat": {"no MATLAB": "is no MATLAB file of version 4 to 7.2"},
    "a.lab": {"0.1 0.2\n": "no annotation format has that suffix"},
}


@pytest.mark.parametrize(
    ("name", "text", "sentence"), [(name, text, found) for name, cases in BAD.items() for text, found in cases.items()]
)
def test_the_error_names_place_and_remedy(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=sentence) as caught:
        read_annotations(tmp_path / name)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", [form.name for form in FORMATS])
def test_no_reader_fails_with_a_traceback_on_bytes_of_another_kind(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.x"
    for data in (
        b"RIFF\x00\x01\x02\xff\xfe",
        b"\xff\xfe\x00",
        b"x",
        b"1,2,3,4,5\n",
        b"[1]",
        b"<a>",
        b"MATLAB 5.0" * 20,
    ):
        path.write_bytes(data)
        with contextlib.suppress(SubsongError):
            read_annotations(path, format=name)


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.json", "a.TextGrid", "a.not.mat", "a.xml"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} does not exist"):
        read_annotations(tmp_path / name)


def test_a_misspelt_format_gets_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'audacity'"):
        read_annotations("a.txt", format="audacty")


def test_times_that_are_missing_are_left_to_the_check(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{OWN}\nx.wav,,0.2\nx.wav,0.3,nan\n")
    table = read_annotations(tmp_path / "a.csv")
    assert math.isnan(table["onset_s"][0])
    assert math.isnan(table["offset_s"][1])


def test_columns_we_do_not_know_are_passed_over_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.csv").write_text(f"{OWN},weather\nx.wav,0.1,0.2,fine\n")
    with caplog.at_level(logging.INFO):
        assert read_annotations(tmp_path / "a.csv").height == 1
    assert "columns passed over: weather" in caplog.text


def test_labels_in_latin_1_are_read_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.csv").write_bytes(f"{OWN},label\nx.wav,0.1,0.2,é\n".encode("latin-1"))
    assert read_annotations(tmp_path / "a.csv")["label"].to_list() == ["é"]
    assert "is not UTF-8 text" in caplog.text


def test_a_not_mat_file_of_unequal_lengths_is_refused(tmp_path: Path) -> None:
    from scipy.io import savemat

    savemat(tmp_path / "a.not.mat.mat", {"onsets": [[1.0], [2.0]], "offsets": [[1.5], [2.5]], "labels": "a"})
    (tmp_path / "a.not.mat.mat").rename(tmp_path / "a.not.mat")
    with pytest.raises(ValueError, match="as many onsets as offsets and labels, found 2, 2 and 1"):
        read_annotations(tmp_path / "a.not.mat")
    savemat(tmp_path / "b.mat", {"onsets": [[1.0]], "offsets": [[1.5]]})
    with pytest.raises(ValueError, match="has no variable 'labels'"):
        read_annotations(tmp_path / "b.mat", format="not-mat")


def test_a_table_is_built_from_known_columns_of_equal_length() -> None:
    with pytest.raises(ValueError, match="no column 'lable': did you mean 'label'"):
        build_annotations(recording="a", onset_s=[0.0], offset_s=[1.0], lable=["x"])
    with pytest.raises(ValueError, match="need a column 'offset_s'"):
        build_annotations(recording="a", onset_s=[0.0])
    with pytest.raises(ValueError, match="differ in length"):
        build_annotations(recording="a", onset_s=[0.0, 1.0], offset_s=[1.0])


def test_a_table_of_other_columns_is_not_written(tmp_path: Path) -> None:
    table = build_annotations(recording="a", onset_s=[0.0], offset_s=[1.0])
    with pytest.raises(ValueError, match="made with build_annotations"):
        write_annotations(tmp_path / "a.csv", table.drop("score"))
