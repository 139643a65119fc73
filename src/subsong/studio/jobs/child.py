"""The process of a job: runs the command line, and leaves word of how it ended, whoever started it being gone or not.

``python -m subsong.studio.jobs.child FOLDER ARGUMENT...`` is ``python -m subsong ARGUMENT...`` with that last word.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from subsong.core.errors import SubsongError
from subsong.studio.jobs.record import JobFolder


def run_job(path: Path, arguments: Sequence[str]) -> int:
    """Run the command line in this process, and write into the job's folder how it ended.

    Parameters
    ----------
    path
        The folder of the job.
    arguments
        What the command line is given.

    Returns
    -------
    The exit code; 128 + number where a signal ended it.
    """
    signal.signal(signal.SIGTERM, _stop)
    sys.argv = ["subsong", *arguments]
    # The console is a file: no colours, and lines as wide as the page.
    os.environ.update(NO_COLOR="1", TERM="dumb", COLUMNS="110")
    code = 1
    try:
        runpy.run_module("subsong", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except Exception:  # noqa: BLE001  shown in the console as any program shows it
        traceback.print_exc()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with contextlib.suppress(SubsongError, OSError):  # a full disk: the missing word says enough
            JobFolder(path).write_ended(code)
    return code


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    exit_code = run_job(Path(sys.argv[1]), sys.argv[2:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of a library that still run, as a data loader's, do not keep an ended job alive.
    os._exit(exit_code)
