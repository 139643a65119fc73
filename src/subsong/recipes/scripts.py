"""A training command as a script to edit and to run elsewhere: for a shell (.sh), or for Slurm (.sbatch).

What differs from machine to machine stands at its head: folders, environment, resources. A script trains one run, whose
folder it names: started again, by hand or by a cluster that requeues it, it goes on from the last checkpoint.
"""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.core.overrides import parse_overrides
from subsong.recipes.base import RunConfig

SHELL, SLURM = ".sh", ".sbatch"

_CREATE = """\
# A new run begins with its configuration; one that is there already goes on from its last checkpoint.
if [ ! -f "$RUN_DIR/config.yaml" ]; then
  mkdir -p "$RUN_DIR"
  "$PYTHON" -m subsong config show \\
{options}    > "$RUN_DIR/config.yaml.$$"
  mv "$RUN_DIR/config.yaml.$$" "$RUN_DIR/config.yaml"
fi
"""

_RUN_IN_SHELL = """\
TRAIN=(-m subsong train --resume "$RUN_DIR"{settings})
if [ "$NUM_NODES" -gt 1 ]; then
  "$PYTHON" -m torch.distributed.run --nnodes "$NUM_NODES" --nproc-per-node "$NUM_DEVICES" \\
    --node-rank "$NODE_RANK" --master-addr "$MASTER_ADDR" --master-port "$MASTER_PORT" "${{TRAIN[@]}}"
else
  exec "$PYTHON" "${{TRAIN[@]}}"
fi
"""

_RUN_IN_SLURM = """\
STATUS=0
srun --cpus-per-task="$NUM_THREADS" "$PYTHON" -m subsong train --resume "$RUN_DIR"{settings} || STATUS=$?
# 143: stopped by SIGTERM, with a checkpoint.
if [ "$STATUS" -eq 143 ] && [ "$REQUEUE_AT_TIME_LIMIT" = yes ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$STATUS"
"""

_SLURM_RESOURCES = """\
#SBATCH --job-name={name}
# Machines, processes on each, and as many GPUs (a line that begins with two # is off).
#SBATCH --nodes={num_nodes}
#SBATCH --ntasks-per-node={num_devices}
{gpu_mark}SBATCH --gpus-per-node={num_devices}
# Of each process: threads; of each machine: memory.
#SBATCH --cpus-per-task={num_threads}
#SBATCH --mem=16G
# Two minutes before the time is up the run leaves a checkpoint; see REQUEUE_AT_TIME_LIMIT.
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x_%j.log
##SBATCH --partition=gpu
##SBATCH --account=my_group
"""


class TrainingCommand(NamedTuple):
    """What was asked for on the command line.

    Attributes
    ----------
    sources
        Recipes and YAML files.
    data, start_from
        Where the data are, and the model to start from.
    overrides
        Single settings.
    run_dir
        The run folder.
    is_new
        Whether the script may have to make it.
    """

    sources: Sequence[str]
    data: Path | None
    overrides: Sequence[str]
    start_from: Path | None
    run_dir: Path
    is_new: bool = True


def name_run(name: str, root: Path) -> Path:
    """Return the folder of a run that a script will make: its time is that of the script."""
    return root / f"{name}_{time.strftime('%Y%m%d_%H%M%S')}"


def write_script(path: Path, command: TrainingCommand, config: RunConfig, overwrite: bool = False) -> None:
    """Write a training script.

    Parameters
    ----------
    path
        ``.sh`` for a shell, ``.sbatch`` for Slurm.
    command
        What it trains.
    config
        The same, resolved.
    overwrite
        Whether a script of that name is replaced.

    Raises
    ------
    SubsongError
        When the name ends otherwise, or is taken.
    """
    if path.suffix not in (SHELL, SLURM):
        raise SubsongError(f"{path}: a script is called NAME{SHELL}, for a shell, or NAME{SLURM}, for Slurm")
    if path.exists() and not overwrite:
        raise SubsongError(f"{path} exists already and was left as it is: choose another name, or say --overwrite")
    text = render_script(path.suffix, command, config)
    with atomic_file(path, "w") as file:
        file.write(text)
    path.chmod(0o755)


def render_script(suffix: str, command: TrainingCommand, config: RunConfig) -> str:
    """Return the text of a script of the kind `suffix` says."""
    is_slurm = suffix == SLURM
    run_in = _RUN_IN_SLURM if is_slurm else _RUN_IN_SHELL
    settings = "" if command.is_new else "".join(f" {part}" for part in _render_settings(command.overrides))
    parts = [
        _render_head(is_slurm, command, config),
        _render_places(command),
        _render_environment(),
        _render_resources(is_slurm, config),
        "# From here on nothing needs to be changed.",
        'set -u\ncd "$PROJECT_DIR"',
        _CREATE.format(options=_render_options(command)) if command.is_new else "",
        run_in.format(settings=settings),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def _render_head(is_slurm: bool, command: TrainingCommand, config: RunConfig) -> str:
    lines = ["#!/usr/bin/env bash", f"# Trains a {config.recipe} model with Subsong."]
    if is_slurm:
        gpu_mark = "#" if _uses_gpu(config) else "##"
        lines.append("# Start it with: sbatch NAME.sbatch. Lines that begin with #SBATCH are read by Slurm.")
        lines.append(
            _SLURM_RESOURCES.format(
                name=command.run_dir.name,
                num_nodes=config.training.num_nodes,
                num_devices=config.training.num_devices,
                num_threads=_count_threads(),
                gpu_mark=gpu_mark,
            )
        )
    else:
        lines.append("# Start it with: bash NAME.sh")
    return "\n".join([*lines, "set -eo pipefail"])


def _render_places(command: TrainingCommand) -> str:
    lines = [
        "# The folder that relative paths begin at.",
        f"PROJECT_DIR={_quote(Path.cwd())}",
        "# The run folder. Another name trains anew; started again with the same name, the run goes on.",
        f"RUN_DIR={_quote(command.run_dir)}",
    ]
    if command.data is not None:
        lines += ["# Where the data are.", f"DATA_PATH={_quote(command.data.expanduser().resolve())}"]
    if command.start_from is not None:
        lines += [
            "# The trained model, or its run, that the training starts from.",
            f"START_FROM={_quote(command.start_from.expanduser().resolve())}",
        ]
    return "\n".join(lines)


def _render_environment() -> str:
    """Return the lines that activate this environment, and those of other kinds as comments."""
    conda, active = os.environ.get("CONDA_PREFIX"), Path(sys.prefix) / "bin" / "activate"
    is_conda = conda is not None and Path(conda) == Path(sys.prefix)
    is_venv = not is_conda and sys.prefix != sys.base_prefix and active.is_file()
    venv_mark, conda_mark = "" if is_venv else "# ", "" if is_conda else "# "
    environment = _quote(conda) if is_conda else "my_environment"
    return "\n".join(
        [
            "# The environment Subsong is installed in: one of these, and the interpreter in it.",
            "# module load python cuda",
            f"{venv_mark}source {_quote(active) if is_venv else '/path/to/venv/bin/activate'}",
            f'{conda_mark}eval "$(conda shell.bash hook)" && conda activate {environment}',
            f"PYTHON={'python' if is_venv or is_conda else _quote(sys.executable)}",
        ]
    )


def _render_resources(is_slurm: bool, config: RunConfig) -> str:
    if is_slurm:
        lines = [
            "# Resources are asked for at the head. What the time does not suffice for goes on in the same job, queued",
            "# again (yes), or when you submit this script again (no).",
            "REQUEUE_AT_TIME_LIMIT=yes",
            'NUM_NODES="${SLURM_JOB_NUM_NODES:-1}"',
            'NUM_DEVICES="${SLURM_NTASKS_PER_NODE:-1}"',
            'NUM_THREADS="${SLURM_CPUS_PER_TASK:-1}"',
        ]
    else:
        lines = [
            "# Processes on each machine, one a GPU where there are GPUs; threads of each; machines.",
            f"NUM_DEVICES={config.training.num_devices}",
            f"NUM_THREADS={_count_threads()}",
            f"NUM_NODES={config.training.num_nodes}",
            "# With several machines: start this script on each, with its number from 0 and the address of the first.",
            'NODE_RANK="${NODE_RANK:-0}"',
            'MASTER_ADDR="${MASTER_ADDR:-127.0.0.1}"',
            'MASTER_PORT="${MASTER_PORT:-29500}"',
        ]
    return "\n".join([*lines, 'export OMP_NUM_THREADS="$NUM_THREADS"'])


def _render_options(command: TrainingCommand) -> str:
    """Return what describes the run, one option a line."""
    options = [" ".join(_quote(source) for source in command.sources)]
    if command.data is not None:
        options.append('--data "$DATA_PATH"')
    if command.start_from is not None:
        options.append('--set start_from="$START_FROM"')
    options += _render_settings(command.overrides)
    options += ['--set training.num_devices="$NUM_DEVICES"', '--set training.num_nodes="$NUM_NODES"']
    return "".join(f"    {option} \\\n" for option in options)


def _render_settings(overrides: Sequence[str]) -> list[str]:
    parse_overrides(overrides)
    return [f"--set {_quote(override)}" for override in overrides]


def _uses_gpu(config: RunConfig) -> bool:
    return config.training.device == "cuda" or (config.training.device == "auto" and torch.cuda.is_available())


def _count_threads() -> int:
    """Return the threads this process would train with, so that the script's sums are added in the same order."""
    return torch.get_num_threads()


def _quote(text: str | Path | None) -> str:
    return shlex.quote(str(text))
