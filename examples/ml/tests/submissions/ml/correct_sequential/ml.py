import torch
from torch import nn


def standardize(train, test):
    mean = train.mean(0, keepdim=True)
    spread = ((train - mean) ** 2).mean(0, keepdim=True).sqrt()
    spread[spread < 1e-12] = 1.0
    return [(table - mean) / spread for table in (train, test)]


class Estimator:
    def score(self, x, y):
        return torch.eq(self.predict(x), y).float().mean()


class KNearest(Estimator):
    def __init__(self, k):
        self.k, self.seen = k, None

    def fit(self, x, y):
        self.seen = x.clone(), y.clone()
        return self

    def predict(self, x):
        examples, labels = self.seen
        squares = ((x[:, None] - examples[None]) ** 2).sum(-1)
        votes = nn.functional.one_hot(labels[squares.argsort(dim=1)[:, : self.k]], 2).sum(1)
        return votes.argmax(1)


class MLP(nn.Sequential):
    def __init__(self, inputs, hidden, classes):
        super().__init__(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, classes))


def fit(model, x, y, steps, lr):
    parameters = list(model.parameters())
    losses = torch.zeros(steps)
    for step in range(steps):
        chances = model(x).log_softmax(1)
        loss = -chances[torch.arange(len(y)), y].mean()
        losses[step] = loss.item()
        slopes = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, slope in zip(parameters, slopes):
                parameter.sub_(slope, alpha=lr)
    return losses


def accuracy(scores, labels):
    return float(torch.mean((torch.argmax(scores, 1) == labels).float()))
