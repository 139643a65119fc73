"""All benchmarks, one after the other; each prints ratios measured in its own run. Names as arguments choose some."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    "engine_overhead",
    "start_up",
    "mnist_elbo",
    "openmp_contention",
    "trainer_or_fabric",
    "ebird_reading",
    "checklist_training",
    "bbs_completion",
    "syllable_spectrograms",
    "syllable_preparing",
    "syllable_training",
    "syllable_quality",
    "window_feeding",
    "window_training",
    "time_warping",
    "laying_out",
    "segmenter_quality",
    "segmenting",
    "segmenting.speed",
    "active_learning",
    "pipeline",
    "birds_side_by_side",
    "studio_sound",
    "studio_map",
    "das_speed",
    "stickmen",
    "pose_training",
    "pose_quality",
)


def main() -> None:
    failed = []
    for name in sys.argv[1:] or BENCHMARKS:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
