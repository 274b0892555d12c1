//! Many rounds of killing the service during writes: `kill [ROUNDS] [SEED]`, 500 rounds unless told otherwise.

#[path = "../it/killing.rs"]
mod killing;
#[path = "../it/support.rs"]
#[allow(dead_code)]
mod support;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (rounds, seed) = (numbers.next().unwrap_or(500), numbers.next().unwrap_or(1_000));
    let mut place = support::Place::new();
    for round in 0..rounds {
        // A fresh store now and then, so that reading it all again does not take longer and longer.
        if round % 25 == 24 {
            assert!(place.ok(&["doctor"]).contains("healthy"));
            place = support::Place::new();
        }
        killing::round(&place, seed + round);
        eprint!("\r{} rounds", round + 1);
    }
    assert!(place.ok(&["doctor"]).contains("healthy"));
    println!("\n{rounds} rounds: no acknowledged write lost, no torn commit, doctor agrees");
}
