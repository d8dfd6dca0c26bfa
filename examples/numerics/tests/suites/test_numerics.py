"""The hidden suite of `numerics`."""

import numpy as np

from autograder.suite import as_array, assert_matches, check, raises, require


@check("machine_eps.dtypes", points=15)
def test_machine_eps(student, rng):
    """machine_eps is right to the last bit for each floating dtype"""
    for dtype in rng.permutation([np.float16, np.float32, np.float64]):
        eps = student.machine_eps(dtype)
        assert_matches(eps, float(np.finfo(dtype).eps), name=f"the eps of {dtype.__name__}", exact=True)


@check("horner.values", points=20)
def test_horner(student, reference, rng):
    """horner gives functions that remember their own coefficients"""
    first, second = rng.integers(2, 9, 5).tolist(), rng.integers(-9, -1, 4).tolist()
    p, q = student.horner(first), student.horner(second)
    for x in [0, -1, *rng.uniform(2, 3, 2).tolist()]:
        assert_matches(p(x), reference.horner(first)(x), name=f"p({x:g})")
        assert_matches(q(x), reference.horner(second)(x), name=f"q({x:g})")


def draw_line(rng, slope):
    """A cubic with one root, and that root. It is no middle of a middle."""
    root = float(rng.uniform(0.3, 0.4))
    return (lambda x: slope * ((x - root) + (x - root) ** 3)), root


@check("bisect.root", points=15)
def test_bisect(student, rng):
    """bisect finds the root of rising and of falling functions"""
    for slope in (2.0, -3.0):
        f, root = draw_line(rng, slope)
        low, high = as_array(student.bisect(f, 0.0, 1.0), name="the interval", shape=(2,))
        require(low <= root <= high, f"The root {root:.12f} is not between {low:.12f} and {high:.12f}.")
        require(high - low <= 1e-10, f"The interval is {high - low:.2g} long; the tolerance is 1e-10.")


@check("bisect.tolerance", points=10)
def test_tolerance(student, rng):
    """bisect stops as soon as the interval is short enough"""
    for exponent in rng.integers(4, 30, 3).tolist():
        f, root = draw_line(rng, 1.0)
        low, high = as_array(student.bisect(f, -1.0, 3.0, 2.0**-exponent), name="the interval", shape=(2,))
        require(low <= root <= high, f"The root {root:.12f} is not between {low:.12f} and {high:.12f}.")
        assert_matches(high - low, 2.0**-exponent, name="the length of the interval", exact=True)


@check("bisect.sign", points=10)
def test_sign(student, rng):
    """bisect refuses an interval at whose ends f has the same sign"""
    f, _ = draw_line(rng, 1.0)
    for low, high in ((0.5, 1.0), (-1.0, 0.2)):
        with raises(student, "ValueError"):
            student.bisect(f, low, high)
    for root, where in ((0.0, "at the lower end"), (1.0, "at the upper end"), (0.5, "in the middle")):
        low, high = as_array(student.bisect(lambda x: x - root, 0.0, 1.0), name="the interval", shape=(2,))
        require(low <= root <= high, f"A root {where} of the interval is a root.")


@check("trapezoid.values", points=10)
def test_trapezoid(student, reference, rng):
    """trapezoid gives the trapezoidal rule's value, its error included"""
    for n in (1, 2, *rng.integers(3, 9, 2).tolist()):
        a, b = rng.uniform(-2, -1), rng.uniform(1, 2)
        ours = reference.trapezoid(np.exp, a, b, n)
        assert_matches(student.trapezoid(lambda x: float(np.exp(x)), a, b, n), ours, name="the integral", rtol=1e-9)


@check("trapezoid.calls", points=5)
def test_calls(student, rng):
    """trapezoid asks for each value once"""
    asked = []

    def f(x):
        asked.append(float(x))
        return x * x

    n = int(rng.integers(4, 9))
    answer = as_array(student.trapezoid(f, 0.0, 1.0, n), name="the integral", shape=())
    assert_matches(sorted(asked), np.linspace(0, 1, n + 1), name="where f was asked")
    assert_matches(float(answer), 1 / 3 + 1 / (6 * n * n), name="the integral", rtol=1e-9)


@check("rk4_step.values", points=15)
def test_rk4(student, reference, rng):
    """rk4_step takes the classical step for systems that depend on time"""
    a, b = rng.uniform(1, 2, 2)

    def f(t, y):
        return np.array([a * y[1] + t * t, -b * y[0] * y[0] + np.cos(t)])

    t, h, y = float(rng.uniform(0.5, 1)), float(rng.uniform(0.3, 0.5)), rng.uniform(1, 2, 2)
    assert_matches(student.rk4_step(f, t, y, h), reference.rk4_step(f, t, y, h), name="y after the step", rtol=1e-9)
