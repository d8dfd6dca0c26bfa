# %% [markdown]
# # Roots, integrals and steps


# %%
import numpy as np


# %%
def machine_eps(dtype: type) -> float:
    """The distance from 1 to the next larger number of a floating dtype, such as np.float32. Do not ask np.finfo.

    >>> float(machine_eps(np.float64)) == 2.0**-52
    True

    What is checked: machine_eps.dtypes (15) for float16, float32 and float64, to the last bit.
    """
    raise NotImplementedError


# %%
def horner(coefficients):
    """The polynomial with these coefficients, that of the highest power first, as a function of x.

    >>> p = horner([2, 0, 1])
    >>> p(3)
    19

    What is checked: horner.values (20) for several polynomials, which must not disturb one another.
    """
    raise NotImplementedError


# %%
def bisect(f, low: float, high: float, tolerance: float = 1e-10) -> tuple[float, float]:
    """An interval around a root of f, not longer than tolerance, by halving [low, high].

    Raises a ValueError if f(low) and f(high) have the same sign. A root at an end of the interval is a root.

    >>> low, high = bisect(lambda x: x * x - 2, 0, 2)
    >>> low <= 2**0.5 <= high
    True

    What is checked: bisect.root (15) for rising and falling f; bisect.tolerance (10) it stops in time, and not before;
    bisect.sign (10) it refuses two equal signs.
    """
    raise NotImplementedError


# %%
def trapezoid(f, a: float, b: float, n: int) -> float:
    """The integral of f from a to b by the trapezoidal rule with n steps of equal length.

    >>> trapezoid(lambda x: 2 * x, 0, 3, 4)
    9.0

    What is checked: trapezoid.values (10); trapezoid.calls (5) it asks f at n + 1 places, once each.
    """
    raise NotImplementedError


# %%
def rk4_step(f, t: float, y, h: float):
    """One step of length h of the classical Runge-Kutta method for y' = f(t, y), where y is an array.

    >>> rk4_step(lambda t, y: y, 0.0, np.array([1.0]), 1.0)
    array([2.70833333])

    What is checked: rk4_step.values (15) for f that depend on both t and y.
    """
    raise NotImplementedError
