"""Wrong ideas that students have about `temperatures`."""

from reference.misconceptions import Misconception


def shifts_first(celsius):
    return (celsius + 32) * 9 / 5


def forgets_the_shift(celsius):
    return celsius * 9 / 5


def turns_it_round(celsius):
    return (celsius - 32) * 5 / 9


def leaves_the_limit_out(temperatures, limit):
    return [day for day, degrees in enumerate(temperatures) if degrees > limit]


def counts_from_one(temperatures, limit):
    return [day + 1 for day, degrees in enumerate(temperatures) if degrees >= limit]


def gives_the_temperatures(temperatures, limit):
    return [degrees for degrees in temperatures if degrees >= limit]


MISCONCEPTIONS = (
    Misconception(
        id="shift-first",
        function="to_fahrenheit",
        hint="Two things happen to the number, one after the other. What does your function say for the freezing point?",
        wrong=shifts_first,
    ),
    Misconception(
        id="no-shift",
        function="to_fahrenheit",
        hint="The two scales differ in the size of a degree. They differ in one more thing: look at the freezing point.",
        wrong=forgets_the_shift,
    ),
    Misconception(
        id="wrong-direction",
        function="to_fahrenheit",
        hint="Which of the two scales does the number that you are given belong to?",
        wrong=turns_it_round,
    ),
    Misconception(
        id="limit-left-out",
        function="warm_days",
        hint="Read the first sentence again: what about a day that is exactly as warm as the limit?",
        wrong=leaves_the_limit_out,
    ),
    Misconception(
        id="counted-from-one",
        function="warm_days",
        hint="What is the position of the first day?",
        wrong=counts_from_one,
    ),
    Misconception(
        id="not-positions",
        function="warm_days",
        hint="You found the right days. Which of the two things about a day is asked for?",
        wrong=gives_the_temperatures,
    ),
)
