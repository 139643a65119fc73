"""Folders that are kept within a bound."""

from __future__ import annotations

import os
from pathlib import Path

from subsong.studio.sound.kept_files import delete_oldest


def test_the_longest_unused_files_make_room_and_others_are_left_alone(tmp_path: Path) -> None:
    for age, name in enumerate(("a.int16", "b.int16", "c.int16", "c.other")):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    delete_oldest(tmp_path, "*.int16", 250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.int16", "b.int16", "c.other"]
