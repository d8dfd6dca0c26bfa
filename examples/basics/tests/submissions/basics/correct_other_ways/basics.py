from dataclasses import dataclass
from pathlib import Path
from statistics import mean


def common_letters(first, second):
    return frozenset(letter for letter in first if letter in second)


@dataclass
class Account:
    owner: str
    balance: int = 0

    def deposit(self, amount):
        self.balance = self.balance + amount

    def withdraw(self, amount):
        if self.balance - amount < 0:
            raise TooLittle(amount)
        self.balance -= amount

    def __str__(self):
        return "%s: %s" % (self.owner, self.balance)


class TooLittle(ValueError):
    pass


class countdown:
    def __init__(self, start):
        self.left = start + 1

    def __iter__(self):
        return self

    def __next__(self):
        self.left -= 1
        if self.left < 1:
            raise StopIteration
        return self.left


def print_table(n):
    print("\n".join(f"{n} x {i} = {n * i}" for i in range(1, 6)))


def save_mean(path, result):
    Path(result).write_text(f"{mean(map(float, Path(path).read_text().split()))}\n")
