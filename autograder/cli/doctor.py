"""`grade doctor`: what this machine offers, what the course requires, and how to get what is missing."""

from __future__ import annotations

import importlib.util
import json
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

import click


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked for. found: whether it is here; needed: whether grading refuses without it."""

    name: str
    found: bool
    needed: bool
    detail: str


@click.command("doctor", short_help="say which jail layers, devices and browsers this machine has")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor_command(path: Path, as_json: bool) -> int:
    """Say which jail layers, devices and browsers this machine has, what is missing and how to install it.

    PATH is any path inside a course, whose course.yml says what is required; without a course the usual layers are.
    Exits with 4 if a required layer is missing.

    \b
    grade doctor                 from inside the course
    grade doctor --json          for a script
    """
    findings = [*_jail(path), *_packages(), *_device(), *_browser()]
    broken = [finding for finding in findings if finding.needed and not finding.found]
    if as_json:
        rows = [{"name": f.name, "found": f.found, "needed": f.needed, "detail": f.detail} for f in findings]
        click.echo(json.dumps({"schema": 1, "ready": not broken, "findings": rows}, indent=2))
    else:
        for finding in findings:
            mark = click.style("yes", fg="green") if finding.found else click.style("no ", fg="red")
            need = "required" if finding.needed else "optional"
            click.echo(f"{mark}  {finding.name:<14} {need:<9} {finding.detail}")
        click.echo("Ready to grade." if not broken else "Grading would refuse: a required part is missing (exit 4).")
    return 4 if broken else 0


def _jail(path: Path) -> list[Finding]:
    from autograder.course.course_yml import find_course, load_course
    from autograder.errors import GraderError
    from autograder.records import Course
    from autograder.sandbox.jail import probe

    course: Course | None = None
    notes: list[Finding] = []
    try:
        course = load_course(find_course(path))
    except GraderError as problem:
        notes.append(Finding(name="course", found=False, needed=False, detail=str(problem)))
    required = course.required_layers if course else ("bubblewrap", "landlock", "seccomp", "rlimits")
    report = probe()
    found = [
        Finding(name=layer, found=True, needed=layer in required, detail="works here")
        for layer in sorted(report.layers)
    ]
    missing = [
        Finding(name=layer, found=False, needed=layer in required, detail=why)
        for layer, why in sorted(report.missing.items())
    ]
    if course and "public" in course.secret:
        detail = "the course secret is the sample's public one; put your own into course.yml before a real term"
        notes.append(Finding(name="secret", found=False, needed=False, detail=detail))
    return found + missing + notes


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
    import torch

    cuda = torch.cuda.is_available()
    detail = torch.cuda.get_device_name(0) if cuda else "checks that need a GPU are skipped and cost nothing"
    return [Finding(name="cuda", found=cuda, needed=False, detail=detail)]


def _browser() -> list[Finding]:
    browser = next((found for name in ("chromium", "google-chrome", "firefox") if (found := shutil.which(name))), None)
    detail = browser or "only the browser tests need one: apt-get install chromium chromium-driver"
    return [Finding(name="browser", found=browser is not None, needed=False, detail=detail)]
