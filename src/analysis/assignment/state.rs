//! A labelling in the making: what a move would change, whether it keeps every label in one piece, and the move itself.
//!
//! It decides nothing: which moves are made is for the searches.

use super::model::{Model, NONE};

/// Nets looked at in one test of contiguity before it gives up and answers "no".
const PATIENCE: usize = 400;

pub struct State<'m> {
    pub model: &'m Model,
    /// The model's, unless it is set to another.
    pub cost_price: f64,
    pub label: Vec<u32>,
    pub load: Vec<f64>,
    pub size: Vec<u32>,
    /// Pins of each label on each net: `count[net * labels + label]`.
    count: Vec<u32>,
    /// Labels present on each net.
    spread: Vec<u32>,
    /// Nets with at least two labels, in no particular order, and where each stands there.
    pub border: Vec<u32>,
    place: Vec<u32>,
    search: Search,
}

/// What a unit's leaving does to the units that stay.
pub enum Leaving {
    /// They stay in one piece.
    Whole,
    /// Small pieces fall off: their units are in `State::fallen`.
    Falls,
    /// They fall apart, or the unit is the last one, or the test took too long.
    Breaks,
}

#[derive(Default)]
struct Search {
    stamp: u32,
    net_stamp: Vec<u32>,
    net_root: Vec<u32>,
    unit_stamp: Vec<u32>,
    queue: Vec<u32>,
    parent: Vec<u32>,
    open: Vec<u32>,
    closed: Vec<bool>,
    fallen: Vec<u32>,
}

impl<'m> State<'m> {
    pub fn new(model: &'m Model, label: Vec<u32>) -> Self {
        let nets = model.net_weight.len();
        let labels = model.labels;
        let mut size = vec![0; labels];
        label.iter().for_each(|&label| size[label as usize] += 1);
        let mut state = Self {
            model,
            cost_price: model.cost_price,
            load: model.loads(&label),
            size,
            count: vec![0; nets * labels],
            spread: vec![0; nets],
            border: Vec::new(),
            place: vec![NONE; nets],
            search: Search {
                net_stamp: vec![0; nets],
                net_root: vec![0; nets],
                unit_stamp: vec![0; model.units()],
                ..Search::default()
            },
            label,
        };
        for net in 0..nets as u32 {
            for &pin in model.pins.of(net) {
                let at = net as usize * labels + state.label[pin as usize] as usize;
                state.count[at] += 1;
                if state.count[at] == 1 {
                    state.spread[net as usize] += 1;
                }
            }
            if state.spread[net as usize] > 1 {
                state.enter(net);
            }
        }
        state
    }

    fn enter(&mut self, net: u32) {
        self.place[net as usize] = self.border.len() as u32;
        self.border.push(net);
    }

    fn leave(&mut self, net: u32) {
        let at = self.place[net as usize] as usize;
        self.border.swap_remove(at);
        if let Some(&moved) = self.border.get(at) {
            self.place[moved as usize] = at as u32;
        }
        self.place[net as usize] = NONE;
    }

    pub fn on_net(&self, net: u32, label: u32) -> u32 {
        self.count[net as usize * self.model.labels + label as usize]
    }

    /// Change of the objective if `unit` takes `to`; the band is not looked at.
    pub fn change(&self, unit: u32, to: u32) -> f64 {
        let from = self.label[unit as usize];
        let model = self.model;
        self.cost_price * (model.cost_of(unit, to) - model.cost_of(unit, from)) + self.change_of_nets(unit, to)
    }

    /// The part of `change` that nets make.
    pub fn change_of_nets(&self, unit: u32, to: u32) -> f64 {
        let from = self.label[unit as usize];
        let model = self.model;
        let mut change = 0.0;
        for &net in model.nets.of(unit) {
            let row = &self.count[net as usize * model.labels..];
            let (gone, new) = (row[from as usize] == 1, row[to as usize] == 0);
            if new != gone {
                change += if new { model.net_weight[net as usize] } else { -model.net_weight[net as usize] };
            }
        }
        change
    }

    pub fn put(&mut self, unit: u32, to: u32) {
        let from = self.label[unit as usize];
        let labels = self.model.labels;
        let model = self.model;
        for &net in model.nets.of(unit) {
            let row = net as usize * labels;
            let before = self.spread[net as usize];
            self.count[row + from as usize] -= 1;
            self.count[row + to as usize] += 1;
            let gone = u32::from(self.count[row + from as usize] == 0);
            let new = u32::from(self.count[row + to as usize] == 1);
            let after = before + new - gone;
            self.spread[net as usize] = after;
            if before < 2 && after > 1 {
                self.enter(net);
            } else if before > 1 && after < 2 {
                self.leave(net);
            }
        }
        let weight = model.weight[unit as usize];
        self.load[from as usize] -= weight;
        self.load[to as usize] += weight;
        self.size[from as usize] -= 1;
        self.size[to as usize] += 1;
        self.label[unit as usize] = to;
    }

    /// Whether a neighbour of `unit` has label `label`.
    pub fn touches(&self, unit: u32, label: u32) -> bool {
        self.model.nets.of(unit).iter().any(|&net| self.on_net(net, label) > 0)
    }

    /// The units of the piece that falls off after `Leaving::Falls`.
    pub fn fallen(&self) -> &[u32] {
        &self.search.fallen
    }

    /// What is left of the label of `unit` when it goes.
    ///
    /// Searches from all its nets at once, level by level; ends when they have met (whole) or one side is exhausted
    /// (broken). So the cost is that of the smaller side or of the way round, mostly one street block.
    pub fn leaving(&mut self, unit: u32, largest_piece: usize) -> Leaving {
        let model = self.model;
        let from = self.label[unit as usize];
        if self.size[from as usize] < 2 {
            return Leaving::Breaks;
        }
        let search = &mut self.search;
        search.stamp += 1;
        search.queue.clear();
        search.parent.clear();
        search.open.clear();
        search.closed.clear();
        let labels = model.labels;
        for &net in model.nets.of(unit) {
            if self.count[net as usize * labels + from as usize] > 1 {
                let root = search.parent.len() as u32;
                search.net_stamp[net as usize] = search.stamp;
                search.net_root[net as usize] = root;
                search.parent.push(root);
                search.open.push(1);
                search.closed.push(false);
                search.queue.push(net);
            }
        }
        let mut roots = search.parent.len();
        if roots < 2 {
            return Leaving::Whole;
        }
        search.unit_stamp[unit as usize] = search.stamp;
        let mut next = 0;
        while next < search.queue.len() {
            if next > PATIENCE {
                return Leaving::Breaks;
            }
            let net = search.queue[next];
            next += 1;
            let mut own = root_of(&mut search.parent, search.net_root[net as usize]);
            for &pin in model.pins.of(net) {
                if self.label[pin as usize] != from || search.unit_stamp[pin as usize] == search.stamp {
                    continue;
                }
                search.unit_stamp[pin as usize] = search.stamp;
                for &other in model.nets.of(pin) {
                    if other == net || self.count[other as usize * labels + from as usize] < 2 {
                        continue;
                    }
                    if search.net_stamp[other as usize] != search.stamp {
                        search.net_stamp[other as usize] = search.stamp;
                        search.net_root[other as usize] = own;
                        search.open[own as usize] += 1;
                        search.queue.push(other);
                        continue;
                    }
                    let its = root_of(&mut search.parent, search.net_root[other as usize]);
                    if its != own {
                        search.parent[its as usize] = own;
                        search.open[own as usize] += search.open[its as usize];
                        roots -= 1;
                        if roots == 1 {
                            return self.what_fell(unit, largest_piece);
                        }
                        own = root_of(&mut search.parent, own);
                    }
                }
            }
            search.open[own as usize] -= 1;
            if search.open[own as usize] == 0 {
                search.closed[own as usize] = true;
                roots -= 1;
                if largest_piece == 0 {
                    return Leaving::Breaks;
                }
                if roots == 1 {
                    return self.what_fell(unit, largest_piece);
                }
            }
        }
        Leaving::Breaks
    }

    fn what_fell(&mut self, unit: u32, largest_piece: usize) -> Leaving {
        if !self.search.closed.contains(&true) {
            Leaving::Whole
        } else if self.collect(unit, largest_piece) {
            Leaving::Falls
        } else {
            Leaving::Breaks
        }
    }

    /// The units of the sides that are exhausted, if they are few.
    fn collect(&mut self, unit: u32, most: usize) -> bool {
        let model = self.model;
        let from = self.label[unit as usize];
        let search = &mut self.search;
        search.fallen.clear();
        for at in 0..search.queue.len() {
            let net = search.queue[at];
            let root = root_of(&mut search.parent, search.net_root[net as usize]);
            if !search.closed[root as usize] {
                continue;
            }
            for &pin in model.pins.of(net) {
                if pin != unit && self.label[pin as usize] == from && !search.fallen.contains(&pin) {
                    if search.fallen.len() == most {
                        return false;
                    }
                    search.fallen.push(pin);
                }
            }
        }
        self.size[from as usize] as usize > search.fallen.len() + 1
    }
}

fn root_of(parent: &mut [u32], mut at: u32) -> u32 {
    while parent[at as usize] != at {
        parent[at as usize] = parent[parent[at as usize] as usize];
        at = parent[at as usize];
    }
    at
}
