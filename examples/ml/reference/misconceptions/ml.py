"""Wrong ideas that students have about `ml`."""

import torch
from reference.misconceptions import Misconception
from torch import nn


def each_by_itself(train, test):
    tables = []
    for table in (train, test):
        spread = table.std(dim=0, unbiased=False)
        tables.append((table - table.mean(dim=0)) / torch.where(spread > 0, spread, 1.0))
    return tuple(tables)


def of_the_sample(train, test):
    mean, spread = train.mean(dim=0), train.std(dim=0)
    spread = torch.where(spread > 0, spread, 1.0)
    return (train - mean) / spread, (test - mean) / spread


def by_variance(train, test):
    mean, spread = train.mean(dim=0), train.var(dim=0, unbiased=False)
    spread = torch.where(spread > 0, spread, 1.0)
    return (train - mean) / spread, (test - mean) / spread


def nearest_only(self, x):
    return self.y[torch.cdist(x, self.x).argmin(dim=1)]


def farthest(self, x):
    return self.y[torch.cdist(x, self.x).topk(self.k).indices].mode(dim=1).values


def fit_returns_nothing(self, x, y):
    self.x, self.y = x, y


def probabilities(self, x):
    return self.second(torch.relu(self.first(x))).softmax(dim=1)


def without_relu(self, x):
    return self.second(self.first(x))


def relu_at_the_end(self, x):
    return torch.relu(self.second(torch.relu(self.first(x))))


def gradients_add_up(model, x, y, steps, lr):
    losses = []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model(x), y)
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= lr * parameter.grad
    return losses


def loss_after_the_step(model, x, y, steps, lr):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        losses.append(nn.functional.cross_entropy(model(x), y).item())
    return losses


def softmax_twice(model, x, y, steps, lr):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x).softmax(dim=1), y)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return losses


def counted(scores, labels):
    return float((scores.argmax(dim=1) == labels).sum())


MISCONCEPTIONS = (
    Misconception(
        id="standardize-each",
        function="standardize",
        hint="Does the model know the mean of the test set when it is trained?",
        wrong=each_by_itself,
    ),
    Misconception(
        id="standardize-sample",
        function="standardize",
        hint="By which number does the standard deviation of a population divide?",
        wrong=of_the_sample,
    ),
    Misconception(
        id="standardize-variance",
        function="standardize",
        hint="What is the spread of each column of your result? It should be 1.",
        wrong=by_variance,
    ),
    Misconception(
        id="nearest-one",
        function="KNearest.predict",
        hint="Does your answer change with k?",
        wrong=nearest_only,
    ),
    Misconception(
        id="nearest-far",
        function="KNearest.predict",
        hint="Which of the distances belong to the neighbours: the large ones or the small ones?",
        wrong=farthest,
    ),
    Misconception(
        id="fit-nothing",
        function="KNearest.fit",
        hint="Look at the first example: what is done with the result of fit?",
        wrong=fit_returns_nothing,
    ),
    Misconception(
        id="mlp-probabilities",
        function="MLP.forward",
        hint="Who turns scores into probabilities here: the network or the loss?",
        wrong=probabilities,
    ),
    Misconception(
        id="mlp-linear",
        function="MLP.forward",
        hint="What is a linear function of a linear function?",
        wrong=without_relu,
    ),
    Misconception(
        id="mlp-no-negative",
        function="MLP.forward",
        hint="Can a score of your network be negative?",
        wrong=relu_at_the_end,
    ),
    Misconception(
        id="fit-adds-up",
        function="fit",
        hint="What is in the gradient of a parameter before a backward pass of the second step?",
        wrong=gradients_add_up,
    ),
    Misconception(
        id="fit-after",
        function="fit",
        hint="Is the first number of your list the loss of the model as it was given?",
        wrong=loss_after_the_step,
    ),
    Misconception(
        id="fit-softmax",
        function="fit",
        hint="What does cross_entropy do with the scores that it is given?",
        wrong=softmax_twice,
    ),
    Misconception(
        id="accuracy-count",
        function="accuracy",
        hint="How large can a share be?",
        wrong=counted,
    ),
)
