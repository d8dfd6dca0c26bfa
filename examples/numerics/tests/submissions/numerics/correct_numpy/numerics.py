import numpy as np


def machine_eps(dtype):
    one = dtype(1)
    return np.nextafter(one, dtype(2)) - one


class horner:
    def __init__(self, coefficients):
        self.p = np.poly1d(coefficients)

    def __call__(self, x):
        return self.p(x)


def bisect(f, low, high, tolerance=1e-10):
    a, b = np.float64(low), np.float64(high)
    fa, fb = f(a), f(b)
    if np.sign(fa) == np.sign(fb):
        raise ValueError
    while b - a > tolerance:
        m = 0.5 * (a + b)
        fm = f(m)
        if np.sign(fm) == np.sign(fa):
            a, fa = m, fm
        else:
            b, fb = m, fm
    return np.array([a, b])


def trapezoid(f, a, b, n):
    y = np.array([f(x) for x in np.linspace(a, b, n + 1)])
    return np.sum((y[1:] + y[:-1]) / 2) * (b - a) / n


def rk4_step(f, t, y, h):
    y = np.asarray(y, dtype=float)
    c, b = [0, 0.5, 0.5, 1], [1 / 6, 1 / 3, 1 / 3, 1 / 6]
    slopes = [np.zeros_like(y)]
    for ci in c:
        slopes.append(np.asarray(f(t + ci * h, y + ci * h * slopes[-1])))
    return y + h * np.tensordot(b, slopes[1:], axes=1)
