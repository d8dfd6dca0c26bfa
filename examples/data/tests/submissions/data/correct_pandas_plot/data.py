import pandas as pd

QUERY = "SELECT product, SUM(count) AS pieces FROM orders GROUP BY product HAVING pieces > 5 ORDER BY product ASC"


def load(path):
    orders = pd.read_csv(path)
    orders["day"] = pd.to_datetime(orders["day"])
    orders["count"] = orders["count"].fillna(1).astype("int64")
    return orders


def revenue(orders):
    priced = orders.assign(revenue=orders["price"] * orders["count"])
    table = priced.pivot_table(index="city", values="revenue", aggfunc="sum").reset_index()
    return table.sort_values("revenue", ascending=False, ignore_index=True)


def plot_revenue(table):
    axes = table.plot.bar(x="city", y="revenue", title="Revenue", ylabel="EUR", legend=False)
    return axes
