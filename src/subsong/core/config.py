"""The base of every configuration class, and the part that names a user's own class."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from subsong.core.imports import load_object, resolve_target


class ConfigBase(BaseModel):
    """Frozen, and an unknown key is an error. Nested parts are told apart by ``kind: Literal[...]``."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, protected_namespaces=())


class ImportedPart(ConfigBase):
    """A user's own class or function in place of one of ours."""

    kind: Literal["import"] = "import"
    target: str = Field(description="'path/to/file.py:Name' or 'package.module:Name'")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Keyword arguments for it.")

    @field_validator("target")
    @classmethod
    def _absolute(cls, target: str) -> str:
        return resolve_target(target)

    def load(self) -> Any:
        """Return the named class or function, not yet called.

        Raises
        ------
        SubsongError
            When the file, module or name does not exist.
        """
        return load_object(self.target)
