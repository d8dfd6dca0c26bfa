"""The hidden suite of `warmup`. 100 points; every input is drawn for one student and one check."""

import random

import numpy as np

from autograder.suite import as_array, assert_matches, assert_pure, check, require, stochastic


def draw_signal(rng, size):
    """A clean signal: numbers between 0.1 and 1 with three decimals, as the lesson's."""
    return rng.uniform(0.1, 1.0, size).round(3).tolist()


def draw_noising(rng):
    """signal, steps, std, seed."""
    signal = draw_signal(rng, rng.integers(3, 7))
    return signal, int(rng.integers(3, 6)), round(rng.uniform(0.05, 0.4), 3), int(rng.integers(1, 10**6))


def draw_noisy_and_prediction(rng, size=None):
    """Noisy values outside [0, 1] on both sides, predictions of both signs: no wrong idea is right by luck."""
    size = rng.integers(4, 8) if size is None else size
    noisy = rng.normal(0, 1.2, size)
    noisy[:3] = rng.uniform(2, 3), -rng.uniform(2, 3), 0.3
    signs = np.where(np.arange(size) % 2, -1, 1)
    return noisy.round(3).tolist(), (signs * (np.abs(rng.normal(0, 0.4, size)) + 0.05)).round(3).tolist()


def draw_challenge(rng):
    """clean, steps, std, seed whose draws have both signs, and neither a sum nor a last draw near zero."""
    while True:
        clean, steps, std, seed = draw_signal(rng, 3), int(rng.integers(3, 6)), *draw_noising(rng)[2:]
        generator = random.Random(seed)
        draws = np.array([generator.gauss(0, 1) for _ in range(steps)])
        if draws.min() < -0.2 and draws.max() > 0.2 and min(abs(draws.sum()), abs(draws[-1])) > 0.2:
            return clean, steps, std, seed


def four_parts(answer):
    """noise_then_denoise's answer, once it is known to have four parts."""
    whole = isinstance(answer, list | tuple) and len(answer) == 4
    require(whole, "noise_then_denoise should return four things: noisy, predicted, recovered and the largest error.")
    return answer


@check("noise_signal.values", points=20)
def test_noise_signal_values(student, reference, rng):
    """noise_signal adds one bell-curve draw to every value at every step, and keeps each step's row"""
    case = draw_noising(rng)
    assert_matches(student.noise_signal(*case), reference.noise_signal(*case), name="path")


@check("noise_signal.pure", points=10)
def test_noise_signal_pure(student, rng):
    """noise_signal repeats itself for the same seed, differs for another, and leaves the signal alone"""
    signal, steps, std, seed = draw_noising(rng)
    answer = student.call("noise_signal", signal, steps, std, seed)
    shape = (None, len(signal))
    first = as_array(answer.value, name="path", shape=shape)
    again = as_array(student.noise_signal(signal, steps, std, seed), name="path, second run", shape=shape)
    other = as_array(student.noise_signal(signal, steps, std, seed + 1), name="path with another seed", shape=shape)
    assert_pure(answer, generators=False)
    require(np.array_equal(first, again), f"Two runs with seed {seed} gave different paths.")
    require(not np.array_equal(first, other), f"Seeds {seed} and {seed + 1} gave the same path.")
    quiet = [
        as_array(student.noise_signal(signal, steps, 1e-6, s), name="path of tiny noise") for s in (seed, seed + 1)
    ]
    falls = np.abs(quiet[0] - quiet[1]).max() < np.abs(first - other).max() / 2
    require(falls, f"With a std of 0.000001 the paths of two seeds differ as much as with {std:g}.")


@check("noise_signal.gaussian", points=10, false_failure_rate=6e-10)
def test_noise_signal_gaussian(student, rng):
    """the noise that noise_signal adds follows the bell curve with the given std, fresh for every value and step"""
    std, seed = round(rng.uniform(0.1, 0.5), 3), int(rng.integers(1, 10**6))
    path = np.atleast_1d(as_array(student.noise_signal([0.0] * 4000, 6, std, seed), name="path"))
    noise = np.diff(path[-6:], axis=0) / std
    stochastic.assert_standard_normal(noise, name="the noise of steps 2 to 6", shape=(5, 4000), law=(0.0, std))
    stochastic.assert_uncorrelated(noise[:-1], noise[1:], name="noise of one step and of the next")
    stochastic.assert_uncorrelated(noise[:, :-1], noise[:, 1:], name="noise of one value and of its neighbour")


@check("denoise.values", points=15)
def test_denoise_values(student, reference, rng):
    """denoise takes the predicted noise off, value by value"""
    noisy, predicted = draw_noisy_and_prediction(rng)
    answer = student.call("denoise", noisy, predicted)
    assert_matches(answer, reference.denoise(noisy, predicted), name="denoised")
    assert_pure(answer, generators=False, credit=2 / 3)


@check("mse.values", points=10)
def test_mse_values(student, reference, rng):
    """mse averages the squared differences, however many there are, and is zero for a perfect prediction"""
    sizes = rng.permutation([4, 5, 6, 7])[:2]  # a fixed divisor fits one of two lengths at most
    cases = [draw_noisy_and_prediction(rng, size) for size in sizes]
    losses = [student.mse(predicted, actual) for actual, predicted in cases]
    for size, loss, (actual, predicted) in zip(sizes, losses, cases, strict=True):
        assert_matches(loss, reference.mse(predicted, actual), name=f"mse of {size} values")
    assert_matches(student.mse(actual, actual), 0.0, name="mse of a perfect prediction")


@check("toy_sample.values", points=15)
def test_toy_sample_values(student, reference, rng):
    """toy_sample walks to the target by even strides, and one step is enough to arrive"""
    x, target, steps = draw_noisy_and_prediction(rng)[0][:3], draw_signal(rng, 3), int(rng.integers(4, 10))
    answer, single = student.call("toy_sample", x, target, steps), student.toy_sample(x, target, 1)
    assert_matches(answer, reference.toy_sample(x, target, steps), name="path")
    assert_matches(single, [target], name="path of a single step")
    assert_pure(answer, generators=False, credit=2 / 3)


@check("mini.noisy", points=7)
def test_mini_noisy(student, reference, rng):
    """noise_then_denoise adds one draw a step, the same for every value"""
    case = draw_challenge(rng)
    noisy, *_ = four_parts(student.noise_then_denoise(*case))
    assert_matches(noisy, reference.noise_then_denoise(*case)[0], name="noisy")


@check("mini.recovered", points=8)
def test_mini_recovered(student, reference, rng):
    """noise_then_denoise predicts all the noise it added, and so lands on the clean signal"""
    case = draw_challenge(rng)
    _, predicted, recovered, _ = four_parts(student.noise_then_denoise(*case))
    _, expected, clean, _ = reference.noise_then_denoise(*case)
    assert_matches(predicted, expected, name="predicted")
    assert_matches(recovered, clean, name="recovered")


@check("mini.error", points=5)
def test_mini_error(student, rng):
    """noise_then_denoise's last number is how far its recovered signal is from the clean one"""
    clean, *rest = draw_challenge(rng)
    noisy, _, recovered, error = four_parts(student.noise_then_denoise(clean, *rest))
    noise = np.abs(as_array(noisy, name="noisy", shape=(3,)) - clean).max()
    require(noise > 1e-6, "There is no noise in noisy, so nothing was recovered.")
    distance = np.abs(as_array(recovered, name="recovered", shape=(3,)) - clean).max()
    assert_matches(error, distance, name="error")
