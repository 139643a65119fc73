"""Each format is read as its program means it: small files of known content."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from subsong.sources.annotations import ANNOTATION_SCHEMA, read_annotations, read_song_types
from subsong.sources.annotations.das import read_definitions

AVA_HEADERS = (
    "# Onsets/offsets for bird.wav",
    "# Onsets/offsets copied from other.txt",
    "# Merged segments from other.txt",
    "# Onsets/offsets cleaned by hand from other.txt",
    "# Cleaned onsets/offsets for bird.wav",
    "# Cleaned onsets/offsets from: other.txt",
    "# Syllables from song: bird.wav\n# Song onset: 0.05000",
    "",
)


def read_text(folder: Path, name: str, text: str, **options: object):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_annotations(path, **options)  # type: ignore[arg-type]


def times(table) -> list[tuple[float, float]]:
    return table["onset_s", "offset_s"].rows()


@pytest.mark.parametrize("separator", [" ", "\t", ",", ", ", ";"])
@pytest.mark.parametrize("header", AVA_HEADERS)
def test_avas_segments_are_read_below_any_header(tmp_path: Path, header: str, separator: str) -> None:
    text = f"{header}\n0.10000{separator}0.20000\n0.30000{separator}0.45000\n"
    table = read_text(tmp_path, "bird.txt", text)
    assert times(table) == [(0.1, 0.2), (0.3, 0.45)]
    assert table["recording"].to_list() == ["bird", "bird"]
    assert dict(table.schema) == ANNOTATION_SCHEMA


def test_several_blocks_of_a_file_are_one_list(tmp_path: Path) -> None:
    text = "# Syllables from song: a.wav\n# Song onset: 0.1\n0.1 0.2\n# Song onset: 1.1\n1.1 1.2\n"
    assert times(read_text(tmp_path, "a.txt", text)) == [(0.1, 0.2), (1.1, 1.2)]


@pytest.mark.parametrize("text", ["# Onsets/offsets for a.wav\n", "", "\n"])
def test_a_file_without_rows_is_a_recording_without_segments(tmp_path: Path, text: str) -> None:
    assert read_text(tmp_path, "a.txt", text).height == 0


@pytest.mark.parametrize("line", ["0.1\t0.2\tlong call", "0.1 0.2 long call", "0.1,0.2,long call"])
def test_text_in_the_third_column_is_the_label(tmp_path: Path, line: str) -> None:
    table = read_text(tmp_path, "a.txt", f"# Onsets/offsets for a.wav\n{line}\n")
    assert table["label"].to_list() == ["long call"]


def test_the_common_layout_is_read(tmp_path: Path) -> None:
    text = "audio_file,onset_s,offset_s,label,annotator\nd\\a.wav,0.5,0.75,x,ann\n"
    row = read_text(tmp_path, "segments.csv", text).row(0, named=True)
    expected = {"recording": "d/a.wav", "onset_s": 0.5, "offset_s": 0.75, "label": "x", "annotator": "ann"}
    assert row == dict.fromkeys(ANNOTATION_SCHEMA) | expected


def test_a_csv_of_semicolons_is_read(tmp_path: Path) -> None:
    table = read_text(tmp_path, "a.csv", "onset_s;offset_s;label\n0.5;0.75;x\n")
    assert times(table) == [(0.5, 0.75)]
    assert table["recording"].to_list() == ["a"]


def test_das_rows_without_a_time_define_types(tmp_path: Path) -> None:
    text = (
        ",name,start_seconds,stop_seconds,channel\n0,sine,1.0,2.5,0\n1,pulse,1.5,1.5,-1\n2,sine,2.0,3.0,1\n"
        "3,quiet,nan,0\n4,click,,\n"
    )
    text = text.replace("nan,0\n", "nan,0,\n").replace("click,,\n", "click,,,\n")
    table = read_text(tmp_path, "a_annotations.csv", text)
    assert times(table) == [(1.0, 2.5), (1.5, 1.5), (2.0, 3.0)]
    assert table["channel"].to_list() == [0, None, 1]
    assert table["recording"].unique().to_list() == ["a"]
    types = {"sine": "segment", "pulse": "event", "quiet": "segment", "click": "event"}
    assert read_song_types(tmp_path / "a_annotations.csv") == types


def test_das_definitions_go_before_what_the_rows_tell(tmp_path: Path) -> None:
    read_text(tmp_path, "a_annotations.csv", "name,start_seconds,stop_seconds\nsine,1.0,1.0\n")
    (tmp_path / "a_definitions.csv").write_text("sine,segment\nother,event\n")
    assert read_song_types(tmp_path / "a_annotations.csv") == {"sine": "segment", "other": "event"}
    (tmp_path / "b_definitions.csv").write_text("sine,segment\nother,evnt\n")
    with pytest.raises(ValueError, match="line 2: expected 'segment' or 'event', found 'evnt'"):
        read_definitions(tmp_path / "b_definitions.csv")


def test_an_audacity_track_has_points_and_bands(tmp_path: Path) -> None:
    table = read_text(tmp_path, "a.txt", "0.1\t0.2\tsong a\n\\\t500.0\t8000.0\n0.5\t0.5\t\n\\\t-1.0\t900\n")
    assert times(table) == [(0.1, 0.2), (0.5, 0.5)]
    assert table["label"].to_list() == ["song a", None]
    assert table["low_hz", "high_hz"].rows() == [(500.0, 8000.0), (None, 900.0)]


RAVEN = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)"


def test_a_raven_selection_in_two_views_is_one_and_channels_count_from_zero(tmp_path: Path) -> None:
    rows = "1\tWaveform 1\t2\t0.5\t1.0\t0\t8000\ta\n1\tSpectrogram 1\t2\t0.5\t1.0\t500\t4000\ta\n"
    table = read_text(tmp_path, "a.Table.1.selections.txt", f"{RAVEN}\tSpecies\n{rows}")
    assert table.rows() == [("a", 1, 0.5, 1.0, 500.0, 4000.0, "a", None, None)]


def test_raven_times_of_several_files_count_from_each_start(tmp_path: Path) -> None:
    rows = "1\tS\t1\t10.5\t11.0\t0\t8\tb.wav\t0.5\n2\tS\t1\t20\t21\t0\t8\tc.wav\t1\n"
    table = read_text(tmp_path, "a.txt", f"{RAVEN}\tBegin File\tFile Offset (s)\n{rows}")
    assert table["recording", "onset_s", "offset_s"].rows() == [("b.wav", 0.5, 1.0), ("c.wav", 1.0, 2.0)]
    with pytest.raises(ValueError, match=r"2 files, timed from the start of the first.*File Offset"):
        read_text(tmp_path, "b.txt", f"{RAVEN}\tBegin File\tOther\n{rows}")


SHORT_GRID = '''File type = "ooTextFile"
"TextGrid"

0
2
<exists>
2
"IntervalTier"
"ann"
0
2
3
0
0.5
""
0.5
1.25
"say ""a"""
1.25
2
"  "
"TextTier"
"clicks"
0
2
1
1.5
"k"
'''
LONG_GRID = '''File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "ann"
        xmin = 0
        xmax = 2
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 1.25
            text = "say ""a"""
    item [2]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 2
        points: size = 1
        points [1]:
            number = 1.5 ! a remark with "quotes" and 7
            mark = "k"
'''


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", [SHORT_GRID, LONG_GRID], ids=["short", "long"])
def test_textgrids_of_both_forms_and_encodings_are_read(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "a.TextGrid"
    path.write_text(text.replace("say", "sé"), encoding=encoding)
    rows = read_annotations(path)["onset_s", "offset_s", "label", "annotator"].rows()
    assert rows == [(0.5, 1.25, 'sé "a"', "ann"), (1.5, 1.5, "k", "clicks")]


def test_notes_of_koumura_count_from_their_sequence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    note = "<Note><Position>100</Position><Length>50</Length><Label>3</Label></Note>"
    text = (
        f"<Sequences><Sequence><WaveFileName>0.wav</WaveFileName><Position>900</Position>{note}</Sequence></Sequences>"
    )
    assert times(read_text(tmp_path, "Annotation.xml", text, sample_rate_hz=1000)) == [(1.0, 1.05)]
    with caplog.at_level(logging.WARNING):
        table = read_text(tmp_path, "Annotation.xml", text)
    assert times(table) == [(1000 / 32000, 1050 / 32000)]
    assert "taken to be 32000 Hz" in caplog.text


def test_the_rate_is_read_from_the_recording_beside(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "a.flac", np.zeros(100), 8000)
    table = read_text(tmp_path, "a.wav-annotated-eva.csv", "a.wav,800,800,annotated,pulse\na.wav,80,160,detected,\n")
    assert times(table) == [(0.1, 0.1), (0.01, 0.02)]
    assert table["label"].to_list() == ["pulse", None]
    assert table["annotator"].to_list() == ["eva", "eva"]


def test_songexplorer_detections_are_the_programs(tmp_path: Path) -> None:
    table = read_text(tmp_path, "a.csv", "a.wav,80,160,detected,x\na.wav,80,160,annotated,x\n", sample_rate_hz=10)
    assert table["annotator"].to_list() == ["detected", None]


def test_mupet_tables_are_read(tmp_path: Path) -> None:
    header = (
        "Syllable number,Syllable start time (sec),Syllable end time (sec),minimum frequency (kHz),"
        "maximum frequency (kHz),cluster"
    )
    table = read_text(tmp_path, "a.csv", f"{header}\n1,0.5,0.6,50,80.5,7\n")
    assert table.rows() == [("a", None, 0.5, 0.6, 50e3, 80.5e3, "7", None, None)]


def test_deepsqueak_tables_are_read_without_rejected_calls(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    header = "ID,Label,Accepted,Score,Begin Time (s),End Time (s),Low Freq (kHz),High Freq (kHz)"
    with caplog.at_level(logging.WARNING):
        table = read_text(tmp_path, "a_Stats.csv", f"{header}\n1,USV,1,0.9,0.5,0.6,50,80\n2,USV,0,0.1,0.7,0.8,50,80\n")
    assert table.rows() == [("a", None, 0.5, 0.6, 50e3, 80e3, "USV", 0.9, None)]
    assert "1 calls that were not accepted" in caplog.text


def test_sap_tables_are_in_milliseconds(tmp_path: Path) -> None:
    table = read_text(tmp_path, "a.csv", "syllable_duration_sap,syllable_start,mean_pitch\n50,1500,600\n")
    assert times(table) == [(1.5, 1.55)]


def test_without_crowsetta_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "crowsetta", None)
    with pytest.raises(ValueError, match=r"pip install subsong\[formats\]"):
        read_annotations(tmp_path / "a.phn", format="crowsetta:timit")


def test_sequences_of_crowsetta_become_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sequence = SimpleNamespace(
        onsets_s=None,
        offsets_s=None,
        onset_samples=np.array([10, 30]),
        offset_samples=np.array([20, 40]),
        labels=["a", "b"],
    )
    found = SimpleNamespace(to_annot=lambda: SimpleNamespace(notated_path="d/a.wav", seq=sequence))
    fake = SimpleNamespace(
        formats=SimpleNamespace(as_list=lambda: ["timit"]),
        Transcriber=lambda format: SimpleNamespace(from_file=lambda path: found),
    )
    monkeypatch.setitem(sys.modules, "crowsetta", fake)
    table = read_annotations(tmp_path / "a.phn", format="crowsetta:timit", sample_rate_hz=10)
    assert table["recording", "onset_s", "offset_s", "label"].rows() == [
        ("d/a.wav", 1.0, 2.0, "a"),
        ("d/a.wav", 3.0, 4.0, "b"),
    ]
    with pytest.raises(ValueError, match="did you mean 'timit'"):
        read_annotations(tmp_path / "a.phn", format="crowsetta:timti")
