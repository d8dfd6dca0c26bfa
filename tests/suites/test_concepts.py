"""Hidden suite of `concepts`: twenty short answers, 5 points each.

What is right, and what is wrong in a known way, stands in reference/concepts.toml; its first lines explain the keys.
Every check draws its own numbers, so what is graded is how a number was found.
"""

from __future__ import annotations

import re
from dataclasses import replace

from autograder.suite import as_array, check, require
from reference.misconceptions.concepts import QUIZ, answering, wrong_answer

MOST_WORDS = 20
# What ends a clause, and with it the reach of a "not"; and what denies the rest of its clause.
CLAUSE_WORDS = r"\b(?:but|because|since|so|while|whereas|as|and (?=the|it))\b"
CLAUSE_ENDS = r"[,;:()!?\n\[\]]|\.(?=\s|$)|\s[-\u2013\u2014]+\s|" + CLAUSE_WORDS
NUMBER = r"\d+(?:\.\d+)?(?:e[-+]?\d+)?"
DENIAL = r"\b(?:not|no|never|neither|nor|non|nothing|none|without|unlike|rather than|instead of|instead)\b"
# What stands before another answer than the one that was given first.
HEDGE = r"\b(?:or|maybe|perhaps|possibly|probably|also|else|either|alternatively|wait)\b|(?<=[a-z])\s*/\s*(?=[a-z])"
SHAPES = [(4, 6), (4, 8), (4, 16), (16, 6), (16, 8), (32, 6), (32, 8), (32, 16)]  # (factor, channels), never 48 times


@check("q.forward", points=5, timeout=3)
def test_forward(student, reference, rng):
    """Forward process: fixed or learned"""
    assert_right("forward", student, reference, rng)


@check("q.reverse", points=5, timeout=3)
def test_reverse(student, reference, rng):
    """The process that the network learns"""
    assert_right("reverse", student, reference, rng)


@check("q.schedules", points=5, timeout=3)
def test_schedules(student, reference, rng):
    """The two noise schedules"""
    assert_right("schedules", student, reference, rng)


@check("q.target", points=5, timeout=3)
def test_target(student, reference, rng):
    """What the model predicts in training"""
    assert_right("target", student, reference, rng)


@check("q.loss", points=5, timeout=3)
def test_loss(student, reference, rng):
    """The training loss"""
    assert_right("loss", student, reference, rng)


@check("q.labels", points=5, timeout=3)
def test_labels(student, reference, rng):
    """Whether human labels are needed"""
    assert_right("labels", student, reference, rng)


@check("q.unet", points=5, timeout=3)
def test_unet(student, reference, rng):
    """What joins the halves of a U-Net"""
    assert_right("unet", student, reference, rng)


@check("q.few_steps", points=5, timeout=3)
def test_few_steps(student, reference, rng):
    """A good number of DDIM steps"""
    assert_right("few_steps", student, reference, rng)


@check("q.early_steps", points=5, timeout=3)
def test_early_steps(student, reference, rng):
    """How many steps early models took"""
    assert_right("early_steps", student, reference, rng)


@check("q.conditioning", points=5, timeout=3)
def test_conditioning(student, reference, rng):
    """How the prompt enters the U-Net"""
    assert_right("conditioning", student, reference, rng)


@check("q.passes", points=5, timeout=3)
def test_passes(student, reference, rng):
    """Noise predictions per guided step"""
    assert_right("passes", student, reference, rng)


@check("q.sweet", points=5, timeout=3)
def test_sweet(student, reference, rng):
    """A guidance scale in the sweet spot"""
    assert_right("sweet", student, reference, rng)


@check("q.scale20", points=5, timeout=3)
def test_scale20(student, reference, rng):
    """What guidance scale 20 does"""
    assert_right("scale20", student, reference, rng)


@check("q.scale1", points=5, timeout=3)
def test_scale1(student, reference, rng):
    """What guidance scale 1 does"""
    assert_right("scale1", student, reference, rng)


@check("q.ratio", points=5, timeout=3)
def test_ratio(student, reference, rng):
    """How much smaller your latent is"""
    assert_right("ratio", student, reference, rng)


@check("q.expands", points=5, timeout=3)
def test_expands(student, reference, rng):
    """What turns a latent into a picture"""
    assert_right("expands", student, reference, rng)


@check("q.errors", points=5, timeout=3)
def test_errors(student, reference, rng):
    """Four symptoms and their causes"""
    assert_right("errors", student, reference, rng)


@check("q.beyond", points=5, timeout=3)
def test_beyond(student, reference, rng):
    """Three kinds of data besides images"""
    assert_right("beyond", student, reference, rng)


@check("q.alpha_bar", points=5, timeout=3)
def test_alpha_bar(student, reference, rng):
    """alpha_bar after your three steps"""
    assert_right("alpha_bar", student, reference, rng)


@check("q.cfg_value", points=5, timeout=3)
def test_cfg_value(student, reference, rng):
    """Your guided value"""
    assert_right("cfg_value", student, reference, rng)


def assert_right(question, student, reference, rng):
    """Ask for all answers with fresh numbers and judge one: accepted, a known wrong idea (its hint), or wrong."""
    params, entry = draw_params(rng), QUIZ[question]
    given = by_question(student.answers(params)).get(question)
    require(words(given), f'There is no answer to "{question}".')
    if is_accepted(given, entry, dict(reference.answers(params))[question]):
        return
    several = f'"{question}" takes one answer of at most {MOST_WORDS} words; yours names many things at once.'
    require(not is_heap(given, entry), several, observed=words(given))
    known = [distractor for distractor in entry["distractors"] if is_distractor(given, distractor, params)]
    if known:  # the diagnosis compares whole lists: let it see this answer in its plain form among right ones
        student.calls[-1] = replace(student.calls[-1], value=answering(question, known[0])(params))
    require(False, f'"{question}" is not right. It is in "{entry["section"]}" of the lesson.', observed=words(given))


def draw_params(rng):
    """Own numbers: one encoder's factor and channels, three betas, two predictions of opposite sign, less than 1 apart,
    and a scale."""
    factor, channels = SHAPES[int(rng.integers(len(SHAPES)))]
    return {
        "factor": factor,
        "channels": channels,
        "betas": [round(float(beta), 2) for beta in rng.uniform(0.1, 0.19, 3)],
        "eps_uncond": round(float(rng.uniform(0.1, 0.45)), 2),
        "eps_cond": round(float(-rng.uniform(0.1, 0.45)), 2),
        "scale": float(rng.choice([3.5, 5.0, 9.0])),
    }


def by_question(answers):
    """{question: answer} from a dict or from pairs; a question answered twice has its last answer."""
    pairs = list(answers.items()) if isinstance(answers, dict) else answers
    is_list = isinstance(pairs, (list, tuple)) and all(isinstance(p, (list, tuple)) and len(p) == 2 for p in pairs)
    require(is_list, "answers(params) should return a list of [question, answer].", observed=answers)
    return {words(key): value for key, value in pairs}


def is_accepted(given, entry, right):
    """Whether an answer satisfies any rule that its question has, and is an answer rather than a heap of words."""
    given = without_question(given)
    if is_heap(given, entry) or is_hedged(given, entry, right):
        return False
    return (
        ("accept" in entry and says(given, entry["accept"], entry.get("refuse", []), entry.get("aside")))
        or (("between" in entry or "tolerance" in entry) and all_near(given, *right_range(entry, right)))
        or ("groups" in entry and names_enough(given, entry))
        or ("letters" in entry and letters(given) == entry["letters"])
    )


def is_heap(given, entry):
    """Whether an answer names so much that it answers nothing: more than MOST_WORDS words, or more than two known wrong
    answers of its question, or what answers more than two other questions."""
    text = normalised(given)
    wrong = sum(bool(re.search(d["pattern"], text)) for d in entry["distractors"] if "pattern" in d)
    foreign = sum(speaks_of(other, given, text) for other in QUIZ.values() if other is not entry)
    return len(text.split()) > MOST_WORDS or wrong > 2 or foreign > 2


def is_hedged(given, entry, right):
    """Whether an answer leaves the choice to the reader: it says "or", "maybe" and the like, and names a known wrong
    answer too, or after that a number that is not right."""
    parts = re.split(HEDGE, words(given).lower())
    if len(parts) == 1:
        return False
    texts = [d["answer"] for d in entry["distractors"] if isinstance(d.get("answer"), str)]
    wrong = [f"^{re.escape(normalised(text))}$" for text in texts]
    wrong += [d["pattern"] for d in entry["distractors"] if "pattern" in d]
    if any(re.search(pattern, affirmed(part)) for pattern in wrong for part in parts if affirmed(part)):
        return True
    asks_number = "between" in entry or "tolerance" in entry
    numbers = [part for part in parts[1:] if re.search(NUMBER, re.sub(DENIAL + ".*", "", part))]
    return asks_number and not all(all_near(part, *right_range(entry, right)) for part in numbers)


def right_range(entry, right):
    """The lowest and the highest right number."""
    return entry.get("between") or sorted(right * (1 + f * entry["tolerance"]) for f in (-1, 1))


def without_question(given):
    """An answer without the question "x or y?" that it begins with, if it goes on after that."""
    asked, _, rest = given.partition("?") if isinstance(given, str) else ("", "", "")
    return rest if re.search(r"\bor\b", asked) and re.search(r"\w", rest) else given


def speaks_of(entry, given, text):
    """Whether an answer, in its own form and as normalised text, has the words of this question or of its answers."""
    kinds = [entry["words"], *entry.get("groups", {}).values()]
    return any(re.search(kind, text) for kind in kinds) or says(given, entry.get("accept", []), [], entry.get("aside"))


def is_distractor(given, distractor, params):
    """Whether an answer is this known wrong one: by its range, number, pattern, letters or words."""
    wrong = wrong_answer(distractor, params)
    if "between" in distractor:
        return distractor["between"][0] <= number_alone(given) <= distractor["between"][1]
    if isinstance(wrong, (int, float)) and abs(number_alone(given) - wrong) <= 0.005 * abs(wrong):
        return True
    if "pattern" in distractor:
        return bool(re.search(distractor["pattern"], ", ".join(filter(None, map(affirmed, items(given))))))
    return normalised(given) == normalised(wrong) or (letters(given) == wrong)


def says(given, accept, refuse, aside=None):
    """Some pattern is found in what an answer says, and none of the refused ones. What it denies stands in CAPITALS.

    aside: clauses that talk of another thing, such as the other of two processes, and are left out.
    """
    said = " , ".join(clause for clause in clauses(given) if not (aside and re.search(aside, clause)))
    return any(re.search(p, said) for p in accept) and not any(re.search(p, said) for p in refuse)


def names_enough(given, entry):
    """A list names `at_least` different kinds in five entries at most, one of no kind (none where `only` is set)."""
    plain = re.sub(r"\([^)]*\)", " ", words(given))
    groups = list(given) if isinstance(given, (list, tuple)) else re.split(r"[;:!?]|\.(?=\s|$)|\bbut\b", plain)
    said, denied = [], False
    for entries in map(items, groups):
        odd = [i for i, text in enumerate(entries) if re.search(DENIAL, text)]  # "x, not y, z" denies z too
        said += [affirmed(text) for text in entries[: odd[0] + 1 if odd else None] if affirmed(text)]
        denied = denied or bool(odd)
    kinds = [{kind for kind, pattern in entry["groups"].items() if re.search(pattern, text)} for text in said]
    enough = len(set().union(*kinds)) >= entry["at_least"] and len(said) <= 5
    return enough and kinds.count(set()) <= (0 if entry.get("only") else 1) and not (entry.get("only") and denied)


def all_near(given, lowest, highest):
    """Whether the first number that an answer affirms lies there, and with it those that it names in one breath, as in
    "20-50" or "1 or 30"."""
    if not isinstance(given, (str, list, tuple)):
        return lowest <= number(given) <= highest
    text = re.sub(r"\b([1-9]\d{0,2})((?:,\d{3})+)\b", lambda m: m[1] + m[2].replace(",", ""), words(given).lower())
    text = re.sub(DENIAL + r"[^,;:()]*", " ", re.sub(r"(?<=\d),(?=\d)", ".", text))
    first = re.search(f"-?{NUMBER}", text)
    numbers, place = ([first[0]], first.end()) if first else ([], 0)
    while more := re.compile(rf"\s*(?:-|\u2013|\bto\b|\bor\b|\band\b|,|/)\s*(-?{NUMBER})(?!\w)").match(text, place):
        numbers, place = [*numbers, more[1]], more.end()
    return bool(numbers) and all(lowest <= float(n) <= highest for n in numbers)


def words(given):
    """Whatever came back as a text of at most 500 characters; empty for None and empty lists."""
    if isinstance(given, (list, tuple)):
        return ", ".join(map(words, given[:20]))[:500]
    try:
        return "" if given is None else str(given)[:500].strip()
    except ValueError:  # a whole number of more than 4,300 digits
        return "a very large number"


def normalised(given):
    """Lower case, n't spelt out, no punctuation, no articles."""
    if isinstance(given, bool):
        return "yes" if given else "no"
    text = words(given).lower().replace("\u2019", "'").replace("\u03b5", "eps").replace("\u03f5", "eps")
    text = text.replace("can't", "can not").replace("n't", " not")
    text = re.sub(r"[^a-z0-9. ]+", " ", text)
    text = re.sub(r"\b(the|a|an|of|it|is|its|to|s)\b", " ", text)
    return re.sub(r"\s+", " ", text).strip(" .")


def clauses(given):
    """The clauses of an answer, normalised; what is denied, from its "not" to the end of the clause, in CAPITALS."""
    text = "yes" if given is True else "no" if given is False else words(given)
    text = re.sub(r"n['\u2019]t\b", " not", text.lower().replace("can't", "can not"))
    text = re.sub(r"\bnot (only|just|merely|simply)\b", "", text)
    text = re.sub(r"\brather ([^,;]+?) than\b", r"\1 not", text)
    found = []
    for clause in re.split(CLAUSE_ENDS, text):
        denial = re.search(DENIAL, clause)
        said, denied = (clause[: denial.start()], clause[denial.start() :]) if denial else (clause, "")
        found.append(f"{normalised(said)} {normalised(denied).upper()}".strip())
    return [clause for clause in found if clause]


def affirmed(text):
    """What an answer says is so, without what it denies: x of "x, not y" and of "not y, but x"."""
    said = " , ".join(re.sub(r"[A-Z]+", "", clause).strip() for clause in clauses(text))
    return re.sub(r"\s+", " ", said).strip(" ,")


def items(given):
    """The entries of a list, or of a text such as "x, y and z", each normalised; empty ones left out."""
    entries = given if isinstance(given, (list, tuple)) else re.split(r"[,;/&\n]|\band\b", words(given))
    return [text for text in map(normalised, entries) if text]


def number(given):
    """The first number in an answer, not-a-number if there is none. "1,000" is a thousand, "0,5" a half."""
    if not isinstance(given, (str, list, tuple, dict, bool)) and given is not None:
        return float(as_array(given, name="the answer", shape=()))
    text = re.sub(r"\b([1-9]\d{0,2})((?:,\d{3})+)\b", lambda m: m[1] + m[2].replace(",", ""), words(given))
    found = re.search(r"-?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?", text)
    return float(found[0].replace(",", ".")) if found else float("nan")


def number_alone(given):
    """The number in an answer that holds one and no word such as "thousand": sure enough for a hint."""
    text = words(given).lower()
    several = len(re.findall(r"\d+(?:[.,]\d+)*", text)) > 1 or re.search(r"hundred|thousand|million|\dk\b", text)
    return float("nan") if isinstance(given, str) and several else number(given)


def letters(given):
    """The four letters of a matching question, from "CADB", "c, a, d, b", "1C 2A 3D 4B" or a list."""
    text = words(given).lower()
    alone = re.findall(r"(?<![a-z])[a-d](?![a-z])", text)
    return "".join(alone if len(alone) == 4 else re.findall(r"[a-z]", text)).upper()
