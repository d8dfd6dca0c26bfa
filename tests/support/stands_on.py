"""A class and a program that stand on a function, and the suite that asks all three."""

STANDS_ON = """
def add(a, b):
    return a + b


class Till:
    def __init__(self):
        self.sum = 0

    def put(self, amount):
        self.sum = add(self.sum, amount)


if __name__ == "__main__":
    print(add(int(input()), 1))
"""
USES = """
from autograder.suite import assert_matches, check


@check("add.values", points=40)
def test_add(student, reference, rng):
    '''Two numbers'''
    a, b = rng.integers(2, 100, 2).tolist()
    assert_matches(student.add(a, b), reference.add(a, b), name="sum")


@check("Till.sum", points=30)
def test_till(student, reference, rng):
    '''A till keeps what is put in'''
    till, right = student.Till(), reference.Till()
    for amount in rng.integers(2, 100, 3).tolist():
        till.put(amount)
        right.put(amount)
    assert_matches(till.sum, right.sum, name="the sum")


@check("program.next", points=30)
def test_program(student):
    '''The program prints the next number'''
    assert_matches(student.run(stdin=["41"]).printed, "42\\n", name="what is printed")
"""
