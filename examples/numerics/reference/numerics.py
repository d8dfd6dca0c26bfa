"""The right answers of `numerics`. Only graders read this file."""


def machine_eps(dtype):
    """The distance from 1 to the next larger number."""
    eps = dtype(1)
    while 1 + eps / 2 > 1:
        eps = eps / 2
    return eps


def horner(coefficients):
    """A polynomial as a function."""

    def polynomial(x):
        value = 0
        for coefficient in coefficients:
            value = value * x + coefficient
        return value

    return polynomial


def bisect(f, low, high, tolerance=1e-10):
    """An interval around a root."""
    sign = f(low)
    if sign * f(high) > 0:
        raise ValueError("f has the same sign at both ends")
    while high - low > tolerance:
        middle = (low + high) / 2
        if sign * f(middle) > 0:
            low = middle
        else:
            high = middle
    return low, high


def trapezoid(f, a, b, n):
    """The trapezoidal rule."""
    h = (b - a) / n
    inner = sum(f(a + i * h) for i in range(1, n))
    return h * (inner + (f(a) + f(b)) / 2)


def rk4_step(f, t, y, h):
    """One step of the classical method."""
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h * k1 / 2)
    k3 = f(t + h / 2, y + h * k2 / 2)
    k4 = f(t + h, y + h * k3)
    return y + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6
