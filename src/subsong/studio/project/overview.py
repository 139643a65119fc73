"""The project at a glance: its birds, its labels, and what was made of it so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from subsong.projects.project import Project
from subsong.studio.context import StudioContext
from subsong.studio.project.catalogue import Entry, Listing


class BirdSummary(NamedTuple):
    """How far the recordings of one bird have come; `duration_s` is of those whose length is known so far."""

    name: str
    num_recordings: int
    duration_s: float
    num_done: int
    num_annotations: int
    num_proposed: int


class LabelSummary(NamedTuple):
    """How often a label stands in all recordings; `kind` is segment, or event where it is a point in time."""

    label: str
    num_accepted: int
    num_proposed: int
    kind: str


def describe_project(context: StudioContext, listing: Listing) -> dict[str, Any]:
    """Return what the top of the project page shows."""
    from subsong import __version__

    project = context.project
    birds = summarise_birds(listing.entries)
    return {
        "name": project.name,
        "folder": project.path,
        "file": project.file,
        "recordings_folder": project.recordings_dir,
        "version": __version__,
        "author": context.author,
        "read_only": context.read_only,
        "num_recordings": len(listing.entries),
        "num_pending": listing.num_pending,
        "duration_s": sum(bird.duration_s for bird in birds),
        "birds": birds,
        "maps": _list_folders(project, "maps_dir", "map.json"),
        "runs": _list_folders(project, "runs_dir", "config.yaml"),
        "report": project.report_path.is_file(),
    }


def summarise_birds(entries: Iterable[Entry]) -> list[BirdSummary]:
    """Return the birds by name, with their recordings counted; those of missing recordings too."""
    by_bird: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_bird[entry.bird].append(entry)
    return [
        BirdSummary(
            bird,
            len(own),
            sum(one.duration_s or 0.0 for one in own),
            sum(one.state == "done" for one in own),
            sum(one.num_accepted for one in own),
            sum(one.num_proposed for one in own),
        )
        for bird, own in sorted(by_bird.items())
    ]


def summarise_labels(entries: Sequence[Entry], bird: str | None = None) -> list[LabelSummary]:
    """Return the labels of all recordings, or of one bird's, the most frequent first.

    A label that stands for points in time more often than not is an event.
    """
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for entry in entries:
        if bird in (None, entry.bird):
            for label, count in entry.labels.items():
                counts[label] = [old + new for old, new in zip(counts[label], count, strict=True)]
    found = [
        LabelSummary(label, accepted, proposed, "event" if 2 * events > accepted + proposed else "segment")
        for label, (accepted, proposed, events) in counts.items()
    ]
    return sorted(found, key=lambda one: (-one.num_accepted - one.num_proposed, one.label))


def _list_folders(project: Project, place: str, mark: str) -> list[str]:
    """Return the names of folders of a project that hold a file which tells what they are."""
    return sorted(path.parent.name for path in getattr(project, place).glob(f"*/{mark}"))
