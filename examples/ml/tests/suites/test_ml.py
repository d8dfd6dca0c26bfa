"""The hidden suite of `ml`."""

import torch

from autograder.suite import as_array, assert_matches, check, require


def draw(rng, *shape):
    """Normal numbers of that shape."""
    return torch.from_numpy(rng.normal(size=shape)).float()


def draw_labels(rng, count, classes):
    """Each label at least twice."""
    return torch.from_numpy(rng.permutation([i % classes for i in range(count)]))


def draw_tables(rng):
    """Columns of different means and spreads, and another table of that kind."""
    spread, middle = torch.tensor([0.5, 3.0, 40.0]), torch.tensor([10.0, -4.0, 90.0])
    return draw(rng, 9, 3) * spread + middle, draw(rng, 4, 3) * spread + middle + spread


@check("standardize.values", points=15)
def test_standardize(student, reference, rng):
    """standardize scales both tables by the columns of the first"""
    tables = draw_tables(rng)
    train, test = student.standardize(*tables)
    right_train, right_test = reference.standardize(*tables)
    assert_matches(train, right_train, name="train", rtol=1e-3)
    assert_matches(test, right_test, name="test", rtol=1e-3)


@check("standardize.constant", points=5)
def test_constant(student, reference, rng):
    """standardize divides by nothing where a column is constant"""
    train, test = draw_tables(rng)
    train[:, 1] = 7.0
    assert_matches(student.standardize(train, test), reference.standardize(train, test), name="the tables", rtol=1e-3)


def draw_clouds(rng):
    """Two clouds that overlap."""
    y = draw_labels(rng, 40, 2)
    return draw(rng, 40, 2) + y[:, None], y


@check("KNearest.predict", points=20)
def test_predict(student, reference, rng):
    """KNearest answers with the label of most neighbours"""
    x, y = draw_clouds(rng)
    asked = draw(rng, 30, 2) + 0.5
    for k in (1, 5, 9):
        near = student.KNearest(k)
        near.fit(x, y)
        assert_matches(near.predict(asked), reference.KNearest(k).fit(x, y).predict(asked), name=f"labels for k = {k}")


@check("KNearest.estimator", points=10)
def test_estimator(student, reference, rng):
    """fit returns the classifier, and score gives the share of right labels"""
    x, y = draw_clouds(rng)
    near = student.KNearest(3)
    require(near.fit(x, y) is near, "fit should return the classifier itself.")
    assert_matches(near.k, 3, name="k")
    asked, labels = draw_clouds(rng)
    assert_matches(near.score(asked, labels), reference.KNearest(3).fit(x, y).score(asked, labels), name="the score")


def shapes_of(net):
    """The shapes of all parameters, in a fixed order."""
    return sorted(tuple(parameter.shape) for parameter in net.parameters())


@check("MLP.parameters", points=10)
def test_parameters(student, rng):
    """MLP has two layers of the right shapes"""
    inputs, hidden, classes = (int(n) for n in rng.permutation([3, 5, 7]))
    net = student.MLP(inputs, hidden, classes)
    require(isinstance(net, torch.nn.Module), "MLP should be an nn.Module.")
    assert_matches(shapes_of(net), sorted([(hidden, inputs), (hidden,), (classes, hidden), (classes,)]), name="the shapes")


@check("MLP.forward", points=15)
def test_forward(student, reference, lent, ours, rng):
    """MLP gives the scores of two layers with a ReLU between them"""
    values = [draw(rng, 8, 3), draw(rng, 8), draw(rng, 4, 8), draw(rng, 4)]
    x = draw(rng, 6, 3)
    net, right = student.MLP(3, 8, 4), reference.MLP(3, 8, 4)
    with student.aside():  # everybody's first weights are others: they are no sign of an idea
        assert_matches(shapes_of(net), shapes_of(right), name="the shapes")
    lent.fill(net, values)
    ours.fill(right, values)
    assert_matches(net(x), right(x), name="the scores", rtol=1e-3)


def draw_task(rng):
    """Weights, features and labels of a linear model."""
    return draw(rng, 3, 4), draw(rng, 3), draw(rng, 12, 4), draw_labels(rng, 12, 3)


@check("fit.losses", points=10)
def test_losses(student, reference, lent, ours, rng):
    """fit returns the loss before each step"""
    weight, bias, x, y = draw_task(rng)
    right = reference.fit(ours.linear(weight, bias), x, y, 6, 0.3)
    losses = student.fit(lent.linear(weight, bias), x, y, 6, 0.3)
    assert_matches(losses, right, name="the losses", rtol=1e-3)


@check("fit.weights", points=10)
def test_weights(student, reference, lent, ours, rng):
    """fit leaves the model trained"""
    weight, bias, x, y = draw_task(rng)
    mine, theirs = ours.linear(weight, bias), lent.linear(weight, bias)
    reference.fit(mine, x, y, 6, 0.3)
    student.fit(theirs, x, y, 6, 0.3)
    assert_matches(lent.weights(theirs), ours.weights(mine), name="the weights", rtol=1e-3)


@check("accuracy.values", points=5)
def test_accuracy(student, reference, rng):
    """accuracy gives the share of right rows"""
    for rows in (7, 12):
        scores, labels = draw(rng, rows, 3), draw_labels(rng, rows, 3)
        labels[:3] = scores.argmax(dim=1)[:3]
        share = as_array(student.accuracy(scores, labels), name="the accuracy", shape=())
        assert_matches(share, reference.accuracy(scores, labels), name="the accuracy")
