"""The service of a toy course, and a platform by Moodle's rules, for what comes from an LMS."""

from __future__ import annotations

import pytest
from launching import ROSTER
from lms_platform import lms_of
from paper_grader import PaperGrader
from served import served, with_roster


@pytest.fixture
def moodle():
    with lms_of("moodle") as there:
        there.activity("l1")
        there.person("11", "Ada Lovelace", email="ada@example.org")
        yield there


@pytest.fixture
def site(tiny_course):
    with served(with_roster(tiny_course, ROSTER), PaperGrader()) as there:
        yield there
