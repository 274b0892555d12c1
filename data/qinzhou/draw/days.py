"""When cases happen: day by day from 2023 to September 2026, by weekday, month and hour. Local time, +08:00."""

import datetime

FIRST, END = datetime.date(2023, 1, 1), datetime.date(2026, 10, 1)
DAYS = [FIRST + datetime.timedelta(days=k) for k in range((END - FIRST).days)]

# Weights of the months, of the weekdays (Monday first) and of the hours 6 to 23, by the rhythm of a category.
EVEN = [1.0] * 12
WARM = [0.4, 0.4, 0.7, 1.0, 1.3, 1.5, 1.6, 1.6, 1.3, 1.0, 0.6, 0.4]
FRUIT = [0.4, 0.4, 0.5, 0.7, 1.0, 1.6, 2.1, 2.2, 2.0, 1.5, 0.6, 0.4]
NIGHTS = [0.1, 0.1, 0.2, 0.6, 1.4, 2.0, 2.4, 2.4, 1.5, 0.7, 0.2, 0.1]
WEEK = [1.0, 1.0, 1.0, 1.0, 1.15, 1.5, 1.45]
WORK = [1.2, 1.1, 1.1, 1.1, 1.1, 0.7, 0.6]
FLAT = [1.0] * 7
DAY = [1, 2, 4, 5, 5, 4, 3, 3, 4, 5, 5, 5, 4, 3, 2, 1, 0.5, 0.2]
EVENING = [0.3, 0.6, 1, 1.2, 1.3, 1.2, 1, 1, 1.2, 1.8, 3, 4.5, 5.5, 5.5, 4.5, 3, 1.5, 0.5]
RUSH = [1, 4, 5, 3, 2, 2, 2.5, 2, 2, 2, 3, 4.5, 4, 2.5, 1.5, 1, 0.5, 0.2]
NIGHT = [0, 0, 0, 0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 1.5, 3.5, 5.5, 6, 5, 3.5, 1.5]

# Months, weekdays, hours, growth a year.
RHYTHMS = {
    "shopfront-overflow": (EVEN, WEEK, DAY, 0.0),
    "street-encroachment": (WARM, WEEK, EVENING, 0.0),
    "mobile-vendor": (FRUIT, WEEK, EVENING, 0.02),
    "night-market": (NIGHTS, WEEK, NIGHT, 0.05),
    "scrap-buying": (EVEN, WORK, DAY, -0.05),
    "bicycle-parking": (EVEN, WORK, RUSH, 0.08),
    "motor-parking": (EVEN, FLAT, RUSH, 0.06),
    "small-ads": (EVEN, FLAT, DAY, 0.0),
    "illegal-construction": (WARM, WORK, DAY, -0.10),
    "piling": (EVEN, WORK, DAY, 0.0),
    "hanging": (WARM, WORK, DAY, 0.0),
    "barbecue": (NIGHTS, WEEK, NIGHT, 0.0),
    "noise": (EVEN, WEEK, EVENING, 0.0),
    "construction-nuisance": (WARM, WORK, NIGHT, 0.0),
    "dumping": (EVEN, FLAT, DAY, 0.0),
    "other": (EVEN, WORK, DAY, 0.0),
}


def day_weights(category, first=FIRST, end=END, months=None, weekdays=None):
    by_month, by_weekday, _, growth = RHYTHMS[category]
    weights = []
    for day in DAYS:
        weight = by_month[day.month - 1] * by_weekday[day.weekday()] * (1 + growth * ((day - FIRST).days / 365.25))
        allowed = first <= day < end and (not months or day.month in months) and \
            (not weekdays or day.isoweekday() in weekdays)
        weights.append(weight if allowed else 0.0)
    return weights


def hour_weights(category, spans=None):
    weights = [0.0] * 6 + list(RHYTHMS[category][2])
    if spans:
        weights = [max(weight, 0.3) if any(first <= hour < last for first, last in spans) else 0.0
                   for hour, weight in enumerate(weights)]
    return weights


def written(day, hour, minute):
    return f"{day.isoformat()}T{hour:02}:{minute:02}:00+08:00"
