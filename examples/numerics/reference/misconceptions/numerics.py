"""Wrong ideas that students have about `numerics`."""

import numpy as np
from reference.misconceptions import Misconception


def always_double(dtype):
    return float(np.finfo(np.float64).eps)


def half_of_it(dtype):
    return np.finfo(dtype).eps / dtype(2)


def lowest_power_first(coefficients):
    def polynomial(x):
        return sum(c * x**i for i, c in enumerate(coefficients))

    return polynomial


def rising_only(f, low, high, tolerance=1e-10):
    if f(low) * f(high) > 0:
        raise ValueError
    while high - low > tolerance:
        middle = (low + high) / 2
        if f(middle) < 0:
            low = middle
        else:
            high = middle
    return low, high


def never_refuses(f, low, high, tolerance=1e-10):
    sign = f(low)
    while high - low > tolerance:
        middle = (low + high) / 2
        if sign * f(middle) > 0:
            low = middle
        else:
            high = middle
    return low, high


def left_ends(f, a, b, n):
    h = (b - a) / n
    return h * sum(f(a + i * h) for i in range(n))


def full_ends(f, a, b, n):
    h = (b - a) / n
    return h * sum(f(a + i * h) for i in range(n + 1))


def euler(f, t, y, h):
    return y + h * f(t, y)


def equal_weights(f, t, y, h):
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h * k1 / 2)
    k3 = f(t + h / 2, y + h * k2 / 2)
    k4 = f(t + h, y + h * k3)
    return y + h * (k1 + k2 + k3 + k4) / 4


MISCONCEPTIONS = (
    Misconception(
        id="eps-of-double",
        function="machine_eps",
        hint="How many binary digits does a number of the dtype that you were given have?",
        wrong=always_double,
    ),
    Misconception(
        id="eps-halved",
        function="machine_eps",
        hint="Add your answer to 1 in that dtype. Is the sum larger than 1?",
        wrong=half_of_it,
    ),
    Misconception(
        id="horner-reversed",
        function="horner",
        hint="Which power does the first coefficient belong to?",
        wrong=lowest_power_first,
    ),
    Misconception(
        id="bisect-rising",
        function="bisect",
        hint="What if the function falls from positive to negative?",
        wrong=rising_only,
    ),
    Misconception(
        id="bisect-unchecked",
        function="bisect",
        hint="What do you know about a root if both ends have the same sign?",
        wrong=never_refuses,
    ),
    Misconception(
        id="trapezoid-left",
        function="trapezoid",
        hint="Draw a trapezoid: how many of its sides are values of the function?",
        wrong=left_ends,
    ),
    Misconception(
        id="trapezoid-ends",
        function="trapezoid",
        hint="To how many trapezoids does a value in the middle belong, and to how many one at the end?",
        wrong=full_ends,
    ),
    Misconception(
        id="rk4-euler",
        function="rk4_step",
        hint="One slope is not enough: where else along the step should you ask for it?",
        wrong=euler,
    ),
    Misconception(
        id="rk4-weights",
        function="rk4_step",
        hint="Do the slopes in the middle of the step count as much as those at its ends?",
        wrong=equal_weights,
    ),
)
