"""The hidden suite of `cfg`. 100 points; every input is drawn for one student and one check."""

import numpy as np
import torch

from autograder.errors import ModelMisuse, StudentFault
from autograder.suite import CallLog, as_array, assert_matches, assert_pure, assert_uses, check, require, stochastic
from reference import oracles
from reference.denoise_step import ddim_step

STEPS = 24
PICTURES = (4, 2, 3, 5)  # all sizes different: what is laid along a wrong axis does not fit by luck


def draw(rng, *shape):
    """Normal values, float32 as in a network."""
    return torch.tensor(rng.normal(size=shape or PICTURES), dtype=torch.float32)


def draw_alpha_bar(rng):
    """The share of signal power left after each of the steps."""
    betas = np.sort(rng.uniform(0.01, 0.3, STEPS)) * rng.uniform(0.7, 1.0, STEPS)
    return torch.tensor(np.cumprod(1 - betas), dtype=torch.float32)


def labelled(model, null_id):
    """What the student may call as model(x, t, labels), and the log of those calls that made sense."""
    log = CallLog(model, timesteps=STEPS)

    def ask(x, t, *rest, **named):
        labels = [*rest, *named.values()]
        if len(labels) != 1:
            raise ModelMisuse(f"the model was called with {2 + len(labels)} arguments; call it as model(x, t, labels)")
        (labels,) = labels
        whole = isinstance(labels, torch.Tensor) and labels.dtype in (torch.int64, torch.int32, torch.uint8)
        if not whole or labels.shape != x.shape[:1] or not labels.numel():
            raise ModelMisuse("the model was called with labels that are not one whole number for each row of x")
        if labels.min() < 0 or labels.max() > null_id:
            raise ModelMisuse(f"the model knows the labels 0 to {null_id}, where {null_id} means: no prompt")
        return log(x, t, labels)

    return CallLog(ask, timesteps=STEPS), log


def draw_guided(rng):
    """(model, x, t, labels, null_id, scale) and the model's log: four pictures, each of its own class and t."""
    means = [float(m) for m in rng.uniform(0.6, 2.0, 4) * [1, -1, 1, -1]]
    model = oracles.class_gaussian(draw_alpha_bar(rng), means=means, std=0.5, null_id=4, null_std=1.4)
    t = torch.tensor(rng.choice(np.arange(2, STEPS - 2), 4, replace=False))
    model, log = labelled(model, 4)
    return (model, draw(rng), t, torch.tensor(rng.permutation(4)), 4, float(rng.uniform(2.5, 9.0))), log


def draw_sweep(rng):
    """model, x_T, alpha_bar, timesteps, labels, null_id, scales: every picture of class 1 (0 is not "none")."""
    alpha_bar = torch.tensor(np.cumprod(1 - np.linspace(0.01, 0.3, STEPS)), dtype=torch.float32)
    means = [float(rng.uniform(0.65, 1.05)), -float(rng.uniform(0.65, 1.05))]
    model = oracles.class_mixture(alpha_bar, means=means, std=0.7, null_id=2)
    timesteps = [23, 20, 17, 14, 11, 8, 5, 2, 0]
    model, _ = labelled(model, 2)
    return model, draw(rng, 6, 1, 8, 8), alpha_bar, timesteps, torch.ones(6).long(), 2, [1.0, 7.5, 20.0]


def draw_attention(rng, sizes=(2, 5, 7, 6, 3, 4, 8)):
    """x, ctx, wq, wk, wv for sizes B, N, M, dx, dc, d, dv."""
    B, N, M, dx, dc, d, dv = sizes
    return draw(rng, B, N, dx), draw(rng, B, M, dc), draw(rng, dx, d), draw(rng, dc, d), draw(rng, dc, dv)


def draw_drop(rng):
    """labels, u, p, null_id: class 0 among the dropped and among the kept, and u exactly p once."""
    p = int(rng.integers(8, 26)) / 64  # exact in float32 too, so that u == p means the same everywhere
    u = torch.tensor(rng.uniform(size=40), dtype=torch.float32)
    u[:3] = torch.tensor([p, p / 2, (1 + p) / 2])
    labels = torch.tensor(rng.integers(0, 10, 40))
    labels[0], labels[1:3] = int(rng.integers(1, 10)), 0
    return labels, u, p, 10


@check("cfg_combine.values", points=18)
def test_cfg_combine_values(student, reference, rng):
    """cfg_combine starts at the unprompted guess and goes `scale` times the way to the prompted one"""
    eps_uncond, eps_cond = draw(rng), draw(rng)
    for scale in [float(rng.uniform(2, 6)), 1.0, 7.5, 20.0, 0.0]:
        guided = student.call("cfg_combine", eps_uncond, eps_cond, scale)
        expected = reference.cfg_combine(eps_uncond, eps_cond, scale)
        assert_matches(guided, expected, name=f"eps at scale {scale:g}", credit=0 if scale else 7 / 9)
    assert_pure(guided, generators=False, credit=5 / 6)


@check("drop_labels.values", points=8)
def test_drop_labels_values(student, reference, rng):
    """drop_labels puts null_id where u is below p, and there only"""
    case = draw_drop(rng)
    assert_matches(student.drop_labels(*case), reference.drop_labels(*case), name="labels")


@check("drop_labels.pure", points=3)
def test_drop_labels_pure(student, rng):
    """drop_labels leaves the caller's labels as they were"""
    case = draw_drop(rng)
    answer = student.call("drop_labels", *case)
    as_array(answer.value, name="labels", shape=tuple(case[0].shape))
    assert_pure(answer)


@check("drop_labels_random.stats", given=("drop_labels",), points=9, false_failure_rate=2e-10)
def test_drop_labels_random_stats(student, rng):
    """drop_labels_random drops each label by itself with chance p, whatever its class, fixed by the seed"""
    size, p, seed = 40_000, float(rng.choice([0.15, 0.2, 0.3])), int(rng.integers(1, 10**6))
    labels = rng.integers(0, 10, size)
    answers = [student.call("drop_labels_random", torch.tensor(labels), p, 10, s) for s in (seed, seed, seed + 1)]
    result, again, other = (as_array(a.value, name="labels", shape=(size,)) for a in answers)
    dropped = result == 10
    require(np.array_equal(result[~dropped], labels[~dropped]), "A label that was not dropped came back as another.")
    few = [student.drop_labels_random(torch.tensor(labels[:300]), p, 10, seed + k) for k in range(2, 22)]
    shares = [dropped.mean(), *(np.mean(as_array(batch, name="labels", shape=(300,)) == 10) for batch in few)]
    require(max(shares) > 0, f"No label was dropped in 21 batches with p = {p:g}.")
    mixed = any(0 < share < 1 for share in shares)
    require(mixed, "Each batch lost all of its labels or none: every example should decide for itself.")
    stochastic.assert_rate(dropped, p, name="dropped labels", size=size)
    for half in (labels < 5, labels >= 5):
        stochastic.assert_rate(dropped[half], p, name="dropped labels in half of the classes", size=int(half.sum()))
    flags = (dropped - p) / np.sqrt(p * (1 - p))
    stochastic.assert_uncorrelated(flags[1:], flags[:-1], name="the decision for one example and for the next")
    counted = len(set(shares[1:])) == 1
    require(not counted, "20 batches lost exactly equally many labels: chance, not a count, should decide for each.")
    require(np.array_equal(result, again), f"Two runs with seed {seed} dropped different labels.")
    require(not np.array_equal(result, other), f"Seeds {seed} and {seed + 1} dropped the same labels.")
    assert_pure(answers[0], generators=False)


@check("guided_eps.values", given=("cfg_combine",), points=14)
def test_guided_eps_values(student, reference, rng):
    """guided_eps exaggerates what the prompt changes in the model's guess, each picture with its own label and t"""
    case, _ = draw_guided(rng)
    assert_matches(student.guided_eps(*case), reference.guided_eps(*case), name="guided eps")
    case = *case[:-1], 0.0
    guided = student.guided_eps(*case)
    assert_matches(guided, reference.guided_eps(*case), name="guided eps at scale 0", credit=5 / 7)


@check("guided_eps.calls", given=("cfg_combine",), points=8)
def test_guided_eps_calls(student, rng):
    """guided_eps asks the model once, about both halves at the same t, the unprompted half first"""
    case, log = draw_guided(rng)
    model, x, t, labels, null_id, _ = case
    answer = student.call("guided_eps", *case)
    require(len(log) == 1, f"The model was called {len(log)} times; one call can hold both halves.", about="behaviour")
    asked, _, asked_labels = log.calls[0].args
    require(
        len(asked) == 8,
        f"The model got {len(asked)} rows for 4 pictures; it needs each picture twice.",
        about="behaviour",
    )
    prompted_first = asked_labels.tolist() == [*labels.tolist(), *[null_id] * 4]
    swapped = "The prompted half came first; the docstring wants the unprompted half first."
    require(not prompted_first, swapped, about="behaviour")
    assert_matches(asked_labels, [*[null_id] * 4, *labels.tolist()], name="labels as the model got them")
    assert_matches(log.times[0], torch.cat([t, t]), name="t as the model got it")
    assert_matches(asked, torch.cat([x, x]), name="x as the model got it")
    without, prompted = model(torch.cat([x, x]), torch.cat([t, t]), asked_labels).chunk(2)
    guesses = {"the unprompted half of what the model said": without, "the prompted half": prompted}
    assert_uses(answer, guesses | {"x": x}, name="the guided eps", needs=tuple(guesses), most=1.0)
    other = student.guided_eps(labelled(lambda *asked: 0.5 * model(*asked) + 0.1, null_id)[0], *case[1:])
    same = np.allclose(as_array(other, name="guided eps", shape=PICTURES), as_array(answer))
    require(not same, "Another model, and still the same guided eps: yours does not come from what the model says.")
    assert_pure(answer, generators=False)


@check("saturation.values", points=6)
def test_saturation_values(student, reference, rng):
    """saturation is the share of values beyond the limit on either side; the limit is 1 if left out"""
    x = 1.5 * draw(rng, 3, 1, 8, 9)
    x[0, 0, 0], x[1, 0, 1] = 1.0, -1.0  # at the limit of 1, so not beyond it
    for limit in [(), (float(rng.uniform(0.4, 0.7)),), (float(rng.uniform(1.4, 1.8)),)]:
        name = f"saturation at limit {limit[0]:.3f}" if limit else "saturation with the limit left out"
        assert_matches(student.saturation(x, *limit), reference.saturation(x, *limit), name=name)


@check("sweep.values", given=("ddim_step", "cfg_combine"), points=12)
def test_sweep_values(student, reference, rng):
    """guidance_sweep starts every scale from the same noise, and reports mean and saturation of what DDIM ends with"""
    case = draw_sweep(rng)
    model, x_T, _, _, labels, null_id, _ = case
    guess = model, x_T, torch.full((len(x_T),), 5), labels, null_id
    if guided_eps_is_of_no_use(student, guess):  # it has cost its points before
        with student.right(reference, "cfg_combine", "saturation", "ddim_step", "guided_eps"):
            check_sweep(student, reference, case)
    elif saturation_is_of_no_use(student, x_T):  # it has too
        with student.right(reference, "saturation"):
            check_sweep(student, reference, case)
    else:
        check_sweep(student, reference, case)


def saturation_is_of_no_use(student, x):
    """Whether the student's own fails, hangs or ends its process."""
    try:
        return student.fails_in("saturation", x, 3.0)
    except StudentFault:
        return True


def guided_eps_is_of_no_use(student, guess):
    """Whether the student's own fails, or says the same at two scales, so that no sweep could show anything."""
    if any(student.fails_in("guided_eps", *guess, scale) for scale in (1.0, 7.5)):
        return True
    with student.aside():
        low, high = (as_array(student.guided_eps(*guess, scale)) for scale in (1.0, 7.5))
    return low.shape == high.shape and np.allclose(low, high)


def check_sweep(student, reference, case):
    """Mean and saturation for each scale, by the right guess and share or by the student's own."""
    rows = as_array(student.guidance_sweep(*case), name="sweep", shape=(3, 2))
    pictures = walked(reference.guided_eps, case)
    if not np.allclose(rows[:, 0], means(pictures), rtol=1e-4, atol=1e-5):  # guided_eps has cost its points before
        pictures = pictures_of_own_guess(student, case, pictures)
    one_value = 1.5 / case[1].numel()  # a value that lies at the limit may be rounded to either side
    shares = [reference.saturation(x, 3.0) for x in pictures]
    if not np.allclose(rows[:, 1], shares, atol=one_value):  # saturation has cost its points before
        shares = own_shares(student, pictures, shares)
    assert_matches(rows[:, 0], means(pictures), name="mean at the scales 1, 7.5 and 20")
    assert_matches(rows[:, 1], np.array(shares), name="saturation at the scales 1, 7.5 and 20", atol=one_value)


def means(pictures):
    """The mean of each of these batches."""
    return np.array([float(x.mean()) for x in pictures])


def walked(guess, case):
    """Where DDIM ends with this guess, for each scale."""
    model, x_T, alpha_bar, timesteps, labels, null_id, scales = case
    pictures = []
    for scale in scales:
        x = x_T
        for t, t_prev in zip(timesteps, [*timesteps[1:], -1], strict=True):
            eps = guess(model, x, torch.full((len(x),), t), labels, null_id, scale)
            x = ddim_step(x, t, t_prev, eps, alpha_bar)
        pictures.append(x)
    return pictures


def pictures_of_own_guess(student, case, usual):
    """Where DDIM ends with the student's own guided_eps, if its scale does anything; else the usual pictures."""

    def own(model, x, *rest):
        eps = as_array(student.guided_eps(model, x, *rest), name="eps of your guided_eps", shape=tuple(x.shape))
        return torch.tensor(eps, dtype=x.dtype)

    with student.aside():
        pictures = walked(own, case)
    moves = np.diff(np.sort(means(pictures))).min() > 1e-2
    return pictures if moves else usual


def own_shares(student, pictures, usual):
    """What the student's own saturation says of these pictures, if it tells any apart; else the usual shares.

    Their negatives are asked about, too: one that counts above the limit alone finds nothing where all lies below.
    """
    with student.aside():
        both = [*pictures, *(-x for x in pictures)]
        shares = [float(as_array(student.saturation(x, 3.0), name="your saturation", shape=())) for x in both]
    return shares[: len(pictures)] if np.ptp(shares) > 1e-3 else usual


@check("attention.values", points=10)
def test_attention_values(student, reference, rng):
    """cross_attention lets every picture position gather the words' values, weighted by how well they fit"""
    case = draw_attention(rng)
    assert_matches(student.cross_attention(*case), reference.cross_attention(*case), name="attended")


@check("attention.square", points=4)
def test_attention_square(student, reference, rng):
    """cross_attention keeps batch, positions, words and features apart where all are equally many"""
    case = draw_attention(rng, (4,) * 7)
    assert_matches(student.cross_attention(*case), reference.cross_attention(*case), name="attended")


@check("attention.mask", points=5)
def test_attention_mask(student, reference, rng):
    """cross_attention gives padding words no attention at all, and the rest still adds up to one"""
    mask = torch.tensor(rng.uniform(size=(2, 7)) < 0.6)
    mask[:, 0], mask[0, 1], mask[1, 6] = True, False, False
    case = *draw_attention(rng), mask
    assert_matches(student.cross_attention(*case), reference.cross_attention(*case), name="attended")


@check("attention.stable", points=3)
def test_attention_stable(student, reference, rng):
    """cross_attention stays finite where scores are in the thousands"""
    while True:
        x, ctx, wq, wk, wv = draw_attention(rng)
        first, second = (1000 * x.double() @ wq.double() @ (ctx.double() @ wk.double()).mT).topk(2).values.unbind(-1)
        if (first - second).min() > 200:  # a clear winner, so that rounding the scores does not matter
            break
    case = 1000 * x, ctx, wq, wk, wv
    assert_matches(student.cross_attention(*case), reference.cross_attention(*case), name="attended")
