def to_fahrenheit(celsius):
    return celsius * 9 / 5 + 32


def warm_days(temperatures, limit):
    return [day for day, degrees in enumerate(temperatures) if degrees >= limit]
