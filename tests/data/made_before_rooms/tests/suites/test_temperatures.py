"""The hidden suite of `temperatures`. 100 points; every input is drawn for one student and one check."""

from autograder.suite import assert_matches, check


def draw_days(rng):
    """A dozen different temperatures below 30 and in no order, and a limit between two of them."""
    temperatures = rng.permutation(60)[:12] / 2
    colder, warmer = sorted(temperatures)[6:8]
    return temperatures.tolist(), float(colder + warmer) / 2


@check("to_fahrenheit.values", points=50)
def test_to_fahrenheit(student, reference, rng):
    """to_fahrenheit gives the same temperature on the other scale, above freezing and below"""
    for celsius in (rng.uniform(5, 40), -rng.uniform(5, 40)):
        celsius = round(float(celsius), 1)
        assert_matches(student.to_fahrenheit(celsius), reference.to_fahrenheit(celsius), name=f"{celsius} degrees")


@check("warm_days.values", points=30)
def test_warm_days(student, reference, rng):
    """warm_days gives the positions of the days above the limit"""
    temperatures, limit = draw_days(rng)
    assert_matches(student.warm_days(temperatures, limit), reference.warm_days(temperatures, limit), name="days")


@check("warm_days.limit", points=20)
def test_warm_days_limit(student, reference, rng):
    """warm_days counts a day that is exactly as warm as the limit"""
    temperatures, _ = draw_days(rng)
    limit = sorted(temperatures)[7]
    assert_matches(student.warm_days(temperatures, limit), reference.warm_days(temperatures, limit), name="days")
