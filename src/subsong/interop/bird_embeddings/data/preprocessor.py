"""The species matrix with a memory: what was fitted on some observations is applied to others."""

from __future__ import annotations

from subsong.core.errors import SubsongError
from subsong.interop.bird_embeddings.data.matrix import create_species_matrix
from subsong.interop.bird_embeddings.frames import LIST_COLUMN, Frame, mark_species


class EBirdPreprocessor:
    """Makes species matrices with equal columns.

    Parameters
    ----------
    min_species_observations, min_checklist_species, apply_quality_filters
        As for `create_species_matrix`, when fitting.

    Attributes
    ----------
    species_list_
        The species of the columns, once fitted; None before.
    """

    def __init__(
        self,
        min_species_observations: int | None = None,
        min_checklist_species: int | None = None,
        apply_quality_filters: bool = True,
    ) -> None:
        self.min_species_observations, self.min_checklist_species = min_species_observations, min_checklist_species
        self.apply_quality_filters = apply_quality_filters
        self.species_list_: list[str] | None = None

    def fit_transform(self, df: Frame) -> Frame:
        """Note the species of `df` and return its matrix: 0 and 1, the checklists' ids in the index."""
        matrix, self.species_list_ = create_species_matrix(
            df,
            min_species_observations=self.min_species_observations,
            min_checklist_species=self.min_checklist_species,
            apply_quality_filters=self.apply_quality_filters,
        )
        return mark_species(matrix.set_index(LIST_COLUMN), self.species_list_)

    def transform(self, df: Frame, apply_quality_filters: bool = False) -> Frame:
        """Return the matrix of other observations with the fitted columns; a species they lack is 0 throughout.

        Parameters
        ----------
        df
            Observations.
        apply_quality_filters
            bird-embeddings applies none here; True filters as in fitting.

        Raises
        ------
        SubsongError
            When nothing was fitted before (a ValueError).
        """
        if self.species_list_ is None:
            raise SubsongError("this preprocessor knows no species yet: call fit_transform first")
        matrix, _ = create_species_matrix(df, apply_quality_filters=apply_quality_filters)
        aligned = matrix.set_index(LIST_COLUMN).reindex(columns=self.species_list_, fill_value=0)
        return mark_species(aligned, self.species_list_)
