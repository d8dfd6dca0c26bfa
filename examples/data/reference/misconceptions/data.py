"""Wrong ideas that students have about `data`."""

import pandas as pd
from reference.misconceptions import Misconception


def drops_missing(path):
    orders = pd.read_csv(path, parse_dates=["day"]).dropna()
    return orders.assign(count=orders["count"].astype(int)).reset_index(drop=True)


def days_as_text(path):
    orders = pd.read_csv(path)
    return orders.assign(count=orders["count"].fillna(1).astype(int))


def sum_of_prices(orders):
    return orders.groupby("city")["price"].sum().sort_values(ascending=False).rename("revenue").reset_index()


def smallest_first(orders):
    brought = (orders["price"] * orders["count"]).groupby(orders["city"]).sum().sort_values()
    return brought.rename("revenue").reset_index()


def line_for_bars(table):
    import matplotlib.pyplot as plt

    _, axes = plt.subplots()
    axes.plot(table["city"], table["revenue"])
    axes.set_title("Revenue")
    axes.set_ylabel("EUR")


MISCONCEPTIONS = (
    Misconception(
        id="load-drops",
        function="load",
        hint="How many orders are in the file, and how many in your table?",
        wrong=drops_missing,
    ),
    Misconception(
        id="load-text-days",
        function="load",
        hint="Look at the dtypes of your table: what is the day?",
        wrong=days_as_text,
    ),
    Misconception(
        id="revenue-without-count",
        function="revenue",
        hint="What does an order of four pieces bring?",
        wrong=sum_of_prices,
    ),
    Misconception(
        id="revenue-ascending",
        function="revenue",
        hint="Which city should stand in the first row?",
        wrong=smallest_first,
    ),
    Misconception(
        id="plot-line",
        function="plot_revenue",
        hint="Is there anything between two cities that a line could show?",
        wrong=line_for_bars,
    ),
)
