"""The application the verbs hang themselves on, and what they share."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="subsong",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help=(
        "Train variational autoencoders and song segmenters on what animals do, and get back maps, annotations and "
        "completions.\n\n"
        "Start with `subsong demo`, or `subsong train digits-vae --data FOLDER`; each verb explains itself with --help."
    ),
)


class Flags:
    """What was said before the verb."""

    debug = False


@app.callback()
def common(
    debug: bool = typer.Option(False, "--debug", help="Show a traceback with errors, and log more."),
) -> None:
    """Set up the log: plain lines on standard error."""
    import logging

    Flags.debug = debug
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("subsong")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG if debug else logging.INFO)
