import csv

import pandas as pd

QUERY = """
select * from (select product, total(count) as pieces from orders group by product) where pieces > 5 order by 1;
"""


def load(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["price"] = float(row["price"])
        row["count"] = int(float(row["count"] or 1))
        row["day"] = pd.Timestamp(row["day"])
    return pd.DataFrame(rows)


def revenue(orders):
    sums = {}
    for row in orders.itertuples():
        sums[row.city] = sums.get(row.city, 0) + row.price * row.count
    cities = sorted(sums, key=sums.get, reverse=True)
    return pd.DataFrame({"city": cities, "revenue": [sums[city] for city in cities]})


def plot_revenue(table):
    import matplotlib.pyplot as plt

    plt.bar(table["city"].tolist(), table["revenue"].tolist(), color="green")
    plt.title("Revenue")
    plt.ylabel("EUR")
    plt.show()
