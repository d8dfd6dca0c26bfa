# Übung 0: Bildhauerei aus Rauschen
# Für jede Größe ein Wert; möglichst kurz gehalten.
import random


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    zustand, weg = list(signal), []
    for _ in range(steps):
        zustand = [w + random.gauss(0, std) for w in zustand]  # gauß'sches Rauschen
        weg.append(zustand)
    return weg


def denoise(noisy, predicted_noise):
    return [v - r for v, r in zip(noisy, predicted_noise)]


def mse(predicted, actual):
    # mittlere quadratische Abweichung über alle Werte
    return sum((p - a) ** 2 for p, a in zip(predicted, actual)) / len(actual)


def toy_sample(x, target, total_steps):
    weg = []
    for schritt in range(total_steps, 0, -1):
        x = [w + (z - w) / schritt for w, z in zip(x, target)]
        weg.append(x)
    return weg


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    summe, verrauscht = 0.0, list(clean)
    for _ in range(steps):
        n = random.gauss(0, std)
        summe += n
        verrauscht = [w + n for w in verrauscht]
    vorhersage = [summe] * len(clean)
    zurück = denoise(verrauscht, vorhersage)
    return [verrauscht, vorhersage, zurück, max(abs(a - b) for a, b in zip(zurück, clean))]
