"""The hidden suite of `basics`."""

from itertools import islice

from autograder.suite import assert_matches, check, raises, require

LETTERS = "abcdefghij"


def draw_word(rng):
    return "".join(rng.choice(list(LETTERS), 6))


def draw_numbers(rng, count):
    return rng.integers(2, 90, count).tolist()


@check("common_letters.set", points=15)
def test_common_letters(student, reference, rng):
    """common_letters gives the letters of both words"""
    for _ in range(5):
        words = draw_word(rng) + "a", draw_word(rng) + "ax"
        assert_matches(student.common_letters(*words), reference.common_letters(*words), name="the letters")


@check("Account.deposit", points=15)
def test_deposit(student, rng):
    """An account keeps its owner and what is paid in"""
    first, second, third = draw_numbers(rng, 3)
    account, other = student.Account("Ada", first), student.Account("Eve")
    account.deposit(second)
    other.deposit(third)
    other.deposit(second)
    assert_matches(account.balance, first + second, name="the balance")
    assert_matches(other.balance, third + second, name="the balance of another account")
    assert_matches(other.owner, "Eve", name="the owner")


@check("Account.text", points=10)
def test_text(student, rng):
    """str(account) names the owner and the balance"""
    first, second = draw_numbers(rng, 2)
    account = student.Account("Ada", first)
    account.deposit(second)
    assert_matches(str(account), f"Ada: {first + second}", name="the text")


@check("Account.withdraw", points=15)
def test_withdraw(student, rng):
    """withdraw takes money out, and refuses where there is too little"""
    first, second = draw_numbers(rng, 2)
    account = student.Account("Ada", first + second)
    account.withdraw(second)
    assert_matches(account.balance, first, name="the balance")
    with raises(student, "ValueError"):
        account.withdraw(first + 1)
    assert_matches(account.balance, first, name="the balance after a refusal")
    account.withdraw(first)
    assert_matches(account.balance, 0, name="the balance when all is taken out")


@check("countdown.values", points=10)
def test_countdown(student, reference, rng):
    """countdown counts down to 1"""
    start = int(rng.integers(4, 9))
    assert_matches(list(islice(student.countdown(start), 20)), list(reference.countdown(start)), name="the numbers")


@check("print_table.lines", points=15)
def test_table(student, rng):
    """print_table prints five rows"""
    n = int(rng.integers(3, 99))
    lines = [line.rstrip() for line in student.call("print_table", n, stdin=[]).printed.splitlines()]
    assert_matches(lines, [f"{n} x {i} = {n * i}" for i in range(1, 6)], name="what is printed")


@check("save_mean.file", points=20)
def test_save_mean(student, rng):
    """save_mean writes the mean into a file"""
    numbers = draw_numbers(rng, 7)
    text = "".join(f"{number}\n" for number in numbers)
    done = student.call("save_mean", "in.txt", "out.txt", files={"in.txt": text})
    require(done.raised is None, f"save_mean raised {done.raised}: {done.text}")
    require("out.txt" in done.files, "save_mean wrote no file of the name that it was given.")
    written = str(done.files["out.txt"]).strip()
    require(written.replace(".", "", 1).isdigit(), f"The file holds {written[:40]!r}; it should hold one number.")
    assert_matches(float(written), sum(numbers) / len(numbers), name="the mean")
