"""What the suite of `ml` makes where the submission runs, and once more beside the suite."""

import torch
from torch import nn


def warm_up(model):
    """Nothing is to be prepared."""


def linear(weight, bias):
    """A layer with these weights."""
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    fill(layer, [weight, bias])
    return layer


def fill(model, values):
    """Give each parameter of a model the value of its shape."""
    by_shape = {tuple(value.shape): value for value in values}
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(by_shape[tuple(parameter.shape)])


def weights(model):
    """The values of all parameters."""
    return [parameter.detach().clone() for parameter in model.parameters()]
