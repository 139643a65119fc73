"""What every part of the studio works on."""

from __future__ import annotations

import pytest
from tests.studio.conftest import NAMES

from subsong.studio import context as module
from subsong.studio.context import StudioContext, read_author
from subsong.studio.errors import NotFoundError


def test_recordings_are_found_by_name(context: StudioContext) -> None:
    assert context.find_recording(NAMES[0]).bird == "bird1"
    with pytest.raises(NotFoundError, match=r"no recording 'bird9/x\.wav'"):
        context.find_recording("bird9/x.wav")


def test_a_removed_file_is_noticed_though_the_list_is_older(context: StudioContext) -> None:
    context.recordings()
    (context.project.recordings_dir / NAMES[0]).unlink()
    with pytest.raises(NotFoundError, match="put it back, its annotations are kept"):
        context.find_recording(NAMES[0])


def test_the_folder_is_looked_through_once_in_a_while(context: StudioContext, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    first = context.recordings()
    (context.project.recordings_dir / NAMES[0]).rename(context.project.recordings_dir / "new.wav")
    assert context.recordings() is first
    clock[0] += 6.0
    assert "new.wav" in context.recordings()


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"author": ""}'])
def test_a_damaged_author_is_the_projects(context: StudioContext, content: str) -> None:
    context.project.studio_dir.mkdir()
    (context.project.studio_dir / "author.json").write_text(content)
    assert read_author(context.project) == "Ada"
