"""Short descriptions of cases: a place and a thing, nobody's name."""

THINGS = {
    "shopfront-overflow": ["店外摆放{货}", "{货}摆出店门外，占用人行道", "门前堆放货箱，影响通行", "店外设置促销展台", "桌椅摆放至店外"],
    "street-encroachment": ["占道摆摊售卖{货}", "摊点占用人行道，售卖{货}", "路口摆摊，影响通行", "占用盲道经营{货}"],
    "mobile-vendor": ["流动摊贩售卖{果}", "三轮车停靠路边售卖{果}", "流动车辆售卖{食}", "流动摊点售卖{货}"],
    "night-market": ["夜市摊位超出划定区域", "夜市摆摊占用车行道", "小吃摊位油污地面"],
    "scrap-buying": ["占道收购废品", "废品堆放于路边，影响市容"],
    "bicycle-parking": ["非机动车乱停放，占用盲道", "共享单车堆积，影响通行", "电动车停放在人行道上", "电动车占用出入口"],
    "motor-parking": ["机动车停放在人行道上", "机动车占用盲道停放", "机动车停放在路口，影响通行", "货车占道卸货"],
    "small-ads": ["墙面张贴小广告", "电线杆张贴小广告", "地面喷涂小广告", "楼道口张贴小广告", "公交站牌张贴小广告"],
    "illegal-construction": ["院内私搭彩钢棚", "屋顶加盖房屋", "占用公共通道搭建棚房", "私建围墙", "门前搭建阳光房"],
    "piling": ["路边堆放建筑材料", "人行道堆放杂物", "门前乱堆纸箱"],
    "hanging": ["沿街晾晒衣物", "树间拉绳晾晒被褥"],
    "barbecue": ["露天烧烤，油烟扰民", "占道烧烤"],
    "noise": ["店铺使用高音喇叭招揽顾客", "商业音响声音过大"],
    "construction-nuisance": ["夜间施工噪音扰民", "工地扬尘未覆盖", "渣土车带泥上路"],
    "dumping": ["路边乱倒生活垃圾", "偷倒建筑垃圾", "沟渠倾倒垃圾"],
    "other": ["井盖破损", "路灯不亮", "隔离护栏损坏", "绿化带踩踏"],
}
GOODS = ["日用百货", "衣物", "蔬菜", "鞋袜", "水果", "小家电", "玩具", "花卉", "调料"]
FRUITS = {5: "樱桃", 6: "杏子", 7: "西瓜", 8: "桃子", 9: "葡萄", 10: "花牛苹果", 11: "苹果"}
FOODS = ["凉粉", "烤红薯", "煎饼", "糖葫芦", "玉米", "麻食"]


def describe(numbers, category, month, street):
    text = numbers.pick(THINGS[category]).replace("{货}", numbers.pick(GOODS)).replace("{食}", numbers.pick(FOODS))
    return f"{street}{text.replace('{果}', FRUITS.get(month, '橘子'))}"
