"""The hidden suite of `mse_loss`. 100 points; every input is drawn for one student and one check.

The two `train` checks have no exact false-failure rate: they read a held-out score by margin (0 = predicts no noise at
all, 1 = the best that is possible for this law of the data) and allow a second training seed. Bands of t, because a
network that practised at one t only looks fair on the whole.
"""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from autograder.errors import StudentError
from autograder.suite import CallLog, as_array, assert_matches, assert_pure, check, require, stochastic
from autograder.suite.assertions import CheckFailed
from reference import oracles

STEPS = 20
PICTURES = (4, 3, 2, 5)  # all sizes different: a factor laid along a wrong axis does not fit by luck
STEP = "the new w, and the loss before the step"
HEAP = 0.2  # the spread of each heap of the training data


def draw(rng, shape=PICTURES):
    """Normal values, float32 as in a training loop."""
    return torch.tensor(rng.normal(size=shape), dtype=torch.float32)


def draw_batch(rng):
    """x0, t, eps, alpha_bar: pictures at different steps, none of them the first or one of the last two.

    One is nearly clean: there weights that depend on t differ most from none.
    """
    betas = np.sort(rng.uniform(0.02, 0.3, STEPS)) * rng.uniform(0.7, 1.0, STEPS)
    t = torch.tensor(rng.permutation([1, *rng.choice(np.arange(2, STEPS - 2), 3, replace=False)]))
    return draw(rng), t, draw(rng), torch.tensor(np.cumprod(1 - betas), dtype=torch.float32)


def draw_step(rng):
    """w, x0, t, eps, alpha_bar, lr: nine pictures over steps 0..4 of 6, some of them twice, step 5 never."""
    t = torch.tensor(rng.permutation([*range(5), *rng.integers(0, 5, 4)]))
    alpha_bar = torch.tensor(np.cumprod(1 - np.sort(rng.uniform(0.05, 0.4, 6))), dtype=torch.float32)
    return draw(rng, 6), draw(rng, (9, 1, 2, 2)), t, draw(rng, (9, 1, 2, 2)), alpha_bar, float(rng.uniform(0.3, 0.9))


def off_the_best(rng, x0, t, eps, alpha_bar):
    """w that no factor and no number added to all of it makes better: who does not look at the slope goes astray.

    The loss is a square around the best gains, each weighed by its pictures. From there w goes along a direction in
    which the added-to-all has no part, as far as a factor has none either. The last step has no picture and any gain.
    """
    a = alpha_bar[t].reshape(-1, 1, 1, 1).double()
    x_t = (a.sqrt() * x0 + (1 - a).sqrt() * eps).numpy()
    weight, best = np.zeros(6), np.zeros(6)
    np.add.at(weight, t.numpy(), (x_t**2).sum(axis=(1, 2, 3)))
    np.add.at(best, t.numpy(), (x_t * eps.numpy()).sum(axis=(1, 2, 3)))
    weight, best = weight[:5], best[:5] / weight[:5]
    while True:
        v = rng.normal(size=5)
        v -= (weight * v).sum() / weight.sum()
        off = -v * (weight * v * best).sum() / (weight * v**2).sum()
        if 0.35 < np.sqrt((weight * off**2).sum() / (weight * best**2).sum()) < 0.7:
            return torch.tensor([*(best + off), float(rng.normal())], dtype=torch.float32)


def two_parts(answer, what):
    """The answer, once it is known to be two things."""
    many = isinstance(answer, list | tuple) or (isinstance(answer, np.ndarray | torch.Tensor) and answer.ndim > 0)
    require(many and len(answer) == 2, f"Your function should return two things: {what}.")
    return answer


def slope_direction(slope):
    """The slope scaled to length 1, so that a constant factor in the loss does not matter here."""
    return slope / max(np.linalg.norm(slope), 1e-12)


def slope_of_own_loss(student, pred, target):
    """What the given autograd_slope finds, also for a student who threw that function away."""
    if student.has("autograd_slope"):
        return student.autograd_slope(pred, target)
    slope = student.slope_of_mse_loss(pred, target)
    student.calls[-1] = replace(student.calls[-1], function="autograd_slope")  # the name the diagnosis knows
    return slope


class HeldOut:
    """Points around three heaps a coordinate, off centre; noised copies of fresh ones; and the best possible answer."""

    def __init__(self, rng):
        centre, gap = rng.choice([-1, 1]) * rng.uniform(0.8, 1.2), rng.uniform(1.0, 1.4, 2)
        means = [centre - gap[0], centre, centre + gap[1]]
        x0 = torch.tensor(rng.choice(means, (3000, 2)) + HEAP * rng.normal(size=(3000, 2)), dtype=torch.float32)
        self.data, fresh = x0[:1000], x0[1000:]
        self.alpha_bar = torch.tensor(np.cumprod(1 - np.linspace(0.05, 0.35, STEPS)), dtype=torch.float32)
        self.t = torch.tensor(rng.permutation(2000) % STEPS)
        self.eps, a = draw(rng, (2000, 2)), self.alpha_bar[self.t][:, None]
        self.x_t = a.sqrt() * fresh + (1 - a).sqrt() * self.eps
        self.best = oracles.mixture(self.alpha_bar, means=means, std=HEAP)(self.x_t, self.t).numpy()

    def scores(self, student, steps, seed):
        """(overall, early third of t, middle, late): 0 = predicts nothing, 1 = as good as can be."""
        answer = student.train_and_predict(self.data, self.alpha_bar, self.x_t, self.t, steps, seed)
        guess, eps, t = as_array(answer, name="prediction", shape=(2000, 2)), self.eps.numpy(), self.t.numpy()
        error, floor, untrained = ((guess - eps) ** 2, (self.best - eps) ** 2, eps**2)
        bands = [t >= 0, t < 7, (t >= 7) & (t < 14), t >= 14]
        return [float((untrained[b].mean() - error[b].mean()) / (untrained[b].mean() - floor[b].mean())) for b in bands]


@check("training_pair.values", points=12)
def test_training_pair_values(student, reference, rng):
    """training_pair noises each picture to its own t, and its answer key is the noise"""
    batch = draw_batch(rng)
    answer = student.call("training_pair", *batch)
    pair = answer.value
    require(
        isinstance(pair, list | tuple) and len(pair) == 2, "training_pair should return two things: x_t and target."
    )
    expected = reference.training_pair(*batch)
    assert_matches(pair[0], expected[0], name="x_t")
    assert_matches(pair[1], expected[1], name="target")
    assert_pure(answer, credit=0.75)


@check("mse_loss.values", points=8)
def test_mse_loss_values(student, reference, rng):
    """mse_loss is the mean over every element of the squared difference"""
    for shape in [PICTURES, (6, 2)]:
        pred, target = draw(rng, shape), draw(rng, shape)
        assert_matches(student.mse_loss(pred, target), reference.mse_loss(pred, target), name="loss")


@check("mse_loss.differentiable", points=8)
def test_mse_loss_differentiable(student, reference, rng):
    """autograd finds its way back through mse_loss, to a slope that points the right way"""
    pred, target = draw(rng, (3, 2, 2, 2)), draw(rng, (3, 2, 2, 2))
    as_array(student.mse_loss(pred, target), name="loss", shape=())
    slope = slope_of_own_loss(student, pred, target)
    require(
        slope is not None, "No gradient comes back through your mse_loss: the number it returns is cut off from pred."
    )
    slope = as_array(slope, name="slope", shape=(3, 2, 2, 2))
    expected = reference.mse_grad(pred, target).double().numpy()
    assert_matches(slope_direction(slope), slope_direction(expected), name="direction of the slope")


@check("mse_grad.values", points=10)
def test_mse_grad_values(student, reference, rng):
    """mse_grad is the slope of the mean squared error, as finite differences measure it"""
    pred, target = draw(rng, (3, 1, 2, 2)), draw(rng, (3, 1, 2, 2))
    answer = student.call("mse_grad", pred, target)
    assert_matches(answer, reference.mse_grad(pred, target), name="slope")
    assert_pure(answer, credit=0.7)


@check("training_loss.values", points=16)
def test_training_loss_values(student, reference, rng):
    """training_loss shows the model x_t and t, once, and compares its guess with the noise"""
    batch = draw_batch(rng)
    model = CallLog(oracles.gaussian(batch[-1], mean=1.0, std=float(rng.uniform(0.5, 1.5))), timesteps=STEPS)
    loss = student.training_loss(model, *batch)
    require(
        len(model) == 1, f"The model was called {len(model)} times for one batch; once is enough.", about="behaviour"
    )
    assert_matches(model.calls[0].args[0], reference.training_pair(*batch)[0], name="x_t as the model got it")
    assert_matches(model.times[0], batch[1], name="t as the model got it")
    assert_matches(loss, reference.training_loss(model, *batch), name="loss")
    cut = "No gradient comes back through your training_loss: the number it returns is cut off from the model."
    require(not cut_off(student, model, *batch), cut)


def cut_off(student, *case):
    """Whether the student's own training_loss is a tensor from which autograd finds no way back to the model.

    A plain number, or one of numpy's, promises no gradient: who works by hand does without.
    """
    with student.aside():
        return isinstance(student.training_loss(*case), Tensor) and student.slope_of_training_loss(*case) is None


def train(student, reference, rng, judge):
    """Judge training over the student's own training_loss; over a right one too where it was that one's slip.

    A wrong one has cost its points before. One that is not written is never trained with, and must not earn more.
    """
    try:
        with over_a_loss(student, reference, rng):
            judge()
    except (CheckFailed, StudentError):
        batch = draw_batch(rng)
        model = oracles.gaussian(batch[-1], mean=1.0, std=1.0)
        names = "training_pair", "mse_loss", "training_loss"
        if student.fails_in("training_loss", model, *batch):  # it was a right one already
            raise
        with student.aside():
            loss = as_array(student.training_loss(model, *batch), name="loss")
        if np.allclose(loss, reference.training_loss(model, *batch), rtol=1e-4):
            raise
        with student.right(reference, *names):
            judge()


def over_a_loss(student, reference, rng):
    """The student's own training_loss where it can be trained with; else the right one, for its points are lost."""
    batch = draw_batch(rng)
    model = CallLog(oracles.gaussian(batch[-1], mean=1.0, std=1.0), timesteps=STEPS)
    broken = student.fails_in("training_loss", model, *batch)
    if not broken:
        try:
            broken = cut_off(student, model, *batch)
        except StudentError:
            broken = True
    return student.right(reference, "training_pair", "mse_loss", "training_loss") if broken else nullcontext()


@check("random_timesteps.stats", points=10, false_failure_rate=3e-10)
def test_random_timesteps_stats(student, rng):
    """random_timesteps gives each example its own t, every step equally often, fixed by the seed"""
    size, steps, seed = 20_000, int(rng.integers(8, 20)), int(rng.integers(1, 10**6))
    t, again, other = (
        as_array(student.random_timesteps(size, steps, s), name="t", shape=(size,)) for s in (seed, seed, seed + 1)
    )
    stochastic.assert_uniform_counts(t, steps, name="t", size=size, antithetic=True)
    centred = (t - (steps - 1) / 2) / np.sqrt((steps**2 - 1) / 12)
    stochastic.assert_uncorrelated(centred[1:], centred[:-1], name="t of one example and of the next")
    require(np.array_equal(t, again), f"Two runs with seed {seed} gave different t.")
    require(not np.array_equal(t, other), f"Seeds {seed} and {seed + 1} gave the same t.")


@check("train_step.values", points=12)
def test_train_step_values(student, reference, rng):
    """train_step moves each gain downhill by lr times its slope, and returns the loss before the step"""
    step = draw_step(rng)
    with over_a_loss(student, reference, rng):
        answer, expected = two_parts(student.train_step(*step), STEP), reference.train_step(*step)
        try:
            assert_step(answer, expected)
        except CheckFailed:  # a slip in training_loss has cost its points before
            own = step_by_own_loss(student, *step[:-1], lr=step[-1], usual=expected)
            assert_step(answer, next((one for one in own if same_place(one[0], answer[0])), own[0]))


def assert_step(answer, expected):
    """A step goes where it should; half the points where only the loss is another."""
    assert_matches(answer[0], expected[0], name="new w")
    assert_matches(answer[1], expected[1], name="loss before the step", credit=0.5)


def step_by_own_loss(student, w, *batch, lr, usual):
    """Where steps down the student's own training_loss lead, if that one has a slope; else the usual.

    There is no way back to us, so slopes are taken by differences: of width 2e-6 in float64, which is exact to 1e-9 for
    any loss that keeps to float64, and of width 1, which is exact for a squared error that does not.
    """

    def loss(gains, kind):
        guess = student.training_loss(
            lambda x_t, t: gains[t][:, None, None, None] * x_t,
            *(x.to(kind) if x.is_floating_point() else x for x in batch),
        )
        return float(as_array(guess, name="loss of your training_loss", shape=()))

    found = []
    try:
        with student.aside():
            for kind, width in ((torch.float64, 2e-6), (torch.float32, 1.0)):
                v, half = w.to(kind), width / 2 * torch.eye(len(w), dtype=kind)
                slope = torch.tensor([(loss(v + one, kind) - loss(v - one, kind)) / width for one in half])
                found.append([w - lr * slope, loss(v, kind)] if slope.abs().max() > 1e-3 else usual)
    except StudentError:
        return [usual]
    return found


@check("train_step.twice_pure", points=6)
def test_train_step_twice_pure(student, reference, rng):
    """train_step leaves the old w alone, remembers nothing between calls, and two steps in a row lower the loss"""
    _, *batch, lr = draw_step(rng)
    w = off_the_best(rng, *batch)
    with over_a_loss(student, reference, rng):
        check_two_steps(student, reference, w, batch, lr)


def check_two_steps(student, reference, w, batch, lr):
    """Two steps in a row, and the first once more."""
    answer = student.call("train_step", w, *batch, lr)
    assert_pure(answer, generators=False)
    once = torch.tensor(as_array(two_parts(answer.value, STEP)[0], name="new w", shape=(6,)), dtype=torch.float32)
    twice = as_array(two_parts(student.train_step(once, *batch, lr), STEP)[0], name="w after two steps", shape=(6,))
    again = two_parts(student.train_step(w, *batch, lr), STEP)[0]
    assert_matches(again, once, name="new w, asked for a second time")
    right = reference.train_step(reference.train_step(w, *batch, lr)[0], *batch, lr)[0]
    before, after, best = (float(reference.train_step(v, *batch, lr)[1]) for v in (w, torch.tensor(twice), right))
    falls = after < before - (before - best) / 5 or two_steps_by_own_loss(student, reference, w, once, twice, batch, lr)
    require(
        falls, f"The loss went from {before:.4f} to {after:.4f} in two of your steps; {best:.4f} is where it should be."
    )


def same_place(one, other):
    """Whether two w agree, as closely as differences of losses tell."""
    one, other = (as_array(w, name="new w") for w in (one, other))
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-4, atol=1e-5)


def two_steps_by_own_loss(student, reference, w, once, twice, batch, lr):
    """Whether both steps go down a training_loss that is not the right one: then where they lead is its fault."""
    for before, after in ((w, once), (once, torch.tensor(twice))):
        usual = reference.train_step(before, *batch, lr)
        own = step_by_own_loss(student, before, *batch, lr=lr, usual=usual)
        if not any(same_place(one[0], after) and not same_place(one[0], usual[0]) for one in own):
            return False
    return True


@check("train.beats_untrained", points=12, timeout=30)
def test_train_beats_untrained(student, reference, rng):
    """train_and_predict knows more about the noise in fresh points than a model that was never trained"""
    held_out, steps, seeds = HeldOut(rng), 300, rng.integers(1, 10**5, 2)

    def judge():
        for seed in seeds:
            overall = held_out.scores(student, steps, int(seed))[0]
            if overall > 0.5:
                break
        require(
            overall > 0.5,
            f"After {steps} steps your predictions score {overall:.2f} on fresh points (0 = untrained, 1 = the best "
            f"possible); 0.50 is needed.",
        )

    train(student, reference, rng, judge)


@check("train.near_floor", points=6, timeout=30)
def test_train_near_floor(student, reference, rng):
    """train_and_predict comes near the best possible prediction at every noise level: early, middle and late t"""
    held_out, steps, needed = HeldOut(rng), 800, {"early": 0.30, "middle": 0.92, "late": 0.88}
    seeds = rng.integers(1, 10**5, 2)

    def judge():
        for seed in seeds:
            _, *scores = held_out.scores(student, steps, int(seed))
            short = [band for band, score in zip(needed, scores, strict=True) if score < needed[band]]
            if not short:
                break
        told = ", ".join(f"{band} {score:.2f}" for band, score in zip(needed, scores, strict=True))
        thirds = ", ".join(
            f"the {band} third scores {dict(zip(needed, scores, strict=True))[band]:.2f}" for band in short
        )
        wanted = ", ".join(f"{needed[band]:.2f}" for band in short)
        require(
            not short,
            f"After {steps} steps, of the timesteps {thirds}; {wanted} is needed "
            "(0 = untrained, 1 = the best possible).",
            expected=", ".join(f"{band} {score:.2f}" for band, score in needed.items()),
            observed=told,
        )

    train(student, reference, rng, judge)
