import pandas as pd

QUERY = "select product, sum(count) from orders group by product having sum(count) > 5 order by product"


def load(path):
    """The table of a file."""
    orders = pd.read_csv(path, parse_dates=["day"])
    return orders.assign(count=orders["count"].fillna(1).astype(int))


def revenue(orders):
    """What each city brought."""
    orders["revenue"] = orders["price"] * orders["count"]
    brought = (orders["price"] * orders["count"]).groupby(orders["city"]).sum().sort_values()
    return brought.rename("revenue").reset_index()


def plot_revenue(table):
    """Bars."""
    import matplotlib.pyplot as plt

    _, axes = plt.subplots()
    axes.bar(table["city"], table["revenue"])
    axes.set_title("Revenue")
    axes.set_ylabel("EUR")
