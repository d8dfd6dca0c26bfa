"""A course of two assignments of ours, handed in to by one who writes markup wherever a student can write."""

from __future__ import annotations

import shutil
from pathlib import Path

COURSE = Path(__file__).parents[2]
EVIL = "</pre></code></title></style><script>window.owned = 1</script><img src=x onerror='window.owned = 1'>"
# A folder's name holds no slash, and is all that is needed.
EVIL_FOLDER = "<img src=x onerror='window.owned = 1'># 100%?"
EVIL_NAME = EVIL.replace(",", "")

_SETTINGS = """\
title: Diffusion models & <more>
secret: a-secret-of-the-tests
limits: {call_seconds: 5, submission_seconds: 60}
late: {penalty_per_day: 10}
assignments:
  - {slug: noising, title: The forward process, due: 2026-10-01}
  - {slug: warmup, title: Sculpting from static}
"""

_HOSTILE = f'''\
"""{EVIL}"""
import sys

EVIL = """{EVIL}"""
print(EVIL)
print("a line\\n" * 60)  # more than a page shows without a scroll bar
print(EVIL, file=sys.stderr)
{{}}["{EVIL}"]


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    """{EVIL}"""
    raise ValueError(EVIL)  # {EVIL}


def cosine_betas(T, s=0.008, max_beta=0.999):
    raise type(EVIL, (Exception,), {{}})(EVIL)


def alpha_bars(betas):
    return EVIL


def forward_step(x, t, betas, eps):
    return {{EVIL: [EVIL]}}


def q_sample(x0, t, alpha_bar, eps):
    sys.exit(EVIL)


def q_sample_own(x0, t, alpha_bar, seed):
    return globals()[EVIL]


def snr(alpha_bar):
    return alpha_bar
'''


def make_hostile_course(root: Path) -> None:
    """Write the course into root. s01 is right, s02 has three wrong ideas, s03 is late, EVIL_FOLDER writes markup."""
    for slug in ("noising", "warmup"):
        for name in (f"tests/suites/test_{slug}.py", f"assignments/{slug}/README.md"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(COURSE / name, root / name)
        for student, copied in (("s01", "s01"), ("s02", "s04"), ("s03", "s03")):
            source = COURSE / "assignments" / slug / "submitted" / copied
            shutil.copytree(source, root / "assignments" / slug / "submitted" / student)
    shutil.copytree(COURSE / "reference", root / "reference", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "course.yml").write_text(_SETTINGS, "utf-8")
    roster = ["student,name", "s01,Student 01", f's02,"{EVIL_NAME}"', "s03,Student 03", "s04,Student 04"]
    roster.append(f'"{EVIL_FOLDER}","{EVIL_NAME}"')
    (root / "roster.csv").write_text("\n".join(roster) + "\n", "utf-8")
    folder = root / "assignments" / "noising"
    (folder / "received.json").write_text('{"s03": {"received_at": "2026-10-02T12:00:00+00:00"}}', "utf-8")
    hostile = folder / "submitted" / EVIL_FOLDER
    hostile.mkdir()
    (hostile / "noising.py").write_text(_HOSTILE, "utf-8")
