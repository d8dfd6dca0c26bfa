# I add first and then stretch, hope that is the same

def to_fahrenheit(celsius):
    shifted = celsius + 32
    return shifted * 1.8


def warm_days(temperatures, limit):
    days = []
    for i in range(len(temperatures)):
        if not temperatures[i] < limit:
            days.append(i)
    return days
