"""The right answers of `basics`. Only graders read this file."""


def common_letters(first, second):
    """The letters that stand in both words."""
    return set(first) & set(second)


class Account:
    """Money of one owner."""

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance

    def deposit(self, amount):
        """Put some in."""
        self.balance += amount

    def withdraw(self, amount):
        """Take some out. Raises ValueError where there is too little."""
        if amount > self.balance:
            raise ValueError(f"{self.balance} is less than {amount}")
        self.balance -= amount

    def __str__(self):
        return f"{self.owner}: {self.balance}"


def countdown(start):
    """Give start, start - 1, ..., 1."""
    while start > 0:
        yield start
        start -= 1


def print_table(n):
    """Print five rows of the table of n."""
    for i in range(1, 6):
        print(n, "x", i, "=", n * i)


def save_mean(path, result):
    """Write the mean of the numbers in a file into another."""
    with open(path) as file:
        numbers = [float(line) for line in file]
    with open(result, "w") as file:
        file.write(str(sum(numbers) / len(numbers)))
