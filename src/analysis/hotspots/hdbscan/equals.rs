//! The order in which numpy's argsort leaves equal numbers on a processor with AVX-512.
//!
//! numpy 2 sorts there with x86-simd-sort: quicksort that reads eight numbers at once, and a network for what is short.
//! Both exchange what is far apart, so that equals come out neither in the order of the input nor against it, but
//! always in the same. Here the same exchanges are made one at a time.

use std::iter::{once, successors};

/// Numbers in a vector.
const VECTOR: usize = 8;
/// Numbers that are read before any is written.
const CHUNK: usize = 4 * VECTOR;
const NETWORK: usize = 256;
const INSERTION: usize = 16;

/// Places of the numbers by rising size.
pub(super) fn order(numbers: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..numbers.len() as u32).collect();
    if !numbers.is_sorted() {
        sort(numbers, &mut order, 2 * numbers.len().ilog2());
    }
    order
}

fn sort(numbers: &[f64], order: &mut [u32], rounds: u32) {
    if order.len() < 2 {
        return;
    }
    if rounds == 0 {
        introsort(numbers, order, 2 * order.len().ilog2());
        order.sort_by(|a, b| numbers[*a as usize].total_cmp(&numbers[*b as usize]));
    } else if order.len() <= NETWORK {
        network(numbers, order);
    } else {
        let pivot = pivot(numbers, order);
        let middle = partition(numbers, order, pivot);
        let (below, above) = order.split_at_mut(middle);
        sort(numbers, below, rounds - 1);
        // What is all equal stays as it is.
        if above.iter().any(|at| numbers[*at as usize] > pivot) {
            sort(numbers, above, rounds - 1);
        }
    }
}

/// Bitonic sorting (Batcher 1968) as if endless numbers followed up to a power of two: sorted halves are compared
/// mirrored, then what is half of a half apart, and so on.
fn network(numbers: &[f64], order: &mut [u32]) {
    let count = order.len();
    for width in successors(Some(2), |width| Some(2 * width)).take_while(|width| *width < 2 * count) {
        let halves = successors(Some(width / 4), |apart| Some(apart / 2)).take_while(|apart| *apart > 0);
        for apart in once(width - 1).chain(halves) {
            for a in 0..count {
                let b = a ^ apart;
                if a < b && b < count && numbers[order[a] as usize] > numbers[order[b] as usize] {
                    order.swap(a, b);
                }
            }
        }
    }
}

/// The fifth of eight that are evenly apart.
fn pivot(numbers: &[f64], order: &[u32]) -> f64 {
    let apart = (order.len() - 1) / VECTOR;
    let mut sample: [f64; VECTOR] = std::array::from_fn(|at| numbers[order[(at + 1) * apart] as usize]);
    sample.sort_by(f64::total_cmp);
    sample[VECTOR / 2]
}

/// Brings what is below the pivot before the rest; answers how many those are.
fn partition(numbers: &[f64], order: &mut [u32], pivot: f64) -> usize {
    let below = |at: &u32| numbers[*at as usize] < pivot;
    let (mut low, mut high) = (0, order.len());
    for _ in 0..order.len() % CHUNK {
        if below(&order[low]) {
            low += 1;
        } else {
            high -= 1;
            order.swap(low, high);
        }
    }
    let start = low;
    let read = order[low..high].to_vec();
    let mut write = |from: usize| {
        for vector in read[from..from + CHUNK].chunks(VECTOR) {
            let (less, rest): (Vec<u32>, Vec<u32>) = vector.iter().partition(|at| below(at));
            order[low..low + less.len()].copy_from_slice(&less);
            order[high - rest.len()..high].copy_from_slice(&rest);
            low += less.len();
            high -= rest.len();
        }
        (low - start, high - start)
    };
    // The outermost chunks are kept for the end, to have room at both sides; the next comes from where there is less.
    let (mut left, mut right) = (CHUNK, read.len() - CHUNK);
    let mut written = (0, read.len());
    while left < right {
        if written.1 - right < left - written.0 {
            right -= CHUNK;
            written = write(right);
        } else {
            written = write(left);
            left += CHUNK;
        }
    }
    write(0);
    write(read.len() - CHUNK);
    low
}

/// What the vectors get nowhere with, because most of it is the least number, is left to the C++ library (libstdc++):
/// quicksort down to short runs, which a sort that keeps the order of equals finishes. Its heap, for what gets nowhere
/// again, is left out.
fn introsort(numbers: &[f64], order: &mut [u32], mut rounds: u32) {
    let number = |at: u32| numbers[at as usize];
    let mut end = order.len();
    while end > INSERTION && rounds > 0 {
        rounds -= 1;
        let [a, b, c] = [1, end / 2, end - 1];
        let less = |x: usize, y: usize| number(order[x]) < number(order[y]);
        let middle = match (less(a, b), less(b, c), less(a, c)) {
            (true, true, _) | (false, false, false) => b,
            (true, false, true) | (false, true, false) => c,
            _ => a,
        };
        order.swap(0, middle);
        let pivot = number(order[0]);
        let (mut low, mut high) = (1, end);
        loop {
            while number(order[low]) < pivot {
                low += 1;
            }
            high -= 1;
            while pivot < number(order[high]) {
                high -= 1;
            }
            if low >= high {
                break;
            }
            order.swap(low, high);
            low += 1;
        }
        introsort(numbers, &mut order[low..end], rounds);
        end = low;
    }
}
