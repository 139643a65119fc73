"""Fixtures every room's tests share."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from tests.trained_segmenter import TrainedRun

REPOSITORY = Path(__file__).resolve().parent.parent


# Few tests that take long: begun last, they would leave the other worker with nothing to do.
LONGEST = ("tests/studio/browser/test_round.py", "tests/docs/test_readme.py", "tests/training/test_processes.py")


class TogetherWhatShares(LoadScopeScheduling):
    """Gives a worker all tests of a module, or, of the contracts, of a recipe: what they share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        recipe = re.search(r"warped-shotgun-vae|\w+-vae|song-segmenter|custom", nodeid)
        return f"contracts of {recipe[0]}" if "/contracts/" in module and recipe else module

    def _assign_work_unit(self, node: Any) -> None:
        for scope in reversed(LONGEST):
            if scope in self.workqueue:
                self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Take the place of ``--dist loadscope``, which parts tests of a recipe that lie in two modules."""
    return TogetherWhatShares(config, log)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real data sets; the test is skipped, saying so, where there is none."""
    folder = Path(os.environ.get("SUBSONG_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set SUBSONG_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """Return a tiny segmenter's run on made-up song; leave it as it is."""
    from tests.trained_segmenter import train_tiny

    return train_tiny(tmp_path_factory.mktemp("segmenter"))


@pytest.fixture(autouse=True)
def _draws_that_no_other_test_moves(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seed a module's `RNG` anew for each test: what it draws then depends neither on order nor on the worker."""
    if hasattr(request.module, "RNG"):
        monkeypatch.setattr(request.module, "RNG", np.random.default_rng(1))
