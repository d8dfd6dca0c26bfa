"""Wrong ideas about prompts: which way guidance pushes, which labels are dropped, who attends to whom."""

import math

import numpy as np
import torch

from reference import cfg as right
from reference.denoise_step import ddim_step
from reference.misconceptions import Misconception

# cfg_combine ------------------------------------------------------------------------------------------------------


def halves_confused(eps_uncond, eps_cond, scale):
    return eps_cond + scale * (eps_uncond - eps_cond)


def from_cond(eps_uncond, eps_cond, scale):
    return eps_cond + scale * (eps_cond - eps_uncond)


def cond_louder(eps_uncond, eps_cond, scale):
    return scale * eps_cond


def cond_added(eps_uncond, eps_cond, scale):
    return eps_uncond + scale * eps_cond


def difference_only(eps_uncond, eps_cond, scale):
    return scale * (eps_cond - eps_uncond)


def averaged(eps_uncond, eps_cond, scale):
    return (eps_uncond + scale * eps_cond) / (1 + scale)


def never_beyond(eps_uncond, eps_cond, scale):
    return eps_uncond + min(scale, 1.0) * (eps_cond - eps_uncond)


def pushed_away(eps_uncond, eps_cond, scale):
    return eps_uncond - scale * (eps_cond - eps_uncond)


def scale_ignored(eps_uncond, eps_cond, scale):
    return eps_uncond + 7.5 * (eps_cond - eps_uncond)


def zero_is_off(eps_uncond, eps_cond, scale):
    return right.cfg_combine(eps_uncond, eps_cond, scale) if scale > 0 else eps_cond


# drop_labels, drop_labels_random ----------------------------------------------------------------------------------


def keeps_what_it_should_drop(labels, u, p, null_id):
    return torch.where(u < p, labels, null_id)


def boundary_too(labels, u, p, null_id):
    return torch.where(u <= p, null_id, labels)


def class_zero(labels, u, p, null_id):
    return torch.where(u < p, 0, labels)


def minus_one(labels, u, p, null_id):
    return torch.where(u < p, -1, labels)


def first_share(labels, u, p, null_id):
    return torch.where(torch.arange(len(labels)) < p * len(labels), null_id, labels)


def in_place(labels, u, p, null_id):
    labels[u < p] = null_id
    return labels


def examples_removed(labels, u, p, null_id):
    return labels[u >= p]


def uniform(labels, seed):
    return torch.rand(labels.shape, generator=torch.Generator().manual_seed(seed))


def whole_batch(labels, p, null_id, seed):
    alone = torch.rand(1, generator=torch.Generator().manual_seed(seed)) < p
    return torch.full_like(labels, null_id) if alone else labels.clone()


def random_inverted(labels, p, null_id, seed):
    return torch.where(uniform(labels, seed) < p, labels, null_id)


def never(labels, p, null_id, seed):
    return labels.clone()


def unseeded(labels, p, null_id, seed):
    return torch.where(torch.from_numpy(np.random.default_rng().uniform(size=len(labels))) < p, null_id, labels)


def seed_fixed(labels, p, null_id, seed):
    return right.drop_labels_random(labels, p, null_id, 0)


def every_kth(labels, p, null_id, seed):
    return torch.where((torch.arange(len(labels)) + seed) % round(1 / p) == 0, null_id, labels)


def exact_count(labels, p, null_id, seed):
    dropped = labels.clone()
    dropped[: round(p * len(labels))] = null_id
    return dropped


def bell_curve_draws(labels, p, null_id, seed):
    return torch.where(torch.randn(labels.shape, generator=torch.Generator().manual_seed(seed)) < p, null_id, labels)


# guided_eps -------------------------------------------------------------------------------------------------------


def guided_with(order="uncond first", read="uncond first", second_t=None, combine=right.cfg_combine, null=None):
    """`guided_eps` with another order of the halves, another reading of the answer, another t for the second half,
    another rule or another label for "no prompt"."""

    def guided_eps(model, x, t, labels, null_id, scale):
        empty = torch.full_like(labels, null_id if null is None else null)
        halves = [empty, labels] if order == "uncond first" else [labels, empty]
        answer = model(torch.cat([x, x]), torch.cat([t, second_t(t) if second_t else t]), torch.cat(halves))
        first, second = answer.chunk(2)
        return combine(first, second, scale) if read == "uncond first" else combine(second, first, scale)

    return guided_eps


def read_as_pairs(model, x, t, labels, null_id, scale):
    both = torch.cat([torch.full_like(labels, null_id), labels])
    answer = model(torch.cat([x, x]), torch.cat([t, t]), both)
    return right.cfg_combine(answer[0::2], answer[1::2], scale)


def interleaved(model, x, t, labels, null_id, scale):
    both = torch.stack([torch.full_like(labels, null_id), labels], dim=1).reshape(-1)
    first, second = model(x.repeat_interleave(2, 0), t.repeat_interleave(2), both).chunk(2)
    return right.cfg_combine(first, second, scale)


def cond_only(model, x, t, labels, null_id, scale):
    return model(x, t, labels)


def two_calls(model, x, t, labels, null_id, scale):
    eps_uncond = model(x, t, torch.full_like(labels, null_id))
    return right.cfg_combine(eps_uncond, model(x, t, labels), scale)


# saturation -------------------------------------------------------------------------------------------------------


def one_side(x, limit=1.0):
    return float((x > limit).double().mean())


def inside(x, limit=1.0):
    return float((x.abs() <= limit).double().mean())


def excess(x, limit=1.0):
    return float((x.abs() - limit).clamp(min=0).mean())


def limit_fixed(x, limit=1.0):
    return float((x.abs() > 1).double().mean())


def counted(x, limit=1.0):
    return float((x.abs() > limit).sum())


def percent(x, limit=1.0):
    return 100 * right.saturation(x, limit)


def default_three(x, limit=3.0):
    return right.saturation(x, limit)


# guidance_sweep ---------------------------------------------------------------------------------------------------


def sweep_with(guided=right.guided_eps, limit=3.0, same_start=True, last=-1, middle=torch.mean):
    """`guidance_sweep` with another guess, another limit, a start that moves on, another last hop or middle."""

    def guidance_sweep(model, x_T, alpha_bar, timesteps, labels, null_id, scales):
        rows, x = [], x_T
        for scale in scales:
            x = x_T if same_start else x
            for t, t_prev in zip(timesteps, [*timesteps[1:], last], strict=True):
                eps = guided(model, x, torch.full((len(x),), t), labels, null_id, scale)
                x = ddim_step(x, t, t_prev, eps, alpha_bar)
            rows.append([float(middle(x)), right.saturation(x, limit)])
        return rows

    return guidance_sweep


def one_scale_up(model, x, t, labels, null_id, scale):
    return right.guided_eps(model, x, t, labels, null_id, scale + 1)


def columns_swapped(model, x_T, alpha_bar, timesteps, labels, null_id, scales):
    rows = right.guidance_sweep(model, x_T, alpha_bar, timesteps, labels, null_id, scales)
    return [[share, mean] for mean, share in rows]


# cross_attention --------------------------------------------------------------------------------------------------


def attention_with(scale=math.sqrt, weigh=None, fill=-math.inf, keep=None, values=None):
    """`cross_attention` with another divisor, another way from scores to weights, another fill for padding, another
    choice of whom to keep, or other values (x, ctx, wv)."""

    def cross_attention(x, ctx, wq, wk, wv, mask=None):
        q, k, v = x @ wq, ctx @ wk, values(x, ctx, wv) if values else ctx @ wv
        scores = q @ k.transpose(-1, -2) / scale(q.shape[-1])
        if mask is not None:
            kept = keep(mask) if keep else mask
            scores = scores.masked_fill(~kept[:, None, :], fill)
        return (weigh(scores) if weigh else torch.softmax(scores, dim=-1)) @ v

    return cross_attention


def unscaled(d):
    return 1.0


def root_forgotten(d):
    return float(d)


def over_queries(scores):
    return torch.softmax(scores, dim=-2)


def over_batch(scores):
    return torch.softmax(scores, dim=0)


def raw_scores(scores):
    return scores


def plain_exponentials(scores):
    return scores.exp() / scores.exp().sum(-1, keepdim=True)


def scaled_by_words(x, ctx, wq, wk, wv, mask=None):
    return attention_with(scale=lambda d: math.sqrt(ctx.shape[-1]))(x, ctx, wq, wk, wv, mask)


def words_unprojected(x, ctx, wv):
    return torch.nn.functional.pad(ctx, (0, wv.shape[1] - ctx.shape[-1]))


def self_attention(x, ctx, wq, wk, wv, mask=None):
    q = x @ wq
    weights = torch.softmax(q @ q.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
    return weights @ torch.nn.functional.pad(x, (0, max(0, wv.shape[1] - x.shape[-1])))[..., : wv.shape[1]]


def mask_after_softmax(x, ctx, wq, wk, wv, mask=None):
    q, k, v = x @ wq, ctx @ wk, ctx @ wv
    weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
    return (weights if mask is None else weights * mask[:, None, :]) @ v


def padding_zeroed(x, ctx, wq, wk, wv, mask=None):
    return right.cross_attention(x, ctx if mask is None else ctx * mask[:, :, None], wq, wk, wv)


MISCONCEPTIONS = (
    Misconception(
        id="cfg-swapped",
        function="cfg_combine",
        hint="At scale 1 the result should be the prompted guess itself; try it with yours.",
        wrong=halves_confused,
    ),
    Misconception(
        id="cfg-from-cond",
        function="cfg_combine",
        hint="Where does your arrow start? At scale 1 nothing goes beyond the prompted guess. Papers that call the "
        "extra push w count differently, and so do you.",
        wrong=from_cond,
    ),
    Misconception(
        id="cfg-scales-cond",
        function="cfg_combine",
        hint="Making the prompted guess louder is not the same as making the difference louder.",
        wrong=cond_louder,
    ),
    Misconception(
        id="cfg-uncond-plus-cond",
        function="cfg_combine",
        hint="You add a whole guess on top of a guess. What exactly should be exaggerated?",
        wrong=cond_added,
    ),
    Misconception(
        id="cfg-difference-only",
        function="cfg_combine",
        hint="The exaggerated difference is a direction. From which point does it set out?",
        wrong=difference_only,
    ),
    Misconception(
        id="cfg-average",
        function="cfg_combine",
        hint="A mixture always stays between the two guesses; guidance goes beyond.",
        wrong=averaged,
    ),
    Misconception(
        id="cfg-clamped-scale",
        function="cfg_combine",
        hint="Nothing happens above 1 in yours, yet going beyond 1 is what the scale is for.",
        wrong=never_beyond,
    ),
    Misconception(
        id="cfg-sign",
        function="cfg_combine",
        hint="The push goes away from the prompt.",
        wrong=pushed_away,
    ),
    Misconception(
        id="cfg-scale-fixed",
        function="cfg_combine",
        hint="The usual sweet spot is written into your function; the caller decides how hard to push.",
        wrong=scale_ignored,
    ),
    Misconception(
        id="cfg-zero-is-off",
        function="cfg_combine",
        hint="Scale 0 is a scale as any other, no switch: from which guess does the arrow set out?",
        wrong=zero_is_off,
    ),
    Misconception(
        id="drop-inverted",
        function="drop_labels",
        hint="With p = 0.1, how many labels should survive? Count yours.",
        wrong=keeps_what_it_should_drop,
    ),
    Misconception(
        id="drop-le",
        function="drop_labels",
        hint="What should happen where u is exactly p? Think of p = 0.",
        wrong=boundary_too,
    ),
    Misconception(
        id="drop-zero-label",
        function="drop_labels",
        hint="Class 0 is a real class. 'No prompt' has an id of its own.",
        wrong=class_zero,
    ),
    Misconception(
        id="drop-minus-one",
        function="drop_labels",
        hint="You chose an id for 'no prompt' yourself, but the caller brings one.",
        wrong=minus_one,
    ),
    Misconception(
        id="drop-first-share",
        function="drop_labels",
        hint="The right number of labels is dropped, but always the first ones. What is u for?",
        wrong=first_share,
    ),
    Misconception(
        id="drop-mutates",
        function="drop_labels",
        hint="Something that belongs to the caller was overwritten.",
        wrong=in_place,
    ),
    Misconception(
        id="drop-removes",
        function="drop_labels",
        hint="A dropped label does not mean a dropped example: the picture stays in the batch.",
        wrong=examples_removed,
    ),
    Misconception(
        id="dropr-whole-batch",
        function="drop_labels_random",
        hint="One draw decides for the whole batch; every example should have one of its own.",
        wrong=whole_batch,
    ),
    Misconception(
        id="dropr-inverted",
        function="drop_labels_random",
        hint="Look at the share of labels that got dropped: it is what should have been kept.",
        wrong=random_inverted,
    ),
    Misconception(
        id="dropr-never",
        function="drop_labels_random",
        hint="No label is ever dropped, so the model never practises without a prompt.",
        wrong=never,
    ),
    Misconception(
        id="dropr-unseeded",
        function="drop_labels_random",
        hint="The same seed should drop the same labels. Which generator do you draw from?",
        wrong=unseeded,
    ),
    Misconception(
        id="dropr-seed-fixed",
        function="drop_labels_random",
        hint="Another seed should drop other labels.",
        wrong=seed_fixed,
    ),
    Misconception(
        id="dropr-every-kth",
        function="drop_labels_random",
        hint="The share is right, but a regular pattern is not random.",
        wrong=every_kth,
    ),
    Misconception(
        id="dropr-first-share",
        function="drop_labels_random",
        hint="The share is right, but it is always the front of the batch that loses its labels.",
        wrong=exact_count,
    ),
    Misconception(
        id="dropr-bell-curve",
        function="drop_labels_random",
        hint="For how many draws of your generator is the value below p? Look at where its draws lie.",
        wrong=bell_curve_draws,
    ),
    Misconception(
        id="guided-halves-swapped",
        function="guided_eps",
        hint="Which half of the model's answer belongs to the empty prompt? You take them the wrong way round.",
        wrong=guided_with(order="cond first"),
    ),
    Misconception(
        id="guided-cond-first",
        function="guided_eps",
        hint="The numbers are right; the docstring asks for the unprompted half first.",
        wrong=guided_with(order="cond first", read="cond first"),
    ),
    Misconception(
        id="guided-pairs",
        function="guided_eps",
        hint="You hand the model two halves and read its answer as alternating rows.",
        wrong=read_as_pairs,
    ),
    Misconception(
        id="guided-interleaved",
        function="guided_eps",
        hint="You hand the model alternating rows and read its answer as two halves.",
        wrong=interleaved,
    ),
    Misconception(
        id="guided-t-for-half",
        function="guided_eps",
        hint="Both halves show the same noisy pictures, so both are equally noisy.",
        wrong=guided_with(second_t=torch.zeros_like),
    ),
    Misconception(
        id="guided-null-zero",
        function="guided_eps",
        hint="Class 0 is a real class. Which id means 'no prompt'?",
        wrong=guided_with(null=0),
    ),
    Misconception(
        id="guided-cond-only",
        function="guided_eps",
        hint="With one guess there is nothing to compare it with. What is the model asked besides?",
        wrong=cond_only,
    ),
    Misconception(
        id="guided-scale-one",
        function="guided_eps",
        hint="The scale has no effect in yours.",
        wrong=guided_with(combine=lambda u, c, s: right.cfg_combine(u, c, 1.0)),
    ),
    Misconception(
        id="guided-zero-is-off",
        function="guided_eps",
        hint="Scale 0 is a scale as any other, no switch: from which guess does the arrow set out?",
        wrong=guided_with(combine=zero_is_off),
    ),
    Misconception(
        id="guided-plus-one",
        function="guided_eps",
        hint="Your push is one too strong: at scale 1 the prompted guess should come back as it is.",
        wrong=guided_with(combine=from_cond),
    ),
    Misconception(
        id="guided-negated",
        function="guided_eps",
        hint="The push goes away from the prompt.",
        wrong=guided_with(combine=pushed_away),
    ),
    Misconception(
        id="guided-two-calls",
        function="guided_eps",
        hint="The numbers are right. Both halves fit in one call of the model, which saves time.",
        wrong=two_calls,
    ),
    Misconception(
        id="sat-one-side",
        function="saturation",
        hint="Too dark counts as much as too bright.",
        wrong=one_side,
    ),
    Misconception(
        id="sat-inside",
        function="saturation",
        hint="You report the values that are fine; which ones were asked for?",
        wrong=inside,
    ),
    Misconception(
        id="sat-excess",
        function="saturation",
        hint="How many values lie outside, not how far outside they lie.",
        wrong=excess,
    ),
    Misconception(
        id="sat-limit-fixed",
        function="saturation",
        hint="The limit is an argument; yours is always the same.",
        wrong=limit_fixed,
    ),
    Misconception(
        id="sat-count",
        function="saturation",
        hint="A share was asked for: it does not grow with the picture.",
        wrong=counted,
    ),
    Misconception(
        id="sat-percent",
        function="saturation",
        hint="A share lies between 0 and 1.",
        wrong=percent,
    ),
    Misconception(
        id="sat-default-typo",
        function="saturation",
        hint="What does your function take as the limit if the caller names none?",
        wrong=default_three,
    ),
    Misconception(
        id="sweep-continues",
        function="guidance_sweep",
        hint="Every scale must start from the same noise, or two things change at once.",
        wrong=sweep_with(same_start=False),
    ),
    Misconception(
        id="sweep-cond-only",
        function="guidance_sweep",
        hint="Nothing changes along your sweep: where does the scale enter?",
        wrong=sweep_with(guided=cond_only),
    ),
    Misconception(
        id="sweep-scale-plus-one",
        function="guidance_sweep",
        hint="Each of your scales acts as if it were one larger.",
        wrong=sweep_with(guided=one_scale_up),
    ),
    Misconception(
        id="sweep-limit",
        function="guidance_sweep",
        hint="You count from the limit of pictures; this sweep names another one.",
        wrong=sweep_with(limit=1.0),
    ),
    Misconception(
        id="sweep-last-residual",
        function="guidance_sweep",
        hint="A little noise is left in your results. Where does the last hop go?",
        wrong=sweep_with(last=0),
    ),
    Misconception(
        id="sweep-columns",
        function="guidance_sweep",
        hint="Both numbers are right, but each row starts with the other one.",
        wrong=columns_swapped,
    ),
    Misconception(
        id="sweep-median",
        function="guidance_sweep",
        hint="You report another middle of the values than the one that was asked for.",
        wrong=sweep_with(middle=torch.median),
    ),
    Misconception(
        id="att-no-scale",
        function="cross_attention",
        hint="Longer vectors make larger scores, and the weights become nearly all or nothing. What tames them?",
        wrong=attention_with(scale=unscaled),
    ),
    Misconception(
        id="att-scale-d",
        function="cross_attention",
        hint="You tame the scores too much: a sum of d products grows more slowly than d.",
        wrong=attention_with(scale=root_forgotten),
    ),
    Misconception(
        id="att-scale-ctx",
        function="cross_attention",
        hint="The scores are sums over the query's length, not over the length of a word's vector.",
        wrong=scaled_by_words,
    ),
    Misconception(
        id="att-softmax-queries",
        function="cross_attention",
        hint="Each position spreads its attention over the words, not the other way round.",
        wrong=attention_with(weigh=over_queries),
    ),
    Misconception(
        id="att-softmax-batch",
        function="cross_attention",
        hint="The examples of a batch must not see each other.",
        wrong=attention_with(weigh=over_batch),
    ),
    Misconception(
        id="att-no-softmax",
        function="cross_attention",
        hint="Weights are positive and add up to one; look at yours.",
        wrong=attention_with(weigh=raw_scores),
    ),
    Misconception(
        id="att-sigmoid",
        function="cross_attention",
        hint="Do the weights of one position add up to one?",
        wrong=attention_with(weigh=torch.sigmoid),
    ),
    Misconception(
        id="att-values-raw",
        function="cross_attention",
        hint="Queries and keys go through their matrices; the values skipped theirs.",
        wrong=attention_with(values=words_unprojected),
    ),
    Misconception(
        id="att-self",
        function="cross_attention",
        hint="The words never enter: everything in yours comes from the picture.",
        wrong=self_attention,
    ),
    Misconception(
        id="att-mask-ignored",
        function="cross_attention",
        hint="Padding words still get attention.",
        wrong=attention_with(keep=torch.ones_like),
    ),
    Misconception(
        id="att-mask-inverted",
        function="cross_attention",
        hint="True marks the real words; yours listens to the padding.",
        wrong=attention_with(keep=torch.logical_not),
    ),
    Misconception(
        id="att-mask-zero",
        function="cross_attention",
        hint="A score of 0 is an ordinary score: it still wins some attention.",
        wrong=attention_with(fill=0.0),
    ),
    Misconception(
        id="att-mask-after-softmax",
        function="cross_attention",
        hint="Once the padding is taken out, do the remaining weights still add up to one?",
        wrong=mask_after_softmax,
    ),
    Misconception(
        id="att-padding-zeroed",
        function="cross_attention",
        hint="A word full of zeros still takes its share of the attention away from the others.",
        wrong=padding_zeroed,
    ),
    Misconception(
        id="att-naive-exp",
        function="cross_attention",
        hint="The exponential of a large score overflows. Only differences between scores matter.",
        wrong=attention_with(weigh=plain_exponentials),
    ),
)
