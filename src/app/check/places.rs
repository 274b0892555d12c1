//! Are places where they can be? Features outside every jurisdiction, parking fuller than it can be.

use crate::app::check::{Check, Finding, LAYERS, middle};
use crate::domain::feature::{Feature, Flags};
use crate::domain::layer::Layer;
use crate::world::Snapshot;

pub(super) fn places(snapshot: &Snapshot) -> Vec<Finding> {
    let mut found = Vec::new();
    // What of a zone lies outside is told with its area.
    for layer in LAYERS.into_iter().filter(|layer| *layer != Layer::SquadZones) {
        snapshot.layer(layer).for_each(&mut |row| {
            if row.flags().has(Flags::OUTSIDE_JURISDICTION) {
                let feature = row.feature();
                let detail = "lies outside every jurisdiction".to_owned();
                found.push(Finding::at(Check::OutsideJurisdiction, layer, middle(&feature), &[&feature], detail));
            }
        });
    }
    snapshot.layer(Layer::ParkingPoints).for_each(&mut |row| found.extend(overfull(&row.feature())));
    found
}

fn overfull(point: &Feature) -> Option<Finding> {
    let layer = Layer::ParkingPoints;
    let count = |name| point.value(layer, name).integer();
    let (capacity, occupied) = (count("capacity")?, count("occupied")?);
    (occupied > capacity).then(|| {
        let detail = format!("holds {occupied} with room for {capacity}: correct one of the two");
        Finding::at(Check::Overfull, layer, middle(point), &[point], detail)
    })
}
