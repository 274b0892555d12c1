"""What was planted, and what a counter of the finished cases sees of it."""

from cases import DRIFT, PARTS, quarter_of_ads


def counted(drawing, town, sections, category, first, end):
    wanted = set(sections)
    return sum(1 for case in drawing.cases
               if case.category == category and case.section.id in wanted and first <= case.day.isoformat() < end)


def truths(drawing, town, seed):
    told = drawing.truths
    for cluster in told["clusters"]:
        each = {section: counted(drawing, town, [section], cluster["category"], cluster["from"], cluster["to"])
                for section in cluster["sections"]}
        cluster["counted"] = each
        if cluster["key"].startswith("new-"):
            cluster["counted_before"] = counted(drawing, town, cluster["sections"], cluster["category"], "2023-01-01",
                                                cluster["from"])
    moved = told["displacement"]
    for area in moved["areas"].values():
        area["counted"] = {name: counted(drawing, town, area["sections"], moved["category"], *span)
                           for name, span in moved["periods"].items()}
    drift = {}
    for year in DRIFT:
        parts = [quarter_of_ads(case.section) for case in drawing.cases
                 if case.category == "small-ads" and case.day.year == year]
        drift[str(year)] = {part: parts.count(part) for part in PARTS}
    told["drift"] = {"category": "small-ads", "counted": drift,
                     "parts": {part: [section.id for section in town.sections if quarter_of_ads(section) == part]
                               for part in PARTS}}
    fruit = {}
    for case in drawing.cases:
        if case.category == "mobile-vendor":
            fruit[case.day.month] = fruit.get(case.day.month, 0) + 1
    told["season"] = {"category": "mobile-vendor", "high": [6, 7, 8, 9, 10], "counted_by_month":
                      [fruit[month] for month in range(1, 13)]}
    return {"about": "Planted patterns of drawn data, for tests of methods.", "seed": seed, "timezone": "Asia/Shanghai",
            "from": "2023-01-01", "to": "2026-10-01", **told}
