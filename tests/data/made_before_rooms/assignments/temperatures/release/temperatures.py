# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Warm days
#
# Keep the names of the functions and of their arguments. You may add functions of your own.

# %% [markdown]
# ## 1. Degrees


# %%
def to_fahrenheit(celsius: float) -> float:
    """A temperature in degrees Celsius, told in degrees Fahrenheit.

    Water freezes at 0 degrees Celsius, which is 32 degrees Fahrenheit, and boils at 100, which is 212.

    celsius: a number. Returns a number.

    >>> round(to_fahrenheit(100.0), 4)
    212.0

    What is checked: to_fahrenheit.values (50) for temperatures of your own.
    """
    raise NotImplementedError


# %% [markdown]
# ## 2. Which days were warm?


# %%
def warm_days(temperatures: list[float], limit: float) -> list[int]:
    """The positions of the days that were at least as warm as the limit.

    temperatures: one number a day. limit: a number. Returns whole numbers in ascending order; the first day is 0.

    >>> warm_days([18.0, 25.0, 30.0, 21.0], 25.0)
    [1, 2]

    What is checked: warm_days.values (30) for days of your own; warm_days.limit (20) a day exactly at the limit.
    """
    raise NotImplementedError
