# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Concepts: twenty short answers
#
# What the lesson says in words, and three small calculations. Each question stands over an empty answer: write yours
# between the brackets, as a text, a number, or a list of texts.
#
# Conventions
# - Text is compared without capitals, articles, hyphens and punctuation; a word, a name or half a sentence is enough.
# - `alpha_bar` is the product of `1 - beta` over all steps so far.
# - Guidance: scale 1 is the plain prediction with the prompt (the paper's w is one less).
# - Numbers that depend on `params` are calculated with `params`: they are other numbers for everyone, and other numbers
#   each time. They are right within 0.1 %, the ratio within 0.5 %.
#
# Run `grade check concepts.py` to try the example in the docstring.

# %%
import math

EXAMPLE = {
    "factor": 8,  # an autoencoder makes each side this many times smaller
    "channels": 4,  # and gives its latent this many channels
    "betas": [0.1, 0.2, 0.3],  # a schedule of three steps
    "eps_uncond": 0.5,  # a prediction without the prompt
    "eps_cond": -0.25,  # and with it
    "scale": 2.0,  # a guidance scale
}


# %% [markdown]
# ## Your answers

# %%
def answers(params: dict) -> list[list]:
    """Answer twenty questions (the quick reference and the questions at the end of the lesson).

    Three of them are calculations; the formulas are those of sections 1, 5 and 6.

    params: a dictionary with the keys of EXAMPLE, with numbers of your own. Returns a list of [question, answer], in
    any order. A question without an answer costs its points and no more; a line that raises costs all twenty, because
    then nothing is returned.

    An answer is a text, a number or a list. If a question asks for one number, give one number, not a range.

    >>> given = dict(answers(EXAMPLE))
    >>> len(given)
    20

    What is checked: q.<question> (5 each), for example q.forward (5): text is matched with the words that the lesson
    uses and their usual synonyms, numbers with a range.
    You may use: math, numpy, torch.
    """
    return [
        # Sec 1. Is the forward process fixed or learned?
        ["forward", None],
        # Sec 2. Which of the two processes does the network learn, forward or reverse?
        ["reverse", None],
        # Quick reference. Name the two noise schedules of the lesson (a list).
        ["schedules", []],
        # Sec 4. What does the model predict in training (one word)?
        ["target", None],
        # Sec 4. Which loss is used to train it?
        ["loss", None],
        # Sec 4. Are human labels needed for the basic training (yes or no)?
        ["labels", None],
        # Sec 2. What joins the two halves of a U-Net at equal resolution?
        ["unet", None],
        # Sec 3. Give one number of steps that is a good choice for DDIM.
        ["few_steps", None],
        # Sec 3. How many steps did early models take?
        ["early_steps", None],
        # Sec 5. How does the encoded prompt enter the U-Net?
        ["conditioning", None],
        # Sec 5. How many noise predictions does classifier-free guidance need at each step?
        ["passes", None],
        # Sec 5. Give a guidance scale in the sweet spot.
        ["sweet", None],
        # Sec 5. What do the pictures look like at guidance scale 20?
        ["scale20", None],
        # Sec 5. What happens to the prompt at guidance scale 1?
        ["scale1", None],
        # Sec 6. A picture of h x w pixels with 3 colours becomes a latent of (h/factor) x (w/factor) x channels; factor
        # and channels are in params. How many times fewer numbers is that?
        ["ratio", None],
        # Sec 6. Which part turns the finished latent into the full picture?
        ["expands", None],
        # Common errors. Match the symptoms (1) blurry, (2) fried, (3) garbage, (4) out of memory with their causes: A
        # guidance scale too high, B no half precision, or too much at once, C too few steps, D another noise schedule
        # than in training. Answer four letters, in the order of the symptoms.
        ["errors", None],
        # Beyond images. Name three kinds of data other than images that diffusion generates (a list).
        ["beyond", []],
        # Sec 1. What is alpha_bar after the third step? params["betas"] holds the betas of the three steps.
        ["alpha_bar", None],
        # Sec 5. One value was predicted as params["eps_uncond"] without and params["eps_cond"] with the prompt. What is
        # it after guidance at params["scale"]?
        ["cfg_value", None],
    ]


# %%
if __name__ == "__main__":
    given = dict(answers(EXAMPLE))
    print(f"{sum(answer not in (None, []) for answer in given.values())} of 20 questions answered")
