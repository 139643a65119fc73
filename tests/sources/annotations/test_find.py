"""Recordings and their annotations find each other, or it is said why not."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from subsong.sources.annotations import find_annotations

TABLE = "audio_file,onset_s,offset_s,label\n"


def make(root: Path, **files: str) -> list[Path]:
    """Write files, ``__`` for a slash in their names and ``_dot_`` for a point, and return those that end in wav."""
    paths = []
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        paths.append(path)
    return [path for path in paths if path.suffix in (".wav", ".flac")]


def test_files_beside_the_recordings_in_any_folder_are_found(tmp_path: Path) -> None:
    audio = make(
        tmp_path, d__a_dot_wav="", d__a_dot_txt="0.1 0.2\n", b_dot_flac="", b_dot_flac_dot_txt="# none\n", c_dot_wav=""
    )
    (tmp_path / "._b.txt").write_text("0.1 0.2\n")
    (tmp_path / "binary.txt").write_bytes(b"\x00\x01")
    make(tmp_path, LICENSE_dot_txt="Do what you like.\n", d__gone_dot_txt="0.1 0.2\n")
    found = find_annotations(audio, tmp_path)
    assert found.table["recording", "onset_s"].rows() == [("d/a.wav", 0.1)]
    assert found.recordings_without == ["c.wav"]
    assert found.annotations_without == ["d/gone.txt"]
    assert found.format == "ava"


def test_a_folder_that_mirrors_is_searched_alone(tmp_path: Path) -> None:
    audio = make(tmp_path / "audio", x__a_dot_wav="", x__a_dot_txt="9 10\n")
    make(tmp_path / "segs", x__a_dot_txt="0.1 0.2\n", y__b_dot_txt="0.1 0.2\n")
    found = find_annotations(audio, tmp_path / "audio", tmp_path / "segs")
    assert found.table["recording", "onset_s"].rows() == [("x/a.wav", 0.1)]
    assert found.annotations_without == ["y/b.txt"]


def test_a_recording_packed_since_keeps_its_annotations(tmp_path: Path) -> None:
    audio = make(tmp_path, a_dot_1_dot_cbin_dot_flac="", a_dot_1_dot_txt="0.1 0.2\n")
    assert find_annotations(audio, tmp_path).table["recording"].to_list() == ["a.1.cbin.flac"]


def test_files_of_several_people_are_all_read(tmp_path: Path) -> None:
    audio = make(tmp_path, a_dot_wav="")
    for person in ("eva", "tom"):
        (tmp_path / f"a.wav-annotated-{person}.csv").write_text("onset_s,offset_s,annotator\n0.1,0.2," + person + "\n")
    assert find_annotations(audio, tmp_path).table["annotator"].to_list() == ["eva", "tom"]


def test_the_kind_that_comes_first_is_taken_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    audio = make(
        tmp_path, a_dot_wav="", a_dot_txt="0.1 0.2\n", a_dot_json='{"onset": [1], "offset": [2], "cluster": ["x"]}'
    )
    with caplog.at_level(logging.INFO):
        assert find_annotations(audio, tmp_path).format == "whisperseg"
    assert "read from files *.json, not *.txt" in caplog.text
    assert find_annotations(audio, tmp_path, format="ava").table["onset_s"].to_list() == [0.1]


def test_settings_in_json_are_no_annotations(tmp_path: Path) -> None:
    audio = make(tmp_path, a_dot_wav="", a_dot_txt="0.1 0.2\n", a_dot_json='{"gain": 3}')
    assert find_annotations(audio, tmp_path).format == "ava"


def test_different_kinds_for_different_recordings_are_read(tmp_path: Path) -> None:
    audio = make(tmp_path, a_dot_wav="", a_dot_txt="0.1 0.2\n", b_dot_wav="", b_dot_csv="onset_s,offset_s\n1,2\n")
    found = find_annotations(audio, tmp_path)
    assert sorted(found.table["recording", "onset_s"].rows()) == [("a.wav", 0.1), ("b.wav", 1.0)]
    assert found.format == "ava, csv"


def test_kinds_that_cross_are_an_error(tmp_path: Path) -> None:
    csv = "onset_s,offset_s\n1,2\n"
    audio = make(tmp_path, a_dot_wav="", a_dot_txt="0.1 0.2\n", b_dot_wav="", b_dot_csv=csv, c_dot_wav="")
    make(tmp_path, c_dot_txt="0.1 0.2\n", c_dot_csv=csv)
    with pytest.raises(ValueError, match=r"\*\.csv for 2, \*\.txt for 2.*several for c\.wav: choose with format="):
        find_annotations(audio, tmp_path)


def test_a_table_of_the_folder_is_taken_where_nothing_lies_beside(tmp_path: Path) -> None:
    audio = make(tmp_path, d__a_dot_flac="", b_dot_wav="")
    make(tmp_path, segments_dot_csv=TABLE + "a.wav,0.1,0.2,x\ngone.wav,0.1,0.2,x\n")
    found = find_annotations(audio, tmp_path)
    assert found.table["recording", "label"].rows() == [("d/a.flac", "x")]
    assert found.recordings_without == ["b.wav"]
    assert found.annotations_without == ["gone.wav"]


def test_files_beside_some_recordings_and_a_table_are_an_error_that_says_how_to_choose(tmp_path: Path) -> None:
    audio = make(tmp_path, a_dot_wav="", a_dot_txt="0.1 0.2\n", b_dot_wav="")
    make(tmp_path, segments_dot_csv=TABLE + "a.wav,0.5,0.6,x\nb.wav,0.1,0.2,x\n")
    with pytest.raises(ValueError, match=r"both \*\.txt for 1 of 2 recordings and segments\.csv.*annotations="):
        find_annotations(audio, tmp_path)
    assert find_annotations(audio, tmp_path, tmp_path).table["onset_s"].to_list() == [0.1]
    assert find_annotations(audio, tmp_path, tmp_path / "segments.csv").table["onset_s"].to_list() == [0.5, 0.1]


def test_a_name_that_fits_several_recordings_is_an_error(tmp_path: Path) -> None:
    audio = make(tmp_path, x__a_dot_wav="", y__a_dot_wav="", segments_dot_csv=TABLE + "a.wav,0.1,0.2,x\n")
    with pytest.raises(ValueError, match=r"names 'a\.wav', which fits x/a\.wav and y/a\.wav"):
        find_annotations(audio, tmp_path)
    make(tmp_path, segments_dot_csv=TABLE + "/disk/y/a.wav,0.1,0.2,x\n")
    assert find_annotations(audio, tmp_path).table["recording"].to_list() == ["y/a.wav"]


def test_one_file_for_one_recording_may_be_called_anything(tmp_path: Path) -> None:
    audio = make(tmp_path, a_dot_wav="", other_dot_txt="0.1 0.2\n")
    assert find_annotations(audio, tmp_path, tmp_path / "other.txt").table["recording"].to_list() == ["a.wav"]


def test_a_table_about_other_recordings_is_an_error(tmp_path: Path) -> None:
    audio = make(tmp_path, a_dot_wav="", b_dot_wav="", segments_dot_csv=TABLE + "c.wav,0.1,0.2,x\n")
    with pytest.raises(ValueError, match=r"names none of the 2 recordings, such as 'a\.wav': found 'c\.wav'"):
        find_annotations(audio, tmp_path)


def test_a_file_beside_one_recording_about_another_is_an_error(tmp_path: Path) -> None:
    audio = make(tmp_path, bird10_dot_wav="", bird10_dot_csv=TABLE + "bird1.wav,0.1,0.2,x\n")
    with pytest.raises(ValueError, match=r"lies beside bird10\.wav but holds annotations of bird1\.wav"):
        find_annotations(audio, tmp_path)


def test_all_files_that_cannot_be_read_are_named_at_once(tmp_path: Path) -> None:
    audio = make(tmp_path, a_dot_wav="", b_dot_wav="", c_dot_wav="")
    make(tmp_path, a_dot_txt="0.1 x\n", b_dot_txt="0.1 0.2\n0.3\n", c_dot_txt="0.1 0.2\n")
    with pytest.raises(ValueError, match=r"(?s)a\.txt.*b\.txt line 2"):
        find_annotations(audio, tmp_path)


def test_nothing_found_says_what_was_looked_for(tmp_path: Path) -> None:
    audio = make(tmp_path, a_dot_wav="")
    with pytest.raises(ValueError, match=r"no annotations in .*such as a\.wav.*segments\.csv"):
        find_annotations(audio, tmp_path)
    with pytest.raises(ValueError, match="do not exist"):
        find_annotations(audio, tmp_path, tmp_path / "none")
    with pytest.raises(ValueError, match="no recordings in"):
        find_annotations([], tmp_path / "none")
    with pytest.raises(ValueError, match="is not inside"):
        find_annotations(audio, tmp_path / "elsewhere")
