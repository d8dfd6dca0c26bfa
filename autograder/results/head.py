"""A result.json as JSON: whole and held against its schema, or only its head, which is all but its checks and its log.

What a run must know of results that still stand is in the head, so a class of any size is looked through quickly.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema

from autograder.course.yaml_lines import read_yaml
from autograder.errors import CourseError
from autograder.records import SCHEMA

SCHEMA_FILE = Path(__file__).with_name("result.schema.json")


class OtherSchema(CourseError):
    """A result of another schema than ours: of another version, and not broken."""


_ADVICE = "run the same assignment again with `grade`, which makes it anew"
_BYTES = 4096
_CHECKS = b',\n  "checks": ['


def read_head(file: Path) -> dict[str, Any]:
    """The document without `checks` and `log`, or with them where somebody else wrote the file.

    Checks and log are not looked at, but the end of the file is. FileNotFoundError if there is none; another OSError if
    it cannot be read; CourseError, as `read_whole`, if the head is not of schema 1 or the end is missing.
    """
    handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        start = os.pread(handle, _BYTES, 0)
        ended = os.pread(handle, 2, max(0, os.fstat(handle).st_size - 2)).rstrip().endswith(b"}")
    finally:
        os.close(handle)
    end = start.find(_CHECKS)
    if end < 0 or not ended:
        return read_whole(file)
    try:
        document = json.loads(start[:end] + b"}", parse_constant=_no_number)
        _validator(True)(document)
    except (ValueError, RecursionError, fastjsonschema.JsonSchemaValueException):
        return read_whole(file)  # which says what is wrong
    head: dict[str, Any] = document
    return head


def read_whole(file: Path) -> dict[str, Any]:
    """The document. OSError if it cannot be read; CourseError, with line and field, if it is not of schema 1."""
    data = file.read_bytes()
    try:
        document = json.loads(data, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise CourseError(f"{file}:{error.lineno}: is no result: {error.msg}; {_ADVICE}") from None
    except (ValueError, RecursionError) as error:
        why = "is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise CourseError(f"{file}: is no result: {why}; {_ADVICE}") from None
    if not isinstance(document, dict):
        raise CourseError(f"{file}:1: is no result: it is no object; {_ADVICE}")
    if document.get("schema") != SCHEMA:
        raise OtherSchema(f"{file}:1: is no result: schema {document.get('schema')!r} is not {SCHEMA}; {_ADVICE}")
    try:
        _validator(False)(document)
    except fastjsonschema.JsonSchemaValueException as wrong:
        place = tuple(int(part) if part.isdigit() else part for part in wrong.path[1:])
        field = ".".join(map(str, place)) or "the document"
        what = str(wrong.message).removeprefix(str(wrong.name)).strip()
        raise CourseError(f"{_line(file, place)}: is no result: {field} {what}; {_ADVICE}") from None
    return document


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


@cache
def _validator(head: bool) -> Callable[[Any], Any]:
    """Of whole documents, or of heads."""
    schema = json.loads(SCHEMA_FILE.read_bytes())
    if head:
        schema["required"] = [name for name in schema["required"] if name not in ("checks", "log")]
    compiled: Callable[[Any], Any] = fastjsonschema.compile(schema)
    return compiled


def _line(file: Path, place: tuple[str | int, ...]) -> str:
    try:
        return read_yaml(file).where(place)  # JSON is YAML
    except CourseError:
        return str(file)
