//! The problem in its general form: units with pins on nets, one label each. It knows no streets and no squads.
//!
//! A unit is a section, a whole street, a block of either, or a node of a graph; a net is a junction or an edge.
//! Units that share a net are neighbours. A label is a squad.

/// A label that says "none".
pub const NONE: u32 = u32::MAX;

/// Lists of numbers, one list an owner, in one piece of memory.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// From pairs (owner, item) in any order; items of an owner keep theirs.
    pub fn of_pairs(owners: usize, pairs: &[(u32, u32)]) -> Self {
        let mut starts = vec![0u32; owners + 1];
        pairs.iter().for_each(|&(owner, _)| starts[owner as usize + 1] += 1);
        (0..owners).for_each(|owner| starts[owner + 1] += starts[owner]);
        let mut next = starts.clone();
        let mut items = vec![0u32; pairs.len()];
        for &(owner, item) in pairs {
            let at = &mut next[owner as usize];
            items[*at as usize] = item;
            *at += 1;
        }
        Self { starts, items }
    }

    pub fn owners(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    pub fn of(&self, owner: u32) -> &[u32] {
        let owner = owner as usize;
        &self.items[self.starts[owner] as usize..self.starts[owner + 1] as usize]
    }

    /// Owners become items and items owners.
    pub fn turned(&self, owners: usize) -> Self {
        let pairs: Vec<(u32, u32)> =
            (0..self.owners() as u32).flat_map(|owner| self.of(owner).iter().map(move |&item| (item, owner))).collect();
        Self::of_pairs(owners, &pairs)
    }
}

/// Units, nets, labels and the price of everything.
///
/// The objective is `cost_price x sum of cost[unit][label] + sum of net_weight x (labels present on the net - 1)`. Searches take
/// 1 for the size of a step worth their while: a seam costs about 1.
#[derive(Debug, Clone)]
pub struct Model {
    pub labels: usize,
    /// Load of a unit, at least 0.
    pub weight: Vec<f64>,
    /// Nets of each unit, each once.
    pub nets: Lists,
    /// Units of each net, each once.
    pub pins: Lists,
    /// What one more label on the net costs, at least 0.
    pub net_weight: Vec<f64>,
    /// `cost[unit * labels + label]`; infinite where the label is forbidden.
    pub cost: Vec<f64>,
    /// What `cost` is multiplied with.
    pub cost_price: f64,
    /// The load that each label should have, above 0.
    pub target: Vec<f64>,
    /// The least and the most load that each label may have.
    pub low: Vec<f64>,
    pub high: Vec<f64>,
}

impl Model {
    /// `nets[unit]` lists the nets of a unit (each once).
    pub fn new(labels: usize, weight: Vec<f64>, nets: Lists, net_weight: Vec<f64>) -> Self {
        let pins = nets.turned(net_weight.len());
        let cost = vec![0.0; weight.len() * labels];
        let total: f64 = weight.iter().sum();
        let target = vec![total / labels as f64; labels];
        let (low, high) = (target.clone(), target.clone());
        Self { labels, weight, nets, pins, net_weight, cost, cost_price: 1.0, target, low, high }
    }

    pub fn units(&self) -> usize {
        self.weight.len()
    }

    pub fn cost_of(&self, unit: u32, label: u32) -> f64 {
        self.cost[unit as usize * self.labels + label as usize]
    }

    /// The band about `target`: `share` of it on both sides.
    pub fn set_band(&mut self, share: f64) {
        self.low = self.target.iter().map(|target| target * (1.0 - share)).collect();
        self.high = self.target.iter().map(|target| target * (1.0 + share)).collect();
    }

    pub fn loads(&self, label: &[u32]) -> Vec<f64> {
        let mut loads = vec![0.0; self.labels];
        for (unit, &label) in label.iter().enumerate() {
            loads[label as usize] += self.weight[unit];
        }
        loads
    }

    /// Whether `unit` may have `label`.
    pub fn allows(&self, unit: u32, label: u32) -> bool {
        self.cost_of(unit, label).is_finite()
    }

    /// Sum of costs of the units, without nets and before `cost_price`.
    pub fn unit_cost(&self, label: &[u32]) -> f64 {
        label.iter().enumerate().map(|(unit, &label)| self.cost_of(unit as u32, label)).sum()
    }

    /// Sum over nets of weight times (labels present - 1).
    pub fn net_cost(&self, label: &[u32]) -> f64 {
        let mut present = Vec::new();
        let mut sum = 0.0;
        for (net, weight) in self.net_weight.iter().enumerate() {
            present.clear();
            for &pin in self.pins.of(net as u32) {
                if !present.contains(&label[pin as usize]) {
                    present.push(label[pin as usize]);
                }
            }
            sum += weight * present.len().saturating_sub(1) as f64;
        }
        sum
    }

    /// What is to be made small, the band left aside.
    pub fn objective(&self, label: &[u32]) -> f64 {
        self.cost_price * self.unit_cost(label) + self.net_cost(label)
    }

    /// Sum over labels of the share of the target by which the load leaves the band.
    pub fn excess(&self, label: &[u32]) -> f64 {
        let loads = self.loads(label);
        (0..self.labels).map(|at| self.outside(at, loads[at])).sum()
    }

    /// By which share of its target `load` lies outside the band of `label`. Rounding is forgiven.
    pub fn outside(&self, label: usize, load: f64) -> f64 {
        let outside = (load - self.high[label]).max(self.low[label] - load) / self.target[label];
        if outside > 1e-9 { outside } else { 0.0 }
    }

    /// Pieces of each label: a number a unit, and how many there are. Units of one label that share a net are one piece.
    /// Cost: linear in the pins.
    pub fn pieces<L: PartialEq>(&self, label: &[L]) -> (Vec<u32>, usize) {
        let mut piece = vec![NONE; self.units()];
        let mut seen = vec![NONE; self.net_weight.len()];
        let mut stack = Vec::new();
        let mut pieces = 0;
        for first in 0..self.units() as u32 {
            if piece[first as usize] != NONE {
                continue;
            }
            piece[first as usize] = pieces;
            stack.push(first);
            while let Some(unit) = stack.pop() {
                for &net in self.nets.of(unit) {
                    if seen[net as usize] == pieces {
                        continue;
                    }
                    seen[net as usize] = pieces;
                    for &pin in self.pins.of(net) {
                        if piece[pin as usize] == NONE && label[pin as usize] == label[first as usize] {
                            piece[pin as usize] = pieces;
                            stack.push(pin);
                        }
                    }
                }
            }
            pieces += 1;
        }
        (piece, pieces as usize)
    }

    /// The model whose units are the groups of `group` (numbers below `groups`), nets inside one group left out and
    /// nets with the same pins made one.
    pub fn contracted(&self, group: &[u32], groups: usize) -> Self {
        let mut weight = vec![0.0; groups];
        let mut cost = vec![0.0; groups * self.labels];
        for (unit, &into) in group.iter().enumerate() {
            weight[into as usize] += self.weight[unit];
            let from = &self.cost[unit * self.labels..(unit + 1) * self.labels];
            let sum = &mut cost[into as usize * self.labels..(into as usize + 1) * self.labels];
            sum.iter_mut().zip(from).for_each(|(sum, cost)| *sum += cost);
        }
        let mut pairs = Vec::new();
        let mut net_weight: Vec<f64> = Vec::new();
        let mut first_of_pair = std::collections::HashMap::<(u32, u32), u32>::new();
        let mut own = Vec::new();
        for (net, &price) in self.net_weight.iter().enumerate() {
            own.clear();
            own.extend(self.pins.of(net as u32).iter().map(|&pin| group[pin as usize]));
            own.sort_unstable();
            own.dedup();
            if own.len() < 2 {
                continue;
            }
            if own.len() == 2 {
                let known = *first_of_pair.entry((own[0], own[1])).or_insert(net_weight.len() as u32);
                if known < net_weight.len() as u32 {
                    net_weight[known as usize] += price;
                    continue;
                }
            }
            pairs.extend(own.iter().map(|&unit| (unit, net_weight.len() as u32)));
            net_weight.push(price);
        }
        let nets = Lists::of_pairs(groups, &pairs);
        let pins = nets.turned(net_weight.len());
        Self {
            labels: self.labels,
            weight,
            nets,
            pins,
            net_weight,
            cost,
            cost_price: self.cost_price,
            target: self.target.clone(),
            low: self.low.clone(),
            high: self.high.clone(),
        }
    }
}
