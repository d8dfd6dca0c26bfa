"""The right answers of `temperatures`. Only graders read this file."""


def to_fahrenheit(celsius):
    """A temperature in degrees Celsius, told in degrees Fahrenheit."""
    return celsius * 9 / 5 + 32


def warm_days(temperatures, limit):
    """The positions of the days that were at least as warm as the limit."""
    return [day for day, degrees in enumerate(temperatures) if degrees >= limit]
