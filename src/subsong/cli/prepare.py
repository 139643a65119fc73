"""``subsong prepare``: read data once and keep them in a form that opens at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from subsong.cli.app import app
from subsong.cli.stopping import stopping_says

prepare = typer.Typer(no_args_is_help=True, help="Read data once, check them, and write a dataset that opens at once.")
app.add_typer(prepare, name="prepare")


@prepare.command("checklists")
def prepare_checklists(
    source: Path = typer.Argument(..., help="eBird file (.txt, .gz, .zip, .tar) or folder, or table (.csv, .parquet)."),
    out: Path = typer.Option("checklists", "--out", "-o", help="Folder of the dataset."),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="An option of the reader: --set ebird.max_distance_km=5."
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace the dataset that is there."),
) -> None:
    """Read checklists, filter them, and tell what each step dropped.

    eBird files are joined with their sampling file, shared lists collapsed, taxa rolled up to species, and lists kept
    that follow eBird's guide to good practice; each step can be switched off or changed with --set (sampling=FILE,
    ebird.KEY, table.KEY; all keys: subsong config init checklist-vae --full). In tables, empty cells are unknown.

    Examples:

    - subsong prepare checklists ebd_IN-KL_relSep-2025.zip --out kerala
    - subsong prepare checklists sites.csv --out sites --set table.id_column=[site,visit]
    """
    from subsong.recipes.prepare import prepare_checklists as prepare_store
    from subsong.recipes.summaries import print_checklists

    with stopping_says("stopped: nothing was written; start again"), _show_progress() as progress:
        checklists = prepare_store(source, out, overrides, overwrite, progress)
    print_checklists(checklists)
    typer.echo(out)


@prepare.command("syllables")
def prepare_syllables(
    source: Path = typer.Argument(..., help="A folder of recordings with annotations, or one recording."),
    out: Path = typer.Option("syllables", "--out", "-o", help="Folder of the dataset."),
    preset: str = typer.Option("finch", "--preset", "-p", help="Spectrogram settings to start from: finch, mouse, ..."),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="One setting: --set spectrogram.high_hz=8000, --set channel=0."
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace the dataset that is there."),
    num_workers: int | None = typer.Option(None, "--workers", min=1, help="Parts at a time; changes no number."),
) -> None:
    """Turn recordings with annotated segments into spectrograms and acoustic features.

    Annotations are looked for beside the recordings, in any format of ours (AVA txt, Audacity, Raven, Praat, .not.mat,
    Annotation.xml, csv, ...), or taken from --set annotations=PATH; 'subsong segment' makes some. A table files.csv
    beside them may tell the individual, session or day of each recording. Every syllable is kept; what cannot be used
    is listed in skipped.csv, and every recording in audit.csv. Interrupted, the same command goes on.

    Examples:

    - subsong prepare syllables songs/ --out syllables
    - subsong prepare syllables calls/ --preset mouse --set annotations=calls/segments --set audit.mode=strict
    """
    from subsong.cli.progress import show_stages
    from subsong.recipes.prepare import CONTACT_SHEET_NAME
    from subsong.recipes.prepare import prepare_syllables as prepare_store
    from subsong.recipes.sound_summaries import print_prepared

    with (
        stopping_says("stopped: what was done is kept, the same command goes on from there"),
        show_stages() as progress,
    ):
        prepared = prepare_store(source, out, preset, overrides, overwrite, progress, num_workers)
    print_prepared(prepared)
    typer.echo(f"look at {out / CONTACT_SHEET_NAME}, then: subsong train syllable-vae --data {out}")


@prepare.command("windows")
def prepare_windows(
    source: Path = typer.Argument(..., help="A folder of recordings, with or without annotations, or one recording."),
    out: Path = typer.Option("windows", "--out", "-o", help="Folder of the dataset."),
    preset: str = typer.Option("finch", "--preset", "-p", help="Spectrogram settings to start from: finch, mouse, ..."),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="One setting: --set merge_gap_s=0.1, --set regions=recordings."
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace the dataset that is there."),
    num_workers: int | None = typer.Option(None, "--workers", min=1, help="Parts at a time; changes no number."),
) -> None:
    """Make recordings ready for windows of song, which are drawn anew in every epoch: no syllables needed.

    Windows lie within regions: annotated segments, syllables joined to songs by --set merge_gap_s=SECONDS, or whole
    recordings (--set regions=recordings). How long a window is, is spectrogram.max_duration_s; it can be changed when
    training. A region shorter than that is listed in skipped.csv, like all that cannot be used; where the regions are
    is in regions.csv, every recording in audit.csv. Interrupted, the same command goes on.

    Examples:

    - subsong prepare windows songs/ --out windows --set merge_gap_s=0.1
    - subsong prepare windows calls/ --preset mouse --set regions=recordings --set spectrogram.max_duration_s=0.15
    """
    from subsong.cli.progress import show_stages
    from subsong.recipes.prepare import CONTACT_SHEET_NAME
    from subsong.recipes.prepare import prepare_windows as prepare_store
    from subsong.recipes.sound_summaries import print_windows

    with (
        stopping_says("stopped: what was done is kept, the same command goes on from there"),
        show_stages() as progress,
    ):
        prepared = prepare_store(source, out, preset, overrides, overwrite, progress, num_workers)
    print_windows(prepared)
    typer.echo(f"look at {out / CONTACT_SHEET_NAME}, then: subsong train shotgun-vae --data {out}")


@contextmanager
def _show_progress() -> Iterator[Callable[[int, int], None] | None]:
    """Show bytes read, speed and time left where someone can see it."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = ("reading", BarColumn(), DownloadColumn(), TransferSpeedColumn(), "left", TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading")
        yield lambda done, total: bar.update(task, completed=done, total=total)
