"""The documents' commands, code and links: what a reader copies runs as it stands.

In a document's order: a ``yaml`` block that begins with ``# name.yaml`` is written to that file, the lines of ``bash``
blocks that begin with ``subsong`` run through the command line, ``python`` blocks run, ``console`` blocks are only
shown. What stands behind the mark `REAL_DATA` runs with the slow tests. All documents share a folder, in which a
command that two of them name runs once, and in which those that a document `NEEDS` are run before it. UMAP, which is
compiled for half a minute, is left to the tests of reports and of verbs.
"""

import glob
import logging
import os
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from subsong.cli import main

REPOSITORY = Path(__file__).resolve().parents[2]
EXECUTED = (
    "README.md",
    "docs/tutorials/first_vae.md",
    # Half a minute to a minute each: their steps are tested one by one in the rooms they lead through.
    pytest.param("docs/tutorials/pictures_from_poses.md", marks=pytest.mark.slow),
    pytest.param("docs/tutorials/recordings_to_map.md", marks=pytest.mark.slow),
    pytest.param("docs/tutorials/song_windows.md", marks=pytest.mark.slow),
    pytest.param("docs/tutorials/motifs_to_trajectories.md", marks=pytest.mark.slow),
    pytest.param("docs/tutorials/checklists_from_ebird.md", marks=pytest.mark.slow),
    pytest.param("docs/how_to/find_syllables.md", marks=pytest.mark.slow),
    "docs/how_to/read_annotations.md",
    "docs/how_to/read_posed_pictures.md",
    pytest.param("docs/how_to/come_from_ava.md", marks=pytest.mark.slow),
    pytest.param("docs/how_to/come_from_das.md", marks=pytest.mark.slow),
    "docs/how_to/read_ebird_files.md",
    pytest.param("docs/how_to/complete_and_compare_lists.md", marks=pytest.mark.slow),
    "docs/how_to/configure_a_run.md",
    "docs/how_to/resume_a_run.md",
    "docs/explanation/evaluation_store.md",
)
ON_REAL_DATA = (
    "docs/tutorials/annotated_song.md",
    "docs/tutorials/sites_by_species.md",
    "docs/tutorials/recordings_to_map.md",
    "docs/tutorials/song_windows.md",
)
REAL_DATA = "<!-- from here on: real data -->"
NEEDS = {"docs/how_to/complete_and_compare_lists.md": "docs/tutorials/checklists_from_ebird.md"}
LINKING = ("README.md", "CONTRIBUTING.md")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A reader's folder, with a few pictures in it."""
    shelf = tmp_path_factory.mktemp("reader")
    (shelf / "pictures").mkdir()
    rng = np.random.default_rng(0)
    for number in range(3):
        Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(shelf / "pictures" / f"{number}.png")
    return shelf


@pytest.fixture(scope="module")
def done():
    """The documents and the commands that were run in the reader's folder."""
    return set()


@pytest.fixture
def folder(shelf, monkeypatch):
    """The reader's folder, and the reader in it."""
    monkeypatch.chdir(shelf)
    monkeypatch.setattr("subsong.reports.latent.lay_out_by_umap", lambda latents, start, seed, options: start)
    logger = logging.getLogger("subsong")
    before = logger.handlers[:], logger.level
    yield shelf
    logger.handlers[:] = before[0]
    logger.setLevel(before[1])
    # AVA's checkpoints are 200 MB each, and pytest keeps the folders of three runs.
    for path in shelf.rglob("*.tar"):
        if path.name.startswith("checkpoint_"):
            path.unlink()


def find_blocks(document):
    return re.findall(r"^```(bash|python|yaml)\n(.*?)^```", document, flags=re.DOTALL | re.MULTILINE)


def split_command(line):
    """Return a command's words, variables and patterns such as ``runs/first_*`` replaced as a shell does."""
    words = shlex.split(os.path.expandvars(line))
    return [match for word in words for match in (sorted(glob.glob(word)) if "*" in word else ()) or [word]]


def run_bash(block, done):
    for line in block.splitlines():
        if line.startswith("subsong") and line not in done:
            done.add(line)
            assert main.run(split_command(line)[1:]) == 0, line


def read_part(name, on_real_data):
    """Return the part of a document before or after `REAL_DATA`; all of one without that mark."""
    before, mark, after = (REPOSITORY / name).read_text(encoding="utf-8").partition(REAL_DATA)
    return after if on_real_data and mark else before


def run_document(name, folder, done, on_real_data=False):
    if (name, on_real_data) in done:
        return
    done.add((name, on_real_data))
    if name in NEEDS:
        run_document(NEEDS[name], folder, done)
    names: dict[str, object] = {}
    blocks = find_blocks(read_part(name, on_real_data))
    assert any(kind != "yaml" for kind, _ in blocks)
    for kind, block in blocks:
        file = re.match(r"# (\S+\.yaml)\n", block)
        if kind == "bash":
            run_bash(block, done)
        elif kind == "python":
            exec(compile(block, name, "exec"), names)
        elif file is not None:
            (folder / file[1]).write_text(block, encoding="utf-8")


@pytest.mark.parametrize("name", EXECUTED)
def test_the_commands_and_the_code_of_a_document_run(name, folder, done):
    run_document(name, folder, done)


@pytest.mark.slow
@pytest.mark.parametrize("name", ON_REAL_DATA)
def test_the_commands_of_a_document_on_real_data_run(name, folder, done, real_data, monkeypatch):
    monkeypatch.setenv("SUBSONG_DATA", str(real_data))
    run_document(name, folder, done, on_real_data=True)


@pytest.mark.parametrize("name", LINKING)
def test_the_links_of_a_page_lead_somewhere(name):
    targets = re.findall(r"\]\(([^)#\s]+)", (REPOSITORY / name).read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert local
    assert [target for target in local if not (REPOSITORY / target).exists()] == []


def test_contributing_stays_short():
    assert len((REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()) < 60
