"""Wrong ideas about noising audio, video and molecules, and about getting them into shape."""

import torch

from reference import beyond_images as right
from reference.misconceptions import Misconception


def mixed(x0, a, eps):
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def noising(mix):
    """A noise_any from mix(x0, a, eps), where a has one axis for each axis of x0."""

    def noise_any(x0, t, alpha_bar, eps):
        return mix(x0, alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1)), eps)

    return noise_any


def four_axes(x0, t, alpha_bar, eps):
    return mixed(x0, alpha_bar[t].view(-1, 1, 1, 1), eps)


def last_axis(x0, t, alpha_bar, eps):
    return mixed(x0, alpha_bar[t], eps)


def first_t(x0, t, alpha_bar, eps):
    return mixed(x0, alpha_bar[t[0]], eps)


def one_noise_for_channels(x0, a, eps):
    return mixed(x0, a, eps[:, :1].expand_as(x0))


def peak_of(scale):
    """A peak_normalise that divides by scale(wave)."""

    def peak_normalise(wave):
        return wave / scale(wave).clamp_min(1e-12)

    return peak_normalise


def loud_as_average(wave):
    return (wave**2).mean((1, 2), keepdim=True).sqrt()


def stretched(wave):
    low, high = wave.amin((1, 2), keepdim=True), wave.amax((1, 2), keepdim=True)
    return torch.where(high > low, 2 * (wave - low) / (high - low).clamp_min(1e-12) - 1, wave)


def in_place(wave):
    wave /= wave.abs().amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)
    return wave


def silence_lost(wave):
    return wave / wave.abs().amax(dim=(1, 2), keepdim=True)


def over_noisy(clean, noisy):
    return 10 * torch.log10((clean**2).mean((1, 2)) / (noisy**2).mean((1, 2)))


def over_the_batch(clean, noisy):
    return 10 * torch.log10((clean**2).mean() / ((noisy - clean) ** 2).mean()).expand(len(clean))


def variances(clean, noisy):
    return 10 * torch.log10(clean.flatten(1).var(1, correction=0) / (noisy - clean).flatten(1).var(1, correction=0))


def natural_log(clean, noisy):
    return 10 * torch.log((clean**2).mean((1, 2)) / ((noisy - clean) ** 2).mean((1, 2)))


def ratio_only(clean, noisy):
    return (clean**2).mean((1, 2)) / ((noisy - clean) ** 2).mean((1, 2))


def only_reshaped(video):
    batch, channels, frames, height, width = video.shape
    return video.reshape(batch * frames, channels, height, width)


def frame_by_frame(video):
    return video.permute(2, 0, 1, 3, 4).reshape(-1, video.shape[1], *video.shape[3:])


def into_channels(video):
    return video.reshape(video.shape[0], -1, *video.shape[3:])


def on_its_side(video):
    return right.fold_frames(video).transpose(-1, -2)


def frames_faster(images, frames):
    return images.reshape(frames, -1, *images.shape[1:]).permute(1, 2, 0, 3, 4)


def colours_misplaced(images, frames):
    return images.reshape(-1, frames, *images.shape[1:])


def unfold_only_reshaped(images, frames):
    channels, height, width = images.shape[1:]
    return images.reshape(-1, channels, frames, height, width)


def tiled(t, frames):
    return t.repeat(frames)


def not_expanded(t, frames):
    return t


def as_table(t, frames):
    return t[:, None].expand(-1, frames)


def own_t_each_frame(t, frames):
    return (t[:, None] + torch.arange(frames)).reshape(-1)


def centring(mean, pad_moves=False):
    """A centre from mean(pos, atom), atom (B, N, 1) being 1 for an atom and 0 for padding."""

    def centre(pos, mask):
        atom = mask[..., None].to(pos.dtype)
        moved = pos - mean(pos, atom)
        return moved if pad_moves else moved * atom

    return centre


def mean_of_atoms(pos, atom):
    return (pos * atom).sum(1, keepdim=True) / atom.sum(1, keepdim=True)


def mean_of_all(pos, atom):
    return pos.mean(1, keepdim=True)


def sum_over_all(pos, atom):
    return (pos * atom).mean(1, keepdim=True)


def first_atom(pos, atom):
    return pos[:, :1]


def over_coordinates(pos, atom):
    return (pos * atom).sum((1, 2), keepdim=True) / atom.sum(1, keepdim=True) / 3


def whole_batch(pos, atom):
    return (pos * atom).sum((0, 1), keepdim=True) / atom.sum((0, 1), keepdim=True)


def middle_atom(pos, mask):
    return torch.stack([(p - p[m].median(0).values) * m[:, None] for p, m in zip(pos, mask, strict=True)])


def noise_made(finish):
    """A molecule_noise from finish(draws, mask)."""

    def molecule_noise(mask, seed):
        draws = torch.randn(*mask.shape, 3, generator=torch.Generator().manual_seed(seed))
        return finish(draws, mask)

    return molecule_noise


def not_centred(draws, mask):
    return draws * mask[..., None]


def spread_back(draws, mask):
    n = mask.sum(1)[:, None, None]
    return right.centre(draws, mask) * (n / (n - 1)).sqrt()


def pad_pulls(draws, mask):
    return centring(mean_of_all)(draws, mask)


def pad_noisy(draws, mask):
    return centring(mean_of_atoms, pad_moves=True)(draws, mask)


def uniform_noise(mask, seed):
    draws = torch.rand(*mask.shape, 3, generator=torch.Generator().manual_seed(seed))
    return right.centre((draws - 0.5) * 12**0.5, mask)


def one_for_all(mask, seed):
    draws = torch.randn(1, mask.shape[1], 3, generator=torch.Generator().manual_seed(seed))
    return right.centre(draws.expand(*mask.shape, 3), mask)


def one_for_all_axes(mask, seed):
    draws = torch.randn(*mask.shape, 1, generator=torch.Generator().manual_seed(seed))
    return right.centre(draws.expand(*mask.shape, 3), mask)


def deaf_to_seed(mask, seed):
    return right.molecule_noise(mask, 0)


def unseeded(mask, seed):
    return right.centre(torch.randn(*mask.shape, 3), mask)


def apart(pos):
    return (pos[:, :, None] - pos[:, None]).norm(dim=-1)


def squared(pos, mask):
    return right.pair_distances(pos, mask) ** 2


def city_blocks(pos, mask):
    return (pos[:, :, None] - pos[:, None]).abs().sum(-1) * (mask[:, :, None] & mask[:, None])


def pad_counts(pos, mask):
    return apart(pos)


def one_side(pos, mask):
    return apart(pos) * mask[:, :, None]


def to_origin(pos, mask):
    return pos.norm(dim=-1) * mask


ENTRIES = {
    "noise_any": (
        ("any-image-only", four_axes, "Your reshape counts on exactly four axes."),
        ("any-last-axis", last_axis, "The factor of each clip was laid along time or space instead of the batch."),
        (
            "any-swapped",
            noising(lambda x0, a, eps: mixed(eps, a, x0)),
            "At small t the clip should still be clear: which of the two fades?",
        ),
        (
            "any-no-shrink",
            noising(lambda x0, a, eps: x0 + (1 - a).sqrt() * eps),
            "The signal has to fade as the noise grows.",
        ),
        (
            "any-no-roots",
            noising(lambda x0, a, eps: a * x0 + (1 - a) * eps),
            "The table holds powers; signals are added as amplitudes.",
        ),
        ("any-shared-noise", noising(one_noise_for_channels), "Every channel and frame needs noise of its own."),
        ("any-first-t", first_t, "Each clip has a t of its own."),
    ),
    "peak_normalise": (
        (
            "peak-batch-wide",
            peak_of(lambda w: w.abs().max()),
            "One loud clip makes the others quiet: whose peak is it?",
        ),
        ("peak-per-channel", peak_of(lambda w: w.abs().amax(2, keepdim=True)), "Left and right lost their balance."),
        ("peak-not-abs", peak_of(lambda w: w.amax((1, 2), keepdim=True)), "The loudest point may lie below zero."),
        ("peak-average", peak_of(loud_as_average), "Peak, not average loudness."),
        ("peak-clamps", lambda wave: wave.clamp(-1, 1), "Cutting off peaks distorts; scaling does not."),
        ("peak-stretched", stretched, "Silence lies at 0 and should stay there."),
        ("peak-in-place", in_place, "The caller's recording was changed."),
        ("peak-silence", silence_lost, "What is the peak of a silent clip, and what do you divide by?"),
    ),
    "snr_db": (
        (
            "snr-twenty",
            lambda clean, noisy: 2 * right.snr_db(clean, noisy),
            "One factor is for powers, one for amplitudes.",
        ),
        (
            "snr-inverse",
            lambda clean, noisy: -right.snr_db(clean, noisy),
            "A clearer clip should have a higher number.",
        ),
        ("snr-over-noisy", over_noisy, "What was added is the noise, not the noisy clip."),
        ("snr-batch", over_the_batch, "One number for each clip."),
        ("snr-variance", variances, "Power counts the constant part too."),
        ("snr-natural-log", natural_log, "Decibels count powers of ten."),
        ("snr-ratio", ratio_only, "A ratio is not yet in decibels."),
    ),
    "fold_frames": (
        ("fold-reshape", only_reshaped, "A reshape never moves data: colours and frames got mixed."),
        ("fold-frame-by-frame", frame_by_frame, "Frames of one clip should stay together."),
        ("fold-channels", into_channels, "Frames join the batch, not the colours."),
        ("fold-side", on_its_side, "The pictures lie on their side."),
    ),
    "unfold_frames": (
        ("unfold-frames-faster", frames_faster, "Which index runs faster, clip or frame?"),
        ("unfold-colours", colours_misplaced, "The colour axis stands in the wrong place."),
        ("unfold-reshape", unfold_only_reshaped, "A reshape never moves data: colours and frames got mixed."),
    ),
    "expand_t": (
        ("t-tiled", tiled, "Frames of one clip got the t of another."),
        ("t-not-expanded", not_expanded, "One entry for each folded frame."),
        ("t-table", as_table, "A flat list is asked for."),
        ("t-own-each-frame", own_t_each_frame, "Frames of one clip share one noise level."),
    ),
    "centre": (
        ("centre-mask-ignored", centring(mean_of_all), "Padding rows are no atoms, but they pulled the mean."),
        ("centre-counts-padding", centring(sum_over_all), "Padding was left out of the sum but not of the count."),
        ("centre-padding-moves", centring(mean_of_atoms, pad_moves=True), "Padding rows should stay at zero."),
        ("centre-first-atom", centring(first_atom), "The centre is not the first atom."),
        ("centre-one-number", centring(over_coordinates), "x, y and z have a mean each."),
        ("centre-batch", centring(whole_batch), "Each molecule has a centre of its own."),
        ("centre-median", middle_atom, "Mean, not middle value."),
    ),
    "molecule_noise": (
        ("molecule-drifts", noise_made(not_centred), "The noise carries the whole molecule away: its centre moved."),
        ("molecule-spread", noise_made(spread_back), "Centring takes a little of the spread away, and that is right."),
        ("molecule-padding-pulls", noise_made(pad_pulls), "Padding rows pulled the centre."),
        ("molecule-padding-noisy", noise_made(pad_noisy), "There is nothing to move in a padding row."),
        ("molecule-uniform", uniform_noise, "The noise has the right size but not the shape of a bell."),
        ("molecule-one-for-all", one_for_all, "Each molecule needs noise of its own."),
        ("molecule-one-for-axes", one_for_all_axes, "x, y and z need noise of their own."),
        ("molecule-deaf", deaf_to_seed, "Another seed, the same noise."),
        ("molecule-unseeded", unseeded, "The same seed should give the same noise again."),
    ),
    "pair_distances": (
        ("distance-squared", squared, "A root is missing."),
        ("distance-blocks", city_blocks, "Straight-line distance, not city blocks."),
        ("distance-padding", pad_counts, "Padding has no distance."),
        ("distance-one-side", one_side, "A pair needs two atoms."),
        ("distance-origin", to_origin, "Distances between atoms are asked for, not from the origin."),
    ),
}

MISCONCEPTIONS = tuple(
    Misconception(id=id, function=function, hint=hint, wrong=wrong)
    for function, entries in ENTRIES.items()
    for id, wrong, hint in entries
)
