"""From files and overrides to a checked configuration, in two steps.

`merge_files` gives the plain values, in which the caller looks up which class checks them (``raw.values["recipe"]``);
`validate_config` checks. `read_config` is both, where the class is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from subsong.core.config_errors import explain_errors
from subsong.core.overrides import Overrides, apply_overrides, parse_overrides
from subsong.core.raw_config import RawConfig, merge_configs
from subsong.core.yaml_files import load_yaml

Model = TypeVar("Model", bound=BaseModel)


def merge_files(
    paths: Sequence[str | Path] | str | Path = (),
    overrides: Overrides | None = None,
    base: RawConfig | Mapping[str, Any] | None = None,
) -> RawConfig:
    """Return the values of a preset, of files over it, and of overrides over those; not yet checked.

    Parameters
    ----------
    paths
        YAML files, merged deeply from left to right.
    overrides
        ``["losses.kl.weight=2"]`` or ``{"losses.kl.weight": 2}``; slash paths mean the same.
    base
        What lies below the files: a preset read by ``load_yaml(path, label="preset digits-vae")``, or plain values.

    Raises
    ------
    SubsongError
        When a file or an override cannot be read.
    """
    files = [load_yaml(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    bases = (
        [] if base is None else [base if isinstance(base, RawConfig) else RawConfig.from_mapping(base, "the preset")]
    )
    return apply_overrides(merge_configs([*bases, *files]), parse_overrides(overrides))


def validate_config(model_class: type[Model], raw: RawConfig | Mapping[str, Any]) -> Model:
    """Check values against a configuration class.

    Raises
    ------
    SubsongError
        One sentence a problem: file, line, key, what was found, what was expected.
    """
    config = raw if isinstance(raw, RawConfig) else RawConfig.from_mapping(raw, "the configuration")
    try:
        return model_class.model_validate(config.values)
    except ValidationError as error:
        raise explain_errors(model_class, config, error) from error


def read_config(
    model_class: type[Model],
    paths: Sequence[str | Path] | str | Path = (),
    overrides: Overrides | None = None,
    base: RawConfig | Mapping[str, Any] | None = None,
) -> Model:
    """Merge files and overrides over a base, and check the result; see `merge_files` and `validate_config`."""
    return validate_config(model_class, merge_files(paths, overrides, base))
