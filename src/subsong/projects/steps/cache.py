"""What each step was made from, and whether that, and what it made, is still so."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.core.files import disk_errors, read_json, remove_partial_files, replace_folder, write_json
from subsong.projects.steps.hashes import FileHashes, flatten, hash_value
from subsong.projects.steps.step import Outputs, Step

FORMAT: Literal["subsong-step-1"] = "subsong-step-1"
_RECORD_NAME, _BEGUN_NAME = "step.json", "begun.json"
_WORK_SUFFIX = ".work"
_SHORT, _MOST_NAMED = 40, 4


class StepRecord(ConfigBase):
    """What a step was made from, and what it made.

    Attributes
    ----------
    inputs
        What it depended on: a hash, or the value of a setting.
    outputs
        The hash of each part of what it made.
    files
        The files behind these, relative to the project, and their hashes.
    seconds, finished_at
        How long it took, and when it was done (seconds since 1970).
    """

    format: Literal["subsong-step-1"]
    inputs: dict[str, Any]
    outputs: dict[str, str]
    files: dict[str, str]
    seconds: float
    finished_at: float


class Begun(NamedTuple):
    """A step under way: its folder, the one it will replace, and what it depends on."""

    folder: Path
    last: Path
    inputs: dict[str, Any]


class StepCache:
    """The memory of a project's steps.

    Parameters
    ----------
    root
        The project's folder.
    steps_dir
        The folder in it that holds one folder a step.
    hashes
        Remembers the files' hashes.
    """

    def __init__(self, root: Path, steps_dir: Path, hashes: FileHashes) -> None:
        self.root, self.steps_dir, self.hashes = root, steps_dir, hashes

    def find_folder(self, name: str) -> Path:
        """Return the folder of what a step made."""
        return self.steps_dir / name

    def read_record(self, name: str) -> StepRecord | None:
        """Return what is known of the last time a step was done; None: nothing, or nothing this version can read."""
        path = self.find_folder(name) / _RECORD_NAME
        if not path.is_file():
            return None
        try:
            return StepRecord.model_validate(read_json(path))
        except ValueError:  # damaged, or of another version: made again
            return None

    def explain(self, name: str, inputs: Mapping[str, Any]) -> list[str]:
        """Return why a step has to be done (again), in words; nothing: it is as it should be."""
        record = self.read_record(name)
        if record is None:
            return ["not done before"]
        changes = [
            _describe_change(what, record.inputs, inputs)
            for what in sorted({*record.inputs, *inputs})
            if _get(record.inputs, what) != _get(inputs, what)
        ]
        if len(changes) > _MOST_NAMED:
            changes = [*changes[:_MOST_NAMED], f"{len(changes) - _MOST_NAMED} others"]
        return changes or self._find_damage(record)

    def begin(self, name: str, inputs: Mapping[str, Any]) -> Begun:
        """Return the folder a step works in; what an interrupted one left is kept if it depended on the same."""
        last = self.find_folder(name)
        folder = last.with_name(last.name + _WORK_SUFFIX)
        key, begun = hash_value(inputs), folder / _BEGUN_NAME
        with disk_errors(folder):
            if last.parent.is_dir():
                remove_partial_files(last.parent)
            if folder.exists() and _read_key(begun) != key:
                shutil.rmtree(folder)
            folder.mkdir(parents=True, exist_ok=True)
        write_json(begun, {"key": key})
        return Begun(folder, last, dict(inputs))

    def finish(self, name: str, begun: Begun, outputs: Outputs, seconds: float) -> StepRecord:
        """Put what was made in its place, and remember what it was made from."""
        files: dict[str, str] = {}
        digests: dict[str, str] = {}
        for part, paths in outputs.items():
            made = [(path, self.hashes.hash(path)) for path in paths]
            # Not where they lie: the folder of a run tells the day.
            digests[part] = hash_value([(path.name, digest) for path, digest in made])
            files |= {self._name_file(path, begun): digest for path, digest in made}
        record = StepRecord(
            format=FORMAT, inputs=begun.inputs, outputs=digests, files=files, seconds=seconds, finished_at=time.time()
        )
        write_json(begun.folder / _RECORD_NAME, record.model_dump(mode="json"))
        with disk_errors(begun.last):
            (begun.folder / _BEGUN_NAME).unlink(missing_ok=True)
            replace_folder(begun.folder, begun.last)
        return record

    def _name_file(self, path: Path, begun: Begun) -> str:
        if path.is_relative_to(begun.folder):
            path = begun.last / path.relative_to(begun.folder)
        return path.relative_to(self.root).as_posix()

    def _find_damage(self, record: StepRecord) -> list[str]:
        for name, digest in record.files.items():
            path = self.root / name
            if not path.is_file():
                return [f"{name} is gone"]
            if self.hashes.hash(path) != digest:
                return [f"{name} is not as it was left"]
        return []


def list_inputs(step: Step, outputs: Mapping[str, StepRecord]) -> dict[str, Any]:
    """Return all a step depends on, given what the steps it needs have made; those that are missing are null."""
    upstream = {need: outputs[need].outputs.get(part) if need in outputs else None for need, part in step.needs.items()}
    # As JSON gives it back: a record that was read must equal the inputs it was made from.
    settings = {f"set {key}": value for key, value in flatten(step.settings).items()}
    return {"version": step.version, **settings, **step.files, **upstream}


def _get(inputs: Mapping[str, Any], what: str) -> str:
    return hash_value(inputs[what]) if what in inputs else ""


def _describe_change(what: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    what_said = what.removeprefix("set ")
    if what not in now:
        return f"{what_said}: no longer"
    if what not in before:
        return f"{what_said}: new"
    texts = [str(values[what]) for values in (before, now)]
    if max(map(len, texts)) > _SHORT:
        return f"{what_said} changed"
    return f"{what_said}: {texts[0]} -> {texts[1]}"


def _read_key(path: Path) -> str | None:
    try:
        return str(read_json(path)["key"])
    except (SubsongError, KeyError, TypeError):
        return None
