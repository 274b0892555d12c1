//! Walking through all zones and windows: the best cluster of the data, and the largest ratio of data made by chance.

use super::likelihood::Score;
use super::zones::Zones;

/// Cases and bases of each location in the last 1, 2, ... steps: `location * windows + window`.
#[derive(Clone, Copy)]
pub(super) struct Recent<'a, B> {
    pub cases: &'a [u32],
    pub base: &'a [B],
    pub windows: usize,
}

/// The zone of the first `members` members of a centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Best {
    pub centre: usize,
    pub members: usize,
    /// Numbered from 0, the shortest.
    pub window: usize,
    pub cases: u64,
    pub llr: f64,
}

impl Best {
    fn beats(&self, other: &Self) -> bool {
        let order = self.llr.total_cmp(&other.llr).then(self.members.cmp(&other.members));
        order.then(other.window.cmp(&self.window)).then(other.centre.cmp(&self.centre)).is_gt()
    }
}

/// The best cluster without a blocked location, with the sum of its bases; none if no zone has more than expected.
pub(super) fn best<S: Score>(
    zones: &Zones,
    score: &S,
    recent: Recent<'_, S::Base>,
    blocked: &[bool],
) -> Option<(Best, S::Base)> {
    let mut best: Option<(Best, S::Base)> = None;
    for centre in 0..zones.centres() {
        let free = zones.all_members(centre).iter().take_while(|member| !blocked[**member as usize]).count();
        walk(zones, recent, centre, free, |members, window, cases, base| {
            if cases == 0 {
                return;
            }
            let rival = Best { centre, members, window, cases, llr: score.llr(cases, base, window) };
            if rival.llr > 0.0 && best.is_none_or(|(best, _)| rival.beats(&best)) {
                best = Some((rival, base));
            }
        });
    }
    best
}

/// The largest ratio of any zone and window; 0 if none has more cases than expected.
pub(super) fn largest<S: Score>(zones: &Zones, score: &S, recent: Recent<'_, S::Base>) -> f64 {
    let mut largest = 0.0;
    for centre in 0..zones.centres() {
        walk(zones, recent, centre, usize::MAX, |_, window, cases, base| {
            if cases > 0 && score.may_exceed(cases, base, window, largest) {
                largest = score.llr(cases, base, window).max(largest);
            }
        });
    }
    largest
}

/// Calls `seen(members, window, cases, base)` for each zone of a centre up to `most` members, and each window.
fn walk<B: Copy + Default + std::ops::AddAssign>(
    zones: &Zones,
    recent: Recent<'_, B>,
    centre: usize,
    most: usize,
    mut seen: impl FnMut(usize, usize, u64, B),
) {
    if recent.windows == 1 {
        // The usual case, without a buffer.
        let (mut cases, mut base) = (0, B::default());
        for (at, (member, ends)) in zones.walk(centre).take(most).enumerate() {
            cases += u64::from(recent.cases[member]);
            base += recent.base[member];
            if ends {
                seen(at + 1, 0, cases, base);
            }
        }
        return;
    }
    let mut sums = vec![(0u64, B::default()); recent.windows];
    for (at, (member, ends)) in zones.walk(centre).take(most).enumerate() {
        let from = member * recent.windows;
        let own = from..from + recent.windows;
        for ((sum, cases), base) in sums.iter_mut().zip(&recent.cases[own.clone()]).zip(&recent.base[own]) {
            sum.0 += u64::from(*cases);
            sum.1 += *base;
        }
        if ends {
            sums.iter().enumerate().for_each(|(window, (cases, base))| seen(at + 1, window, *cases, *base));
        }
    }
}
