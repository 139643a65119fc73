"""Only the studio's own pages, and what a project shows, can be fetched; no path leads out."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from subsong.projects.project import Project
from subsong.studio.errors import NotFoundError
from subsong.studio.static_files import find_inside


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/css/..%5c..%5capp.py",
        "/static//etc/passwd",
        "/static/%2fetc/passwd",
        "/static/a%00b",
        "/static/css",
        "/static/",
        "/files/project.yaml",
        "/files/../project.yaml",
        "/files/figures/../project.yaml",
        "/files/figures/%2e%2e/project.yaml",
        "/files/figures/" + "a" * 5000,
    ],
)
def test_no_path_leads_out_of_what_is_shown(client: TestClient, small_project: Project, path: str) -> None:
    small_project.figures_dir.mkdir()
    answer = client.get(path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"}


def test_a_link_out_of_the_folder_is_not_followed(client: TestClient, small_project: Project, tmp_path: Path) -> None:
    small_project.figures_dir.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (small_project.figures_dir / "a.png").symlink_to(tmp_path / "secret.txt")
    (small_project.figures_dir / "round").symlink_to(small_project.figures_dir / "round")
    assert client.get("/files/figures/a.png").status_code == 404
    assert client.get("/files/figures/round").status_code == 404


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert find_inside(tmp_path, "b") == (tmp_path / "a").resolve()
    with pytest.raises(NotFoundError):
        find_inside(tmp_path, "c")


def test_a_script_is_called_a_script_and_asked_for_again_only_when_it_changed(client: TestClient) -> None:
    answer = client.get("/static/js/shell/main.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    again = client.get("/static/js/shell/main.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_page_is_at_the_root(client: TestClient) -> None:
    assert "<title>Subsong</title>" in client.get("/").text


def test_a_report_is_shown_without_a_hold_on_the_studio(client: TestClient, small_project: Project) -> None:
    small_project.report_path.write_text("<p>report</p>")
    answer = client.get("/files/report.html")
    assert answer.text == "<p>report</p>"
    assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in answer.headers["content-security-policy"]
