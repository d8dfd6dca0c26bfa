"""The rows of docs/what-crosses.md: a submission, the body of a check, and what makes the submission wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "what-crosses.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One section. wrong: the submission with one thing changed; refused: what an `ungraded` check must say.

    data: files of the assignment, name to text. files: handed in beside the code.
    """

    title: str
    submission: str
    check: str
    wrong: str | None
    refused: str | None
    data: dict[str, str]
    files: dict[str, str]


def rows() -> list[Row]:
    """All rows, in the order of the page. Raises ValueError for a section that is no row."""
    found = []
    for title, body in re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", PAGE.read_text("utf-8"), re.M | re.S):
        blocks = re.findall(r"^```python\n(.*?)^```", body, re.M | re.S)
        changes = re.findall(r"^<!-- wrong: (.+?) -> (.+?) -->", body, re.M)
        data, files = (
            dict(re.findall(rf"^<!-- {kind}: (\S+) -->\n```\w+\n(.*?)^```", body, re.M | re.S))
            for kind in ("data", "file")
        )
        refused = re.search(r"^```text\n(.*?)^```", body, re.M | re.S)
        if len(blocks) != 2 or not (changes or refused):
            raise ValueError(
                f"{PAGE.name}: {title}: a row has a submission, a check, and what makes it wrong or a refusal"
            )
        wrong = blocks[0]
        for old, new in changes:
            if old not in wrong:
                raise ValueError(f"{PAGE.name}: {title}: {old!r} does not stand in the submission")
            wrong = wrong.replace(old, new)
        sentence = " ".join(refused.group(1).split()) if refused else None
        found.append(
            Row(
                title=title,
                submission=blocks[0],
                check=blocks[1],
                wrong=wrong if changes else None,
                refused=sentence,
                data=data,
                files=files,
            )
        )
    return found
