"""Values that are no answer: none of them may bring the grader down."""


def noise_signal(signal, steps, std, seed):
    nested = []
    nested.append(nested)
    return nested


def denoise(noisy, predicted_noise):
    return [float("nan")] * len(noisy)


def mse(predicted, actual):
    return 10**400


def toy_sample(x, target, total_steps):
    return (row for row in [target] * total_steps)


def noise_then_denoise(clean, steps, std, seed):
    return ["noisy", None, {"recovered": clean}, lambda: 0.0]
