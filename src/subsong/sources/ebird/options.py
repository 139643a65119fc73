"""What of an eBird file is kept; the defaults are the effort filters of eBird's best practices (2023)."""

from __future__ import annotations

import datetime
from typing import Literal

from pydantic import Field, model_validator

from subsong.core.config import ConfigBase


class EbirdOptions(ConfigBase):
    """Each filter is switched off by null (or false); a list without the value a filter needs does not pass it."""

    species_key: Literal["scientific", "common"] = Field(
        "scientific", description="Which name a species is known by; common names change more often."
    )
    taxa: Literal["roll_up", "species"] = Field(
        "roll_up",
        description="roll_up: subspecies, forms, intergrades and domestic birds count as their species; "
        "species: they are left out.",
    )
    approved_only: bool = Field(True, description="Leave out records that reviewers have not approved.")
    exclude_escapees: bool = Field(True, description="Leave out records of exotic code X; older files have no code.")
    complete_only: bool = Field(
        True, description="Keep only lists that report all species; false: what others do not name is unknown."
    )
    collapse_shared: bool = Field(True, description="Merge the copies of a list that was shared among observers.")
    protocols: tuple[str, ...] | None = Field(
        ("Stationary", "Traveling"), description="Names or codes (P21) of the protocols that are kept."
    )
    max_duration_min: float | None = Field(360, gt=0, description="Longest duration, in minutes.")
    max_distance_km: float | None = Field(10, ge=0, description="Longest way, in km; 0 for a stationary list.")
    max_speed_kmh: float | None = Field(100, gt=0, description="Highest speed, in km/h.")
    max_observers: int | None = Field(10, ge=1, description="Largest party.")
    first_date: datetime.date | None = Field(None, description="First day that is kept.")
    last_date: datetime.date | None = Field(None, description="Last day that is kept.")
    bounds: tuple[float, float, float, float] | None = Field(
        None, description="Region that is kept, in degrees: west, south, east, north."
    )
    min_species_observations: int = Field(
        1, ge=0, description="Lists a species must be found on to be kept; 0 keeps all."
    )
    min_list_species: int = Field(0, ge=0, description="Kept species a list must hold to be kept.")
    until_stable: bool = Field(
        False, description="Repeat the last two filters until both hold; false: species first, then lists, once."
    )
    sample_fraction: float = Field(
        1.0, gt=0, le=1, description="Share of the lists that is read, drawn by a hash of their ids."
    )
    sample_seed: int = Field(0, ge=0, description="Equal seeds draw equal lists.")
    allow_other_release: bool = Field(
        False, description="Accept a sampling file of another release; lists that it lacks are dropped."
    )

    @model_validator(mode="after")
    def _in_order(self) -> EbirdOptions:
        if self.first_date and self.last_date and self.first_date > self.last_date:
            raise ValueError(f"first_date {self.first_date} lies after last_date {self.last_date}")
        if self.bounds and (self.bounds[0] >= self.bounds[2] or self.bounds[1] >= self.bounds[3]):
            raise ValueError(f"bounds {self.bounds} are empty: expected west < east and south < north")
        return self
