"""An eBird file of some made-up checklists, and what the guide makes of it."""

from __future__ import annotations

import pytest

from subsong.interop.bird_embeddings import create_dataloaders, create_species_matrix, load_ebird_data, split_train_val
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import make_checklists
from subsong.synthesis.ebird_files import write_ebird


@pytest.fixture(scope="session")
def made():
    return make_checklists(ChecklistWorldOptions(num_lists=300, num_species=60, num_localities=40), seed=5)


@pytest.fixture(scope="session")
def files(made, tmp_path_factory):
    return write_ebird(tmp_path_factory.mktemp("kerala"), made)


@pytest.fixture(scope="session")
def data(files):
    return load_ebird_data(files.ebd)


@pytest.fixture(scope="session")
def matrix(data):
    return create_species_matrix(data, min_species_observations=20)[0]


@pytest.fixture
def loaders(matrix):
    return create_dataloaders(*split_train_val(matrix), batch_size=64)
