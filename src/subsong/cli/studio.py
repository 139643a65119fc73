"""``subsong studio``."""

from __future__ import annotations

import contextlib
from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def studio(
    project: Path = typer.Argument(
        Path(), metavar="[PROJECT]", help="A project file, its folder, or a folder of recordings. By default: here."
    ),
    port: int = typer.Option(8765, "--port", min=0, max=65535, help="0: any that is free; a taken one: the next."),
    host: str = typer.Option("127.0.0.1", "--host", help="Name or address of this machine; 0.0.0.0: all of them."),
    token: str | None = typer.Option(
        None, "--token", help="What a browser must show; made up by itself where other machines get here."
    ),
    browser: bool = typer.Option(True, "--browser/--no-browser", help="Open the browser, where there is one."),
) -> None:
    """Annotate, correct, train and map in the browser; nothing leaves this machine.

    Of a folder of recordings a project is made beside it, which is told. Ctrl-C ends the studio; training and other
    work that was started in it goes on, and is found again.

    Examples:

    - subsong studio recordings
    - subsong studio recordings-project --port 0 --no-browser
    - subsong studio project.yaml --host 0.0.0.0
    """
    _require_extra()
    import webbrowser

    from subsong.studio.app import build_app
    from subsong.studio.serving import Address, choose_token, find_project, has_screen, open_context, open_socket, serve
    from subsong.studio.work.form_cache import prepare_forms

    opened, is_new = find_project(project)
    if is_new:
        typer.echo(f"made a project of {opened.recordings_dir}: {opened.path}", err=True)
    token = choose_token(host, token)
    context = open_context(opened, token)
    server = build_app(context, host)
    with open_socket(host, port) as listening:
        address = Address(host, listening.getsockname()[1], token)

        def tell() -> None:
            typer.echo(f"The studio of {opened.name}: {address.url}  (Ctrl-C ends it)")
            if browser and has_screen():
                webbrowser.open(address.url)
            prepare_forms(opened.studio_dir, context.calm)

        # Where Ctrl-C is ignored, as of what a shell put into the background, it ends without this.
        with contextlib.suppress(KeyboardInterrupt):
            serve(server, listening, tell)
        typer.echo("The studio has ended; what it had started goes on.", err=True)


def _require_extra() -> None:
    import importlib.util

    from subsong.core.errors import SubsongError

    missing = [
        name for name in ("starlette", "uvicorn", "multipart", "plotly") if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise SubsongError(f"the studio needs {' and '.join(missing)}: python -m pip install 'subsong[studio]'")
