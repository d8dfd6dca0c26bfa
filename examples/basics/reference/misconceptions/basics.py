"""Wrong ideas that students have about `basics`."""

from reference.misconceptions import Misconception


def either(first, second):
    return set(first) | set(second)


def to_zero(start):
    return list(range(start, -1, -1))


MISCONCEPTIONS = (
    Misconception(
        id="either-word",
        function="common_letters",
        hint="Take a letter that stands in one word only. Is it common to both?",
        wrong=either,
    ),
    Misconception(
        id="down-to-zero",
        function="countdown",
        hint="Which is the last number of the example?",
        wrong=to_zero,
    ),
)
