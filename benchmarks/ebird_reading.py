"""Seconds and peak memory of reading an EBD file into a matrix of lists and species, against the pandas route.

The pandas route is the usual one: the whole file with ``read_csv``, three filters (species, protocol, complete), a
pivot table, then species on at least 30 lists and lists with at least 5 of them. Ours gets the same filters, and must
give the same matrix. Every route runs in a process of its own, turn by turn; peak memory is what the system noted.
The last row is our reading as it is by default: with the sampling file, taxa rolled up, shared lists merged.

``python -m benchmarks.ebird_reading [ROUNDS]``
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MIN_LISTS, MIN_SPECIES = 30, 5
ROUTES = {
    "pandas": ("pandas", {}),
    "subsong": ("subsong", {}),
    "subsong, one thread": ("subsong", {"POLARS_MAX_THREADS": "1"}),
    "subsong, all steps": ("default", {}),
}


def make_files(folder: str) -> dict[str, Any]:
    from subsong.synthesis.checklist_world import ChecklistWorldOptions
    from subsong.synthesis.checklists import make_checklists
    from subsong.synthesis.ebird_files import write_ebird

    world = ChecklistWorldOptions(
        num_lists=90_000, num_species=500, num_localities=5000, num_observers=2000, top_rate=0.6, rarity=4.5
    )
    files = write_ebird(folder, make_checklists(world))
    return {"path": str(files.ebd), "num_rows": files.num_rows}


def read_with_pandas(path: str) -> tuple[Any, list[str], list[str]]:
    import pandas as pd

    table = pd.read_csv(path, sep="\t", low_memory=False)
    table = table[table["CATEGORY"] == "species"]
    table = table[table["OBSERVATION TYPE"].isin(["Traveling", "Stationary"])]
    table = table[table["ALL SPECIES REPORTED"] == 1]
    table = table[table["OBSERVATION COUNT"] != "0"]
    table = table[["SAMPLING EVENT IDENTIFIER", "COMMON NAME"]].copy()
    table["presence"] = 1
    names = {"index": "SAMPLING EVENT IDENTIFIER", "columns": "COMMON NAME", "values": "presence"}
    matrix = table.pivot_table(**names, aggfunc="max", fill_value=0)
    matrix = matrix.loc[:, matrix.sum() >= MIN_LISTS]
    matrix = matrix[matrix.sum(axis=1) >= MIN_SPECIES]
    return matrix.to_numpy, list(matrix.index), list(matrix.columns)


def read_with_subsong(path: str) -> tuple[Any, list[str], list[str]]:
    from subsong.sources.ebird import EbirdOptions, read_ebird

    options = EbirdOptions(
        species_key="common",
        taxa="species",
        approved_only=False,
        exclude_escapees=False,
        collapse_shared=False,
        max_duration_min=None,
        max_distance_km=None,
        max_speed_kmh=None,
        max_observers=None,
        min_species_observations=MIN_LISTS,
        min_list_species=MIN_SPECIES,
    )
    lists = read_ebird(path, options=options)
    return lists.counts.toarray, lists.items["list"].to_list(), lists.species["key"].to_list()


def read_by_default(path: str) -> tuple[Any, list[str], list[str]]:
    from subsong.sources.ebird import read_ebird

    lists = read_ebird(path, Path(path).parent / "events" / f"{Path(path).stem}_sampling.txt")
    return lists.counts.toarray, lists.items["list"].to_list(), lists.species["key"].to_list()


def measure(module: str, read: Any, path: str) -> dict[str, Any]:
    """Return seconds and peak memory of one route, and a digest of the matrix it gives, taken after both."""
    importlib.import_module(module)
    start, start_cpu = time.perf_counter(), time.process_time()
    to_array, ids, species = read(path)
    seconds, cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    presence = to_array() != 0
    digest = hashlib.sha256(json.dumps([ids, species]).encode() + presence.tobytes()).hexdigest()
    return {"seconds": seconds, "cpu_s": cpu_s, "peak_mb": peak_mb, "shape": presence.shape, "digest": digest}


def run(task: str, argument: str, environment: dict[str, str]) -> dict[str, Any]:
    """Run a task in a fresh process: what this one holds must not count as its memory."""
    command = [sys.executable, "-m", "benchmarks.ebird_reading", task, argument]
    done = subprocess.run(command, env=os.environ | environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def report(results: dict[str, list[dict[str, Any]]]) -> None:
    medians = {
        name: [statistics.median(result[key] for result in found) for key in ("seconds", "cpu_s", "peak_mb")]
        for name, found in results.items()
    }
    seconds, cpu_s, peak_mb = medians["pandas"]
    for name, (own_s, own_cpu_s, own_mb) in medians.items():
        shape = " x ".join(map(str, results[name][0]["shape"]))
        ratios = f"{seconds / own_s:.1f} times as fast ({cpu_s / own_cpu_s:.1f} by processor time)"
        print(
            f"{name:<20} {own_s:6.2f} s  {own_mb:5.0f} MB  {shape:<12}  {ratios}, {own_mb / peak_mb:.3f} of the memory"
        )
    digests = {result["digest"] for name in list(ROUTES)[:3] for result in results[name]}
    if len(digests) > 1:
        sys.exit("the routes give different matrices")
    print("the first three give the same matrix")


def main() -> None:
    tasks = {
        "pandas": ("pandas", read_with_pandas),
        "subsong": ("subsong.sources.ebird", read_with_subsong),
        "default": ("subsong.sources.ebird", read_by_default),
    }
    if sys.argv[1:2] == ["make"]:
        print(json.dumps(make_files(sys.argv[2])))
    elif sys.argv[1:2] and sys.argv[1] in tasks:
        print(json.dumps(measure(*tasks[sys.argv[1]], sys.argv[2])))
    else:
        num_rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
        results: dict[str, list[dict[str, Any]]] = {name: [] for name in ROUTES}
        with tempfile.TemporaryDirectory() as folder:
            made = run("make", folder, {})
            path = Path(made["path"])
            # Out of sight of the routes that read the records alone.
            (path.parent / "events").mkdir()
            events = path.with_name(f"{path.stem}_sampling.txt")
            events.rename(path.parent / "events" / events.name)
            print(f"{made['num_rows']:,} rows, {path.stat().st_size / 1e6:.0f} MB", flush=True)
            for _ in range(num_rounds):
                for name, (task, environment) in ROUTES.items():
                    results[name].append(run(task, str(path), environment))
        report(results)


if __name__ == "__main__":
    main()
