"""Configurations for the script in ``pose_script.py``, in two files as the page has them."""

from __future__ import annotations

from pathlib import Path

from subsong.interop.edflow.run import Command, run_edflow

SCRIPT = Path(__file__).with_name("pose_script.py")
BASE = f"""
iterator: {SCRIPT}:Iterator
model: {SCRIPT}:Network
batch_size: 8
num_epochs: 2
lr: 1e-3
start_log_freq: 1
log_freq: 1000
model_pars: {{width: 4}}
losses:
  color_L1: {{weight: 0.5}}
  KL: {{start_ramp_it: 2, start_ramp_val: 0, end_ramp_it: 6, end_ramp_val: 1}}
"""
DATA = f"""
datasets:
  train: {SCRIPT}:Figures
  validation: {SCRIPT}:HeldOut
losses: {{color_L1: {{weight: 1}}}}
size: 8
"""


def write_bases(folder: Path) -> list[Path]:
    paths = [folder / "base.yaml", folder / "data.yaml"]
    for path, text in zip(paths, (BASE, DATA), strict=True):
        path.write_text(text)
    return paths


def train(folder: Path, *overrides: str, **options) -> Path:
    bases = () if "project" in options else write_bases(folder)
    return run_edflow(Command(bases, overrides, is_training=True, root=folder / "logs", **options))
