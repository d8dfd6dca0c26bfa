# %% [markdown]
# # Accounts and letters


# %%
def common_letters(first: str, second: str) -> set[str]:
    """The letters that stand in both words.

    >>> sorted(common_letters("banana", "cabin"))
    ['a', 'b', 'n']

    What is checked: common_letters.set (15) for words of your own.
    """
    raise NotImplementedError


# %%
class Account:
    """Money of one owner.

    Account(owner, balance=0) has the attributes owner and balance. deposit(amount) and withdraw(amount) change the
    balance; withdraw raises a ValueError, and takes nothing, where there is less than the amount. str() gives
    "Ada: 15".

    What is checked: Account.deposit (15) and Account.text (10) after some deposits; Account.withdraw (15) with too
    little money.
    """


# %%
def countdown(start: int):
    """Give start, start - 1, ..., 1, one by one.

    >>> list(countdown(3))
    [3, 2, 1]

    What is checked: countdown.values (10).
    """
    raise NotImplementedError


# %%
def print_table(n: int) -> None:
    """Print the first five rows of the table of n, such as "7 x 1 = 7", a row a line.

    What is checked: print_table.lines (15).
    """
    raise NotImplementedError


# %%
def save_mean(path: str, result: str) -> None:
    """Read numbers, one a line, from the file at path, and write their mean into the file result.

    What is checked: save_mean.file (20).
    """
    raise NotImplementedError
