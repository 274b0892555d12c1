//! The border of two labels drawn anew: the least cut in a strip about it, at the load price that keeps both in the band.
//!
//! Exact for the two labels and the strip but for contiguity, which is mended afterwards; kept only if it is better.

use super::anneal::OUTSIDE;
use super::cut::Cut;
use super::model::{Model, NONE};

/// Parts of a unit of the objective that capacities can tell apart.
const GRAIN: f64 = 1e6;
/// More than any cut costs.
const WALL: i64 = 1 << 50;
/// Steps of the search for the load price.
const STEPS: usize = 9;

/// Which labels share a net, as pairs (smaller, larger), in order.
pub fn neighbours(model: &Model, label: &[u32]) -> Vec<(u32, u32)> {
    let mut near = vec![false; model.labels * model.labels];
    for net in 0..model.net_weight.len() as u32 {
        let pins = model.pins.of(net);
        for &pin in pins {
            let (one, other) = (label[pins[0] as usize], label[pin as usize]);
            if one != other {
                near[one.min(other) as usize * model.labels + one.max(other) as usize] = true;
            }
        }
    }
    let labels = model.labels as u32;
    (0..labels).flat_map(|a| (a + 1..labels).map(move |b| (a, b))).filter(|&(a, b)| near[(a * labels + b) as usize]).collect()
}

/// Draws the border between `a` and `b` anew in a strip of about `reach` units on each side. True if `label` became better.
pub fn recut(model: &Model, label: &mut [u32], a: u32, b: u32, reach: usize) -> bool {
    let strip = strip(model, label, a, b, reach);
    if strip.len() < 2 {
        return false;
    }
    let mut number = vec![NONE; model.units()];
    strip.iter().enumerate().for_each(|(at, &unit)| number[unit as usize] = at as u32);
    let loads = model.loads(label);
    let inside: f64 = strip.iter().filter(|&&unit| label[unit as usize] == a).map(|&unit| model.weight[unit as usize]).sum();
    let both = loads[a as usize] + loads[b as usize];
    let low = model.low[a as usize].max(both - model.high[b as usize]);
    let high = model.high[a as usize].min(both - model.low[b as usize]);
    // The load that label a may have inside the strip.
    let (low, high) = (low.min(high) - loads[a as usize] + inside, high.max(low) - loads[a as usize] + inside);
    let nets = nets_of(model, label, a, b, &strip, &number);
    let before = value(model, label, a, b, &strip);
    let mut best: Option<(f64, Vec<u32>)> = None;
    let (mut cheap, mut dear) = (f64::NEG_INFINITY, f64::INFINITY);
    let mut price = 0.0;
    let mut stride = 0.02 * GRAIN.recip() * GRAIN / (model.target[a as usize] / strip.len() as f64).max(1e-12);
    for _ in 0..STEPS {
        let taken = solve(model, &strip, &nets, a, b, price);
        let load: f64 = strip.iter().zip(&taken).filter(|(_, own)| **own).map(|(&unit, _)| model.weight[unit as usize]).sum();
        let mut drawn = label.to_vec();
        strip.iter().zip(&taken).for_each(|(&unit, &own)| drawn[unit as usize] = if own { a } else { b });
        if mend(model, &mut drawn, a, b) {
            let after = value(model, &drawn, a, b, &strip);
            if after < before - 1e-7 && best.as_ref().is_none_or(|(known, _)| after < *known) {
                best = Some((after, drawn));
            }
        }
        if load > high {
            cheap = price;
        } else if load < low {
            dear = price;
        } else {
            break;
        }
        price = match (cheap.is_finite(), dear.is_finite()) {
            (true, true) => 0.5 * (cheap + dear),
            (true, false) => {
                stride *= 3.0;
                cheap + stride
            }
            _ => {
                stride *= 3.0;
                dear - stride
            }
        };
    }
    if let Some((_, drawn)) = best {
        label.copy_from_slice(&drawn);
        return true;
    }
    false
}

/// Units of a and b near their border, breadth first.
fn strip(model: &Model, label: &[u32], a: u32, b: u32, reach: usize) -> Vec<u32> {
    let mut known = vec![false; model.units()];
    let mut strip = Vec::new();
    let mut left = [reach, reach];
    for net in 0..model.net_weight.len() as u32 {
        let pins = model.pins.of(net);
        let has = |wanted: u32| pins.iter().any(|&pin| label[pin as usize] == wanted);
        if has(a) && has(b) {
            for &pin in pins {
                let own = label[pin as usize];
                if (own == a || own == b) && !known[pin as usize] {
                    known[pin as usize] = true;
                    strip.push(pin);
                    left[usize::from(own == b)] = left[usize::from(own == b)].saturating_sub(1);
                }
            }
        }
    }
    let mut at = 0;
    while at < strip.len() {
        let unit = strip[at];
        at += 1;
        let own = label[unit as usize];
        for &net in model.nets.of(unit) {
            for &pin in model.pins.of(net) {
                let side = usize::from(own == b);
                if label[pin as usize] == own && !known[pin as usize] && left[side] > 0 {
                    known[pin as usize] = true;
                    left[side] -= 1;
                    strip.push(pin);
                }
            }
        }
    }
    strip
}

struct Net {
    weight: f64,
    pins: Vec<u32>,
    held_by_a: bool,
    held_by_b: bool,
}

/// Nets with a unit in the strip that a cut could pass through.
fn nets_of(model: &Model, label: &[u32], a: u32, b: u32, strip: &[u32], number: &[u32]) -> Vec<Net> {
    let mut nets = Vec::new();
    let mut all: Vec<u32> = strip.iter().flat_map(|&unit| model.nets.of(unit).iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    for net in all {
        let mut own = Net { weight: model.net_weight[net as usize], pins: Vec::new(), held_by_a: false, held_by_b: false };
        for &pin in model.pins.of(net) {
            if number[pin as usize] != NONE {
                own.pins.push(number[pin as usize]);
            } else {
                own.held_by_a |= label[pin as usize] == a;
                own.held_by_b |= label[pin as usize] == b;
            }
        }
        let ends = own.pins.len() + usize::from(own.held_by_a) + usize::from(own.held_by_b);
        if ends > 1 && !(own.held_by_a && own.held_by_b) && own.weight > 0.0 {
            nets.push(own);
        }
    }
    nets
}

/// Which units of the strip are a's at `price` a unit of load for a.
fn solve(model: &Model, strip: &[u32], nets: &[Net], a: u32, b: u32, price: f64) -> Vec<bool> {
    let grain = |value: f64| {
        if value.is_finite() { (value * GRAIN).clamp(-1e14, 1e14) as i64 } else { WALL * value.signum() as i64 }
    };
    let mut extra = 0;
    nets.iter().for_each(|net| extra += if net.pins.len() > 2 || net.pins.len() == 2 && (net.held_by_a || net.held_by_b) { 2 } else { 0 });
    let mut cut = Cut::new(strip.len() + extra);
    for (at, &unit) in strip.iter().enumerate() {
        // On the source's side is a: what b would cost pulls to the source.
        let (own, other) = (model.cost_of(unit, a), model.cost_of(unit, b));
        let pull = if own.is_infinite() { f64::NEG_INFINITY } else { model.cost_price * (other - own) - price * model.weight[unit as usize] };
        cut.pull(at as u32, grain(pull));
    }
    let mut spare = strip.len() as u32;
    for net in nets {
        let weight = grain(net.weight);
        match net.pins.as_slice() {
            [only] => cut.pull(*only, if net.held_by_a { weight } else { -weight }),
            [one, other] if !net.held_by_a && !net.held_by_b => cut.arc(*one, *other, weight, weight),
            pins => {
                let (into, out) = (spare, spare + 1);
                spare += 2;
                cut.arc(into, out, weight, 0);
                for &pin in pins {
                    cut.arc(pin, into, WALL, 0);
                    cut.arc(out, pin, WALL, 0);
                }
                if net.held_by_a {
                    cut.pull(into, WALL);
                }
                if net.held_by_b {
                    cut.pull(out, -WALL);
                }
            }
        }
    }
    cut.solve();
    (0..strip.len() as u32).map(|at| cut.on_source_side(at)).collect()
}

/// Gives small pieces of a and b to the other, until both are whole. False if that cannot be.
fn mend(model: &Model, label: &mut [u32], a: u32, b: u32) -> bool {
    for _ in 0..4 {
        let mut weights: Vec<f64> = Vec::new();
        let mut owner: Vec<u32> = Vec::new();
        let mut piece = vec![NONE; model.units()];
        let mut stack = Vec::new();
        for first in 0..model.units() as u32 {
            let own = label[first as usize];
            if (own != a && own != b) || piece[first as usize] != NONE {
                continue;
            }
            let number = weights.len() as u32;
            weights.push(0.0);
            owner.push(own);
            piece[first as usize] = number;
            stack.push(first);
            while let Some(unit) = stack.pop() {
                weights[number as usize] += model.weight[unit as usize] + 1e-12;
                for &net in model.nets.of(unit) {
                    for &pin in model.pins.of(net) {
                        if piece[pin as usize] == NONE && label[pin as usize] == own {
                            piece[pin as usize] = number;
                            stack.push(pin);
                        }
                    }
                }
            }
        }
        let largest = |wanted: u32| {
            (0..weights.len()).filter(|&at| owner[at] == wanted).max_by(|&x, &y| weights[x].total_cmp(&weights[y]))
        };
        let (Some(main_a), Some(main_b)) = (largest(a), largest(b)) else { return false };
        if weights.len() == 2 {
            return true;
        }
        for unit in 0..model.units() {
            let own = piece[unit];
            if own != NONE && own as usize != main_a && own as usize != main_b {
                let to = if label[unit] == a { b } else { a };
                if model.cost_of(unit as u32, to).is_infinite() {
                    return false;
                }
                label[unit] = to;
            }
        }
    }
    false
}

/// What the strip's units, their nets and the loads of a and b cost.
fn value(model: &Model, label: &[u32], a: u32, b: u32, _strip: &[u32]) -> f64 {
    let loads = model.loads(label);
    let outside = model.outside(a as usize, loads[a as usize]) + model.outside(b as usize, loads[b as usize]);
    model.objective(label) + OUTSIDE * outside
}
