//! How fast the nearest parking is found in process, on one core: `nearest DIRECTORY`, a data directory with streets and
//! parking (`patrolmap import-osm`). HTTP is measured by `nearest.sh`, the peer by `nearest_peers.py`.

use std::path::Path;
use std::time::{Duration, Instant};

use geo::Coord;
use patrolmap::analysis::nearest::{Search, Tables, Weight, outline, reach};
use patrolmap::analysis::random::Random;
use patrolmap::app::nearest::Measure;
use patrolmap::app::{App, Opening, Settings};
use patrolmap::domain::layer::Layer;
use patrolmap::spatial::network::{Network, Profile, Spot};
use patrolmap::store::Mode;

/// No limit.
const FAR: u64 = u64::MAX / 4;

fn main() {
    let Some(directory) = std::env::args().skip(1).find(|word| !word.starts_with('-')) else {
        println!("nearest DIRECTORY: a data directory with streets and parking");
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(Path::new(&directory)));
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let made = work();
    println!("{what:<46} {:>9.2} ms", started.elapsed().as_secs_f64() * 1e3);
    made
}

fn rate(what: &str, count: usize, took: Duration) {
    let seconds = took.as_secs_f64();
    println!("{what:<46} {:>9.0} a second, {:.1} us each", count as f64 / seconds, seconds * 1e6 / count as f64);
}

async fn measure(directory: &Path) {
    let layers = [Layer::RoadSections, Layer::ParkingPoints];
    let (mode, settings) = (Mode::Existing, Settings::default());
    let app =
        App::open(Opening { directory, mode, settings, actor: "bench".to_owned(), layers: &layers }).await.unwrap();
    let snapshot = app.snapshot();
    let shared = timed("network of the snapshot", || app.network(&snapshot));
    let network = shared.get().unwrap();
    println!("{} sections, {} junctions", network.len(), network.junctions());
    for profile in Profile::ALL {
        timed(&format!("graph and tree, {}", profile.name()), || network.graph(profile).islands);
    }
    let profile = Profile::Walk;
    let made = timed("parking laid on the streets", || {
        app.points(&snapshot, network, Layer::ParkingPoints, profile, Measure::Entrance)
    });
    let points = made.get().unwrap();
    println!("{} points, {} feet", points.targets.len(), points.targets.feet().len());
    let tables = timed("tables of the 5 nearest, on foot", || Tables::new(network, profile, &points.targets, 5));
    let groups: Vec<u16> = (0..3).collect();
    let queries = queries(network, 100_000);

    let started = Instant::now();
    let mut found = 0;
    for from in &queries {
        if let Some(spot) = network.snap(profile, *from, 50_000.0) {
            found += tables.nearest(network, &points.targets, &spot, &groups, 5, FAR).len();
        }
    }
    rate("5 nearest by tables, snapping included", queries.len(), started.elapsed());
    assert!(found > 0);

    let spots: Vec<Spot> = queries.iter().filter_map(|from| network.snap(profile, *from, 50_000.0)).collect();
    let mut search = Search::new(network, profile);
    let started = Instant::now();
    let some = &spots[..spots.len().min(5_000)];
    for spot in some {
        found += search.nearest(&points.targets, spot, &|_| true, 5, FAR).len();
    }
    rate("5 nearest by search, without snapping", some.len(), started.elapsed());

    let mut slowest = Duration::ZERO;
    let started = Instant::now();
    let some = &spots[..spots.len().min(1_000)];
    for spot in some {
        let own = Instant::now();
        let reached = reach(&mut search, spot, Weight::Metres, &[1_000_000_000]);
        let parts = reached[0].stretches.iter();
        let lines: Vec<Vec<Coord>> =
            parts.map(|part| network.part(part.section as usize, part.from_um, part.to_um)).collect();
        found += outline(&lines).polygons.len();
        slowest = slowest.max(own.elapsed());
    }
    rate("reach of 1 km with its area", some.len(), started.elapsed());
    println!("slowest reach {:.2} ms ({found} answers)", slowest.as_secs_f64() * 1e3);
    app.close().await;
}

/// Places up to some fifty metres off random corners of the streets.
fn queries(network: &Network, count: usize) -> Vec<Coord> {
    let mut random = Random::new(5);
    (0..count)
        .map(|_| {
            let line = network.line(random.index(network.len()));
            let at = line[random.index(line.len())];
            Coord { x: at.x + random.normal() * 4e-4, y: at.y + random.normal() * 3e-4 }
        })
        .collect()
}
