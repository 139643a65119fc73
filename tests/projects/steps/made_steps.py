"""Steps that write a line each, and count how often they are done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from subsong.core.errors import SubsongError
from subsong.projects.steps.cache import StepCache
from subsong.projects.steps.doing import Quiet, StepResult, do_steps
from subsong.projects.steps.hashes import FileHashes
from subsong.projects.steps.step import ALL, Outputs, Step, Work


class Bench:
    """A folder with a memory of steps, and what each step writes when it is done."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.texts: dict[str, str] = {}
        self.broken: set[str] = set()

    def open(self) -> StepCache:
        return StepCache(self.root, self.root / "steps", FileHashes(self.root / "files.json"))

    def step(
        self,
        name: str,
        needs: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
        settings: Mapping[str, object] | None = None,
        is_lenient: bool = False,
    ) -> Step:
        def make(work: Work) -> Outputs:
            path = work.folder / "made.txt"
            if name in self.broken:
                raise SubsongError(f"{name} is broken: mend it")
            path.write_text(self.texts.get(name, name))
            return {ALL: [path]}

        return Step(name, name, 1, settings or {}, files or {}, dict.fromkeys(needs, ALL), make, is_lenient)

    def do(self, *plan: Step, num_jobs: int = 1) -> dict[str, str]:
        """Return what became of each step."""
        return {result.name: result.status for result in self.do_all(*plan, num_jobs=num_jobs)}

    def do_all(self, *plan: Step, num_jobs: int = 1) -> list[StepResult]:
        return do_steps(plan, self.open(), Quiet(), lambda: num_jobs)
