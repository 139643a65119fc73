"""``subsong predict`` for recordings: where annotations go, and what is said when all is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import typer

from subsong.cli.progress import show_stages
from subsong.cli.stopping import stopping_says

if TYPE_CHECKING:
    from subsong.inference.segmenter import TrainedSegmenter
    from subsong.recipes.annotating import AnnotatedRecordings, AnnotatingOptions
    from subsong.recipes.annotating_jobs import Existing

_EXISTING = ("skip", "overwrite", "merge")
_STAGE = "sound annotated (s)"


class Destination(NamedTuple):
    """Where annotations go and how, as on the command line; see `predict`."""

    out: str | None
    beside: bool
    format: str | None
    existing: str
    num_jobs: int
    device: str
    trust: bool


def predict_recordings(
    model_path: Path,
    model: TrainedSegmenter,
    sources: list[Path],
    destination: Destination,
    decoding: list[str],
    channel: int | None,
) -> None:
    """Annotate recordings and write or print what is found.

    Raises
    ------
    SubsongError
        For wrong input; and in the end, when recordings were left out.
    """
    from subsong.core.errors import SubsongError
    from subsong.recipes.annotating import AnnotatingOptions, annotate_in_memory, annotate_to_files
    from subsong.recipes.annotating_table import annotate_to_table

    is_table = _check(sources, destination)
    if destination.out is None and not destination.beside:
        table, problems = annotate_in_memory(model, sources, decoding, channel)
        typer.echo(table.write_csv(), nl=False)
        if problems:
            raise SubsongError(_say_left_out(len(problems), "the others are printed"))
        return
    options = AnnotatingOptions(
        destination.format or "csv",
        cast("Existing", destination.existing),
        *(destination.num_jobs, channel, decoding, destination.device, destination.trust),
    )
    message = "stopped: what was done is kept, the same command goes on from there"
    with stopping_says(message), show_stages() as tell:

        def progress(done: int, total: int) -> None:
            tell(_STAGE, done, total)

        if is_table:
            assert destination.out is not None
            done = annotate_to_table(model_path, sources, destination.out, options, progress)
        else:
            done = annotate_to_files(model_path, sources, destination.out, options, progress)
    _say(done, options, destination.out or "beside the recordings")


def _check(sources: list[Path], destination: Destination) -> bool:
    """Return whether one table is wanted, else one file each."""
    from subsong.core.errors import SubsongError, did_you_mean
    from subsong.recipes.annotating_table import TABLE_SUFFIXES

    out = destination.out
    if not sources:
        raise SubsongError("name recordings to annotate: files, or folders of them")
    if destination.existing not in _EXISTING:
        raise SubsongError(f"--existing {destination.existing}: {did_you_mean(destination.existing, _EXISTING)}")
    if destination.beside and out is not None:
        raise SubsongError("annotations go beside the recordings (--beside) or to --out: give one of them")
    if out is None or out.endswith("/") or Path(out).is_dir():
        is_table = False
    elif Path(out).suffix.lower() in TABLE_SUFFIXES:
        is_table = True
    elif Path(out).suffix:
        raise SubsongError(f"--out {out}: expected a table (.csv, .parquet), or a folder, whose name may end in /")
    else:
        is_table = False
    if destination.format is not None and (is_table or (out is None and not destination.beside)):
        raise SubsongError("--format is of one file a recording: give a folder with --out, or --beside")
    return is_table


def _say(done: AnnotatedRecordings, options: AnnotatingOptions, where: str) -> None:
    """Say what was done; recordings that were left out are an error."""
    from subsong.core.errors import SubsongError
    from subsong.core.words import count_noun

    table = done.recordings
    counts = dict(table["status"].value_counts().iter_rows())
    said = [
        f"{count_noun(counts[name], 'recording')} {name}" for name in ("annotated", "merged", "kept") if name in counts
    ]
    num_new = int((table["num_annotations"] - table["num_kept"]).sum())
    said.append(count_noun(num_new, "new annotation"))
    if "merged" in counts:
        said.append(f"{count_noun(int(table['num_kept'].sum()), 'annotation')} kept")
    typer.echo(f"{where}: {', '.join(said)}")
    if counts.get("kept"):
        typer.echo(
            "kept recordings were annotated before; --existing overwrite or merge annotates them again", err=True
        )
    if counts.get("left out"):
        raise SubsongError(_say_left_out(counts["left out"], f"the others are done ({where})"))


def _say_left_out(number: int, others: str) -> str:
    from subsong.core.words import count_noun

    return f"{count_noun(number, 'recording')} could not be annotated, as said above; {others}"
