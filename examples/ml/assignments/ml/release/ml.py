# %% [markdown]
# # A small classifier


# %%
import torch
from torch import nn


# %%
def standardize(train: torch.Tensor, test: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both tables, with the mean of each column taken off and divided by its standard deviation.

    Mean and standard deviation (of the population: divided by n) are those of train, for both tables. Where a column
    of train is constant, nothing is divided.

    >>> standardize(torch.tensor([[1.0, 5.0], [3.0, 5.0]]), torch.tensor([[4.0, 6.0]]))
    (tensor([[-1.,  0.],
            [ 1.,  0.]]), tensor([[2., 1.]]))

    What is checked: standardize.values (15) for columns of different scales; standardize.constant (5).
    """
    raise NotImplementedError


# %%
class KNearest:
    """A classifier that asks the k nearest examples.

    KNearest(k) keeps k. fit(x, y) remembers features x (N, D) and labels y (N,), and returns the classifier itself.
    predict(x) gives the labels (M,) of the rows of x: each has the label of most of its k nearest examples, by Euclidean
    distance. score(x, y) gives the share of rows whose predicted label is that of y. There are two labels, and k is odd.

    >>> near = KNearest(1).fit(torch.tensor([[0.0], [1.0]]), torch.tensor([0, 1]))
    >>> near.predict(torch.tensor([[0.2], [0.9], [3.0]]))
    tensor([0, 1, 1])

    What is checked: KNearest.predict (20) for several k; KNearest.estimator (10) what fit returns, and score.
    """


# %%
class MLP(nn.Module):
    """A network of two layers (nn.Linear) with a ReLU between them.

    MLP(inputs, hidden, classes) is called with features (N, inputs) and gives scores (N, classes), which may be any
    numbers.

    >>> MLP(2, 8, 3)(torch.zeros(5, 2)).shape
    torch.Size([5, 3])

    What is checked: MLP.parameters (10) their shapes; MLP.forward (15) the scores.
    """


# %%
def fit(model: nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int, lr: float) -> list[float]:
    """Train model on features x and labels y; return the loss before each step.

    The loss is the cross entropy, its mean over all examples. A step is one of plain gradient descent with all examples:
    the gradient, times lr, is taken off each parameter.

    >>> losses = fit(nn.Linear(1, 2), torch.tensor([[-1.0], [1.0]]), torch.tensor([0, 1]), steps=20, lr=0.5)
    >>> len(losses), losses[-1] < losses[0]
    (20, True)

    What is checked: fit.losses (10) and fit.weights (10), with models that are given to you.
    """
    raise NotImplementedError


# %%
def accuracy(scores: torch.Tensor, labels: torch.Tensor) -> float:
    """The share of rows of scores (N, classes) whose largest score stands where the label says.

    >>> accuracy(torch.tensor([[0.1, 0.9], [2.0, -1.0]]), torch.tensor([1, 1]))
    0.5

    What is checked: accuracy.values (5).
    """
    raise NotImplementedError
