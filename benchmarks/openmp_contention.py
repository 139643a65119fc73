"""What spinning OpenMP threads cost when another process is busy: the bare digits step with two threads.

Each setting runs in a process of its own: alone, beside a process that keeps one core busy, and beside another training
with the same setting, the usual case on a shared machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

SETTINGS: dict[str, dict[str, str]] = {
    "default": {},
    "GOMP_SPINCOUNT=10000": {"GOMP_SPINCOUNT": "10000"},
    "GOMP_SPINCOUNT=1000": {"GOMP_SPINCOUNT": "1000"},
    "OMP_WAIT_POLICY=passive": {"OMP_WAIT_POLICY": "passive"},
    "OMP_NUM_THREADS=1": {"OMP_NUM_THREADS": "1"},
}
STEP = """
import statistics, time, torch
from torch import nn
torch.set_flush_denormal(True)
torch.manual_seed(0)
model = nn.Sequential(
    nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 20), nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784)
)
optimizer = torch.optim.Adam(model.parameters(), fused=True)
data, times = torch.rand(2000, 784), []
for _ in range(40):
    start = time.perf_counter()
    x = data[torch.randint(0, 2000, (128,))]
    loss = nn.functional.binary_cross_entropy_with_logits(model(x), x, reduction="sum") / 128
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    times.append(time.perf_counter() - start)
print(1000 * statistics.median(times))
"""


def environment(setting: dict[str, str]) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    return {**clean, **setting}


def time_step(setting: dict[str, str], beside: str | None = None) -> float:
    """Return the median step in ms in a fresh process, perhaps beside another one."""
    other = None if beside is None else subprocess.Popen([sys.executable, "-c", beside], env=environment(setting))
    try:
        if other is not None:
            time.sleep(3)  # until it has imported torch
        done = subprocess.run(
            [sys.executable, "-c", STEP], env=environment(setting), capture_output=True, text=True, check=True
        )
    finally:
        if other is not None:
            other.kill()
            other.wait()
    return float(done.stdout)


def main() -> None:
    training = STEP.replace("range(40)", "range(10**9)")
    for name, setting in SETTINGS.items():
        alone, busy = time_step(setting), time_step(setting, "while True: pass")
        shared = time_step(setting, training)
        times = f"alone {alone:5.1f} ms, beside a busy process {busy:5.1f} ms, beside a training {shared:5.1f} ms"
        print(f"{name:<24} {times}", flush=True)


if __name__ == "__main__":
    main()
