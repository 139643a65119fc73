"""Jobs run on their own, are found again, and say how they ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from subsong.projects.project import Project
from subsong.studio.context import StudioContext
from subsong.studio.errors import NotFoundError
from subsong.studio.jobs import store as module
from subsong.studio.jobs.record import JobFolder, Started
from subsong.studio.jobs.store import Job, JobStore
from subsong.training.run_process import find_birth

PATIENCE_S = 30.0


def wait_for(jobs: JobStore, job: Job) -> Job:
    until = time.monotonic() + PATIENCE_S
    while job.state == "running" and time.monotonic() < until:
        time.sleep(0.02)
        job = jobs.read(job.id)
    return job


def write_job(project: Project, name: str = "20260101-120000-run-0123ab", **values: object) -> Job:
    """Write a job down that nobody started here, as a studio before this one did."""
    folder = JobFolder(project.studio_dir / "jobs" / name)
    folder.make()
    started = Started("run", "A job", ["x"], 1, module.socket.gethostname(), "no such birth", 1000.0)
    folder.write_started(started._replace(**values))
    return JobStore(project).read(name)


def is_known(pid: int) -> bool:
    """Tell whether the system knows a process, also one that has ended and is not waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def sleeping() -> subprocess.Popen[bytes]:
    """Return a process that sleeps in a session of its own, and dies with the test."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_job_is_the_command_line_and_ends_as_it_does(small_project: Project) -> None:
    jobs = JobStore(small_project)
    job = jobs.start("predict", "A mistake", ["no-such-verb"])
    assert (job.kind, job.title, job.state) == ("predict", "A mistake", "running")
    ended = wait_for(JobStore(small_project), job)
    assert (ended.state, ended.exit_code) == ("failed", 2)
    assert "no-such-verb" in ended.progress
    assert ended.ended_at is not None
    assert "Error" in jobs.find_console(job.id).read_text("utf-8")


def test_a_job_that_ends_well_is_finished(small_project: Project) -> None:
    jobs = JobStore(small_project)
    job = wait_for(jobs, jobs.start("config", "Help", ["--help"]))
    assert (job.state, job.exit_code) == ("finished", 0)


def test_a_job_is_asked_to_stop_and_then_made_to(small_project: Project, sleeping: subprocess.Popen[bytes]) -> None:
    job = write_job(small_project, pid=sleeping.pid, birth=find_birth(sleeping.pid))
    assert job.state == "running"
    jobs = JobStore(small_project)
    assert jobs.stop(job.id).is_asked_to_stop
    assert sleeping.wait(PATIENCE_S) == -signal.SIGTERM
    assert jobs.read(job.id).state == "stopped"
    assert jobs.stop(job.id).state == "stopped"


def test_a_job_that_does_not_listen_is_ended_when_asked_again(small_project: Project) -> None:
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    deaf = subprocess.Popen([sys.executable, "-c", program], start_new_session=True, stdout=subprocess.PIPE)
    try:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        job = write_job(small_project, pid=deaf.pid, birth=find_birth(deaf.pid))
        jobs = JobStore(small_project)
        assert jobs.stop(job.id).state == "running"
        jobs.stop(job.id)
        # It would sleep longer than is waited for. Where the store asked the system first, 0 is all that is left.
        assert deaf.wait(PATIENCE_S) in (-signal.SIGKILL, 0)
    finally:
        deaf.kill()
        deaf.wait()
        assert deaf.stdout is not None
        deaf.stdout.close()


def test_a_process_that_has_the_number_of_an_ended_job_is_left_alone(
    small_project: Project, sleeping: subprocess.Popen[bytes]
) -> None:
    job = write_job(small_project, pid=sleeping.pid, birth="another moment")
    assert job.state == "failed"
    JobStore(small_project).stop(job.id)
    assert sleeping.poll() is None


def test_a_job_that_was_killed_has_failed(small_project: Project) -> None:
    assert write_job(small_project).state == "failed"


@pytest.mark.parametrize(("code", "state"), [(0, "finished"), (143, "stopped"), (130, "stopped"), (1, "failed")])
def test_the_last_word_of_a_job_tells_how_it_ended(small_project: Project, code: int, state: str) -> None:
    job = write_job(small_project)
    JobFolder(small_project.studio_dir / "jobs" / job.id).write_ended(code)
    assert JobStore(small_project).read(job.id).state == state


def test_the_last_ones_are_kept_and_what_runs(small_project: Project, sleeping: subprocess.Popen[bytes]) -> None:
    running = write_job(small_project, "20250101-120000-run-000000", pid=sleeping.pid, birth=find_birth(sleeping.pid))
    for number in range(4):
        write_job(small_project, f"20260101-12000{number}-run-000000", started_at=2000.0 + number)
    jobs = JobStore(small_project, num_kept=2)
    new = jobs.start("config", "Help", ["--help"])
    names = [job.id for job in jobs.list_all()]
    assert names == [new.id, "20260101-120003-run-000000", running.id]
    wait_for(jobs, new)


def test_a_damaged_job_is_passed_over(small_project: Project) -> None:
    job = write_job(small_project)
    (small_project.studio_dir / "jobs" / job.id / "job.json").write_text("{")
    assert JobStore(small_project).list_all() == []


@pytest.mark.parametrize("name", ["..", "../jobs", "20260101-120000-run-zzzzzz", "", "a" * 400])
def test_only_jobs_are_found(small_project: Project, name: str) -> None:
    (small_project.studio_dir / "jobs").mkdir(parents=True)
    with pytest.raises(NotFoundError, match="there is no job"):
        JobStore(small_project).read(name)


def test_jobs_are_asked_for_by_the_page(client: TestClient, context: StudioContext) -> None:
    job = write_job(context.project)
    (context.project.studio_dir / "jobs" / job.id / "console.txt").write_text("one\ntwo\n")
    assert [one["id"] for one in client.get("/api/jobs").json()["jobs"]] == [job.id]
    assert client.get(f"/api/jobs/{job.id}").json()["progress"] == "two"
    assert client.get(f"/api/jobs/{job.id}/console?offset=4").json() == {"text": "two\n", "offset": 8, "is_all": True}
    assert client.post(f"/api/jobs/{job.id}/stop").json()["state"] == "failed"
    assert client.get("/api/jobs/..%2f..%2fproject").status_code == 404


def test_the_pipeline_runs_once_at_a_time(
    client: TestClient, context: StudioContext, sleeping: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []
    real = module.start_detached

    def start(command: list[str], console: Path) -> int:
        begun.append(command)
        return sleeping.pid

    monkeypatch.setattr(module, "start_detached", start)
    assert client.post("/api/jobs/run", json={}).json()["state"] == "running"
    assert begun[0][-2:] == ["run", str(context.project.file)]
    refused = client.post("/api/jobs/run", json={})
    assert refused.status_code == 409
    assert "runs already" in refused.json()["error"]
    assert real is not start


def test_a_process_of_ours_that_has_ended_is_not_kept_by_the_system(small_project: Project) -> None:
    jobs = JobStore(small_project)
    job = jobs.start("config", "Help", ["--help"])
    started = JobFolder(small_project.studio_dir / "jobs" / job.id).read_started()
    wait_for(jobs, job)
    until = time.monotonic() + PATIENCE_S
    while is_known(started.pid) and time.monotonic() < until:
        jobs.read(job.id)
        time.sleep(0.02)
    assert not is_known(started.pid)
