//! The few special functions that the tests of significance need: tails of the normal, Poisson and negative-binomial
//! distributions, each to a relative error near 1e-12 far into the tail.
//!
//! The error and gamma functions are those of `libm`. The incomplete beta and gamma functions are the continued
//! fractions of Lentz (DLMF 8.17.22 and 8.9.2) behind prefactors that do not cancel (Loader 2000).

use std::f64::consts::{FRAC_1_SQRT_2, PI};

const LARGEST_STEPS: usize = 20_000;
const SMALL: f64 = 1e-300;

/// P(|Z| >= |z|) of a standard normal Z.
pub fn normal_two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() * FRAC_1_SQRT_2)
}

/// P(Z <= z) of a standard normal Z.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// ln Gamma(x), x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// ln B(a, b), a and b > 0, without the cancellation of three large logarithms.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    let share = small / (small + large);
    if small >= 10.0 {
        let corrections = stirling(small) + stirling(large) - stirling(small + large);
        return 0.5 * (2.0 * PI / large).ln() + corrections + (small - 0.5) * share.ln() + large * (-share).ln_1p();
    }
    if large >= 10.0 {
        let corrections = stirling(large) - stirling(small + large);
        let rest = small - small * (small + large).ln() + (large - 0.5) * (-share).ln_1p();
        return ln_gamma(small) + corrections + rest;
    }
    ln_gamma(small) + ln_gamma(large) - ln_gamma(small + large)
}

/// The regularised incomplete beta function I_x(a, b), 0 <= x <= 1, a and b > 0.
pub fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x < (a + 1.0) / (a + b + 2.0) { beta_fraction(x, 1.0 - x, a, b) } else { 1.0 - beta_fraction(1.0 - x, x, b, a) }
}

/// P(X >= count) of a negative binomial X with this mean and dispersion k: variance mean + mean^2 / k.
///
/// An infinite dispersion is the Poisson distribution. A mean of 0 puts all weight on 0.
pub fn negative_binomial_tail(count: u64, mean: f64, dispersion: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    if mean <= 0.0 {
        return 0.0;
    }
    if dispersion > 1e8 {
        return poisson_tail(count, mean);
    }
    let count = count as f64;
    let (success, failure) = (dispersion / (mean + dispersion), mean / (mean + dispersion));
    if failure < (count + 1.0) / (count + dispersion + 2.0) {
        beta_fraction(failure, success, count, dispersion)
    } else {
        1.0 - beta_fraction(success, failure, dispersion, count)
    }
}

/// P(X >= count) of a Poisson X.
pub fn poisson_tail(count: u64, mean: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    if mean <= 0.0 {
        return 0.0;
    }
    let a = count as f64;
    if mean < a + 1.0 { gamma_series(a, mean) } else { 1.0 - gamma_fraction(a, mean) }
}

/// ln Gamma(x) - ((x - 1/2) ln x - x + ln(2 pi) / 2), x >= 10.
fn stirling(x: f64) -> f64 {
    let inverse = 1.0 / (x * x);
    let terms = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];
    terms.iter().rev().fold(0.0, |sum, term| sum * inverse + term) / x
}

/// I_x(a, b) where the fraction converges quickly; `y` is 1 - x.
fn beta_fraction(x: f64, y: f64, a: f64, b: f64) -> f64 {
    let front = (a * x.ln() + b * y.ln() - ln_beta(a, b)).exp() / a;
    if front == 0.0 {
        return 0.0;
    }
    let keep = |value: f64| if value.abs() < SMALL { SMALL } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / keep(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..LARGEST_STEPS {
        let m = step as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / keep(1.0 + even * d);
        c = keep(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / keep(1.0 + odd * d);
        c = keep(1.0 + odd / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * fraction
}

/// x^a e^-x / Gamma(a + 1).
fn gamma_front(a: f64, x: f64) -> f64 {
    if a < 10.0 {
        return (a * x.ln() - x - ln_gamma(a + 1.0)).exp();
    }
    let deviation = x / a - 1.0;
    let exponent = if deviation.abs() < 0.5 { deviation.ln_1p() - deviation } else { (x / a).ln() - deviation };
    (a * exponent - stirling(a)).exp() / (2.0 * PI * a).sqrt()
}

/// The regularised lower incomplete gamma function P(a, x), for x < a + 1.
fn gamma_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for step in 1..LARGEST_STEPS * 50 {
        term *= x / (a + step as f64);
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    gamma_front(a, x) * sum
}

/// The regularised upper incomplete gamma function Q(a, x), for x >= a + 1.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / SMALL;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for step in 1..LARGEST_STEPS * 50 {
        let m = step as f64;
        let numerator = -m * (m - a);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    gamma_front(a, x) * a * fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(given: f64, expected: f64) {
        assert!((given / expected - 1.0).abs() < 2e-12, "{given} instead of {expected}");
    }

    /// Sums of the mass functions, term by term.
    #[test]
    fn tails_equal_sums() {
        for (mean, dispersion) in [(0.3_f64, 0.7_f64), (4.0, 1.2), (22.0, 1.2), (150.0, 8.5), (900.0, 60.0)] {
            let ratio = mean / (mean + dispersion);
            let mut mass: f64 = (dispersion * (dispersion / (mean + dispersion)).ln()).exp();
            let masses: Vec<f64> = (0..20_000)
                .map(|count| {
                    let here = mass;
                    mass *= ratio * (f64::from(count) + dispersion) / (f64::from(count) + 1.0);
                    here
                })
                .collect();
            for count in [0_usize, 1, 2, 5, 20, 60, 150, 400, 1500] {
                let tail: f64 = masses[count..].iter().rev().sum();
                if tail > 1e-200 {
                    close(negative_binomial_tail(count as u64, mean, dispersion), tail);
                }
            }
        }
    }

    #[test]
    fn a_large_dispersion_is_poisson() {
        for (count, mean) in [(1, 0.5_f64), (3, 0.5), (12, 10.0), (40, 22.0), (10, 22.0), (1100, 1000.0)] {
            let mut mass: f64 = (-mean).exp();
            let mut below = 0.0;
            let mut above = 0.0;
            for k in 0..5000_u32 {
                *(if u64::from(k) < count { &mut below } else { &mut above }) += mass;
                mass *= mean / f64::from(k + 1);
            }
            if mean < 700.0 {
                close(poisson_tail(count, mean), if count as f64 > mean { above } else { 1.0 - below });
            }
            let near = negative_binomial_tail(count, mean, 9e7);
            assert!((near / poisson_tail(count, mean) - 1.0).abs() < 1e-3);
        }
    }

    #[test]
    fn published_values() {
        close(normal_two_sided(1.959_963_984_540_054), 0.05);
        close(normal_two_sided(-6.0), 1.973_175_290_075_396e-9);
        close(normal_cdf(-1.0), 0.158_655_253_931_457_04);
        close(incomplete_beta(0.5, 2.0, 3.0), 0.6875);
        close(incomplete_beta(0.2, 2.0, 1.0), 0.04);
        close(ln_beta(0.5, 0.5), PI.ln());
        close(ln_beta(20.0, 3.0), -(4620.0_f64).ln());
        close(ln_beta(10.0, 11.0), -(1_847_560.0_f64).ln());
    }
}
