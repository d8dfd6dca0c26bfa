def machine_eps(dtype):
    """The distance from 1 to the next larger number."""
    one, two = dtype(1), dtype(2)
    eps = one
    while one + eps / two > one:
        eps = eps / two
    return eps


def horner(coefficients):
    def polynomial(x):
        return sum(c * x**i for i, c in enumerate(coefficients))

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
    return y + h * f(t, y)
