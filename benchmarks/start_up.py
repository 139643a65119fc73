"""Seconds until ``subsong --help`` answers, against an empty Python and against importing torch."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "subsong --help": ["-m", "subsong", "--help"],
    "import torch": ["-c", "import torch"],
}


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(6):
        for name, arguments in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}
    for name, seconds in medians.items():
        print(f"{name:<16} {seconds:.2f} s  ({seconds / medians['import torch']:.2f} of importing torch)")


if __name__ == "__main__":
    main()
