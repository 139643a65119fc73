"""A user's own class, by file or by module."""

from __future__ import annotations

import collections
import subprocess
import sys
from pathlib import Path

import pytest

from subsong.core.config import ImportedPart
from subsong.core.errors import SubsongError
from subsong.core.imports import load_object, resolve_target


@pytest.fixture
def user_file(tmp_path):
    path = tmp_path / "my_terms.py"
    path.write_text("class Term:\n    pass\n\nbroken = Term\n")
    return path


def test_a_class_is_loaded_from_a_file(user_file):
    assert load_object(f"{user_file}:Term").__name__ == "Term"


def test_a_class_is_loaded_from_a_module():
    assert load_object("collections:OrderedDict") is collections.OrderedDict


def test_two_loads_give_the_same_class(user_file):
    assert load_object(f"{user_file}:Term") is load_object(f"{user_file}:broken")


def test_the_module_has_the_same_name_in_every_process(user_file):
    load = f"load_object({str(user_file) + ':Term'!r}).__module__"
    code = f"import sys; from subsong.core.imports import load_object; sys.stdout.write({load})"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout == load_object(f"{user_file}:Term").__module__


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("nothing", "should read 'file.py:Name' or 'package.module:Name'"),
        (":Name", "should read"),
        ("module:", "should read"),
        ("no/such/file.py:Name", "file .*no/such/file.py does not exist"),
        ("no_such_module:Name", "no module 'no_such_module'"),
        ("collections.nothing:Name", "no module 'collections.nothing'"),
        (".relative:Name", "'.relative' is no module name"),
        ("a..b:Name", "is no module name"),
        ("my file:Name", "is no module name"),
        ("collections:OrderdDict", "collections has no 'OrderdDict'; did you mean 'OrderedDict'?"),
    ],
)
def test_a_wrong_target_is_one_sentence(target, sentence):
    with pytest.raises(SubsongError, match=sentence):
        load_object(target)


def test_private_names_are_not_proposed(user_file):
    with pytest.raises(SubsongError, match=r"known are Term, broken$"):
        load_object(f"{user_file}:qqqqq")


def test_a_file_that_is_not_python_is_named_with_its_line(tmp_path):
    (tmp_path / "bad.py").write_text("x = 1\nclass\n")
    with pytest.raises(SubsongError, match=r"bad.py line 2: not valid Python"):
        load_object(f"{tmp_path / 'bad.py'}:Term")


def test_an_error_inside_the_users_file_is_the_users_to_see_and_the_file_is_tried_again(tmp_path):
    path = tmp_path / "fails.py"
    path.write_text("import no_such_package_of_the_users\n")
    with pytest.raises(ModuleNotFoundError, match="no_such_package_of_the_users"):
        load_object(f"{path}:Term")
    path.write_text("Term = 1\n# longer, so that the cached byte code is stale whatever the clock says\n")
    assert load_object(f"{path}:Term") == 1


@pytest.mark.parametrize("target", ["package.module:Name", "nothing"])
def test_a_module_target_stays_as_it_is(target):
    assert resolve_target(target) == target


def test_a_file_target_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert resolve_target("a.py:Name") == f"{Path.cwd() / 'a.py'}:Name"


def test_an_imported_part_loads_its_target(user_file):
    part = ImportedPart(target=f"{user_file}:Term", arguments={"a": 1})
    assert part.load().__name__ == "Term"
    assert part.kind == "import"
