"""The capstone's tiny Stable Diffusion: its pictures, its training, its measurements and its weights.

`pictures` draws the training data and looks at what comes out; it needs torch alone and a hidden suite may import it.
`python -m reference.capstone.train` makes the weights in `model/`; `python -m reference.capstone.evaluate` measures
them. Only these two need diffusers, and nothing of the autograder's own may be imported here.
"""
