"""A trained VAE of checklists in use: embed lists, complete them, find what is near.

Legend: N = lists, D = species, L = latent dimensions, C = encoded covariates.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import torch

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.seeds import numpy_generator
from subsong.datasets.checklist_reading import ChecklistReading, read_checklists
from subsong.datasets.checklists import Alignment, ChecklistBatch, ChecklistDataset, align_species
from subsong.datasets.covariates import EncodedCovariate
from subsong.datasets.types import Dataset
from subsong.evaluation.completion import compute_listed_probability, compute_missed_probability
from subsong.inference.model import TrainedVae
from subsong.inference.neighbours import find_nearest, tabulate_nearest
from subsong.models.checklist_vae import ChecklistVae
from subsong.models.likelihoods import BernoulliConfig, MultinomialConfig
from subsong.models.mlp import MlpDecoder
from subsong.models.portable import ModelDescription
from subsong.sources.checklists import Checklists, build_lists
from subsong.training.validation import move_batch

log = logging.getLogger(__name__)

_NUM_NAMED = 5
"""Species named in a message about many."""

Lists = str | Path | Checklists | ChecklistDataset
"""Lists in a file or folder, as read, or prepared for a model."""


class TrainedChecklistVae(TrainedVae):
    """A VAE of checklists with its weights and the names of its species.

    Attributes
    ----------
    species
        One row a column: ``key`` and ``name``.
    reading
        How files of lists are read.
    encoders
        How the decoder's covariates are encoded; empty for none.
    """

    module: ChecklistVae

    def __init__(self, module: ChecklistVae, description: ModelDescription, device: torch.device) -> None:
        super().__init__(module, description, device)
        assert description.labels is not None
        names = description.preprocessing["species_names"]
        self.species = pl.DataFrame(
            {"key": description.labels, "name": names}, schema={"key": pl.String, "name": pl.String}
        )
        self.reading = ChecklistReading.model_validate(description.preprocessing["reading"])
        self.encoders = [EncodedCovariate(**values) for values in description.preprocessing["covariates"]]

    def read_lists(self, path: str | Path) -> Checklists:
        """Read lists from a store, an eBird file or a table, as the training lists were read but leaving none out."""
        return read_checklists(path, self.reading)

    def prepare(self, checklists: Checklists) -> ChecklistDataset:
        """Return lists in the shape the model wants: columns matched by name, covariates encoded as in training.

        Species that only one side knows are logged, with their number and the first names.

        Raises
        ------
        SubsongError
            When lists and model have no species in common.
        """
        aligned, alignment = align_species(checklists, self.species)
        self._report(alignment, checklists.species.height)
        lacking = [encoder.name for encoder in self.encoders if encoder.name not in checklists.covariates.columns]
        if lacking:
            log.warning("the lists lack the model's covariates %s: those of a mean list are taken", ", ".join(lacking))
        return ChecklistDataset(aligned, self.encoders)

    def as_dataset(self, data: Lists) -> ChecklistDataset:
        """Return lists given as a file or folder, as read, or prepared already, in the shape the model wants."""
        if isinstance(data, ChecklistDataset):
            return data
        return self.prepare(data if isinstance(data, Checklists) else self.read_lists(data))

    def embed(self, data: Lists | Dataset | np.ndarray, batch_size: int = 500) -> np.ndarray:
        """Return the posterior mean of each list, float32, shape (N, L); see `TrainedVae.embed`.

        `data` may also be a file or folder of lists, or lists as read.
        """
        if isinstance(data, str | Path | Checklists):
            data = self.as_dataset(data)
        return super().embed(data, batch_size)

    def _report(self, alignment: Alignment, num_given: int) -> None:
        missing, unfamiliar = alignment
        if len(unfamiliar) == num_given:
            raise SubsongError(
                f"lists and model have no species in common: the lists name {_name_some(unfamiliar)}, the model knows "
                f"{_name_some(self.species['key'].to_list())}; name species as the model does (subsong inspect MODEL)"
            )
        if unfamiliar:
            nearest = did_you_mean(unfamiliar[0], missing) if missing else "all of its own are there"
            log.warning(
                "%d species %s unknown to the model and left out: %s; %s",
                len(unfamiliar),
                "is" if len(unfamiliar) == 1 else "are",
                _name_some(unfamiliar),
                nearest,
            )
        if missing:
            log.warning(
                "%d of the model's %d species %s as unknown, not as absent: %s",
                len(missing), self.species.height,
                "has no column and counts" if len(missing) == 1 else "have no column and count", _name_some(missing),
            )  # fmt: skip

    def score_species(self, data: ChecklistDataset, batch_size: int = 500) -> np.ndarray:
        """Return the decoder's expected data of each list, from its posterior mean and its covariates, shape (N, D).

        With a Bernoulli likelihood these are probabilities of being on the list; with a multinomial, shares.
        """
        scores = [self._score(batch) for batch in self._batches(data, batch_size)]
        return np.concatenate([np.zeros((0, *self.item_shape), np.float32), *scores])

    def score_missing(
        self, shown_ND: np.ndarray, covariates_NC: np.ndarray, missed_share: float | np.ndarray
    ) -> np.ndarray:
        """Return how likely each species is there but missing from what was shown, shape (N, D).

        Parameters
        ----------
        shown_ND, covariates_NC
            What was found so far, and the encoded covariates.
        missed_share
            Share of the species of a whole list that is missing, one for all or one for each list, shape (N, 1); see
            `compute_missed_probability`.
        """
        shown = torch.from_numpy(np.asarray(shown_ND, np.float32))
        rows = torch.arange(len(shown))
        batch = ChecklistBatch(rows, shown, shown, None, torch.from_numpy(covariates_NC))
        with torch.inference_mode():
            return weigh_missing(self.likelihood, self._score(move_batch(batch, self.device)), missed_share)

    def _score(self, batch: ChecklistBatch) -> np.ndarray:
        mean_BL = self.module.encode(batch.input).mean_BL
        likelihood = self.module.decode(mean_BL, self.module.condition(batch))
        scores_BD: np.ndarray = likelihood.mean.cpu().numpy()
        return scores_BD

    def complete(
        self,
        lists: Lists,
        num_top: int | None = 20,
        include_shown: bool = False,
        missed_share: float = 0.2,
        batch_size: int = 500,
    ) -> pl.DataFrame:
        """Return what else is likely to be there, for each list.

        Parameters
        ----------
        lists
            What was found so far: a file or folder, lists as read, or prepared.
        num_top
            Species per list, most probable first; None for all.
        include_shown
            Whether species that are on the list already are returned as well, with their probability of being on it.
        missed_share
            Share of what is there that is still missing from the lists, in (0, 1]. The less is missing, the less likely
            a species that was not found is there; the order stays the same.
        batch_size
            Lists at a time; changes no number.

        Returns
        -------
        One row a list and species: ``list``, ``rank`` (from 1), ``species`` (key), ``name``, ``probability`` (``share``
        with a multinomial likelihood), ``shown``.
        """
        dataset = self.as_dataset(lists)
        names = dataset.items["list"]
        tables = []
        for batch in self._batches(dataset, batch_size):
            shown_BD = batch.input.cpu().numpy() > 0
            names = dataset.items["list"].gather(batch.rows.cpu().numpy())
            scores_BD = self._score(batch)
            # That an unknown cell is empty tells nothing: its probability stays as it is.
            is_missing_BD = ~shown_BD if batch.mask is None else ~shown_BD & batch.mask.cpu().numpy()
            scores_BD = np.where(is_missing_BD, weigh_missing(self.likelihood, scores_BD, missed_share), scores_BD)
            tables.append(self._rank(names, scores_BD, shown_BD, num_top, include_shown))
        return pl.concat(tables)

    @property
    def likelihood(self) -> BernoulliConfig | MultinomialConfig:
        """How lists scatter around the decoder's output."""
        likelihood = self.module.likelihood
        assert isinstance(likelihood, BernoulliConfig | MultinomialConfig)
        return likelihood

    @property
    def score_name(self) -> str:
        """What the scores of species are: ``probability`` or ``share``."""
        return "probability" if isinstance(self.likelihood, BernoulliConfig) else "share"

    def _rank(
        self, names: pl.Series, scores_BD: np.ndarray, shown_BD: np.ndarray, num_top: int | None, include_shown: bool
    ) -> pl.DataFrame:
        ranked_BD = scores_BD if include_shown else np.where(shown_BD, -np.inf, scores_BD)
        # Stable, so that equal scores keep the order of the columns on every machine.
        order_BK = np.argsort(-ranked_BD, axis=1, kind="stable")[:, :num_top]
        rank_BK = np.broadcast_to(np.arange(1, order_BK.shape[1] + 1), order_BK.shape)
        columns = order_BK.ravel()
        take = np.take_along_axis
        table = pl.DataFrame(
            {
                "list": np.repeat(names.to_numpy(), order_BK.shape[1]),
                "rank": rank_BK.ravel(),
                "species": self.species["key"].gather(columns),
                "name": self.species["name"].gather(columns),
                self.score_name: take(scores_BD, order_BK, 1).ravel(),
                "shown": take(shown_BD, order_BK, 1).ravel(),
            },
            schema_overrides={"list": pl.String},
        )
        return table if include_shown else table.filter(~pl.col("shown"))

    def check_covariates(self, covariates: Mapping[str, float]) -> None:
        """Check values that hold for all lists; those outside what the training lists had are logged.

        Raises
        ------
        SubsongError
            For a covariate the model was not told, or a value that cannot be.
        """
        encoders = {encoder.name: encoder for encoder in self.encoders}
        for name, value in covariates.items():
            if name not in encoders:
                hint = did_you_mean(name, encoders) if encoders else "it was trained without covariates"
                raise SubsongError(f"the model knows no covariate {name!r}: {hint}")
            encoder = encoders[name]
            encoder.check_value(value)
            if not encoder.has_seen(value):
                log.warning(
                    "%s is %g, but the training lists had %g to %g: the model has to guess beyond what it has seen",
                    name, value, encoder.low, encoder.high,
                )  # fmt: skip

    def build_list(self, species: Sequence[str], covariates: Mapping[str, float] | None = None) -> Checklists:
        """Return one list of the species named, by key or name, for `complete` and `embed`.

        A text that is no name as it stands is taken for several, divided by commas.

        Raises
        ------
        SubsongError
            When a species is unknown to the model; names the nearest.
        """
        known = {*self.species["key"], *self.species["name"].drop_nulls()}
        names = [name for text in species for name in ([text.strip()] if text.strip() in known else _divide(text))]
        for name in names:
            if name not in known:
                raise SubsongError(f"the model knows no species {name!r}: {did_you_mean(name, sorted(known))}")
        return build_lists([names], self.species, covariates)

    def sample_lists(self, num_samples: int, seed: int = 0) -> pl.DataFrame:
        """Return made-up lists: codes from the prior, then species by their probabilities (Bernoulli models only).

        Returns
        -------
        ``list``, then one column a species, 0 or 1.
        """
        if not isinstance(self.likelihood, BernoulliConfig):
            raise SubsongError("a multinomial model says how lists are composed, not how long they are: sample to .npy")
        probability_ND = self.sample(num_samples, seed)
        drawn_ND = numpy_generator(seed, "sample lists").random(probability_ND.shape) < probability_ND
        table = pl.DataFrame(drawn_ND.astype(np.uint8), schema=self.species["key"].to_list())
        return table.insert_column(0, pl.Series("list", [str(number) for number in range(1, num_samples + 1)]))

    def embed_species(self) -> np.ndarray:
        """Return a vector for each species: its row of the decoder's last layer, shape (D, H)."""
        decoder = self.module.decoder
        assert isinstance(decoder, MlpDecoder)
        weight_DH: np.ndarray = decoder.parameters_out.weight.detach().float().cpu().numpy()
        return weight_DH

    def find_near_species(self, species: str, num_nearest: int = 10) -> pl.DataFrame:
        """Return the species whose occurrence the model explains most alike.

        Returns
        -------
        ``species``, ``name`` and ``similarity``: the cosine of the decoder's weights, from -1 to 1.
        """
        place = self._find_species(species)
        vectors_DH = self.embed_species()
        unit_DH = vectors_DH / np.maximum(np.linalg.norm(vectors_DH, axis=1, keepdims=True), 1e-12)
        similarity_D = unit_DH @ unit_DH[place]
        order = [d for d in np.argsort(-similarity_D, kind="stable") if d != place][:num_nearest]
        return self.species[order].rename({"key": "species"}).with_columns(similarity=similarity_D[order])

    def _find_species(self, species: str) -> int:
        for column in ("key", "name"):
            found = (self.species[column] == species).arg_true()
            if len(found):
                return int(found[0])
        known = [*self.species["key"], *self.species["name"].drop_nulls()]
        raise SubsongError(f"the model knows no species {species!r}: {did_you_mean(species, known)}")

    def find_near_lists(self, lists: Lists, among: Lists, num_nearest: int = 10, batch_size: int = 500) -> pl.DataFrame:
        """Return the lists of `among` whose codes lie nearest to that of each list.

        Returns
        -------
        ``list``, ``rank``, ``near`` (id of the near list) and ``distance`` in standard deviations of the prior. Where
        `lists` and `among` are the same, a list is not its own neighbour; elsewhere equal ids mean nothing.

        Raises
        ------
        SubsongError
            When there is no list to find.
        """
        queries = self.as_dataset(lists)
        are_same = _are_same(lists, among)
        candidates = queries if are_same else self.as_dataset(among)
        if len(candidates) == int(are_same):
            raise SubsongError("there is no other list that could be near: name the lists to search (--among)")
        codes_NL = self.embed(queries, batch_size)
        others_ML = codes_NL if are_same else self.embed(candidates, batch_size)
        return tabulate_nearest(
            find_nearest(codes_NL, others_ML, num_nearest, are_same), queries.items, candidates.items
        )


def _are_same(first: Lists, second: Lists) -> bool:
    """Tell whether two are the same lists: one file or folder, or one object."""
    if isinstance(first, str | Path) and isinstance(second, str | Path):
        return Path(first).expanduser().resolve() == Path(second).expanduser().resolve()
    return first is second


def _divide(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def weigh_missing(
    likelihood: BernoulliConfig | MultinomialConfig, scores_ND: np.ndarray, missed_share: float | np.ndarray
) -> np.ndarray:
    """Return the probability of being there though not shown; the shares of a multinomial stay as they are.

    `missed_share` is one number, or one for each list, shape (N, 1).
    """
    if isinstance(likelihood, MultinomialConfig):
        return scores_ND
    return compute_missed_probability(scores_ND, missed_share)


def unweigh_missing(
    likelihood: BernoulliConfig | MultinomialConfig, scores_ND: np.ndarray, missed_share: float | np.ndarray
) -> np.ndarray:
    """Return the probability of being on the whole list: `weigh_missing` undone.

    It compares between lists of which other shares are missing, which says something of their length.
    """
    if isinstance(likelihood, MultinomialConfig):
        return scores_ND
    return compute_listed_probability(scores_ND, missed_share)


def _name_some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NUM_NAMED} more" if len(names) > _NUM_NAMED else ""
    return ", ".join(names[:_NUM_NAMED]) + more
