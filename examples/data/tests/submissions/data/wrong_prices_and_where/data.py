import pandas as pd

QUERY = "select product, sum(count) from orders where count > 5 group by product order by product"


def load(path):
    """The table of a file."""
    orders = pd.read_csv(path, parse_dates=["day"])
    return orders.assign(count=orders["count"].fillna(1).astype(int))


def revenue(orders):
    return orders.groupby("city")["price"].sum().sort_values(ascending=False).rename("revenue").reset_index()


def plot_revenue(table):
    """Bars."""
    import matplotlib.pyplot as plt

    _, axes = plt.subplots()
    axes.bar(table["city"], table["revenue"])
    axes.set_title("Revenue")
    axes.set_ylabel("EUR")
