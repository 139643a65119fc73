"""edflow's run folder.

::

    logs/<YYYY-MM-DDTHH-MM-SS>[_name]/
      configs/            train_<time>.yaml, eval_<time>.yaml: what was used, one for each start
      train/              log.txt, metrics.jsonl, checkpoints/model-<step>.ckpt, <split>/log_op/<image>_<step>.png
      eval/<time>[_name]/<step>/model_outputs/
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.core.raw_config import RawConfig
from subsong.core.yaml_files import dump_yaml
from subsong.interop.edflow.reading import ReadConfig
from subsong.interop.edflow.retrieve import walk
from subsong.interop.edflow.updates import CHECKPOINT_STEM
from subsong.training.checkpoints import LAST, read_checkpoint
from subsong.training.run_folder import RunFolder, check_run_name, make_new_folder

_PLAIN = (bool, int, float, str, type(None))


class EdflowFolder(RunFolder):
    """The places in a run folder of edflow.

    Parameters
    ----------
    path
        The folder.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self.train_dir = self.path / "train"
        self.config_dir = self.path / "configs"
        self.checkpoint_dir = self.train_dir / "checkpoints"
        self.metrics_path = self.train_dir / "metrics.jsonl"
        self.timings_path = self.train_dir / "timings.jsonl"
        self.log_path = self.train_dir / "log.txt"
        self.evaluation_dir = self.path / "eval"
        self.tensorboard_dir = self.path

    def write_config(self, config: Any, mode: str, time_text: str) -> Path:
        """Write what is used from this start on, under a name of its own; what YAML cannot hold is written as text."""
        names = (f"{mode}_{time_text}{suffix}.yaml" for suffix in ("", *(f"_{number}" for number in range(2, 1000))))
        path = next(path for path in map(self.config_dir.joinpath, names) if not path.exists())
        with atomic_file(path, "w") as file:
            file.write(dump_yaml(to_writable(config)))
        return path

    def find_config(self) -> Path:
        """Return the configuration of the last start, of a training where there was one.

        Raises
        ------
        SubsongError
            When there is none.
        """
        found = self.find_last_config("train") or self.find_last_config("eval")
        if found is None:
            raise SubsongError(f"{self.config_dir} holds no configuration: give one with -b")
        return found

    def find_last_config(self, mode: str) -> Path | None:
        """Return the configuration of the last start of one mode, ``train`` or ``eval``, or None."""
        return max(self.config_dir.glob(f"{mode}_*.yaml"), default=None)

    def find_checkpoint(self) -> Path | None:
        """Return the script's checkpoint of the last state, else that of the highest step, or None."""
        last = self.checkpoint_dir / LAST
        if last.is_file():
            return self.checkpoint_dir / str(read_checkpoint(last)["file"])
        found = {find_step(path): path for path in self.checkpoint_dir.glob(f"{CHECKPOINT_STEM}*.ckpt")}
        return found[max(found)] if found else None


def to_writable(config: Any) -> Any:
    """Return nested values of which YAML can be made; that does not count as reading them."""
    values = config.plain() if isinstance(config, ReadConfig) else config
    return walk(values, lambda leaf: leaf if isinstance(leaf, _PLAIN) else str(leaf))


def find_step(path: Path) -> int:
    """Return the step in the name of a checkpoint, ``model-1200.ckpt``; 0 where the name tells none."""
    found = re.search(r"-(\d+)\.\w+$", path.name)
    return int(found[1]) if found else 0


def create_folder(root: Path, name: str | None) -> EdflowFolder:
    """Make ``root/<time>[_name]``, with a number behind it where two start in one second.

    Raises
    ------
    SubsongError
        When the name is not one a folder can have, or the disk does not take it.
    """
    return EdflowFolder(make_dated_folder(root, name))


def make_dated_folder(root: Path, name: str | None) -> Path:
    """Make and return the folder ``root/<time>[_name]``, with a number behind it where two start in one second."""
    return make_new_folder(root, current_time() + ("" if name is None else f"_{check_run_name(name)}"))


def current_time() -> str:
    """Return the time as names of files hold it."""
    return time.strftime("%Y-%m-%dT%H-%M-%S")


class Project(NamedTuple):
    """What ``-p`` names.

    Attributes
    ----------
    folder
        The run folder.
    bases
        Configurations that lie below those of ``-b``.
    """

    folder: EdflowFolder
    bases: tuple[Path, ...]


def open_project(path: Path, has_bases: bool) -> Project:
    """Return the run folder ``-p`` names: itself, or by one of the configurations in it.

    Parameters
    ----------
    path
        ``RUN`` or ``RUN/configs/train_<time>.yaml``.
    has_bases
        Whether configurations are given with ``-b``; without them those of the run are used.

    Raises
    ------
    SubsongError
        When it is no run folder.
    """
    is_config = path.suffix in (".yaml", ".yml")
    folder = EdflowFolder(path.parent.parent if is_config else path)
    if not folder.config_dir.is_dir():
        raise SubsongError(f"{path} is no run folder of edflow: expected a folder with configs/ in it")
    if is_config:
        return Project(folder, (path,))
    return Project(folder, () if has_bases else (folder.find_config(),))


def describe_changes(old: RawConfig, config: Any) -> list[str]:
    """Return one line for each key whose value is another than before."""
    before, now = _leaves(old.values), _leaves(to_writable(config))
    keys = [*before, *(key for key in now if key not in before)]
    return [
        f"{key}: {before.get(key, 'not set')} -> {now.get(key, 'not set')}"
        for key in keys
        if before.get(key, "not set") != now.get(key, "not set")
    ]


def _leaves(values: Any) -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    walk(values, lambda path, value: leaves.update({path: value}), pass_key=True)
    return leaves
