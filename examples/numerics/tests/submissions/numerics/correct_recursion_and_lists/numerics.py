from functools import reduce


def machine_eps(dtype, guess=1):
    smaller = dtype(guess) / dtype(2)
    return dtype(guess) if dtype(1) + smaller == dtype(1) else machine_eps(dtype, smaller)


def horner(coefficients):
    kept = tuple(coefficients)
    return lambda x: reduce(lambda value, c: value * x + c, kept, 0)


class SameSign(ValueError):
    pass


def bisect(f, low, high, tolerance=1e-10):
    def halve(low, high, left, right):
        if high - low <= tolerance:
            return [low, high]
        middle = low + (high - low) / 2
        value = f(middle)
        if left * value <= 0:
            return halve(low, middle, left, value)
        return halve(middle, high, value, right)

    left, right = f(low), f(high)
    if left * right > 0:
        raise SameSign(f"{left} and {right}")
    return halve(low, high, left, right)


def trapezoid(f, a, b, n):
    values = [f(a + (b - a) * i / n) for i in range(n + 1)]
    return (sum(values) - values[0] / 2 - values[-1] / 2) * (b - a) / n


def rk4_step(f, t, y, h):
    import numpy as np

    y = np.array(list(y))
    k1 = f(t, y)
    k2 = f(t + 0.5 * h, y + 0.5 * h * k1)
    k3 = f(t + 0.5 * h, y + 0.5 * h * k2)
    k4 = f(t + h, y + h * k3)
    return list(y + (k1 + 2 * (k2 + k3) + k4) * h / 6)
