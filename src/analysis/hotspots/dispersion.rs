//! How unevenly cases fall on streets of the same part of a town: the dispersion k of the negative binomial, from
//! counts among which some hotspots hide.
//!
//! Two estimates, each right for one kind of unevenness. The median of local moment estimates takes the variance, and so
//! the long upper tail, of each neighbourhood; hotspots spoil those of their own neighbourhoods only, but these may be
//! half of all, so it is somewhat low. Maximum likelihood without what looks like a hotspot is sharp where rates are
//! gamma distributed (then the counts are negative binomial), but it is led by the many low counts, and far too bold
//! where rates are log-normal. Which of the two it is shows in the logarithms of counts over expectations: skewed to
//! the left for gamma rates, symmetric for log-normal ones. The answer lies between the estimates by that skewness.

use crate::analysis::hotspots::fdr::q_values;
use crate::analysis::hotspots::neighbourhood::Around;
use crate::analysis::hotspots::special::{ln_gamma, negative_binomial_tail};

/// Skewness by deciles at which rates are taken for gamma distributed; at 0 for log-normal.
const SKEW_OF_GAMMA: f64 = -0.2;

/// With fewer expected cases in the middle section, or fewer sections, skewness says nothing about rates.
const LEAST_EXPECTED: f64 = 5.0;
const LEAST_SECTIONS: usize = 100;

/// Neighbourhoods of fewer sections say nothing about dispersion.
const LEAST_AROUND: f64 = 5.0;

/// Where maximum likelihood is looked for.
const SMALLEST: f64 = 0.05;
const LARGEST: f64 = 1000.0;

/// A section's count and the mean of its neighbourhood.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    pub(super) count: u32,
    pub(super) expected: f64,
}

/// k for all sections; infinite where no neighbourhood has cases and sections enough.
pub(super) fn estimate(counted: &[Counted], local: &mut [f64]) -> f64 {
    if local.is_empty() || counted.is_empty() {
        return f64::INFINITY;
    }
    let middle = local.len() / 2;
    let by_moments = local.select_nth_unstable_by(middle, f64::total_cmp).1.clamp(SMALLEST, LARGEST);
    let share = likeness_to_gamma(counted);
    if share == 0.0 {
        return by_moments;
    }
    by_moments * (by_likelihood(counted) / by_moments).powf(share)
}

/// k by moments: with rate a, counts c and exposures e, `a^2 sum e^2 / (n / (n - 1) sum (c - a e)^2 - a sum e)`;
/// infinite where the counts are no more uneven than chance.
pub(super) fn of_neighbourhood(around: &Around) -> Option<f64> {
    if around.observed < LEAST_AROUND || around.cases == 0.0 {
        return None;
    }
    let (rate, n) = (around.cases / around.exposure, around.observed);
    let spread = around.squared_cases - 2.0 * rate * around.cases_by_exposure + rate * rate * around.squared_exposure;
    let beyond_chance = spread.max(0.0) * n / (n - 1.0) - around.cases;
    Some(if beyond_chance > 0.0 { rate * rate * around.squared_exposure / beyond_chance } else { f64::INFINITY })
}

/// 1 for gamma rates, 0 for log-normal ones (and where it cannot be told: the cautious side).
fn likeness_to_gamma(counted: &[Counted]) -> f64 {
    if counted.len() < LEAST_SECTIONS {
        return 0.0;
    }
    let quantiles = |mut values: Vec<f64>| {
        values.sort_unstable_by(f64::total_cmp);
        [0.1, 0.5, 0.9].map(|share| values[(share * values.len() as f64) as usize])
    };
    if quantiles(counted.iter().map(|section| section.expected).collect())[1] < LEAST_EXPECTED {
        return 0.0;
    }
    let ratios = counted.iter().map(|section| ((f64::from(section.count) + 0.5) / section.expected).ln());
    let [low, middle, high] = quantiles(ratios.collect());
    if high <= low {
        return 0.0;
    }
    ((high + low - 2.0 * middle) / (high - low) / SKEW_OF_GAMMA).clamp(0.0, 1.0)
}

/// Maximum likelihood; twice what is significant is left out, and the rest fitted again.
fn by_likelihood(counted: &[Counted]) -> f64 {
    let mut kept: Vec<Counted> = counted.to_vec();
    let mut dispersion = most_likely(&kept);
    for _ in 0..2 {
        let tail = |section: &Counted| negative_binomial_tail(section.count.into(), section.expected, dispersion);
        let p: Vec<f64> = counted.iter().map(|section| tail(section).clamp(0.0, 1.0)).collect();
        let q = q_values(&p).expect("tails lie between 0 and 1");
        kept = counted.iter().zip(q).filter(|(_, q)| *q > 0.05).map(|(section, _)| *section).collect();
        dispersion = most_likely(&kept);
    }
    dispersion
}

/// By golden sections of the logarithm.
fn most_likely(counted: &[Counted]) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let likelihood = |logarithm: f64| -> f64 {
        let k = logarithm.exp();
        let whole = ln_gamma(k);
        let one = |section: &Counted| {
            let (count, mean) = (f64::from(section.count), section.expected);
            ln_gamma(count + k) - whole - k * (mean / k).ln_1p() - count * (k / mean).ln_1p()
        };
        counted.iter().map(one).sum()
    };
    let (mut low, mut high) = (SMALLEST.ln(), LARGEST.ln());
    let (mut left, mut right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut at_left, mut at_right) = (likelihood(left), likelihood(right));
    for _ in 0..25 {
        if at_left > at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = likelihood(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = likelihood(right);
        }
    }
    f64::midpoint(low, high).exp()
}
