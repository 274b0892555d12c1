//! The cases of each section, ready to be summed by a kernel from any distance: sorted offsets and sums of powers.
//!
//! A kernel that is a polynomial of degree 4 in the distance is one in the offset, too, so its sum over the cases in a
//! range of offsets needs only how many they are and the sums of their first four powers. Offsets are taken from the
//! middles of short pieces, so that no digits are lost in long sections.

use super::LinearKernel;
use crate::analysis::hotspots::sections::OnSection;
use crate::analysis::hotspots::streets::Streets;

/// Length of a piece in bandwidths.
const PIECE: f64 = 0.5;

/// Offsets this near to an end are on the junction, metres.
const ON_JUNCTION_M: f64 = 1e-9;

/// Sums of the powers 0 to 4.
type Powers = [f64; 5];

pub(super) struct Moments {
    kernel: Powers,
    pub(super) bandwidth_m: f64,
    /// Where each section's cases start; one more at the end.
    starts: Vec<u32>,
    /// In bandwidths, ascending within a section.
    offsets: Vec<f64>,
    /// One a case: over the cases of its piece up to and with it.
    sums: Vec<Powers>,
    /// Cases that lie on each junction, where they are kept apart.
    on_junction: Vec<f64>,
}

/// How the distance to a case follows from its offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Growing {
    /// distance = at 0 + offset.
    WithOffset,
    /// distance = at 0 - offset.
    AgainstOffset,
}

impl Moments {
    /// `apart`: cases on junctions are counted there and nowhere else.
    pub(super) fn new(
        streets: &Streets,
        cases: &[OnSection],
        kernel: LinearKernel,
        bandwidth_m: f64,
        apart: bool,
    ) -> Self {
        let mut on_junction = vec![0.0; if apart { streets.junctions() } else { 0 }];
        let mut starts = vec![0_u32; streets.sections() + 1];
        let mut kept: Vec<OnSection> = Vec::with_capacity(cases.len());
        for case in cases {
            let section = case.section as usize;
            let length = streets.length(section);
            let [first, second] = streets.ends(section);
            if apart && case.offset_m <= ON_JUNCTION_M {
                on_junction[first as usize] += 1.0;
            } else if apart && case.offset_m >= length - ON_JUNCTION_M {
                on_junction[second as usize] += 1.0;
            } else {
                starts[section + 1] += 1;
                kept.push(OnSection { offset_m: case.offset_m.clamp(0.0, length), ..*case });
            }
        }
        for section in 0..streets.sections() {
            starts[section + 1] += starts[section];
        }
        let mut next = starts.clone();
        let mut offsets = vec![0.0; kept.len()];
        for case in kept {
            offsets[next[case.section as usize] as usize] = case.offset_m / bandwidth_m;
            next[case.section as usize] += 1;
        }
        let mut sums = Vec::with_capacity(offsets.len());
        for section in 0..streets.sections() {
            let own = &mut offsets[starts[section] as usize..starts[section + 1] as usize];
            own.sort_unstable_by(f64::total_cmp);
            let (mut piece, mut sum) = (usize::MAX, [0.0; 5]);
            for offset in own {
                if piece_of(*offset) != piece {
                    piece = piece_of(*offset);
                    sum = [0.0; 5];
                }
                let from_middle = *offset - middle_of(piece);
                let mut power = 1.0;
                for sum in &mut sum {
                    *sum += power;
                    power *= from_middle;
                }
                sums.push(sum);
            }
        }
        Self { kernel: kernel.powers(), bandwidth_m, starts, offsets, sums, on_junction }
    }

    /// Cases kept apart on a junction.
    pub(super) fn on_junction(&self, junction: u32) -> f64 {
        self.on_junction.get(junction as usize).copied().unwrap_or(0.0)
    }

    /// Kernel of one distance in bandwidths; 0 from 1 on.
    pub(super) fn kernel(&self, distance: f64) -> f64 {
        if distance < 1.0 { taylor(self.kernel, distance)[0] } else { 0.0 }
    }

    pub(super) fn is_empty(&self, section: u32) -> bool {
        self.starts[section as usize] == self.starts[section as usize + 1]
    }

    /// The kernel summed over the cases of a section with offsets in `from..to`, by distances `at_zero` plus or minus the
    /// offset that are below 1 (all in bandwidths).
    pub(super) fn sum(&self, section: u32, from: f64, to: f64, at_zero: f64, growing: Growing) -> f64 {
        let (from, to) = match growing {
            Growing::WithOffset => (from, to.min(1.0 - at_zero)),
            Growing::AgainstOffset => (from.max((at_zero - 1.0).next_up()), to),
        };
        let start = self.starts[section as usize] as usize;
        let own = &self.offsets[start..self.starts[section as usize + 1] as usize];
        let first = own.partition_point(|offset| *offset < from);
        let end = first + own[first..].partition_point(|offset| *offset < to);
        let (mut at, mut sum) = (first, 0.0);
        while at < end {
            let piece = piece_of(own[at]);
            let last = if piece_of(own[end - 1]) == piece {
                end
            } else {
                at + own[at..end].partition_point(|offset| piece_of(*offset) == piece)
            };
            let mut powers = self.sums[start + last - 1];
            if at > 0 && piece_of(own[at - 1]) == piece {
                let before = &self.sums[start + at - 1];
                powers.iter_mut().zip(before).for_each(|(power, before)| *power -= before);
            }
            sum += self.over_piece(powers, middle_of(piece), at_zero, growing);
            at = last;
        }
        sum
    }

    fn over_piece(&self, powers: Powers, middle: f64, at_zero: f64, growing: Growing) -> f64 {
        let sign = if growing == Growing::WithOffset { 1.0 } else { -1.0 };
        let [zero, one, two, three, four] = taylor(self.kernel, at_zero + sign * middle);
        zero * powers[0] + sign * one * powers[1] + two * powers[2] + sign * three * powers[3] + four * powers[4]
    }
}

/// The polynomial around another point.
fn taylor([a, b, c, d, e]: Powers, x: f64) -> Powers {
    [
        a + x * (b + x * (c + x * (d + x * e))),
        b + x * (2.0 * c + x * (3.0 * d + x * 4.0 * e)),
        c + x * (3.0 * d + x * 6.0 * e),
        d + x * 4.0 * e,
        e,
    ]
}

fn piece_of(offset: f64) -> usize {
    (offset / PIECE) as usize
}

fn middle_of(piece: usize) -> f64 {
    (piece as f64 + 0.5) * PIECE
}
