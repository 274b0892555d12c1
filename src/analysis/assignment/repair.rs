//! Labels made whole: pieces that lie apart from their label's main piece are joined to it or given to a neighbour.

use std::collections::VecDeque;

use super::model::{Model, NONE};

/// The label that `unit` must have, if it may have one only.
pub fn only_label(model: &Model, unit: u32) -> Option<u32> {
    let mut allowed = (0..model.labels as u32).filter(|&label| model.allows(unit, label));
    let first = allowed.next()?;
    allowed.next().is_none().then_some(first)
}

/// Makes every label one piece. Units that may have one label only keep it: their pieces are joined to the main one along
/// the shortest way through units that may change. Err: a unit that cannot be joined.
///
/// The main piece of a label is the heaviest with such a unit, or the heaviest.
pub fn make_whole(model: &Model, label: &mut [u32]) -> Result<(), u32> {
    let bound: Vec<bool> =
        (0..model.units() as u32).map(|unit| model.labels > 1 && only_label(model, unit).is_some()).collect();
    for _ in 0..50 {
        fill_empty(model, label);
        let (piece, pieces) = model.pieces(label);
        let mut weight = vec![0.0; pieces];
        let mut owner = vec![0; pieces];
        let mut held = vec![false; pieces];
        for unit in 0..model.units() {
            let own = piece[unit] as usize;
            weight[own] += model.weight[unit] + 1e-12;
            owner[own] = label[unit];
            held[own] |= bound[unit];
        }
        let mut main = vec![NONE; model.labels];
        for own in 0..pieces {
            let known = main[owner[own] as usize];
            let rank = |own: usize| (held[own], weight[own]);
            if known == NONE || rank(own) > rank(known as usize) {
                main[owner[own] as usize] = own as u32;
            }
        }
        let strays: Vec<usize> = (0..pieces).filter(|&own| main[owner[own] as usize] != own as u32).collect();
        if strays.is_empty() {
            return Ok(());
        }
        if let Some(&own) = strays.iter().find(|&&own| held[own]) {
            join(model, label, &bound, &piece, own as u32, main[owner[own] as usize])?;
            continue;
        }
        give_away(model, label, &piece, &strays, &main);
    }
    let (piece, _) = model.pieces(label);
    let mut seen = vec![NONE; model.labels];
    for unit in 0..model.units() {
        let known = &mut seen[label[unit] as usize];
        if *known == NONE {
            *known = piece[unit];
        } else if *known != piece[unit] {
            return Err(unit as u32);
        }
    }
    Ok(())
}

/// A label without a unit takes the one that is cheapest for it, from a label with several.
fn fill_empty(model: &Model, label: &mut [u32]) {
    let mut size = vec![0u32; model.labels];
    label.iter().for_each(|&own| size[own as usize] += 1);
    for empty in (0..model.labels as u32)
        .filter(|&own| model.units() >= model.labels && size[own as usize] == 0)
        .collect::<Vec<_>>()
    {
        let extra = |unit: u32| model.cost_of(unit, empty) - model.cost_of(unit, label[unit as usize]);
        let may = (0..model.units() as u32)
            .filter(|&unit| model.allows(unit, empty) && size[label[unit as usize] as usize] > 1);
        if let Some(unit) = may.min_by(|&a, &b| extra(a).total_cmp(&extra(b))) {
            size[label[unit as usize] as usize] -= 1;
            size[empty as usize] = 1;
            label[unit as usize] = empty;
        }
    }
}

/// Gives each stray piece to the neighbouring main piece that is cheapest for it.
fn give_away(model: &Model, label: &mut [u32], piece: &[u32], strays: &[usize], main: &[u32]) {
    let mut stray = vec![NONE; piece.iter().max().map_or(0, |most| *most as usize + 1)];
    strays.iter().enumerate().for_each(|(at, &own)| stray[own] = at as u32);
    let mut price = vec![vec![0.0f64; model.labels]; strays.len()];
    let mut near = vec![vec![false; model.labels]; strays.len()];
    for unit in 0..model.units() as u32 {
        let at = stray[piece[unit as usize] as usize];
        if at == NONE {
            continue;
        }
        for to in 0..model.labels as u32 {
            price[at as usize][to as usize] += model.cost_of(unit, to);
        }
        for &net in model.nets.of(unit) {
            for &pin in model.pins.of(net) {
                let to = label[pin as usize];
                near[at as usize][to as usize] |= main[to as usize] == piece[pin as usize];
            }
        }
    }
    let mut given = vec![NONE; strays.len()];
    for at in 0..strays.len() {
        let allowed = (0..model.labels).filter(|&to| near[at][to] && price[at][to].is_finite());
        if let Some(to) = allowed.min_by(|&x, &y| price[at][x].total_cmp(&price[at][y])) {
            given[at] = to as u32;
        }
    }
    for unit in 0..model.units() {
        let at = stray[piece[unit] as usize];
        if at != NONE && given[at as usize] != NONE {
            label[unit] = given[at as usize];
        }
    }
}

/// The label of `piece` takes the units on the shortest way from it to the piece `main`.
fn join(model: &Model, label: &mut [u32], bound: &[bool], piece: &[u32], stray: u32, main: u32) -> Result<(), u32> {
    let first = piece.iter().position(|own| *own == stray).expect("a piece has a unit");
    let own = label[first];
    let mut came = vec![NONE; model.units()];
    let mut seen = vec![false; model.net_weight.len()];
    let mut queue = VecDeque::new();
    for unit in 0..model.units() as u32 {
        if piece[unit as usize] == stray {
            came[unit as usize] = unit;
            queue.push_back(unit);
        }
    }
    while let Some(unit) = queue.pop_front() {
        for &net in model.nets.of(unit) {
            if std::mem::replace(&mut seen[net as usize], true) {
                continue;
            }
            for &pin in model.pins.of(net) {
                if came[pin as usize] != NONE {
                    continue;
                }
                if piece[pin as usize] == main {
                    let mut at = unit;
                    while piece[at as usize] != stray {
                        label[at as usize] = own;
                        at = came[at as usize];
                    }
                    return Ok(());
                }
                if label[pin as usize] == own || (!bound[pin as usize] && model.allows(pin, own)) {
                    came[pin as usize] = unit;
                    queue.push_back(pin);
                }
            }
        }
    }
    Err(first as u32)
}
