"""Names for made-up birds, in the manner of real ones: *Rufous-crowned Babbler*, ``Turdoides rufocoronatus``."""

from __future__ import annotations

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator

COLOURS = {
    "Ashy": "cinereo", "Black": "nigri", "Blue": "caeruleo", "Brown": "fusci", "Buff": "ochro", "Chestnut": "castaneo",
    "Golden": "auri", "Green": "viridi", "Orange": "auranti", "Pale": "pallidi", "Red": "rubri", "Rufous": "rufo",
    "Rusty": "ferrugini", "Silver": "argenti", "White": "albi", "Yellow": "flavi",
}  # fmt: skip
PARTS = {
    "backed": "dorsalis", "bellied": "ventris", "breasted": "pectus", "browed": "superciliaris", "capped": "pileatus",
    "cheeked": "genis", "crowned": "coronatus", "eared": "auritus", "headed": "cephalus", "naped": "nuchalis",
    "rumped": "uropygialis", "tailed": "caudatus", "throated": "gularis", "vented": "crissalis", "winged": "pennis",
}  # fmt: skip
BIRDS = {
    "Babbler": "Turdoides", "Barbet": "Psilopogon", "Bulbul": "Pycnonotus", "Cuckoo": "Cuculus", "Drongo": "Dicrurus",
    "Duck": "Anas", "Eagle": "Aquila", "Finch": "Carpodacus", "Flycatcher": "Muscicapa", "Gull": "Larus",
    "Heron": "Ardea", "Kingfisher": "Alcedo", "Lark": "Alauda", "Lapwing": "Vanellus", "Martin": "Riparia",
    "Munia": "Lonchura", "Myna": "Acridotheres", "Oriole": "Oriolus", "Owl": "Strix", "Parakeet": "Psittacula",
    "Pigeon": "Columba", "Plover": "Charadrius", "Rail": "Rallus", "Robin": "Copsychus", "Sandpiper": "Calidris",
    "Shrike": "Lanius", "Starling": "Sturnus", "Sunbird": "Cinnyris", "Swift": "Apus", "Tern": "Sterna",
    "Thrush": "Turdus", "Warbler": "Phylloscopus", "Wagtail": "Motacilla", "Woodpecker": "Dendrocopos",
}  # fmt: skip
NUM_NAMES = len(COLOURS) * len(PARTS) * len(BIRDS)


def make_bird_names(num_species: int, seed: int = 0) -> pl.DataFrame:
    """Make up species, no two with one name.

    Returns
    -------
    polars.DataFrame
        One row a species: ``key`` (scientific name) and ``name`` (common name).

    Raises
    ------
    SubsongError
        When more are asked for than there are names.
    """
    if num_species > NUM_NAMES:
        raise SubsongError(f"{num_species} species were asked for, there are names for {NUM_NAMES}: ask for fewer")
    rows = []
    for number in numpy_generator(seed, "bird names").permutation(NUM_NAMES)[:num_species].tolist():
        number, bird = divmod(number, len(BIRDS))
        colour, part = divmod(number, len(PARTS))
        (english, genus), (hue, stem) = list(BIRDS.items())[bird], list(COLOURS.items())[colour]
        kind, ending = list(PARTS.items())[part]
        rows.append((f"{genus} {stem}{ending}", f"{hue}-{kind} {english}"))
    return pl.DataFrame(rows, {"key": pl.String, "name": pl.String}, orient="row")
