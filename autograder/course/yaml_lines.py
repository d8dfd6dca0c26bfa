"""YAML as plain data, with the line of every key and value, so that an error can say where it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from autograder.errors import CourseError

Place = tuple[str | int, ...]
_MOST_BYTES = 4 * 2**20
_MOST_NODES = 200_000  # with every alias written out


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """data: None, bool, int, float, str, list and dict only (dates stay text). lines: a path into data to its line."""

    file: Path
    data: Any
    lines: dict[Place, int]

    def where(self, place: Place) -> str:
        """file:line of the place, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.file}:{self.lines.get(place, 1)}"


def read_yaml(file: Path) -> Located:
    """The one document in file. CourseError if it is missing, not UTF-8, not YAML, or says a key twice."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise CourseError(f"{file}: is larger than {_MOST_BYTES // 2**20} MiB; take out what is not needed")
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise CourseError(f"{file}: there is no such file; `grade init` writes one to start from") from None
    except UnicodeDecodeError as error:
        raise CourseError(f"{file}: is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except OSError as error:
        raise CourseError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        node = YAML(typ="safe", pure=True).compose(text)
        lines: dict[Place, int] = {}
        return Located(file=file, data=_plain(file, node, (), lines) if node else None, lines=lines)
    except RecursionError:
        raise CourseError(f"{file}: is nested too deep, or holds itself by an alias; write it out flat") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CourseError(f"{file}:{line}: is not YAML: {error.problem or error.context}") from None
    except YAMLError as error:
        raise CourseError(f"{file}: is not YAML: {str(error).splitlines()[0]}") from None


def _plain(file: Path, node: Node, place: Place, lines: dict[Place, int]) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if len(lines) > _MOST_NODES:
        raise CourseError(f"{file}:{node.start_mark.line + 1}: holds too much, or aliases of aliases; write it out")
    if isinstance(node, ScalarNode):
        return _scalar(node)
    if isinstance(node, SequenceNode):
        return [_plain(file, item, (*place, index), lines) for index, item in enumerate(node.value)]
    assert isinstance(node, MappingNode)
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = str(key_node.value)
        if not isinstance(key_node, ScalarNode) or key == "<<":
            raise CourseError(f"{file}:{line}: a key must be one word; merge keys and nested keys are not read")
        if key in data:
            first = lines[(*place, key)]
            raise CourseError(f"{file}:{line}: {key!r} is written twice, first in line {first}; keep one")
        lines[(*place, key)] = line
        data[key] = _plain(file, value_node, (*place, key), lines)
    return data


def _scalar(node: ScalarNode) -> object:
    kind = str(node.tag).rpartition(":")[2]
    text: str = node.value
    try:
        if kind == "int":
            return int(text.replace("_", ""), 0)
        if kind == "float":
            return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
    if kind == "bool":
        return text.lower() == "true"
    return None if kind == "null" else text
