"""From files to a checked configuration, and the sentences of everything that can be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, PositiveInt, field_validator, model_validator

from subsong.core.config import ConfigBase, ImportedPart
from subsong.core.config_files import merge_files, read_config, validate_config
from subsong.core.errors import SubsongError
from subsong.core.yaml_files import load_yaml


class Linear(ConfigBase):
    kind: Literal["linear"] = "linear"
    start: float = 0.0
    end: float
    fraction: Annotated[float, Field(gt=0, le=1)] = 0.5


class Cosine(ConfigBase):
    kind: Literal["cosine"] = "cosine"
    end: float

    @model_validator(mode="after")
    def _check(self) -> Cosine:
        if self.end == 13:
            raise SubsongError("an end of 13 brings bad luck; choose another")
        return self


Schedule = Annotated[Linear | Cosine, Field(discriminator="kind")]


class KL(ConfigBase):
    kind: Literal["kl"] = "kl"
    weight: Annotated[float, Field(ge=0)] | Schedule = 1.0
    free_bits: float = Field(0.0, ge=0)


class Reconstruction(ConfigBase):
    kind: Literal["reconstruction"] = "reconstruction"
    weight: float | Linear | Cosine = 1.0
    mode: Literal["bernoulli", "gaussian"] = "bernoulli"


class Adam(ConfigBase):
    kind: Literal["adam"] = "adam"
    learning_rate: float = Field(1e-3, gt=0, lt=1)


class Sgd(ConfigBase):
    kind: Literal["sgd"] = "sgd"
    momentum: float


class Stopping(ConfigBase):
    patience: PositiveInt = 3


class Training(ConfigBase):
    batch_size: PositiveInt
    num_epochs: Annotated[int, Field(ge=1, le=1000)] = 10
    shuffle: bool = True
    stopping: Stopping | None = None
    name: str | None = None
    clip: Annotated[float, Field(ge=0)] | None = None

    @field_validator("name")
    @classmethod
    def _no_spaces(cls, name: str | None) -> str | None:
        if name and " " in name:
            raise ValueError("A name has no spaces")
        return name


class Data(ConfigBase):
    path: Path | None = None
    size: tuple[int, int] = (28, 28)
    tag: str = Field("x", pattern="^[a-z]+$")
    crops: list[int] = Field(default_factory=list, max_length=2)
    epochs: dict[int, float] = Field(default_factory=dict)


Term = Annotated[KL | Reconstruction | ImportedPart, Field(discriminator="kind")]


class Run(ConfigBase):
    recipe: str
    seed: int = 0
    data: Data = Data()
    losses: dict[str, Term]
    optimizer: Annotated[Adam | Sgd, Field(discriminator="kind")] = Adam()
    training: Training
    extra: list[Term] = Field(default_factory=list)
    notes: dict[str, Any] = Field(default_factory=dict)


GOOD = """\
recipe: digits-vae
losses:
  kl: {kind: kl, weight: 1.0}
  rec:
    kind: reconstruction
optimizer:
  kind: adam
  learning_rate: 1e-3
training:
  batch_size: 128
"""


@pytest.fixture
def good(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("run.yaml").write_text(GOOD)
    return "run.yaml"


def message(paths, overrides=None, base=None):
    with pytest.raises(SubsongError) as caught:
        read_config(Run, paths, overrides, base)
    return str(caught.value)


def test_a_good_file_becomes_the_class(good):
    run = read_config(Run, [good], ["losses.kl.weight=2", "seed=3"])
    assert run.losses["kl"] == KL(weight=2)
    assert (run.seed, run.optimizer, run.training.batch_size) == (3, Adam(learning_rate=1e-3), 128)


def test_the_recipe_can_be_read_before_the_check(good):
    raw = merge_files(good, {"training.nonsense": 1})
    assert raw.values["recipe"] == "digits-vae"
    with pytest.raises(SubsongError, match="nonsense"):
        validate_config(Run, raw)


def test_files_lie_over_the_base_and_overrides_over_both(good, tmp_path):
    Path("more.yaml").write_text("training: {num_epochs: 7}\n")
    run = read_config(Run, [good, Path("more.yaml")], ["training.batch_size=3"], {"seed": 9, "training": {"clip": 1}})
    assert run.seed == 9
    assert run.training == Training(batch_size=3, num_epochs=7, clip=1)


def test_a_switched_kind_leaves_nothing_of_the_old_one(good):
    run = read_config(Run, good, ["optimizer.kind=sgd", "optimizer.momentum=0.9"])
    assert run.optimizer == Sgd(momentum=0.9)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "batch_size: 128",
            "bacth_size: 128",
            "run.yaml line 10: unknown key 'bacth_size' in training; did you mean 'batch_size'?",
        ),
        (
            "recipe: digits-vae",
            "recipe: digits-vae\nsed: 1",
            "run.yaml line 2: unknown key 'sed'; did you mean 'seed'?",
        ),
        (
            "{kind: kl, weight: 1.0}",
            "{kind: kl, wieght: 1.0}",
            "run.yaml line 3: unknown key 'wieght' in losses.kl; did you mean 'weight'?",
        ),
        ("learning_rate", "lr", "run.yaml line 8: unknown key 'lr' in optimizer; known are kind, learning_rate"),
        (
            "weight: 1.0",
            "weight: {kind: linear, ende: 1}",
            "run.yaml line 3: unknown key 'ende' in losses.kl.weight; did you mean 'end'?",
        ),
        (
            "kind: reconstruction",
            "kind: reconstruction\n    weight: {kind: linear, end: 1, strat: 2}",
            "run.yaml line 6: unknown key 'strat' in losses.rec.weight; did you mean 'start'?",
        ),
        (
            "batch_size: 128",
            "batch_size: 128\n  stopping: {patient: 3}",
            "run.yaml line 11: unknown key 'patient' in training.stopping; did you mean 'patience'?",
        ),
        (
            "training:",
            "extra:\n- kind: kl\n  zzz: 1\ntraining:",
            "run.yaml line 11: unknown key 'zzz' in extra.0; known are free_bits, kind, weight",
        ),
    ],
)
def test_an_unknown_key_is_named_with_its_line_and_the_nearest(good, old, new, sentence):
    Path(good).write_text(GOOD.replace(old, new))
    assert message(good) == sentence


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("losses.kl.wieght=2", "unknown key 'wieght' in losses.kl; did you mean 'weight'?"),
        ("training.batch_size=many", "training.batch_size is 'many', expected a whole number above 0"),
        ("training.batch_size=1.5", "training.batch_size is 1.5, expected a whole number above 0"),
        (
            "training.num_epochs=0",
            "training.num_epochs is 0, expected a whole number of at least 1 and of at most 1000",
        ),
        ("training.shuffle=perhaps", "training.shuffle is 'perhaps', expected true or false"),
        ("training.stopping=3", "training.stopping is 3, expected a mapping, or null"),
        ("training.clip=-1", "training.clip is -1, expected a number of at least 0, or null"),
        ("training.name=3", "training.name is 3, expected text, or null; put it in quotes"),
        ("training.name=a b", "training.name: a name has no spaces"),
        ("training=null", "training is null, expected a mapping"),
        ("optimizer.learning_rate=1", "optimizer.learning_rate is 1, expected a number above 0 and below 1"),
        ("optimizer.kind=admw", "optimizer has no kind 'admw'; did you mean 'adam'? (known are adam, sgd)"),
        ("optimizer.kind=xyz", "optimizer has no kind 'xyz'; known are adam, sgd"),
        ("optimizer.kind=3", "optimizer has no kind 3; known are adam, sgd"),
        ("optimizer=adam", "optimizer is 'adam', expected a mapping with kind adam or sgd"),
        ("losses=[1]", "losses is [1], expected a mapping"),
        (
            "losses.lk.weight=2",
            "losses.lk needs a 'kind'; known are kl, reconstruction, import; or did you mean 'kl'?",
        ),
        ("losses.kl.kind=lk", "losses.kl has no kind 'lk'; known are import, kl, reconstruction"),
        (
            "losses.kl.weight=-1",
            "losses.kl.weight is -1, expected a number of at least 0, or a mapping with kind linear or cosine",
        ),
        (
            "losses.kl.weight=heavy",
            "losses.kl.weight is 'heavy', expected a number of at least 0, or a mapping with kind linear or cosine",
        ),
        (
            "losses.rec.weight=[1]",
            "losses.rec.weight is [1], expected a number, or a mapping with kind linear or cosine",
        ),
        (
            "losses.rec.weight={kind: cosin, end: 1}",
            "losses.rec.weight has no kind 'cosin'; did you mean 'cosine'? (known are linear, cosine)",
        ),
        (
            "losses.kl.weight={kind: cosin}",
            "losses.kl.weight has no kind 'cosin'; did you mean 'cosine'? (known are linear, cosine)",
        ),
        ("losses.kl.weight={kind: cosine, end: 13}", "losses.kl.weight: an end of 13 brings bad luck; choose another"),
        (
            "losses.rec.weight={kind: cosine, end: 13}",
            "losses.rec.weight: an end of 13 brings bad luck; choose another",
        ),
        ("losses.rec.weight={kind: linear}", "losses.rec.weight needs the key 'end', a number"),
        (
            "losses.rec.mode=bernouli",
            "losses.rec.mode is 'bernouli', expected one of 'bernoulli', 'gaussian'; did you mean 'bernoulli'?",
        ),
        ("losses.rec.mode=1", "losses.rec.mode is 1, expected one of 'bernoulli', 'gaussian'"),
        ("losses.own={kind: import}", "losses.own needs the key 'target', text"),
        ("data.path=3", "data.path is 3, expected a path, or null"),
        ("data.size=[1]", "data.size needs an item '1', a whole number"),
        ("data.size=[1, x]", "data.size.1 is 'x', expected a whole number"),
        ("data.size=[1, 2, 3]", "data.size: should have at most 2 items, not 3 (found [1, 2, 3])"),
        ("data.crops=[1, 2, 3]", "data.crops: should have at most 2 items, not 3 (found [1, 2, 3])"),
        ("data.tag=A", "data.tag: should match pattern '^[a-z]+$' (found 'A')"),
        (
            "data.epochs={a: 1}",
            "the key of data.epochs.a should be a valid integer, unable to parse string as an integer",
        ),
    ],
)
def test_a_wrong_override_is_explained_in_plain_words(good, override, sentence):
    assert message(good, [override]) == f"--set {override}: {sentence}"


def test_a_wrong_setting_from_python_is_named_by_its_path(good):
    assert message(good, {"losses.kl.wieght": 2}).startswith("overrides['losses.kl.wieght']: unknown key 'wieght'")


def test_a_missing_key_names_where_its_part_begins(good):
    Path(good).write_text(GOOD.replace("batch_size: 128", "num_epochs: 3"))
    assert message(good) == "run.yaml line 9: training needs the key 'batch_size', a whole number above 0"


def test_a_missing_key_at_the_top_names_the_file(good):
    Path(good).write_text(GOOD.replace("recipe: digits-vae\n", ""))
    assert message(good) == "run.yaml: the configuration needs the key 'recipe', text"


def test_nothing_at_all_is_explained():
    assert message([]).startswith("the configuration: the configuration needs the key 'recipe'")


def test_a_mistake_in_a_preset_names_the_preset(good):
    Path("preset.yaml").write_text("seed: x\n")
    base = load_yaml("preset.yaml", label="preset digits-vae")
    assert message(good, base=base) == "preset digits-vae, line 1: seed is 'x', expected a whole number"


def test_a_mistake_in_the_second_file_names_the_second(good):
    Path("more.yaml").write_text("\nseed: x\n")
    assert message([good, "more.yaml"]) == "more.yaml line 2: seed is 'x', expected a whole number"


def test_several_problems_are_one_line_each_and_many_are_counted(good):
    overrides = [f"wrong{i}=1" for i in range(8)]
    lines = message(good, overrides).split("\n")
    assert len(lines) == 6
    assert lines[0] == "--set wrong0=1: unknown key 'wrong0'; " + lines[0].split("; ")[1]
    assert lines[-1] == "and 3 more"


def test_plain_values_are_checked_too():
    with pytest.raises(SubsongError, match="the configuration: unknown key 'x'"):
        validate_config(Stopping, {"x": 1})


@pytest.mark.parametrize("jargon", ["pydantic", "http", "Input", "dictionary", "validation error"])
def test_no_sentence_speaks_pydantic(good, jargon):
    text = message(good, ["seed=x", "training=3", "losses=3", "optimizer=3", "data.path=3"])
    assert jargon not in text
