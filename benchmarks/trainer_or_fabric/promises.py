"""Each promise on each engine: kept or broken, and how many lines of code it took."""

import ast
import inspect
import tempfile
import textwrap
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import torch

from . import with_fabric, with_trainer
from .problem import VALIDATION, Problem, Result, is_log_step, make_data, make_network, score

STOP_AT = 14  # in the middle of the second epoch of ten steps; resumed in a fresh process
MORE_STOPS = (1, 9, 10, 11, 29)  # about the seams of an epoch; resumed with fresh objects
TOLERANCE = 1e-5  # between sums rounded in another order, after 30 steps of Adam


class Verdict(NamedTuple):
    """One promise on one engine; `lines` counts what it needed beyond the plain training (0: not counted)."""

    promise: str
    engine: str
    kept: bool
    remark: str
    lines: int = 0


def check_all() -> Iterator[Verdict]:
    """Check every promise on both engines."""
    problem = Problem()
    with tempfile.TemporaryDirectory() as folder:
        yield check_resume("Fabric", with_fabric, problem, folder)
        yield check_resume("Trainer", with_trainer, problem, folder)
        yield check_resume("Trainer, manual", with_trainer, problem, folder, with_trainer.ManualModule)
        yield check_resume_with_defaults(problem, folder)
        yield check_schedule("Fabric", with_fabric, problem)
        yield check_schedule("Trainer", with_trainer, problem)
        yield check_two_processes("Fabric", with_fabric, replace(problem, noisy=False), folder)
        yield check_two_processes("Trainer", with_trainer, replace(problem, noisy=False), folder)


def check_resume(name, engine, problem, folder, *kind) -> Verdict:
    """Stop, resume in a fresh process or with fresh objects, compare with the uninterrupted run bit for bit."""
    whole = engine.train_whole(problem, *kind)
    broken = []
    for stop_at in (STOP_AT, *MORE_STOPS):
        path = str(Path(folder) / f"{name}-{stop_at}.ckpt")
        engine.train_half(problem, stop_at, path, *kind)
        rest = _resume(engine, problem, path, kind, afresh=stop_at == STOP_AT)
        if not (torch.equal(whole.weights, rest.weights) and torch.equal(whole.losses[stop_at:], rest.losses)):
            broken.append(stop_at)
    remark = f"differs when stopped at {broken}" if broken else "equal bit for bit"
    return Verdict("exact resume", name, not broken, remark, _lines(engine, "exact resume"))


def _resume(engine, problem, path, kind, afresh) -> Result:
    if not afresh:
        return engine.train_rest(problem, path, *kind)
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        arrays = pool.submit(_resume_to_arrays, engine.__name__, problem, path, kind).result()
    return Result(*(torch.from_numpy(array) for array in arrays))


def _resume_to_arrays(engine_name, problem, path, kind):
    engine = with_trainer if engine_name == with_trainer.__name__ else with_fabric
    return tuple(tensor.numpy() for tensor in engine.train_rest(problem, path, *kind))


def check_resume_with_defaults(problem, folder) -> Verdict:
    """Do the same with what Lightning saves by itself."""
    path = str(Path(folder) / "defaults.ckpt")
    _, whole = with_trainer.train_with_defaults(problem, problem.num_steps)
    trainer, _ = with_trainer.train_with_defaults(problem, STOP_AT)
    trainer.save_checkpoint(path)
    _, resumed = with_trainer.train_with_defaults(problem, problem.num_steps, load_from=path)
    return Verdict("exact resume", "Trainer, defaults", torch.equal(whole, resumed), _difference(whole, resumed))


def check_schedule(name, engine, problem) -> Verdict:
    """Compare the logged steps, the score at step 0 and the weights with those of a run that logs nothing."""
    result, entries = engine.train_logged(problem)
    expected = [step for step in range(problem.num_steps) if is_log_step(step)]
    x_BP = make_data(problem, VALIDATION)[: problem.batch_size]
    kept = [step for step, _ in entries] == expected
    kept &= entries[0][1] == score(make_network(problem), x_BP)
    kept &= torch.equal(result.weights, engine.train_whole(problem).weights)
    remark = "logged at " + " ".join(str(step) for step, _ in entries)
    return Verdict("log schedule", name, kept, remark, _lines(engine, "log schedule"))


def check_two_processes(name, engine, problem, folder) -> Verdict:
    """Compare two processes on half a batch each with one process on the whole batch."""
    one = engine.train_whole(problem)
    two = engine.train_in_two_processes(problem, str(Path(folder) / f"{name}.pt"))
    kept = torch.allclose(one.weights, two.weights, rtol=0, atol=TOLERANCE)
    kept &= torch.allclose(one.losses, two.losses, rtol=TOLERANCE)
    return Verdict("two processes", name, kept, _difference(one.weights, two.weights), _lines(engine, "two processes"))


def _difference(a: torch.Tensor, b: torch.Tensor) -> str:
    largest = (a - b).abs().max().item()
    return f"largest difference of a weight {largest:.1e}" if largest else "equal bit for bit"


def _lines(engine, part: str) -> int:
    return sum(count_lines(piece) for piece in engine.PARTS[part])


def count_lines(piece: object) -> int:
    """Count the lines of a function or class without docstrings, comments and blank lines."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(piece)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return len([line for line in ast.unparse(tree).splitlines() if line.strip()])


def count_training_lines(engine) -> int:
    """Count the lines of the plain training, before any promise."""
    return _lines(engine, "training")
