"""The base of every configuration class."""

from __future__ import annotations

import pytest
from pydantic import Field, ValidationError

from subsong.core.config import ConfigBase


class Part(ConfigBase):
    model_size: int = 1


def test_an_unknown_key_is_an_error():
    with pytest.raises(ValidationError):
        Part(mdl=1)


def test_a_configuration_cannot_be_changed():
    part = Part()
    with pytest.raises(ValidationError):
        part.model_size = 2


def test_a_default_is_checked_too():
    class Wrong(ConfigBase):
        size: int = Field(0, ge=1)

    with pytest.raises(ValidationError):
        Wrong()
