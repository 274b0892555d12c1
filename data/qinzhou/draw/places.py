"""What stands along the streets: parking points, shops, vending sites, construction sites, posts of assistants."""

import math

from chance import Numbers, running
from frame import degrees, metres, points, table
from planar import ring as ring_of
from shapes import along, area, beside, centre, inside

KINDS = ["面馆", "小吃店", "便利店", "百货店", "理发店", "服装店", "水果店", "药店", "五金店", "文具店", "鞋店", "茶叶店",
         "烟酒店", "餐馆", "打印店", "眼镜店", "手机店", "洗衣店", "早餐店", "呱呱店", "电动车行", "花店", "粮油店", "馍店"]
SIGNS = ["兴隆", "顺达", "秦州", "天河", "福临", "一品", "聚香", "惠民", "金城", "陇上", "麦香", "家和", "四季", "鑫源", "如意",
         "百盛", "佳美", "宏远", "平安", "春晖", "好运", "吉祥", "清泉", "盛世", "乐家", "新起点", "老街", "渭水", "羲里", "同心"]


def point(at):
    return {"type": "Point", "coordinates": list(degrees(at))}


def polygon(corners):
    placed = [list(degrees(at)) for at in corners]
    if area(corners) < 0:
        placed.reverse()
    return {"type": "Polygon", "coordinates": [placed + placed[:1]]}


def rectangle(section, at_m, offset, wide, deep, side):
    """A lot beside a street: `wide` along it, `deep` away from it, its near edge `offset` metres from the middle line."""
    middle, (dx, dy) = along(section.line, at_m)
    nx, ny = -dy * side, dx * side
    corner = lambda u, v: (middle[0] + dx * u + nx * v, middle[1] + dy * u + ny * v)
    half = wide / 2
    return [corner(-half, offset), corner(half, offset), corner(half, offset + deep), corner(-half, offset + deep)]


def clear(town, corners, room):
    """Whether an area lies off every carriageway."""
    edges = list(zip(corners, corners[1:] + corners[:1]))
    probes = [(a[0] + (b[0] - a[0]) * u, a[1] + (b[1] - a[1]) * u) for a, b in edges for u in (0, 0.25, 0.5, 0.75)]
    for at in probes + [centre(corners)]:
        for gap, index in town.near(at, 3):
            if gap < town.sections[index].half_width + room:
                return False
    return True


def street_name(section, otherwise="无名路"):
    return section.tags["name_zh"] or otherwise


def draw_parking(town, seed):
    numbers, features, taken = Numbers(seed, "parking"), [], []
    fit = [section for section in town.sections
           if section.tags["class"] in ("primary", "secondary", "tertiary", "pedestrian") and section.length > 55]
    weights = running([section.tags["shops"] ** 1.3 * section.length for section in fit])
    plan = [("motor", 11, 420), ("bicycle", 46, 130)]
    for kind, wanted, apart in plan:
        count, of_street = 0, {}
        while count < wanted:
            section, side = fit[numbers.weighted(weights)], numbers.sign()
            at_m = section.length * numbers.between(0.25, 0.75)
            area_like = kind == "motor" and count % 11 != 4 or kind == "bicycle" and count % 6 == 2
            wide, deep = (numbers.between(26, 44), numbers.between(17, 24)) if kind == "motor" else (numbers.between(9, 16), 2.2)
            offset = section.half_width + (7.0 if kind == "motor" else 2.2)
            corners = rectangle(section, at_m, offset, wide, deep, side)
            at = beside(section.line, at_m, side * (offset + 0.4))
            if any(math.dist(at, other) < (apart if kind == other_kind else 25) for other, other_kind in taken):
                continue
            if kind == "motor" and section.tags["class"] == "pedestrian":
                continue
            if not (clear(town, corners, 1.5) if area_like else town.on_pavement(at, section, 1.5)):
                continue
            taken.append((at, kind))
            count += 1
            street = street_name(section)
            of_street[street] = of_street.get(street, 0) + 1
            if kind == "bicycle":
                capacity = int(wide * 3.2) if area_like else 10 * (2 + numbers.below(7))
                what, what_en = "非机动车停放点", "bicycle parking"
            else:
                capacity = int(wide * deep / 24) if area_like else 18
                what, what_en = "公共停车场", "car park"
            properties = {"external_id": f"qz-{'b' if kind == 'bicycle' else 'm'}{count:02}", "kind": kind,
                          "name": f"{street}{what}{of_street[street]}",
                          "name:en": f"{section.tags['name_en']} {what_en} {of_street[street]}",
                          "capacity": capacity, "occupied": min(capacity, int(capacity * numbers.between(0.1, 1.08))),
                          "access": "yes"}
            if kind == "motor":
                properties["opening_hours"] = "24/7" if count % 3 else "Mo-Su 06:30-23:00"
            elif count % 5 == 0:
                properties["opening_hours"] = "Mo-Su 06:00-22:00"
            if area_like:
                a, b = corners[0], corners[1]
                gate = [(a[0] + (b[0] - a[0]) * u, a[1] + (b[1] - a[1]) * u) for u in ((0.2, 0.8) if kind == "motor" else ())]
                geometry = polygon(corners)
                if gate:
                    properties["entrances"] = [list(degrees(at)) for at in gate]
            else:
                geometry = point(at)
            features.append((geometry, properties))
    return features


def draw_shops(town, seed, wanted=1_186):
    numbers, features, fronts = Numbers(seed, "shops"), [], {}
    fit = [section for section in town.sections if section.tags["shops"] > 0 and section.length > 40]
    weights = running([section.tags["shops"] ** 1.6 * section.length for section in fit])
    while len(features) < wanted:
        section, side = fit[numbers.weighted(weights)], numbers.sign()
        at_m = numbers.between(8, section.length - 8)
        taken = fronts.setdefault((section.index, side), [])
        at = beside(section.line, at_m, side * (section.half_width + numbers.between(4.5, 6.5)))
        if any(abs(at_m - other) < 6.5 for other in taken) or not town.on_pavement(at, section, 2):
            continue
        taken.append(at_m)
        section.shops += 1
        number = len(features) + 1
        properties = {"external_id": f"qz-p{number:04}", "name": f"{numbers.pick(SIGNS)}{numbers.pick(KINDS)}"}
        if numbers.share() < 0.93:
            day = 1 + numbers.below(28)
            properties["agreement_signed_on"] = f"{2023 + numbers.below(3)}-{1 + numbers.below(12):02}-{day:02}"
        properties["persistent_offender"] = numbers.share() < 0.04
        features.append((point(at), properties))
    return features


VENDING = [("樱桃临时销售点", "Cherries", "05-05", "06-30"), ("西瓜临时销售点", "Melons", "06-01", "09-15"),
           ("桃子临时销售点", "Peaches", "07-01", "09-20"), ("花牛苹果临时销售点", "Apples", "09-10", "11-30"),
           ("年货临时市场", "New Year goods", "01-10", "02-20"), ("便民早餐点", "Breakfast", None, None),
           ("便民修配点", "Repairs", None, None)]


def draw_vending(town, seed, wanted=28):
    numbers, features, taken = Numbers(seed, "vending"), [], []
    fit = [section for section in town.sections
           if section.tags["class"] in ("secondary", "tertiary", "residential", "living_street") and section.length > 60
           and section.tags["name_zh"] and section.tags["quarter"] != "hill"]
    while len(features) < wanted:
        section, side = fit[numbers.below(len(fit))], numbers.sign()
        at_m, wide = section.length * numbers.between(0.3, 0.7), numbers.between(12, 30)
        corners = rectangle(section, at_m, section.half_width + 2, wide, 3.0, side)
        at = centre(corners)
        if any(math.dist(at, other) < 350 for other in taken) or not clear(town, corners, 1.0):
            continue
        taken.append(at)
        purpose, english, first, last = VENDING[len(features) % len(VENDING)]
        properties = {"external_id": f"qz-e{len(features) + 1:02}", "name": f"{street_name(section)}{purpose}",
                      "name:en": f"{section.tags['name_en']}: {english.lower()}", "purpose": purpose,
                      "stalls": int(wide / 2.5)}
        if first:
            properties.update(season_from=first, season_to=last)
        features.append((polygon(corners) if len(features) % 3 == 0 else point(at), properties))
    return features


def draw_construction(town, blocks, plane, seed, wanted=24):
    numbers, features = Numbers(seed, "construction"), []
    candidates = []
    for face, kind in blocks:
        corners = ring_of([piece for street, forward in face for piece in plane.resolve(street, forward)])
        if 9_000 < abs(area(corners)) < 70_000:
            candidates.append(corners)
    statuses = ["active", "active", "active", "planned", "finished", "finished", "stopped"]
    while len(features) < wanted:
        corners = candidates.pop(numbers.below(len(candidates)))
        middle, share = centre(corners), numbers.between(0.35, 0.55)
        site = [(middle[0] + (x - middle[0]) * share, middle[1] + (y - middle[1]) * share) for x, y in corners]
        site = [at for k, at in enumerate(site) if math.dist(at, site[k - 1]) > 12]
        if len(site) < 4 or not inside(middle, site) or not clear(town, site, 3) or not star_shaped(site, middle):
            continue
        number, status = len(features) + 1, statuses[len(features) % len(statuses)]
        name = ["住宅小区", "学校", "市场", "道路改造", "医院", "厂房"][number % 6]
        properties = {"external_id": f"qz-c{number:02}", "name": f"{name}工地{number}", "status": status}
        year = {"planned": 2027, "active": 2025, "stopped": 2024, "finished": 2023}[status]
        properties["started_on"] = f"{year}-{1 + numbers.below(12):02}-{1 + numbers.below(28):02}"
        if status == "finished":
            properties["ended_on"] = f"{year + 2}-{1 + numbers.below(12):02}-{1 + numbers.below(28):02}"
        features.append((polygon(site), properties))
    return features


def star_shaped(site, middle):
    turn = [(a[0] - middle[0]) * (b[1] - middle[1]) - (a[1] - middle[1]) * (b[0] - middle[0])
            for a, b in zip(site, site[1:] + site[:1])]
    return all(value > 1 for value in turn) or all(value < -1 for value in turn)


def draw_assistants(town, zones, seed):
    """Posts on the sections that assistants answer for: the busiest of their squad's zone."""
    numbers, features = Numbers(seed, "assistants"), []
    rings = {squad: [metres(at) for at in ring[:-1]] for squad, ring in zones.items()}
    taken = set()
    for squad in table("squads.csv"):
        corners = rings.get(squad["code"])
        inner = [section for section in town.sections if section.index not in taken and section.tags["name_zh"]
                 and (corners is None or inside(section.middle(), corners))]
        inner.sort(key=lambda section: (-section.shops - section.tags["shops"] * section.length / 60, section.index))
        for number in range(1, int(squad["assistants"]) + 1):
            section = inner[(number - 1) * 2 if corners else number - 1]
            taken.add(section.index)
            at = beside(section.line, section.length / 2, section.half_width + 1.5)
            features.append((point(at), {
                "external_id": f"qz-a-{squad['code']}{number:02}", "code": f"{squad['code']}{number:02}",
                "squad_code": squad["code"], "shift": numbers.pick(["早班", "中班", "晚班"]),
                "status": "在岗" if numbers.share() < 0.95 else "休假", "answers_for": section.id}))
    return features


def draw_squads(valley):
    features = []
    for row in table("squads.csv"):
        features.append((point(valley.place(*points(row["base"])[0])), {
            "external_id": row["code"], "code": row["code"], "name": row["name"], "name:en": row["name_en"],
            "kind": row["kind"], "status": row["status"], "strength": int(row["strength"])}))
    return features
