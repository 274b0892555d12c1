//! The `bbox` of OGC API Features: text into windows.

use crate::spatial::crs::Crs;
use crate::spatial::shape::Envelope;

/// Points along each edge when a box of another system is turned into degrees: straight edges bend.
const STEPS: u32 = 16;

/// Reads `west,south,east,north` (or with heights, which are passed over) in the ordinates of `crs`.
///
/// West beyond east means across the antimeridian: two windows then. The error is a sentence.
pub fn parse(text: &str, crs: &Crs) -> Result<Vec<Envelope>, String> {
    let wrong =
        || format!("'{}' is not a box: write it as west,south,east,north", text.chars().take(80).collect::<String>());
    let numbers: Vec<f64> = text
        .split(',')
        .map(|part| part.trim().parse::<f64>().ok().filter(|number| number.is_finite()))
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    let (first, second) = match numbers[..] {
        [west, south, east, north] => ((west, south), (east, north)),
        [west, south, low, east, north, high] if low <= high => ((west, south), (east, north)),
        _ => return Err(wrong()),
    };
    if crs.is_stored() {
        return degrees(first, second);
    }
    let window = converted(first, second, crs)?;
    if window.is_empty() {
        Err("the box is empty: its second corner must be greater than its first".to_owned())
    } else {
        Ok(vec![window])
    }
}

fn degrees((west, south): (f64, f64), (east, north): (f64, f64)) -> Result<Vec<Envelope>, String> {
    let on_globe = |lon: f64| (-180.0..=180.0).contains(&lon);
    if !on_globe(west) || !on_globe(east) || !(-90.0..=90.0).contains(&south) || !(-90.0..=90.0).contains(&north) {
        return Err("the box leaves the globe: longitude is within -180 and 180, latitude within -90 and 90".to_owned());
    }
    if south > north {
        return Err("the box is upside down: its south is above its north".to_owned());
    }
    if west <= east {
        return Ok(vec![Envelope { west, south, east, north }]);
    }
    Ok(vec![Envelope { west, south, east: 180.0, north }, Envelope { west: -180.0, south, east, north }])
}

/// The box of degrees round a box of another system.
fn converted(a: (f64, f64), b: (f64, f64), crs: &Crs) -> Result<Envelope, String> {
    if a.0 > b.0 || a.1 > b.1 {
        return Ok(Envelope::EMPTY);
    }
    let mut window = Envelope::EMPTY;
    for step in 0..=STEPS {
        let share = f64::from(step) / f64::from(STEPS);
        let (x, y) = (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1));
        for (x, y) in [(x, a.1), (x, b.1), (a.0, y), (b.0, y)] {
            let (lon, lat) = crs.to_wgs84(x, y).map_err(|error| error.to_string())?;
            window.include(geo::Coord { x: lon, y: lat });
        }
    }
    Ok(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes() {
        let parse = |text| parse(text, &Crs::default());
        assert_eq!(parse("1,2,3,4").unwrap(), [Envelope { west: 1.0, south: 2.0, east: 3.0, north: 4.0 }]);
        assert_eq!(parse("1,2,0,3,4,9").unwrap().len(), 1);
        assert_eq!(parse("170,-10,-170,10").unwrap().len(), 2);
        for text in ["", "1,2,3", "1,2,3,x", "1,4,3,2", "1,2,3,400", "NaN,2,3,4", "1,2,3,4,5"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let utm = Crs::parse("EPSG:32619").unwrap();
        let window = super::parse("331000,4689000,332000,4690000", &utm).unwrap()[0];
        assert!(window.holds(geo::Coord { x: -71.046_228, y: 42.338_160 }), "{window:?}");
    }
}
