import math


def whole(v):
    return int(math.floor(v + 0.5))


def spread(T, n):
    out = []
    for k in range(n):
        out.append(whole((T - 1) * (n - 1 - k) / (n - 1)))
    return out


def sample_default(model, x_T, alpha_bar, num_inference_steps=50):
    levels = [float(a) for a in alpha_bar]
    visit = spread(len(levels), num_inference_steps)
    x = x_T
    while visit:
        t = visit.pop(0)
        a = levels[t]
        b = levels[visit[0]] if visit else 1.0
        e = model(x, [t] * len(x))
        x = math.sqrt(b) * ((x - math.sqrt(1 - a) * e) / math.sqrt(a)) + math.sqrt(1 - b) * e
    return x.tolist()


def guided(eps_uncond, eps_cond, guidance_scale=8):
    def push(u, c):
        return [push(a, b) for a, b in zip(u, c)] if isinstance(u, list) else u + guidance_scale * (c - u)

    return push(eps_uncond.tolist(), eps_cond.tolist())


def sampling_table(train_betas, num_steps):
    kept, running = [], 1.0
    for beta in train_betas:
        running *= 1 - float(beta)
        kept.append(running)
    ts = spread(len(kept), num_steps)
    return [ts, [kept[t] for t in ts]]


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    n = 1
    while (n + 1) * cost_mib_fp32 / 2 <= budget_mib:
        n += 1
    waiting, done = list(seeds), []
    while waiting:
        now, waiting = waiting[:n], waiting[n:]
        for picture in render(now, "float16"):
            done.append(picture)
    return done
