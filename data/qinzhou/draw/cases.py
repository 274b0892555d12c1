"""Violations: planted patterns first, then the everyday ones around them, to the number that is asked for."""

import datetime
import math

from chance import Numbers, running
from days import DAYS, day_weights, hour_weights, written
from frame import points, table
from places import clear, point, polygon, rectangle
from shapes import beside
from words import describe

TOTAL, BUILDINGS = 33_014, 711
SHARES = {"street-encroachment": 16.5, "shopfront-overflow": 15.0, "mobile-vendor": 14.0, "bicycle-parking": 12.5,
          "motor-parking": 11.5, "small-ads": 9.5, "piling": 4.2, "hanging": 3.2, "noise": 2.8, "dumping": 2.6,
          "night-market": 2.4, "barbecue": 2.2, "scrap-buying": 1.2, "construction-nuisance": 1.2, "other": 1.2}
SOURCES = running([62, 14, 11, 9, 4])
SOURCE_NAMES = ["patrol", "hotline", "citizen", "video", "superior"]
MAIN = ("trunk", "primary", "secondary")


class Case:
    def __init__(self, category, section, place, day, hour, minute, planted=None, geometry=None):
        self.category, self.section, self.place = category, section, place
        self.day, self.hour, self.minute, self.planted, self.geometry = day, hour, minute, planted, geometry


def place_on(town, numbers, section, low=0.06, high=0.94, sure=False):
    """A place on a pavement of a section; `sure` ones are nearer to it than to any other by far."""
    for _ in range(40):
        at_m = section.length * numbers.between(low, high)
        offset = numbers.sign() * (section.half_width + numbers.between(-1.5, 4.0))
        at = beside(section.line, at_m, offset)
        found = town.near(at, 2)
        if found[0][1] == section.index and (not sure or len(found) < 2 or found[1][0] > found[0][0] + 3):
            return at
    return beside(section.line, section.length / 2, 0.5)


def weight_of(section, category):
    """How much of a category a metre of a section draws."""
    kind, shops = section.tags["class"], section.tags["shops"]
    main = kind in MAIN
    edge = section.tags["quarter"] in ("edge", "hill")
    if category in ("shopfront-overflow", "noise"):
        return shops ** 1.5
    if category in ("street-encroachment", "mobile-vendor"):
        return 0.05 + shops ** 1.3 + (0.25 if kind in ("tertiary", "living_street") else 0.0)
    if category in ("night-market", "barbecue"):
        return 0.02 + shops * (1.4 if kind in ("tertiary", "secondary") else 0.6)
    if category == "bicycle-parking":
        return 0.05 + shops + (0.6 if kind in ("primary", "secondary") else 0.0)
    if category == "motor-parking":
        return 0 if kind in ("footway", "steps", "pedestrian") else 0.25 + shops * 0.7
    if category in ("piling", "dumping"):
        return 1.2 if edge else 0.5
    if category == "hanging":
        return 0.15 if main else 1.0
    if category == "scrap-buying":
        return 0.9 if edge else 0.35
    return 0.5


def quarter_of_ads(section):
    if section.tags["class"] in MAIN or section.tags["class"] in ("tertiary", "pedestrian"):
        return "main-streets"
    return "outskirts" if section.tags["quarter"] in ("edge", "hill") else "lanes"


# Share of small ads by year on main streets, in lanes, in the outskirts.
DRIFT = {2023: (0.68, 0.24, 0.08), 2024: (0.52, 0.34, 0.14), 2025: (0.36, 0.42, 0.22), 2026: (0.22, 0.46, 0.32)}
PARTS = ("main-streets", "lanes", "outskirts")


class Drawing:
    def __init__(self, town, seed):
        self.town, self.cases, self.numbers = town, [], Numbers(seed, "cases")
        self.liveliness = [math.exp(self.numbers.around(0.85)) for _ in town.sections]
        self.truths = {}

    def moment(self, days, hours):
        numbers = self.numbers
        return DAYS[numbers.weighted(days)], numbers.weighted(hours), numbers.below(60)

    def clusters(self):
        told = []
        for row in table("clusters.csv"):
            sections = self.town.of_street(row["street"], points(row["at"])[0], int(row["sections"]))
            first, end = (datetime.date.fromisoformat(row[name]) for name in ("from", "to"))
            months = [int(month) for month in row["months"].split()]
            low, high = (int(day) for day in row["weekdays"].split("-"))
            spans = [tuple(int(hour) for hour in span.split("-")) for span in row["hours"].split()]
            days = running(day_weights(row["category"], first, end, months, range(low, high + 1)))
            hours = running(hour_weights(row["category"], spans))
            for k in range(int(row["count"])):
                section = sections[k % len(sections)]
                at = place_on(self.town, self.numbers, section, 0.2, 0.8, sure=True)
                self.cases.append(Case(row["category"], section, at, *self.moment(days, hours), planted=row["key"]))
            told.append({"key": row["key"], "category": row["category"], "street": row["street"],
                         "sections": [section.id for section in sections], "from": row["from"], "to": row["to"],
                         "months": months or list(range(1, 13)), "weekdays": [low, high], "hours": spans,
                         "planted": int(row["count"])})
        self.truths["clusters"] = told

    def displacement(self):
        """A campaign on the middle of Minzhu Road from May 2025: vendors move to streets around it."""
        town, numbers = self.town, self.numbers
        treated = [section for section in town.sections if section.tags["name_zh"] == "民主路" and -700 < section.s < 600]
        streets = ("澄源路", "大同路", "新华路", "三新路")
        around = [section for section in town.sections if section.tags["name_zh"] in streets and 300 < section.t < 640]
        away = [section for section in town.sections if section.tags["name_zh"] == "民主路" and 1000 < section.s < 3100]
        periods = {"before": ("2024-05-01", "2024-11-01"), "after": ("2025-05-01", "2025-11-01")}
        plan = {"treated": (treated, 320, 60), "around": (around, 70, 270), "control": (away, 150, 150)}
        hours = running(hour_weights("mobile-vendor"))
        for name, (sections, before, after) in plan.items():
            lengths = running([section.length for section in sections])
            for period, count in (("before", before), ("after", after)):
                first, end = (datetime.date.fromisoformat(day) for day in periods[period])
                days = running(day_weights("mobile-vendor", first, end))
                for _ in range(count):
                    section = sections[numbers.weighted(lengths)]
                    at = place_on(town, numbers, section, 0.1, 0.9, sure=True)
                    self.cases.append(Case("mobile-vendor", section, at, *self.moment(days, hours),
                                           planted=f"displacement-{name}"))
        self.truths["displacement"] = {
            "category": "mobile-vendor", "periods": {name: list(span) for name, span in periods.items()},
            "areas": {name: {"sections": [section.id for section in sections],
                             "planted": {"before": before, "after": after}}
                      for name, (sections, before, after) in plan.items()}}

    def near_repeats(self, mothers=240, days_within=14, metres_within=150):
        """Dumping comes again nearby within days: each mother has up to three followers."""
        town, numbers, pairs = self.town, self.numbers, 0
        fit = [section for section in town.sections if section.tags["quarter"] in ("edge", "hill", "south")]
        lengths = running([section.length for section in fit])
        days, hours = running(day_weights("dumping")[:-days_within]), running(hour_weights("dumping"))
        for _ in range(mothers):
            section = fit[numbers.weighted(lengths)]
            at, (day, hour, minute) = place_on(town, numbers, section), self.moment(days, hours)
            self.cases.append(Case("dumping", section, at, day, hour, minute, planted="near-repeat-mother"))
            for _ in range(numbers.pick([1, 1, 1, 2, 2, 3])):
                for _ in range(60):
                    near = (at[0] + numbers.between(-90, 90), at[1] + numbers.between(-90, 90))
                    found = town.near(near, 1)
                    if not found or found[0][0] > 30:
                        continue
                    other = town.sections[found[0][1]]
                    place = place_on(town, numbers, other)
                    if math.dist(place, at) < metres_within:
                        later = day + datetime.timedelta(days=1 + numbers.below(days_within - 1))
                        self.cases.append(Case("dumping", other, place, later, numbers.weighted(hours),
                                               numbers.below(60), planted="near-repeat-follower"))
                        pairs += 1
                        break
        self.truths["near_repeat"] = {"category": "dumping", "days": days_within, "metres": metres_within,
                                      "mothers": mothers, "followers": pairs}

    def buildings(self):
        """Illegal constructions: small areas in yards. Their sum is brought to the figure by `areas`."""
        town, numbers = self.town, self.numbers
        fit = [section for section in town.sections
               if section.tags["class"] in ("residential", "living_street", "service", "tertiary") and section.length > 50]
        weights = running([section.length * (1.6 if section.tags["quarter"] in ("edge", "hill") else 1.0) *
                           self.liveliness[section.index] for section in fit])
        days, hours = running(day_weights("illegal-construction")), running(hour_weights("illegal-construction"))
        count = 0
        while count < BUILDINGS:
            section, side = fit[numbers.weighted(weights)], numbers.sign()
            size = min(420.0, max(16.0, 62.0 * math.exp(numbers.around(0.75))))
            wide = math.sqrt(size) * numbers.between(0.75, 1.35)
            deep = size / wide
            corners = rectangle(section, section.length * numbers.between(0.2, 0.8),
                                section.half_width + numbers.between(4, 14), wide, deep, side)
            if wide > section.length * 0.8 or not clear(town, corners, 1.5):
                continue
            if numbers.share() < 0.3:
                # A corner is missing: the shape of an L.
                a, b, c, d = corners
                part = lambda p, q, u: (p[0] + (q[0] - p[0]) * u, p[1] + (q[1] - p[1]) * u)
                inner = part(part(a, b, 0.6), part(d, c, 0.6), 0.55)
                corners = [a, b, part(b, c, 0.55), inner, part(d, c, 0.6), d]
            middle = corners[0]
            self.cases.append(Case("illegal-construction", section, middle, *self.moment(days, hours),
                                   geometry=polygon(corners)))
            count += 1

    def small_ads(self, count):
        by_part = {part: [section for section in self.town.sections if quarter_of_ads(section) == part] for part in PARTS}
        totals = {part: running([section.length * self.liveliness[section.index] for section in sections])
                  for part, sections in by_part.items()}
        weights, hours = day_weights("small-ads"), running(hour_weights("small-ads"))
        days = running(weights)
        for _ in range(count):
            day, hour, minute = self.moment(days, hours)
            part = PARTS[self.numbers.weighted(running(DRIFT[day.year]))]
            section = by_part[part][self.numbers.weighted(totals[part])]
            at = place_on(self.town, self.numbers, section, sure=True)
            self.cases.append(Case("small-ads", section, at, day, hour, minute))

    def everyday(self):
        have = {}
        for case in self.cases:
            have[case.category] = have.get(case.category, 0) + 1
        rest = TOTAL - BUILDINGS
        wanted = {category: round(rest * share / sum(SHARES.values())) for category, share in SHARES.items()}
        wanted["street-encroachment"] += rest - sum(wanted.values())
        for category, count in wanted.items():
            count -= have.get(category, 0)
            if count < 0:
                raise AssertionError(f"too many planted cases of {category}")
            if category == "small-ads":
                self.small_ads(count)
                continue
            weights = running([section.length * weight_of(section, category) * self.liveliness[section.index]
                               for section in self.town.sections])
            days, hours = running(day_weights(category)), running(hour_weights(category))
            for _ in range(count):
                section = self.town.sections[self.numbers.weighted(weights)]
                at = place_on(self.town, self.numbers, section)
                self.cases.append(Case(category, section, at, *self.moment(days, hours)))

    def draw(self):
        self.clusters()
        self.displacement()
        self.near_repeats()
        self.buildings()
        self.everyday()
        self.cases.sort(key=lambda case: (case.day, case.hour, case.minute, case.category, case.place))
        return self.cases


ACCURACY_M = {"patrol": 3, "video": 8, "hotline": 25, "citizen": 15, "superior": 10}


def astray(town, numbers, case, accuracy):
    """Where a case is written down: as far from where it was as its source is inaccurate. Planted ones stay."""
    if case.planted or case.geometry or case.category == "small-ads":
        return
    at = (case.place[0] + numbers.around(accuracy * 0.4), case.place[1] + numbers.around(accuracy * 0.4))
    found = town.near(at, 1)
    if found and found[0][0] < 45:
        case.place, case.section = at, town.sections[found[0][1]]


def features(drawing, seed):
    numbers, made = Numbers(seed, "words"), []
    last = DAYS[-1]
    for number, case in enumerate(drawing.cases, 1):
        age = (last - case.day).days
        if age > 30:
            status = "closed" if numbers.share() < 0.955 else numbers.pick(["rejected", "handled"])
        else:
            status = ["reported", "filed", "dispatched", "handled", "closed"][min(4, int(numbers.share() * (1.5 + age / 6)))]
        source = SOURCE_NAMES[numbers.weighted(SOURCES)]
        accuracy = ACCURACY_M[source]
        street = case.section.tags["name_zh"] or "巷内"
        astray(drawing.town, numbers, case, accuracy)
        made.append((case.geometry or point(case.place), {
            "external_id": f"qz-v{number:05}", "category": case.category,
            "occurred_at": written(case.day, case.hour, case.minute), "status": status, "source": source,
            "accuracy_m": accuracy, "description": describe(numbers, case.category, case.day.month, street)}))
    return made
