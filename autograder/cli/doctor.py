"""`grade doctor`: what this machine offers, what the course requires, and how to get what is missing."""

from __future__ import annotations

import importlib.util
import json
import platform
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from autograder.records import Course


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked for. found: whether it is here; needed: whether grading refuses without it; mend: what to do."""

    name: str
    found: bool
    needed: bool
    detail: str
    mend: str = ""


@click.command("doctor", short_help="say which jail layers, devices and browsers this machine has")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--server", is_flag=True, help="Look at what `grade serve` needs, too.")
def doctor_command(path: Path, as_json: bool, server: bool) -> int:
    """Say which jail layers, devices and browsers this machine has, what is missing and how to install it.

    PATH is any path inside a course, whose course.yml says what is required; without a course the usual layers are.
    Exits with 4 if a required layer is missing.

    \b
    grade doctor                 from inside the course
    grade doctor --json          for a script
    grade doctor --server        before `grade serve`, and after it was moved or restored
    """
    course, notes = _course(path)
    walls, offer = _jail(course)
    findings = [*walls, *_machine(course), *notes, *_packages(), *_device(), *_browser()]
    if server:
        findings += _server(course)
    broken = [finding for finding in findings if finding.needed and not finding.found]
    if as_json:
        rows = [asdict(finding) for finding in findings]
        click.echo(json.dumps({"schema": 1, "ready": not broken, "findings": rows, "offer": offer}, indent=2))
    else:
        for finding in findings:
            mark = click.style("yes", fg="green") if finding.found else click.style("no ", fg="red")
            need = "required" if finding.needed else "optional"
            click.echo(f"{mark}  {finding.name:<14} {need:<9} {finding.detail}")
            if finding.mend and not finding.found:
                click.echo(f"{'':<29}what to do: {finding.mend}")
        click.echo("Ready to grade." if not broken else "Grading would refuse: a required part is missing (exit 4).")
        if offer:
            click.echo(f"{offer}.")
    return 4 if broken else 0


def _course(path: Path) -> tuple[Course | None, list[Finding]]:
    from autograder.course.course_yml import find_course, load_course
    from autograder.errors import GraderError

    try:
        course = load_course(find_course(path))
    except GraderError as problem:
        return None, [Finding(name="course", found=False, needed=False, detail=str(problem))]
    if "public" not in course.secret:
        return course, []
    detail = "the course secret is the sample's public one; put your own into course.yml before a real term"
    return course, [Finding(name="secret", found=False, needed=False, detail=detail)]


def _jail(course: Course | None) -> tuple[list[Finding], str]:
    """Each wall, and the tier to offer if what is required cannot be had."""
    from autograder.records import JAIL_TIERS
    from autograder.sandbox.jail import ALWAYS, lesser_tier, probe

    required = course.required_layers if course else JAIL_TIERS["full"]
    needed = {*ALWAYS, *required}
    report = probe()
    found = [
        Finding(name=layer, found=True, needed=layer in needed, detail="works here") for layer in sorted(report.layers)
    ]
    missing = [
        Finding(name=layer, found=False, needed=layer in needed, detail=why, mend=report.mends.get(layer, ""))
        for layer, why in sorted(report.missing.items())
    ]
    tier = next((name for name, walls in JAIL_TIERS.items() if set(walls) <= set(report.layers)), None)
    detail = f"{tier}: {', '.join(JAIL_TIERS[tier])}" if tier else "none: no student's code would be run"
    tiers = Finding(name="tier", found=tier is not None, needed=False, detail=detail)
    offer = lesser_tier(report, required) if "bubblewrap" in required else ""
    return [*found, *missing, tiers], offer


def _machine(course: Course | None) -> list[Finding]:
    """Processors and memory, and whether a submission may use more of it than there is."""
    from autograder.executors.machine import graders, lack_of_memory, this_machine
    from autograder.records import Limits

    machine = this_machine()
    memory_mib = (course.limits if course else Limits()).memory_mib
    side_by_side = graders(machine, memory_mib)
    held = "" if machine.processors == side_by_side else ", as memory allows no more"
    many = f"{machine.processors} by its {machine.whose_processors}; graders side by side: {side_by_side}{held}"
    lack = lack_of_memory(machine, memory_mib)
    size = "unknown" if machine.memory_mib is None else f"{machine.memory_mib:,} MiB by its {machine.whose_memory}"
    problem, _, mend = lack.partition(". Give")
    return [
        Finding(name="processors", found=True, needed=False, detail=many),
        Finding(
            name="memory",
            found=not lack,
            needed=False,
            detail=problem or f"{size}; a submission may use {memory_mib:,} MiB",
            mend=f"give{mend}" if lack else "",
        ),
    ]


def _packages() -> list[Finding]:
    wanted = {"torch": True, "pytest": True, "nbgrader": False, "matplotlib": False, "diffusers": False}
    return [
        Finding(
            name=name,
            found=importlib.util.find_spec(name) is not None,
            needed=needed,
            detail=f"Python {platform.python_version()}" if name == "torch" else f"pip install {name} if missing",
        )
        for name, needed in wanted.items()
    ]


def _device() -> list[Finding]:
    cuda, detail = False, "checks that need a GPU are skipped and cost nothing"
    if any(Path(node).exists() for node in ("/dev/nvidiactl", "/dev/dxg")):  # else torch would be imported for nothing
        import torch

        cuda = torch.cuda.is_available()
        detail = torch.cuda.get_device_name(0) if cuda else detail
    return [Finding(name="cuda", found=cuda, needed=False, detail=detail)]


def _browser() -> list[Finding]:
    browser = next((found for name in ("chromium", "google-chrome", "firefox") if (found := shutil.which(name))), None)
    detail = browser or "only the browser tests need one: apt-get install chromium chromium-driver"
    return [Finding(name="browser", found=browser is not None, needed=False, detail=detail)]


def _server(course: Course | None) -> list[Finding]:
    """What `grade serve` needs: its packages, a roster, a secret of its own, a database that is whole."""
    parts = ("starlette", "uvicorn", "itsdangerous", "python_multipart", "sqlalchemy", "jinja2", "jwt", "httpx")
    lacking = [name for name in parts if importlib.util.find_spec(name) is None]
    packages = Finding(
        name="server packages",
        found=not lacking,
        needed=True,
        detail=f"not installed: {', '.join(lacking)}" if lacking else "the service's parts are installed",
        mend="pip install 'diffusion-autograder[server]'",
    )
    if lacking or course is None:
        return [packages]
    roster = Finding(
        name="server roster",
        found=bool(course.roster),
        needed=True,
        detail=f"{len(course.roster)} students may sign in" if course.roster else "nobody could sign in",
        mend="write roster.csv, or register an LMS with `grade lti` and put its people on it",
    )
    return [packages, roster, _server_secret(course), _server_database(course), _server_lock(course)]


def _server_secret(course: Course) -> Finding:
    from autograder.errors import GraderError
    from autograder.server.sign_in import STATE, load_secret

    file = course.root / STATE / "secret"
    name, mend = "server secret", f"chmod 600 {file}; or delete it, and send new links"
    if not file.exists():
        return Finding(name=name, found=True, needed=True, detail="made at the first start; links are signed with it")
    try:
        load_secret(course.root)
    except GraderError as wrong:
        return Finding(name=name, found=False, needed=True, detail=str(wrong), mend=mend)
    return Finding(name=name, found=True, needed=True, detail=f"{file}, readable by you alone")


def _server_database(course: Course) -> Finding:
    import os

    from autograder.errors import GraderError
    from autograder.server.sign_in import STATE
    from autograder.server.store import Store, database_url

    url = os.environ.get("GRADE_DATABASE")
    file = course.root / STATE / "serve.db"
    name, mend = "server database", "restore it from a backup, or name another one with GRADE_DATABASE"
    if not url and not file.exists():
        return Finding(name=name, found=True, needed=True, detail=f"made at the first start: {file}")
    try:
        store = Store(url or database_url(course.root / STATE))
    except GraderError as wrong:
        return Finding(name=name, found=False, needed=True, detail=str(wrong), mend=mend)
    try:
        problem, counts = store.check(), store.counts()
    finally:
        store.close()
    total = sum(counts.values())
    states = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    whole = f"whole; {total} hand-ins" + (f" ({states})" if states else "")
    return Finding(name=name, found=not problem, needed=True, detail=problem or whole, mend=mend)


def _server_lock(course: Course) -> Finding:
    """Whether a service is at work now, for who looks why a start is refused."""
    from autograder.errors import BusyError
    from autograder.server.service import only_service

    try:
        with only_service(course.root):
            detail = "no service is at work on this course"
    except BusyError:
        detail = "a service is at work on this course"
    return Finding(name="server", found=True, needed=False, detail=detail)
