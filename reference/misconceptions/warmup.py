"""Wrong ideas about noising a list of numbers by hand and taking the noise off again."""

import math
import random

import numpy as np

from reference import warmup
from reference.misconceptions import Misconception


def noised_by(rule):
    """A noise_signal whose step is rule(x, std, signal, k): the next row from the last one, at step k = 0, 1, ..."""

    def noise_signal(signal, steps, std, seed):
        random.seed(seed)
        x, path = list(signal), []
        for k in range(steps):
            x = rule(x, std, signal, k)
            path.append(x)
        return path

    return noise_signal


def one_draw_for_all(x, std, signal, k):
    n = random.gauss(0, std)
    return [v + n for v in x]


def from_the_clean_signal(x, std, signal, k):
    return [v + random.gauss(0, std) for v in signal]


def std_rooted(x, std, signal, k):
    return [v + random.gauss(0, math.sqrt(std)) for v in x]


def std_squared(x, std, signal, k):
    return [v + random.gauss(0, std**2) for v in x]


def uniform(x, std, signal, k):
    return [v + random.uniform(-std, std) for v in x]  # noqa: S311 -- noise, no secret


def arguments_swapped(x, std, signal, k):
    return [v + random.gauss(std, 0) for v in x]


def subtracted(x, std, signal, k):
    return [v - random.gauss(0, std) for v in x]


def multiplied(x, std, signal, k):
    return [v * (1 + random.gauss(0, std)) for v in x]


def another_bell_curve(x, std, signal, k):
    return [v + random.normalvariate(0, std) for v in x]


def signal_lost(x, std, signal, k):
    return [random.gauss(0, std) for _ in x]


def growing(x, std, signal, k):
    return [v + random.gauss(0, std * (k + 1)) for v in x]


def clamped(x, std, signal, k):
    return [min(1.0, max(0.0, v + random.gauss(0, std))) for v in x]


def mutates_input(signal, steps, std, seed):
    random.seed(seed)
    path = []
    for _ in range(steps):
        for i in range(len(signal)):
            signal[i] += random.gauss(0, std)
        path.append(list(signal))
    return path


def one_row_many_times(signal, steps, std, seed):
    return [warmup.noise_signal(signal, steps, std, seed)[-1]] * steps


def last_row_only(signal, steps, std, seed):
    return warmup.noise_signal(signal, steps, std, seed)[-1]


def start_included(signal, steps, std, seed):
    return [list(signal), *warmup.noise_signal(signal, steps, std, seed)]


def column_by_column(signal, steps, std, seed):
    random.seed(seed)
    columns = []
    for v in signal:
        column = []
        for _ in range(steps):
            v = v + random.gauss(0, std)
            column.append(v)
        columns.append(column)
    return [list(row) for row in zip(*columns, strict=True)]


def reseeded(signal, steps, std, seed):
    x, path = list(signal), []
    for _ in range(steps):
        random.seed(seed)
        x = [v + random.gauss(0, std) for v in x]
        path.append(x)
    return path


def unseeded(signal, steps, std, seed):
    return warmup.noise_signal(signal, steps, std, random.SystemRandom().randrange(2**32))


def numpy_global_generator(signal, steps, std, seed):
    generator = np.random.RandomState(seed)
    return np.array(signal) + generator.normal(0, std, (steps, len(signal))).cumsum(0)


def numpy_generator(signal, steps, std, seed):
    return np.array(signal) + np.random.default_rng(seed).normal(0, std, (steps, len(signal))).cumsum(0)


def constant_seed(signal, steps, std, seed):
    return warmup.noise_signal(signal, steps, std, 0)


def adds(noisy, predicted_noise):
    return [v + p for v, p in zip(noisy, predicted_noise, strict=True)]


def reversed_difference(noisy, predicted_noise):
    return [p - v for v, p in zip(noisy, predicted_noise, strict=True)]


def distance(noisy, predicted_noise):
    return [abs(v - p) for v, p in zip(noisy, predicted_noise, strict=True)]


def mean_noise(noisy, predicted_noise):
    return [v - sum(predicted_noise) / len(predicted_noise) for v in noisy]


def clamped_result(noisy, predicted_noise):
    return [min(1.0, max(0.0, v)) for v in warmup.denoise(noisy, predicted_noise)]


def half_of_it(noisy, predicted_noise):
    return [v - p / 2 for v, p in zip(noisy, predicted_noise, strict=True)]


def summed(predicted, actual):
    return warmup.mse(predicted, actual) * len(actual)


def rooted(predicted, actual):
    return math.sqrt(warmup.mse(predicted, actual))


def signed(predicted, actual):
    return (sum(p - a for p, a in zip(predicted, actual, strict=True)) / len(actual)) ** 2


def halved(predicted, actual):
    return warmup.mse(predicted, actual) / 2


def absolute(predicted, actual):
    return sum(abs(p - a) for p, a in zip(predicted, actual, strict=True)) / len(actual)


def bessel(predicted, actual):
    return warmup.mse(predicted, actual) * len(actual) / (len(actual) - 1)


def walked_by(share, order):
    """A toy_sample that moves share(step, total_steps) of the way that is left, at the steps of order(total_steps)."""

    def toy_sample(x, target, total_steps):
        path = []
        for step in order(total_steps):
            x = [v + (goal - v) * share(step, total_steps) for v, goal in zip(x, target, strict=True)]
            path.append(x)
        return path

    return toy_sample


def countdown(total_steps):
    return range(total_steps, 0, -1)


def end_only(x, target, total_steps):
    return warmup.toy_sample(x, target, total_steps)[-1]


def walk_with_start(x, target, total_steps):
    return [list(x), *warmup.toy_sample(x, target, total_steps)]


def challenge(
    predict=sum,
    undo=warmup.denoise,
    measure=lambda recovered, clean, noisy: max(abs(r - c) for r, c in zip(recovered, clean, strict=True)),
    accumulate=True,
):
    """A noise_then_denoise with one of its four ideas replaced."""

    def noise_then_denoise(clean, steps, std, seed):
        random.seed(seed)
        noisy, drawn = list(clean), []
        for _ in range(steps):
            drawn.append(random.gauss(0, std))
            noisy = [v + drawn[-1] for v in (noisy if accumulate else clean)]
        predicted = [predict(drawn)] * len(clean)
        recovered = undo(noisy, predicted)
        return [noisy, predicted, recovered, measure(recovered, clean, noisy)]

    return noise_then_denoise


def own_draw_for_each_value(clean, steps, std, seed):
    noisy = warmup.noise_signal(clean, steps, std, seed)[-1]
    predicted = warmup.denoise(noisy, clean)
    return [noisy, predicted, warmup.denoise(noisy, predicted), 0.0]


def draws_instead_of_sum(clean, steps, std, seed):
    noisy, _, recovered, error = warmup.noise_then_denoise(clean, steps, std, seed)
    random.seed(seed)
    return [noisy, [random.gauss(0, std) for _ in range(steps)], recovered, error]


def one_number_for_all(clean, steps, std, seed):
    noisy, predicted, recovered, error = warmup.noise_then_denoise(clean, steps, std, seed)
    return [noisy, predicted[0], recovered, error]


MISCONCEPTIONS = (
    Misconception(
        id="noise-one-draw-for-all",
        function="noise_signal",
        hint="All values of a row moved together. Does every pixel roll its own dice, or do they share one roll?",
        wrong=noised_by(one_draw_for_all),
    ),
    Misconception(
        id="noise-not-accumulating",
        function="noise_signal",
        hint="Your last row is hardly noisier than your first. What does each of your steps start from?",
        wrong=noised_by(from_the_clean_signal),
    ),
    Misconception(
        id="noise-std-root",
        function="noise_signal",
        hint="Your noise has another size than was asked for: is the second argument of gauss a variance or a spread?",
        wrong=noised_by(std_rooted),
    ),
    Misconception(
        id="noise-std-squared",
        function="noise_signal",
        hint="Your noise is too quiet: look up what gauss wants to be told, a variance or a spread.",
        wrong=noised_by(std_squared),
    ),
    Misconception(
        id="noise-uniform",
        function="noise_signal",
        hint="Flat noise never strays beyond its limits; bell-curve noise now and then does. Which one did you draw?",
        wrong=noised_by(uniform),
    ),
    Misconception(
        id="noise-args-swapped",
        function="noise_signal",
        hint="Every value moved by exactly the same amount at every step, so nothing random was left. "
        "Which argument of gauss is the centre?",
        wrong=noised_by(arguments_swapped),
    ),
    Misconception(
        id="noise-subtracted",
        function="noise_signal",
        hint="Your path is the mirror image of the expected one: what does the forward process do with its noise?",
        wrong=noised_by(subtracted),
    ),
    Misconception(
        id="noise-multiplied",
        function="noise_signal",
        hint="In your version a black pixel, value 0, stays silent for ever. Should it?",
        wrong=noised_by(multiplied),
    ),
    Misconception(
        id="noise-signal-lost",
        function="noise_signal",
        hint="Your first row is already pure static. What became of the signal?",
        wrong=noised_by(signal_lost),
    ),
    Misconception(
        id="noise-growing",
        function="noise_signal",
        hint="Here every step is as rough as the one before; yours get rougher and rougher.",
        wrong=noised_by(growing),
    ),
    Misconception(
        id="noise-clamped",
        function="noise_signal",
        hint="Noise may carry a value past black or white. What happens to the bell curve where you cut it off?",
        wrong=noised_by(clamped),
    ),
    Misconception(
        id="noise-mutates-input",
        function="noise_signal",
        hint="After your function ran, the caller's own list was a different one. Whose list did you write into?",
        wrong=mutates_input,
    ),
    Misconception(
        id="noise-path-aliased",
        function="noise_signal",
        hint="Your rows are all alike, as if one list had been kept many times over instead of a copy of each state.",
        wrong=one_row_many_times,
    ),
    Misconception(
        id="noise-last-row-only",
        function="noise_signal",
        hint="You hand back where the signal ended; the whole journey was asked for.",
        wrong=last_row_only,
    ),
    Misconception(
        id="noise-start-included",
        function="noise_signal",
        hint="You return one row more than there are steps. Is the clean start the result of a step?",
        wrong=start_included,
    ),
    Misconception(
        id="noise-column-order",
        function="noise_signal",
        hint="The noise is right but lands in the wrong places: do you finish a step before you begin the next one?",
        wrong=column_by_column,
    ),
    Misconception(
        id="noise-reseeded-each-step",
        function="noise_signal",
        hint="Every step of yours adds the same noise again: setting a seed replays the dice from the start.",
        wrong=reseeded,
    ),
    Misconception(
        id="noise-unseeded",
        function="noise_signal",
        hint="Two runs with one seed should agree to the last digit; yours never do.",
        wrong=unseeded,
    ),
    Misconception(
        id="noise-constant-seed",
        function="noise_signal",
        hint="Another seed should give other noise: where does the seed that was asked for enter your function?",
        wrong=constant_seed,
    ),
    Misconception(
        id="noise-normalvariate",
        function="noise_signal",
        hint="Good noise, but another source: two functions of one module draw bell curves, each its own way.",
        wrong=noised_by(another_bell_curve),
    ),
    Misconception(
        id="noise-numpy-global",
        function="noise_signal",
        hint="Good noise, but another source: the same seed gives other numbers in another library.",
        wrong=numpy_global_generator,
    ),
    Misconception(
        id="noise-numpy-generator",
        function="noise_signal",
        hint="Good noise, but another source: the same seed gives other numbers with another library's generator.",
        wrong=numpy_generator,
    ),
    Misconception(
        id="denoise-adds",
        function="denoise",
        hint="After your step the signal is noisier than before: which way does a prediction of noise have to go?",
        wrong=adds,
    ),
    Misconception(
        id="denoise-reversed",
        function="denoise",
        hint="Every sign of your result is flipped: what is taken from what?",
        wrong=reversed_difference,
    ),
    Misconception(
        id="denoise-distance",
        function="denoise",
        hint="Your result never goes below zero. May a cleaned value be negative?",
        wrong=distance,
    ),
    Misconception(
        id="denoise-mean-noise",
        function="denoise",
        hint="You took the same amount from every value. Which pixel got which noise is known; use it.",
        wrong=mean_noise,
    ),
    Misconception(
        id="denoise-clamped",
        function="denoise",
        hint="Nothing in this step promises a range for the result; you cut it off at one.",
        wrong=clamped_result,
    ),
    Misconception(
        id="denoise-half",
        function="denoise",
        hint="If the prediction is perfect, how much of the noise should be left afterwards?",
        wrong=half_of_it,
    ),
    Misconception(
        id="mse-sum",
        function="mse",
        hint="Twice as many equally wrong values should not double the loss; yours does.",
        wrong=summed,
    ),
    Misconception(
        id="mse-rmse",
        function="mse",
        hint="The name holds three operations; you do a fourth one at the end.",
        wrong=rooted,
    ),
    Misconception(
        id="mse-signed",
        function="mse",
        hint="One value too high and one too low look like no error in yours: when do you square?",
        wrong=signed,
    ),
    Misconception(
        id="mse-half",
        function="mse",
        hint="A constant came along that belongs to a derivative, not to this loss.",
        wrong=halved,
    ),
    Misconception(
        id="mse-absolute",
        function="mse",
        hint="A miss of 2 should weigh four times as much as a miss of 1; in yours it weighs twice as much.",
        wrong=absolute,
    ),
    Misconception(
        id="mse-bessel",
        function="mse",
        hint="This is the mean over all values. The smaller divisor belongs to estimating a variance.",
        wrong=bessel,
    ),
    Misconception(
        id="toy-fixed-fraction",
        function="toy_sample",
        hint="Taking the same share of what is left at each step, do you ever arrive?",
        wrong=walked_by(lambda step, total: 1 / total, countdown),
    ),
    Misconception(
        id="toy-stops-early",
        function="toy_sample",
        hint="Your walk ends one step before the target: what is the last number of your loop?",
        wrong=walked_by(lambda step, total: 1 / step, lambda total: range(total, 1, -1)),
    ),
    Misconception(
        id="toy-moves-away",
        function="toy_sample",
        hint="The distance to the target grows with each of your steps.",
        wrong=walked_by(lambda step, total: -1 / step, countdown),
    ),
    Misconception(
        id="toy-counts-up",
        function="toy_sample",
        hint="After the first step you are already there. In which direction does a sampler's clock run?",
        wrong=walked_by(lambda step, total: 1 / step, lambda total: range(1, total + 1)),
    ),
    Misconception(
        id="toy-one-off",
        function="toy_sample",
        hint="Your strides are a little short and the last one does not arrive: what share is left to go at step 1?",
        wrong=walked_by(lambda step, total: 1 / (step + 1), countdown),
    ),
    Misconception(
        id="toy-end-only",
        function="toy_sample",
        hint="You hand back where the walk ended; every state on the way was asked for.",
        wrong=end_only,
    ),
    Misconception(
        id="toy-start-included",
        function="toy_sample",
        hint="You return one row more than there are steps. Has the start been moved by a step?",
        wrong=walk_with_start,
    ),
    Misconception(
        id="mini-last-noise",
        function="noise_then_denoise",
        hint="You undo one step's noise. How many steps added some?",
        wrong=challenge(predict=lambda drawn: drawn[-1]),
    ),
    Misconception(
        id="mini-mean-noise",
        function="noise_then_denoise",
        hint="What brings you back to the start: the average push, or all pushes together?",
        wrong=challenge(predict=lambda drawn: sum(drawn) / len(drawn)),
    ),
    Misconception(
        id="mini-absolute-noise",
        function="noise_then_denoise",
        hint="Some of the pushes went down. Does your prediction still know which?",
        wrong=challenge(predict=lambda drawn: sum(abs(n) for n in drawn)),
    ),
    Misconception(
        id="mini-separate-noise",
        function="noise_then_denoise",
        hint="This is a good forward process, but the brief asks for a simpler one: how many draws does one step make?",
        wrong=own_draw_for_each_value,
    ),
    Misconception(
        id="mini-fresh-start",
        function="noise_then_denoise",
        hint="Each step should push the working copy onwards; yours begins again from the clean signal.",
        wrong=challenge(accumulate=False),
    ),
    Misconception(
        id="mini-draws-instead-of-sum",
        function="noise_then_denoise",
        hint="Your prediction lists what happened step by step. What is wanted is what happened to each value.",
        wrong=draws_instead_of_sum,
    ),
    Misconception(
        id="mini-one-number",
        function="noise_then_denoise",
        hint="Your prediction is a single number. A model predicts the noise at every position.",
        wrong=one_number_for_all,
    ),
    Misconception(
        id="mini-error-of-noisy",
        function="noise_then_denoise",
        hint="How close did you get: which of your lists should be held against the clean one?",
        wrong=challenge(
            measure=lambda recovered, clean, noisy: max(abs(v - c) for v, c in zip(noisy, clean, strict=True))
        ),
    ),
    Misconception(
        id="mini-adds-back",
        function="noise_then_denoise",
        hint="The step that should have undone the noise doubled it.",
        wrong=challenge(undo=adds),
    ),
)


# What `grade validate` holds against constant_max besides its own.
THOUGHTLESS = {
    "seeds for noise": {
        "noise_signal": lambda signal, steps, std, seed: [[seed]],
        "noise_then_denoise": lambda clean, steps, std, seed: (clean, clean, clean, 0),
    },
}
