//! How much better a zone with a rate of its own explains the cases than one rate for all.

/// The Poisson log likelihood ratio of `cases` where `expected` were, out of `all` cases; 0 if there are not more.
///
/// `c ln(c/e) + (C-c) ln((C-c)/(C-e))` (Kulldorff 1997).
pub fn poisson_llr(cases: u64, expected: f64, all: u64) -> f64 {
    let (c, all) = (cases as f64, all as f64);
    if c <= expected || expected <= 0.0 {
        return 0.0;
    }
    let rest = all - c;
    c * (c / expected).ln() + if rest > 0.0 { rest * (rest / (all - expected)).ln() } else { 0.0 }
}

/// The Bernoulli log likelihood ratio of `cases` among `inside` cases and controls, out of `all_cases` among `all`.
///
/// 0 if the share inside is not the higher one, or nothing is inside or outside.
pub fn bernoulli_llr(cases: u64, inside: u64, all_cases: u64, all: u64) -> f64 {
    if inside == 0 || inside >= all || u128::from(cases) * u128::from(all) <= u128::from(inside) * u128::from(all_cases)
    {
        return 0.0;
    }
    let part = |a: u64, b: u64| if a > 0 { a as f64 * (a as f64 / b as f64).ln() } else { 0.0 };
    let (outside, rest) = (all - inside, all_cases - cases);
    let apart =
        part(cases, inside) + part(inside - cases, inside) + part(rest, outside) + part(outside - rest, outside);
    apart - part(all_cases, all) - part(all - all_cases, all)
}

/// A likelihood ratio of the cases in a zone and window, with a bound that needs no logarithm.
///
/// The bound is the zone's chi-squared: the divergence of Kullback and Leibler never exceeds it.
pub(super) trait Score: Sync {
    /// What adds up over locations and makes the expectation.
    type Base: Copy + Default + Sync + std::ops::AddAssign;

    fn cases(&self) -> u64;
    /// Windows are numbered from 0, the shortest.
    fn expected(&self, base: Self::Base, window: usize) -> f64;
    fn llr(&self, cases: u64, base: Self::Base, window: usize) -> f64;
    /// Whether the ratio may exceed `llr`; false only if it does not reach it.
    fn may_exceed(&self, cases: u64, base: Self::Base, window: usize, llr: f64) -> bool;
}

/// Rounding of the bound, which must not lose a tie.
const SLACK: f64 = 1.0 + 1e-9;

pub(super) struct Poisson {
    pub cases: u64,
}

impl Score for Poisson {
    type Base = f64;

    fn cases(&self) -> u64 {
        self.cases
    }

    fn expected(&self, base: f64, _: usize) -> f64 {
        base
    }

    fn llr(&self, cases: u64, base: f64, _: usize) -> f64 {
        poisson_llr(cases, base, self.cases)
    }

    fn may_exceed(&self, cases: u64, base: f64, _: usize, llr: f64) -> bool {
        poisson_may_exceed(cases as f64, base, self.cases as f64, llr)
    }
}

fn poisson_may_exceed(cases: f64, expected: f64, all: f64, llr: f64) -> bool {
    let more = cases - expected;
    more > 0.0 && more * more * all * SLACK >= llr * expected * (all - expected)
}

pub(super) struct Bernoulli {
    pub cases: u64,
    /// Cases and controls.
    pub all: u64,
}

impl Score for Bernoulli {
    type Base = u64;

    fn cases(&self) -> u64 {
        self.cases
    }

    fn expected(&self, base: u64, _: usize) -> f64 {
        base as f64 * self.cases as f64 / self.all as f64
    }

    fn llr(&self, cases: u64, base: u64, _: usize) -> f64 {
        bernoulli_llr(cases, base, self.cases, self.all)
    }

    fn may_exceed(&self, cases: u64, base: u64, _: usize, llr: f64) -> bool {
        let (all, all_cases, inside) = (self.all as f64, self.cases as f64, base as f64);
        let more = cases as f64 * all - inside * all_cases;
        more > 0.0 && more * more * all * SLACK >= llr * inside * (all - inside) * all_cases * (all - all_cases)
    }
}

pub(super) struct Permutation {
    pub cases: u64,
    /// Cases of all locations in each window.
    pub columns: Vec<u64>,
}

impl Score for Permutation {
    type Base = u64;

    fn cases(&self) -> u64 {
        self.cases
    }

    fn expected(&self, base: u64, window: usize) -> f64 {
        (base * self.columns[window]) as f64 / self.cases as f64
    }

    fn llr(&self, cases: u64, base: u64, window: usize) -> f64 {
        poisson_llr(cases, self.expected(base, window), self.cases)
    }

    fn may_exceed(&self, cases: u64, base: u64, window: usize, llr: f64) -> bool {
        poisson_may_exceed(cases as f64, self.expected(base, window), self.cases as f64, llr)
    }
}
