def to_fahrenheit(celsius):
    return (celsius + 32) * 9 / 5


def warm_days(temperatures, limit):
    return [day for day, degrees in enumerate(temperatures) if degrees > limit]
