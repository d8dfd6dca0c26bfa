"""A misspelt key: the whole function raises, whatever the question."""


def answers(params):
    return [["forward", "fixed"], ["ratio", 3 * params["factor"] ** 2 / params["chanels"]]]
