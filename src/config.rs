//! The configuration: `patrolmap.toml` in the data directory, then `PATROLMAP_*` in the environment, then flags.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use serde::Deserialize;

use crate::app::Settings;
use crate::domain::category::{Catalogue, DEFAULT_SCHEME};

/// Name of the file inside the data directory.
pub const FILE_NAME: &str = "patrolmap.toml";
const PREFIX: &str = "PATROLMAP_";
/// Variables that are not settings of the file: they stand for global options.
const OPTIONS: [&str; 4] = ["DATA", "ACTOR", "CONFIG", "LOG"];

/// Everything that can be configured, with its default.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port of the service.
    pub listen: String,
    /// Whether others than this machine may write.
    pub open: bool,
    /// IANA name for local times; the machine's zone when absent.
    pub timezone: Option<String>,
    /// Scheme of bare category codes.
    pub category_scheme: String,
    /// Whether changes must carry `If-Match`.
    pub require_if_match: bool,
    /// Connections served at a time; more wait.
    pub max_connections: usize,
    /// Kilometres an hour in a vehicle by class of street (a table); other classes keep the usual speed.
    pub drive_kmh: BTreeMap<String, f64>,
    /// Ends of streets closer than this are joined for travel, metres, at most 1; 0 joins ends at the same place only.
    pub join_ends_m: f64,
    /// Public holidays for opening hours: days, or first and last with `/` between.
    pub public_holidays: Vec<String>,
    /// School holidays, in the same way.
    pub school_holidays: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            open: false,
            timezone: None,
            category_scheme: DEFAULT_SCHEME.to_owned(),
            require_if_match: true,
            max_connections: 1_024,
            drive_kmh: BTreeMap::new(),
            join_ends_m: 0.0,
            public_holidays: Vec::new(),
            school_holidays: Vec::new(),
        }
    }
}

impl Config {
    /// Reads `file`, or the data directory's own when there is one, and lays `environment` over it.
    pub fn read(
        file: Option<&Path>,
        data: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let own = data.join(FILE_NAME);
        let path = file.or_else(|| own.is_file().then_some(own.as_path()));
        let mut table = match path {
            None => toml::Table::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                let table: toml::Table =
                    toml::from_str(&text).with_context(|| format!("{} is not valid TOML", path.display()))?;
                checked(table.clone()).map_err(|error| anyhow!("{}: {error}", path.display()))?;
                table
            }
        };
        for (name, value) in environment {
            let Some(key) = name.strip_prefix(PREFIX) else { continue };
            if !OPTIONS.contains(&key) {
                overlay(&mut table, &name, &key.to_ascii_lowercase(), value)?;
            }
        }
        checked(table)
    }

    pub fn settings(&self) -> Settings {
        Settings {
            timezone: self.timezone.clone(),
            category_scheme: self.category_scheme.clone(),
            require_if_match: self.require_if_match,
            drive_kmh: self.drive_kmh.clone(),
            join_ends_m: self.join_ends_m,
            public_holidays: self.public_holidays.clone(),
            school_holidays: self.school_holidays.clone(),
        }
    }
}

fn checked(table: toml::Table) -> anyhow::Result<Config> {
    let config: Config =
        toml::Value::Table(table).try_into().map_err(|error: toml::de::Error| anyhow!("{}", error.message()))?;
    config.settings().zone().map_err(|error| anyhow!("timezone: {error}"))?;
    config.settings().calendar().map_err(|error| anyhow!("{error}"))?;
    let catalogue = Catalogue::embedded();
    if !catalogue.schemes().contains(&config.category_scheme.as_str()) {
        bail!("category_scheme: '{}' is none of {}", config.category_scheme, catalogue.schemes().join(", "));
    }
    if config.max_connections == 0 {
        bail!("max_connections: must be at least 1");
    }
    if let Some((class, kmh)) = config.drive_kmh.iter().find(|(_, kmh)| !(1.0..=300.0).contains(*kmh)) {
        bail!("drive_kmh: {class} = {kmh}: must be 1 to 300 kilometres an hour");
    }
    if !(0.0..=1.0).contains(&config.join_ends_m) {
        bail!("join_ends_m: must be 0 to 1 metre");
    }
    Ok(config)
}

/// A variable is read as the setting's own type.
fn overlay(table: &mut toml::Table, name: &str, key: &str, value: String) -> anyhow::Result<()> {
    let typed = match key {
        "open" | "require_if_match" => {
            let truth = value.trim().parse().map_err(|_| anyhow!("{name}: '{value}' is neither true nor false"))?;
            toml::Value::Boolean(truth)
        }
        "max_connections" => {
            let number = value.trim().parse().map_err(|_| anyhow!("{name}: '{value}' is not a number"))?;
            toml::Value::Integer(number)
        }
        "join_ends_m" => {
            let metres = value.trim().parse().map_err(|_| anyhow!("{name}: '{value}' is not a number"))?;
            toml::Value::Float(metres)
        }
        "public_holidays" | "school_holidays" => {
            let days = value.split(',').map(str::trim).filter(|day| !day.is_empty());
            toml::Value::Array(days.map(|day| toml::Value::String(day.to_owned())).collect())
        }
        _ => toml::Value::String(value),
    };
    table.insert(key.to_owned(), typed);
    checked(table.clone()).map_err(|error| anyhow!("{name}: {error}"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> anyhow::Result<Config> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE_NAME), text).unwrap();
        Config::read(None, directory.path(), environment.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())))
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config =
            read("listen = '127.0.0.1:1'\nopen = true", &[("PATROLMAP_LISTEN", "127.0.0.1:2"), ("HOME", "x")]).unwrap();
        assert_eq!((config.listen.as_str(), config.open), ("127.0.0.1:2", true));
    }

    #[test]
    fn holidays_are_days_and_rows_of_days() {
        let days = "2026-10-01/2026-10-07, 2026-12-30/2027-01-01";
        let config = read("public_holidays = ['2026-05-01']", &[("PATROLMAP_SCHOOL_HOLIDAYS", days)]).unwrap();
        let calendar = config.settings().calendar().unwrap();
        assert_eq!((calendar.public.len(), calendar.school.len()), (1, 10));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told = |text: &str, environment: &[(&str, &str)]| format!("{:#}", read(text, environment).unwrap_err());
        assert!(told("lisen = 'x'", &[]).contains("expected one of `listen`"), "{}", told("lisen = 'x'", &[]));
        assert!(told("timezone = 'Mars/Olympus'", &[]).contains("IANA"));
        assert!(told("category_scheme = 'old'", &[]).contains("legacy"));
        assert!(told("", &[("PATROLMAP_OPEN", "perhaps")]).contains("PATROLMAP_OPEN"));
        assert!(told("public_holidays = ['1 May']", &[]).contains("2026-10-01"));
        assert!(told("school_holidays = ['2026-07-10/2026-07-01']", &[]).contains("school_holidays"));
        assert!(told("", &[("PATROLMAP_LISEN", "x")]).contains("PATROLMAP_LISEN"));
        assert!(told("open = [", &[]).contains("patrolmap.toml"));
    }
}
