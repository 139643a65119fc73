"""The studio's own files: versions in their addresses, and which modules a page is made of."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from subsong.studio.own_files import list_modules, read_own_files
from subsong.studio.static_files import STATIC_DIR

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def test_a_module_is_followed_by_all_it_imports_each_once() -> None:
    contents = {
        "js/a/view.js": b'import { x } from "./b.js";\nimport {\n  y,\n} from "../c/d.js";\nimport "./e.js";\n',
        "js/a/b.js": b'import { z } from "./view.js";\nexport { w } from "../c/d.js";\n',
        "js/a/e.js": b'/** @type {import("./not.js").X} */\nexport const later = () => import("./not.js");\n',
        "js/a/not.js": b"",
        "js/c/d.js": b'import "elsewhere";\nimport "./missing.js";\nexport const name = "./a.js";\n',
    }
    assert list_modules(contents, "js/a/view.js") == ["js/a/view.js", "js/a/b.js", "js/c/d.js", "js/a/e.js"]


def test_the_page_names_every_module_of_every_part() -> None:
    page = read_own_files(STATIC_DIR).page.decode()
    found = re.search(r'id="modules">(.*?)<', page)
    assert found is not None
    parts = json.loads(found[1])
    assert set(parts) == {"project", "annotate", "predict", "proofread", "map", "dataset", "train", "watch"}
    named = {path for modules in parts.values() for path in modules} | set(
        re.findall(r'modulepreload" href="[^"]*/(js/[^"]*)', page)
    )
    own = {path.relative_to(STATIC_DIR).as_posix() for path in (STATIC_DIR / "js").rglob("*.js")}
    assert own - named == {"js/shell/early_theme.js"}


def test_an_address_with_the_version_may_be_kept_and_leads_to_the_same(client: TestClient) -> None:
    version = read_own_files(STATIC_DIR).version
    assert f'src="/static/{version}/js/shell/main.js"' in client.get("/").text
    answer = client.get(f"/static/{version}/js/shell/main.js")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.text == client.get("/static/js/shell/main.js").text


def test_a_page_of_before_an_update_gets_the_files_of_now_and_keeps_none(client: TestClient) -> None:
    answer = client.get("/static/v-0123456789ab/js/shell/main.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert client.get("/static/v-0123456789ab/js/shell/nothing.js").status_code == 404


def test_a_changed_file_changes_the_version(tmp_path: Path) -> None:
    (tmp_path / "js" / "shell").mkdir(parents=True)
    (tmp_path / "index.html").write_text('<script src="/static/js/shell/main.js"></script>')
    (tmp_path / "js" / "shell" / "main.js").write_text("1")
    before = read_own_files(tmp_path)
    assert read_own_files(tmp_path) is before
    (tmp_path / "js" / "shell" / "main.js").write_text("22")
    assert read_own_files(tmp_path).version != before.version
