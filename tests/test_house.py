"""The house keeps its shape: import directions, core dependencies, one place for Lightning, readable files."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "subsong"
ROOMS = (
    "core",
    "sources",
    "synthesis",
    "datasets",
    "models",
    "objectives",
    "evaluation",
    "training",
    "inference",
    "reports",
    "recipes",
    "interop",
    "projects",
    "studio",
    "cli",
)
OPTIONAL = {
    "pandas",
    "pyarrow",
    "tensorboard",
    "starlette",
    "uvicorn",
    "plotly",
    "crowsetta",
    "submitit",
    "dask",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "lightning",
    "torchmetrics",
    "av",
}
FILES = sorted(SOURCE.rglob("*.py"))
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))


def imported_names(path: Path) -> list[str]:
    """Return every module a file imports, also inside functions and for type checking."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


@pytest.mark.parametrize("path", [p for p in FILES if p.parent != SOURCE], ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_room_imports_only_rooms_above_it(path: Path) -> None:
    own = ROOMS.index(room_of(path))
    rooms = {name.split(".")[1] for name in imported_names(path) if name.startswith("subsong.")}
    below = [room for room in rooms & set(ROOMS) if ROOMS.index(room) > own]
    assert below == []


def test_every_folder_is_a_known_room() -> None:
    folders = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_file_is_one_idea_of_readable_length(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_only_training_and_the_wiring_know_lightning() -> None:
    users = {room_of(path) for path in FILES if any("lightning" in name for name in imported_names(path))}
    assert users <= {"training", "recipes"}


def test_every_module_imports_with_the_core_dependencies_alone() -> None:
    """Run in a fresh process in which everything optional cannot be found."""
    modules = [".".join(("subsong", *path.relative_to(SOURCE).with_suffix("").parts)) for path in FILES]
    names = [name.removesuffix(".__init__") for name in modules if not name.endswith("__main__")]
    program = f"""
import importlib, sys
for name in {OPTIONAL!r}:
    sys.modules[name] = None
for name in {names!r}:
    importlib.import_module(name)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-1500:]


def test_importing_the_package_and_the_command_line_stays_light() -> None:
    heavy = ("torch", "polars", "matplotlib", "numpy", "lightning_fabric")
    program = f"import sys, subsong, subsong.cli.main; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_the_public_list_is_what_it_says() -> None:
    import subsong

    assert all(getattr(subsong, name) is not None for name in subsong.__all__)


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda p: str(p.relative_to(ROOT)))
def test_what_a_benchmark_takes_from_the_package_is_there(path: Path) -> None:
    """Benchmarks run by hand only: this keeps a name that was moved from breaking them unnoticed."""
    taken = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("subsong.")
        for alias in node.names
    ]
    assert [name for name in taken if not is_there(name)] == []


def is_there(name: str) -> bool:
    """Tell whether a module has a name, or is one, by reading it and not by running it."""
    place, _, own = name.partition(".")[2].rpartition(".")
    folder = SOURCE.joinpath(*place.split("."))
    if any(path.exists() for path in (folder / f"{own}.py", folder / own / "__init__.py")):
        return True
    module = folder.with_suffix(".py") if folder.with_suffix(".py").exists() else folder / "__init__.py"
    return module.exists() and own in defined_names(module)


@functools.cache
def defined_names(path: Path) -> set[str]:
    """Return what a module defines or imports, at whatever depth."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.add(asname or name)
    return found
