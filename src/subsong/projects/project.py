"""The folder of a project: where everything that is made of its recordings has its place.

``annotations/`` holds what people say of each recording, one CSV each, and ``journal/`` how it came about;
``proposals/`` what models say. ``steps/`` is the cache of the pipeline, ``runs/`` holds training, ``datasets/`` what
was made in the studio, ``maps/`` maps, ``studio/`` what the studio remembers. ``report.html``, ``figures/`` and
``embeddings/`` are what one takes away.
"""

from __future__ import annotations

import getpass
from pathlib import Path

from subsong.core.config_files import read_config
from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.core.yaml_files import dump_yaml
from subsong.projects.config import ProjectConfig

PROJECT_FILE = "project.yaml"


class Project:
    """A project and its places.

    Parameters
    ----------
    file
        The project file, which exists.
    config
        What it says, checked.

    Attributes
    ----------
    file, config
        As given.
    path
        The project's folder, which may not exist yet.
    recordings_dir
        The folder recordings are named relative to.
    """

    def __init__(self, file: Path, config: ProjectConfig) -> None:
        self.file, self.config = file.resolve(), config
        base = self.file.parent
        own = base if self.file.name == PROJECT_FILE else base / self.file.stem
        self.path = own if config.folder is None else (base / config.folder.expanduser()).resolve()
        self.recordings_dir = (base / config.recordings.expanduser()).resolve()
        self.annotations_dir = self.path / "annotations"
        self.journal_dir = self.path / "journal"
        self.proposals_dir = self.path / "proposals"
        self.steps_dir = self.path / "steps"
        self.runs_dir = self.path / "runs"
        self.datasets_dir = self.path / "datasets"
        self.maps_dir = self.path / "maps"
        self.embeddings_dir = self.path / "embeddings"
        self.figures_dir = self.path / "figures"
        self.studio_dir = self.path / "studio"
        self.report_path = self.path / "report.html"

    @property
    def name(self) -> str:
        """What the project is called."""
        return self.config.name or self.path.name

    @property
    def author(self) -> str:
        """Who corrects, unless the studio is told another name."""
        return self.config.author or _find_account()

    def find_beside(self, path: Path) -> Path:
        """Return a path of the project file as an absolute one."""
        return (self.file.parent / path.expanduser()).resolve()


def open_project(path: str | Path) -> Project:
    """Open a project.

    Parameters
    ----------
    path
        The project file, or the folder with a ``project.yaml``.

    Raises
    ------
    SubsongError
        When there is none, or it does not say what a project file says: names file, line and nearest key.
    """
    path = Path(path).expanduser()
    file = path / PROJECT_FILE if path.is_dir() else path
    if not file.is_file():
        raise SubsongError(
            f"{path} is no project: expected a YAML file with recordings, or a folder with {PROJECT_FILE}; "
            "'subsong studio FOLDER_OF_RECORDINGS' makes one"
        )
    project = Project(file, read_config(ProjectConfig, [file]))
    if not project.recordings_dir.exists():
        raise SubsongError(f"{file}: recordings: {project.recordings_dir} does not exist; say where they are now")
    return project


def create_project(recordings: str | Path, folder: str | Path | None = None) -> Project:
    """Make a project of a folder of recordings, or open the one that is there.

    Parameters
    ----------
    recordings
        The folder of recordings, which is left as it is.
    folder
        Where the project is kept; None: beside the recordings, ``<name>-project``.

    Raises
    ------
    SubsongError
        When there are no recordings, or the folder belongs to other recordings.
    """
    recordings = Path(recordings).expanduser().resolve()
    if not recordings.is_dir():
        raise SubsongError(f"{recordings} is not a folder: expected recordings to make a project of")
    path = recordings.with_name(f"{recordings.name}-project") if folder is None else Path(folder).expanduser().resolve()
    file = path / PROJECT_FILE
    if file.exists():
        project = open_project(file)
        if project.recordings_dir != recordings:
            raise SubsongError(
                f"{file} is a project of {project.recordings_dir}: choose another folder for {recordings}"
            )
        return project
    with atomic_file(file, "w") as handle:
        handle.write("# A Subsong project. Every key: subsong config schema project\n")
        handle.write(dump_yaml({"name": recordings.name, "recordings": str(recordings)}))
    return open_project(file)


def _find_account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in some containers
        return "somebody"
