//! Coordinate reference systems that input may name and answers may take.

use std::f64::consts::{FRAC_PI_2, PI};
use std::fmt;
use std::sync::Arc;

use crate::spatial::china;

/// Semi-major axis of WGS 84, metres.
const WGS84_AXIS_M: f64 = 6_378_137.0;
/// Half the width of the EPSG:3857 square, metres.
const WEB_MERCATOR_EDGE_M: f64 = WGS84_AXIS_M * PI;
/// A transverse Mercator zone is taken this far from its central meridian, metres: about 10 degrees at the equator.
const TRANSVERSE_REACH_M: f64 = 1_150_000.0;
/// Longest northing from the equator, metres: a quarter of a meridian.
const QUARTER_MERIDIAN_M: f64 = 10_002_000.0;

/// A coordinate reference system and the order in which its two ordinates are written.
///
/// Cheap to clone. The default is WGS 84, longitude first (OGC CRS84). EPSG:4490 (CGCS2000) is taken as equal to
/// WGS 84, at field accuracy.
#[derive(Clone, Default)]
pub struct Crs {
    system: System,
    /// The first ordinate is the latitude or the northing.
    north_first: bool,
    name: String,
}

#[derive(Clone, Default)]
enum System {
    #[default]
    Geographic,
    Gcj02,
    Bd09,
    WebMercator,
    Transverse(Arc<Transverse>),
}

/// One zone of a transverse Mercator grid.
struct Transverse {
    plane: proj4rs::Proj,
    degrees: proj4rs::Proj,
    false_easting: f64,
    false_northing: f64,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CrsError {
    #[error(
        "the coordinate system '{0}' is not known: use wgs84, cgcs2000, gcj02, bd09, or EPSG:n with n = 4326, 4490, 3857, \
         4491-4554 (CGCS2000 Gauss-Kruger), 32601-32660 or 32701-32760 (UTM)"
    )]
    Unknown(String),
    #[error("{x}, {y} is outside the domain of {name}: is it another coordinate system or zone?")]
    OutsideDomain { x: f64, y: f64, name: String },
}

/// WGS 84, longitude first: what is stored.
pub static WGS84: Crs = Crs { system: System::Geographic, north_first: false, name: String::new() };

impl Crs {
    /// Reads a short name, `EPSG:n`, or an OGC URI (`http://www.opengis.net/def/crs/...`, `urn:ogc:def:crs:...`).
    ///
    /// Short names and `EPSG:n` are x,y (longitude or easting first). OGC URIs obey their authority: EPSG 4326 and
    /// 4490 are latitude first, CGCS2000 Gauss-Kruger northing first.
    pub fn parse(text: &str) -> Result<Self, CrsError> {
        let text = text.trim();
        let unknown = || CrsError::Unknown(text.chars().take(100).collect());
        let short = text.to_ascii_lowercase();
        let system = match short.as_str() {
            "wgs84" | "cgcs2000" | "crs84" | "ogc:crs84" => Some(System::Geographic),
            "gcj02" | "gcj-02" => Some(System::Gcj02),
            "bd09" | "bd-09" => Some(System::Bd09),
            _ => None,
        };
        if let Some(system) = system {
            return Ok(Self { system, north_first: false, name: if short == "wgs84" { String::new() } else { short } });
        }
        if let Some(code) = short.strip_prefix("epsg:") {
            let code = code.parse().map_err(|_| unknown())?;
            let system = System::of_epsg(code).ok_or_else(unknown)?;
            return Ok(Self { system, north_first: false, name: format!("EPSG:{code}") });
        }
        let authority = authority_part(&short).ok_or_else(unknown)?;
        match authority {
            Authority::Crs84 => Ok(Self::default()),
            Authority::Epsg(code) => Ok(Self {
                system: System::of_epsg(code).ok_or_else(unknown)?,
                north_first: matches!(code, 4326 | 4490..=4554),
                name: text.to_owned(),
            }),
        }
    }

    /// Longitude, latitude in degrees of a position as written in this system.
    ///
    /// Errors when the position is not finite or outside the system's domain. The answer may still be a little out
    /// of the globe's range for geographic systems; `gate::admit` checks it.
    pub fn to_wgs84(&self, first: f64, second: f64) -> Result<(f64, f64), CrsError> {
        let outside = || CrsError::OutsideDomain { x: first, y: second, name: self.name().to_owned() };
        if !first.is_finite() || !second.is_finite() {
            return Err(outside());
        }
        let (x, y) = if self.north_first { (second, first) } else { (first, second) };
        let place = match &self.system {
            System::Geographic => Some((x, y)),
            // Far out of range the formulas mean nothing; the gate refuses the place as it is.
            System::Gcj02 | System::Bd09 if x.abs() > 181.0 || y.abs() > 91.0 => Some((x, y)),
            System::Gcj02 => Some(china::wgs84_from_gcj02(x, y)),
            System::Bd09 => Some(china::wgs84_from_bd09(x, y)),
            System::WebMercator => web_mercator_to_degrees(x, y),
            System::Transverse(zone) => zone.to_degrees(x, y),
        };
        place.ok_or_else(outside)
    }

    /// A place of WGS 84 as written in this system, in this system's order of ordinates.
    pub fn from_wgs84(&self, lon: f64, lat: f64) -> Result<(f64, f64), CrsError> {
        let outside = || CrsError::OutsideDomain { x: lon, y: lat, name: self.name().to_owned() };
        let place = match &self.system {
            System::Geographic => Some((lon, lat)),
            System::Gcj02 => Some(china::gcj02_from_wgs84(lon, lat)),
            System::Bd09 => Some(china::bd09_from_wgs84(lon, lat)),
            System::WebMercator => degrees_to_web_mercator(lon, lat),
            System::Transverse(zone) => zone.of_degrees(lon, lat),
        };
        let (x, y) = place.filter(|(x, y)| x.is_finite() && y.is_finite()).ok_or_else(outside)?;
        Ok(if self.north_first { (y, x) } else { (x, y) })
    }

    /// Whether positions are written exactly as they are stored.
    pub fn is_stored(&self) -> bool {
        matches!(self.system, System::Geographic) && !self.north_first
    }

    /// The name under which it was asked for.
    pub fn name(&self) -> &str {
        if self.name.is_empty() { "wgs84" } else { &self.name }
    }

    /// What `Content-Crs` says: an OGC URI where the order of ordinates is the authority's, else the name.
    pub fn uri(&self) -> String {
        if self.is_stored() {
            return "http://www.opengis.net/def/crs/OGC/1.3/CRS84".to_owned();
        }
        match (&self.system, self.name.strip_prefix("EPSG:")) {
            (System::WebMercator, Some(code)) => format!("http://www.opengis.net/def/crs/EPSG/0/{code}"),
            (System::Transverse(_), Some(code)) if code.starts_with("32") => {
                format!("http://www.opengis.net/def/crs/EPSG/0/{code}")
            }
            _ => self.name().to_owned(),
        }
    }

    /// Decimals to write: 7 for degrees, 3 for metres.
    pub fn decimals(&self) -> usize {
        match self.system {
            System::Geographic | System::Gcj02 | System::Bd09 => 7,
            System::WebMercator | System::Transverse(_) => 3,
        }
    }
}

impl fmt::Debug for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for Crs {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

enum Authority {
    Crs84,
    Epsg(u32),
}

/// The authority's code in a lower-case OGC URI.
fn authority_part(uri: &str) -> Option<Authority> {
    let path = uri
        .strip_prefix("http://www.opengis.net/def/crs/")
        .or_else(|| uri.strip_prefix("https://www.opengis.net/def/crs/"))
        .map(|rest| rest.replace('/', ":"))
        .or_else(|| uri.strip_prefix("urn:ogc:def:crs:").map(str::to_owned))?;
    let mut parts = path.split(':');
    let authority = parts.next()?;
    let code = parts.next_back()?;
    match (authority, code) {
        ("ogc", "crs84") => Some(Authority::Crs84),
        ("epsg", code) => code.parse().ok().map(Authority::Epsg),
        _ => None,
    }
}

impl System {
    fn of_epsg(code: u32) -> Option<Self> {
        let zone = match code {
            4326 | 4490 => return Some(Self::Geographic),
            3857 => return Some(Self::WebMercator),
            32601..=32660 => Transverse::utm(code - 32600, 0.0),
            32701..=32760 => Transverse::utm(code - 32700, 10_000_000.0),
            // Six-degree zones 13-23 and three-degree zones 25-45 of CGCS2000, with and without the zone number
            // before the easting.
            4491..=4501 => Transverse::gauss_kruger(f64::from(6 * (code - 4491) + 75), code - 4491 + 13),
            4502..=4512 => Transverse::gauss_kruger(f64::from(6 * (code - 4502) + 75), 0),
            4513..=4533 => Transverse::gauss_kruger(f64::from(3 * (code - 4513) + 75), code - 4513 + 25),
            4534..=4554 => Transverse::gauss_kruger(f64::from(3 * (code - 4534) + 75), 0),
            _ => return None,
        };
        Some(Self::Transverse(Arc::new(zone?)))
    }
}

impl Transverse {
    fn utm(zone: u32, false_northing: f64) -> Option<Self> {
        Self::new("WGS84", f64::from(zone) * 6.0 - 183.0, 0.9996, 500_000.0, false_northing)
    }

    fn gauss_kruger(central_meridian: f64, prefix: u32) -> Option<Self> {
        Self::new("GRS80", central_meridian, 1.0, f64::from(prefix) * 1e6 + 500_000.0, 0.0)
    }

    fn new(ellipsoid: &str, meridian: f64, scale: f64, false_easting: f64, false_northing: f64) -> Option<Self> {
        let plane = format!(
            "+proj=etmerc +lat_0=0 +lon_0={meridian} +k={scale} +x_0={false_easting} +y_0={false_northing} \
             +ellps={ellipsoid} +units=m +no_defs"
        );
        let degrees = format!("+proj=longlat +ellps={ellipsoid} +no_defs");
        Some(Self {
            plane: proj4rs::Proj::from_proj_string(&plane).ok()?,
            degrees: proj4rs::Proj::from_proj_string(&degrees).ok()?,
            false_easting,
            false_northing,
        })
    }

    fn to_degrees(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let northing = y - self.false_northing;
        if (x - self.false_easting).abs() > TRANSVERSE_REACH_M || northing.abs() > QUARTER_MERIDIAN_M {
            return None;
        }
        let mut place = (x, y, 0.0);
        proj4rs::transform::transform(&self.plane, &self.degrees, &mut place).ok()?;
        Some((place.0.to_degrees(), place.1.to_degrees()))
    }

    fn of_degrees(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
        let mut place = (lon.to_radians(), lat.to_radians(), 0.0);
        proj4rs::transform::transform(&self.degrees, &self.plane, &mut place).ok()?;
        Some((place.0, place.1))
    }
}

/// Spherical formulas of EPSG method 1024 (Popular Visualisation Pseudo Mercator).
fn web_mercator_to_degrees(x: f64, y: f64) -> Option<(f64, f64)> {
    // A metre of slack for coordinates rounded at the edge.
    if x.abs() > WEB_MERCATOR_EDGE_M + 1.0 || y.abs() > WEB_MERCATOR_EDGE_M + 1.0 {
        return None;
    }
    let lat = 2.0 * (y / WGS84_AXIS_M).exp().atan() - FRAC_PI_2;
    Some(((x / WGS84_AXIS_M).to_degrees().clamp(-180.0, 180.0), lat.to_degrees()))
}

fn degrees_to_web_mercator(lon: f64, lat: f64) -> Option<(f64, f64)> {
    if lat.abs() > 89.0 {
        return None;
    }
    let y = (PI / 4.0 + lat.to_radians() / 2.0).tan().ln() * WGS84_AXIS_M;
    Some((lon.to_radians() * WGS84_AXIS_M, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(crs: &str, place: (f64, f64), written: (f64, f64), tolerance: f64) {
        let crs = Crs::parse(crs).unwrap();
        let (x, y) = crs.from_wgs84(place.0, place.1).unwrap();
        assert!((x - written.0).abs() < tolerance && (y - written.1).abs() < tolerance, "{crs:?}: {x} {y}");
        let (lon, lat) = crs.to_wgs84(written.0, written.1).unwrap();
        assert!((lon - place.0).abs() < 5e-7 && (lat - place.1).abs() < 5e-7, "{crs:?}: {lon} {lat}");
    }

    /// Values of PROJ (`cs2cs`) and of the EPSG guidance notes.
    #[test]
    fn known_points() {
        check("EPSG:32619", (-71.046_228_0, 42.338_160_0), (331_433.08, 4_689_350.63), 0.05);
        check("EPSG:3857", (-100.333_333_333_3, 24.381_786_944_4), (-11_169_055.58, 2_800_000.00), 0.02);
        check("EPSG:4490", (105.7, 34.5), (105.7, 34.5), 1e-12);
        check("http://www.opengis.net/def/crs/EPSG/0/4326", (105.7, 34.5), (34.5, 105.7), 1e-12);
        check("urn:ogc:def:crs:OGC:1.3:CRS84", (105.7, 34.5), (105.7, 34.5), 1e-12);
    }

    #[test]
    fn zones_of_gauss_kruger_agree_with_each_other() {
        let place = (105.72, 34.58);
        let (east, north) = Crs::parse("EPSG:4544").unwrap().from_wgs84(place.0, place.1).unwrap();
        check("EPSG:4523", place, (east + 35e6, north), 1e-6);
        check("urn:ogc:def:crs:EPSG::4523", place, (north, east + 35e6), 1e-6);
        let on_axis = Crs::parse("EPSG:4507").unwrap().from_wgs84(105.0, 34.0).unwrap();
        assert!((on_axis.0 - 500_000.0).abs() < 1e-6);
        assert!((Crs::parse("EPSG:4496").unwrap().from_wgs84(105.0, 34.0).unwrap().0 - 18_500_000.0).abs() < 1e-6);
    }

    #[test]
    fn wrong_systems_are_refused() {
        for text in [
            "",
            "EPSG:",
            "EPSG:4555",
            "EPSG:99999999999",
            "utm",
            "urn:ogc:def:crs:EPSG::x",
            "http://www.opengis.net/def/crs/",
        ] {
            assert!(matches!(Crs::parse(text), Err(CrsError::Unknown(_))), "{text}");
        }
        let utm = Crs::parse("EPSG:32619").unwrap();
        for (x, y) in [(f64::NAN, 0.0), (1e300, 0.0), (18_500_000.0, 3_800_000.0), (500_000.0, 2e7)] {
            assert!(matches!(utm.to_wgs84(x, y), Err(CrsError::OutsideDomain { .. })), "{x} {y}");
        }
    }
}
