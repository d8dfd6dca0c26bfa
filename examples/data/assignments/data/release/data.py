# %% [markdown]
# # Orders of a shop


# %%
import pandas as pd


# %%
def load(path: str) -> pd.DataFrame:
    """The table at path: a row an order, days as datetime64, a missing count as 1 and all counts as whole numbers.

    >>> len(load("orders.csv"))
    8

    What is checked: load.table (20) for orders.csv; load.other (10) for another file of that form.
    """
    raise NotImplementedError


# %%
def revenue(orders: pd.DataFrame) -> pd.DataFrame:
    """For each city what its orders brought (price times count), in columns city and revenue, the largest first.

    >>> revenue(load("orders.csv"))["city"].tolist()
    ['Rome', 'Oslo', 'Lima']

    What is checked: revenue.table (25) for other orders; revenue.pure (5) it leaves the orders as they are.
    """
    raise NotImplementedError


# %%
# A query that gives product and number of pieces for each product of which more than 5 pieces were ordered in all, by name.
# The table orders has the columns of the file. What is checked: QUERY.rows (20).
QUERY = ""


# %%
def plot_revenue(table: pd.DataFrame) -> None:
    """Draw what revenue gives as bars, a city a bar, titled "Revenue", with "EUR" at the vertical axis.

    What is checked: plot_revenue.bars (12) and plot_revenue.texts (8).
    """
    raise NotImplementedError
