"""Names of files."""

from __future__ import annotations

from subsong.core.file_names import build_file_stems


def test_no_two_files_have_one_name_whatever_the_disk_makes_of_case() -> None:
    assert build_file_stems(["A/b", "a b", "..", ""], "picture") == ["A-b", "a-b-2", "picture", "picture-2"]


def test_a_file_s_name_is_no_longer_than_a_disk_takes() -> None:
    first, second = build_file_stems(["x" * 300, "x" * 300], "picture")
    assert (first, second) == ("x" * 100, "x" * 100 + "-2")
