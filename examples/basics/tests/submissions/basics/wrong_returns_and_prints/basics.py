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
            return print("too little")
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
    return [f"{n} x {i} = {n * i}" for i in range(1, 6)]


def save_mean(path, result):
    """Write the mean of the numbers in a file into another."""
    with open(path) as file:
        numbers = [float(line) for line in file]
    print(sum(numbers) / len(numbers))
