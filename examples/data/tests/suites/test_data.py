"""The hidden suite of `data`."""

import pandas as pd

from autograder.suite import assert_matches, assert_pure, check, require

CITIES, PRODUCTS = ["Oslo", "Rome", "Lima", "Cork"], ["tea", "coffee", "milk"]


def draw_orders(rng, rows=12):
    """Orders with a missing count; each city and each product is there, and no two cities bring the same."""
    count = rng.integers(2, 9, rows).astype(float)
    count[rng.integers(0, rows)] = float("nan")
    return pd.DataFrame(
        {
            "day": [f"2024-0{month}-1{day}" for month, day in rng.integers(1, 9, (rows, 2))],
            "city": [CITIES[i % 4] for i in rng.permutation(rows)],
            "product": [PRODUCTS[i % 3] for i in rng.permutation(rows)],
            "price": rng.integers(100, 999, rows) / 100,
            "count": count,
        }
    )


@check("load.table", points=20)
def test_load(student, reference):
    """load reads orders.csv"""
    assert_matches(student.load("orders.csv"), reference.load("orders.csv"), name="the orders")


@check("load.other", points=10)
def test_other_file(student, reference, rng):
    """load reads another file of that form"""
    orders = draw_orders(rng)
    done = student.call("load", "mine.csv", files={"mine.csv": orders.to_csv(index=False)})
    require(done.raised is None, f"load raised {done.raised}: {done.text}")
    right = orders.assign(day=pd.to_datetime(orders["day"]), count=orders["count"].fillna(1).astype(int))
    assert_matches(done.value, right, name="the orders of mine.csv")


def draw_whole(rng):
    orders = draw_orders(rng)
    return orders.assign(day=pd.to_datetime(orders["day"]), count=orders["count"].fillna(1).astype(int))


@check("revenue.table", points=25)
def test_revenue(student, reference, rng):
    """revenue adds up price times count for each city"""
    orders = draw_whole(rng)
    assert_matches(student.revenue(orders), reference.revenue(orders), name="the revenue")


@check("revenue.pure", points=5)
def test_pure(student, reference, rng):
    """revenue leaves the orders as they are"""
    orders = draw_whole(rng)
    answer = student.call("revenue", orders)
    assert_matches(answer.value, reference.revenue(orders), name="the revenue")
    assert_pure(answer)


@check("QUERY.rows", points=20)
def test_query(student, reference, rng):
    """QUERY counts the pieces of each product"""
    for _ in range(3):
        pieces = draw_whole(rng)[["product", "count"]].values.tolist() + [["salt", 2], ["salt", 3], ["oil", 6]]
        rows = ", ".join(f"('{product}', {count})" for product, count in pieces)
        setup = f"create table orders (product, count); insert into orders values {rows};"
        found = student.query(student.get("QUERY"), setup)
        assert_matches(found, student_free(reference.QUERY, setup), name="what the query gives")


def student_free(query, setup):
    import sqlite3

    database = sqlite3.connect(":memory:")
    database.executescript(setup)
    return database.execute(query).fetchall()


def draw_table(rng):
    return pd.DataFrame({"city": list(rng.permutation(CITIES)[:3]), "revenue": rng.uniform(10, 90, 3).round(2)})


@check("plot_revenue.bars", points=12)
def test_bars(student, rng):
    """plot_revenue draws a bar for each city"""
    table = draw_table(rng)
    drawn = student.axes("plot_revenue", table)
    require(len(drawn) == 1 and len(drawn[0].bars) == 1, "One plot with one group of bars was expected.")
    assert_matches(drawn[0].bars[0].y, table["revenue"].to_numpy(), name="the heights of the bars")
    assert_matches(drawn[0].xticks, tuple(table["city"]), name="what stands below the bars")


@check("plot_revenue.texts", points=8)
def test_texts(student, rng):
    """plot_revenue says what is drawn"""
    drawn = student.axes("plot_revenue", draw_table(rng))
    require(len(drawn) == 1 and len(drawn[0].bars) == 1, "One plot with one group of bars was expected.")
    assert_matches(drawn[0].title, "Revenue", name="the title")
    assert_matches(drawn[0].ylabel, "EUR", name="the text of the vertical axis")
