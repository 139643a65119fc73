"""Print the promises, the step cost and the import times of both engines."""

import argparse
import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator

PARTS = ("promises", "cost", "imports")


def main() -> int:
    """Run what was asked for; give 1 if a promise was broken where it should be kept."""
    options = _read_options()
    if importlib.util.find_spec("lightning") is None:
        sys.exit("This benchmark compares with Lightning's Trainer; install it with: pip install 'subsong[bench]'")
    with _silence_stderr():
        kept = _print_promises() if "promises" in options.parts else True
        if "cost" in options.parts:
            _print_cost(options.rounds)
        if "imports" in options.parts:
            _print_imports()
    return 0 if kept else 1


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trainer_or_fabric", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"any of {', '.join(PARTS)}; default: all")
    parser.add_argument("--rounds", type=int, default=10, help="interleaved rounds of the step cost")
    return parser.parse_args()


@contextlib.contextmanager
def _silence_stderr() -> Iterator[None]:
    """Drop Lightning's notices, those of its child processes too; exceptions are printed after it."""
    original = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(original, 2)
        os.close(original)


def _print_promises() -> bool:
    from . import promises, with_fabric, with_trainer

    print("## Promises")
    all_kept = True
    for verdict in promises.check_all():
        word, lines = "PASS" if verdict.kept else "FAIL", f"{verdict.lines:3d} lines" if verdict.lines else ""
        print(f"{word}  {verdict.promise:14s} {verdict.engine:18s} {lines:10s} {verdict.remark}", flush=True)
        all_kept &= verdict.kept or verdict.engine == "Trainer, defaults"
    for name, engine in (("Fabric", with_fabric), ("Trainer", with_trainer)):
        print(f"      plain training {name:18s} {promises.count_training_lines(engine):3d} lines")
    return all_kept


def _print_cost(num_rounds: int) -> None:
    import torch

    from . import step_cost

    print(f"\n## Cost of a step: batch 128, {torch.get_num_threads()} threads, {num_rounds} interleaved rounds")
    for case, problem in step_cost.CASES.items():
        print(f"\n{case:44s} ms a step   extra ms   ratio to bare   median of rounds")
        costs = step_cost.measure(problem, num_rounds)
        for cost in costs:
            extra = cost.ms - costs[0].ms
            print(
                f"  {cost.name:42s} {cost.ms:9.3f} {extra:+10.3f} {cost.ratio:15.3f} {cost.median_ratio:18.3f}",
                flush=True,
            )


def _print_imports() -> None:
    from . import start_up

    print("\n## Import, seconds in a fresh process")
    for name, seconds in start_up.measure(num_rounds=2).items():
        print(f"  {name:46s} {seconds:.2f}")


if __name__ == "__main__":
    sys.exit(main())
