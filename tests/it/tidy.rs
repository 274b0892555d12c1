//! The house keeps its rules: arrows point inwards, each crate lives in its room, nothing is left lying about.

use std::path::{Path, PathBuf};

/// Which rings a ring may name.
const ARROWS: [(&str, &[&str]); 11] = [
    ("spatial", &[]),
    ("domain", &["spatial"]),
    ("formats", &["spatial", "domain"]),
    ("analysis", &["spatial", "domain"]),
    ("store", &["spatial", "domain"]),
    ("world", &["spatial", "domain"]),
    ("app", &["spatial", "domain", "formats", "analysis", "store", "world"]),
    ("api", &["spatial", "domain", "formats", "analysis", "store", "world", "app"]),
    ("config", &["domain", "app"]),
    ("cli", &["spatial", "domain", "formats", "analysis", "store", "world", "app", "api", "config"]),
    ("main", &["cli"]),
];

/// Crates that one ring alone may name.
const ROOMS: [(&str, &[&str]); 12] = [
    ("sqlx", &["store"]),
    ("axum", &["api"]),
    ("tower_http", &["api"]),
    ("prometheus", &["api"]),
    ("rust_embed", &["api"]),
    ("osmpbf", &["formats"]),
    ("encoding_rs", &["formats", "cli", "api"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("toml", &["config"]),
    ("proj4rs", &["spatial"]),
    ("anyhow", &["cli", "config", "main"]),
];

/// What the inner rings must not know.
const PURE: [&str; 5] = ["spatial", "domain", "formats", "analysis", "world"];
const IMPURE: [&str; 6] = ["tokio", "Timestamp::now", "Zoned::now", "SystemTime::now", "std::env", "Instant::now"];

const LONGEST_FILE: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn files(directory: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

fn sources(under: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&root().join(under), "rs", &mut found);
    found.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// `src/api/items.rs` is of the ring `api`.
fn ring(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// Lines of code, tests inside a file left out.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = text.find("#[cfg(test)]").unwrap_or(text.len());
    text[..tests].lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn arrows_point_inwards() {
    for (path, text) in sources("src") {
        let own = ring(&path);
        if own == "lib" {
            continue;
        }
        let (_, allowed) = ARROWS.iter().find(|(name, _)| *name == own).unwrap_or_else(|| panic!("{own} is no ring"));
        for (at, line) in code(&text) {
            for (other, _) in ARROWS {
                let named =
                    line.contains(&format!("crate::{other}::")) || line.contains(&format!("patrolmap::{other}::"));
                let may = other == own || allowed.contains(&other);
                assert!(!named || may, "{}:{}: {own} must not know {other}", path.display(), at + 1);
            }
        }
    }
}

#[test]
fn each_crate_lives_in_its_room() {
    for (path, text) in sources("src") {
        let own = ring(&path);
        for (at, line) in code(&text) {
            for (name, rooms) in ROOMS {
                let named = line.contains(&format!("{name}::")) && !line.contains(&format!("_{name}::"));
                assert!(
                    !named || rooms.contains(&own.as_str()),
                    "{}:{}: {name} lives in {rooms:?}",
                    path.display(),
                    at + 1
                );
            }
            if PURE.contains(&own.as_str()) {
                for word in IMPURE {
                    assert!(!line.contains(word), "{}:{}: {own} knows no {word}", path.display(), at + 1);
                }
            }
        }
    }
}

#[test]
fn files_stay_short_and_clean() {
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        assert!(text.lines().count() <= LONGEST_FILE, "{} has more than {LONGEST_FILE} lines", path.display());
        let here = path.ends_with("tidy.rs");
        for word in ["todo!(", "unimplemented!(", "dbg!(", "FIXME", "XXX"] {
            assert!(here || !text.contains(word), "{}: {word}", path.display());
        }
        if !path.ends_with("main.rs") {
            assert!(text.starts_with("//!"), "{} does not say what it is", path.display());
        }
    }
}

/// The lists that `cargo deny` reads, held against the lock file without it.
#[test]
fn dependencies_keep_to_the_lists() {
    let deny: toml::Table = toml::from_str(&std::fs::read_to_string(root().join("deny.toml")).unwrap()).unwrap();
    let allowed: Vec<&str> =
        deny["licenses"]["allow"].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
    let banned: Vec<&str> =
        deny["bans"]["deny"].as_array().unwrap().iter().filter_map(|ban| ban["crate"].as_str()).collect();
    let twice: Vec<&str> =
        deny["bans"]["skip"].as_array().unwrap().iter().filter_map(|skip| skip["crate"].as_str()).collect();
    let output = std::process::Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "-e",
            "normal,build,dev",
            "--prefix",
            "none",
            "--format",
            "{p}|{l}|{r}",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut seen: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let mut columns = line.split('|');
        let mut package = columns.next().unwrap().split(' ');
        let (name, version) = (package.next().unwrap().to_owned(), package.next().unwrap().to_owned());
        let licence = columns.next().unwrap();
        assert!(licence_is_allowed(licence, &allowed), "{name}: licence {licence}");
        assert!(!banned.contains(&name.as_str()), "{name} is banned");
        if let Some(other) = seen.insert(name.clone(), version.clone()) {
            assert!(other == version || twice.contains(&name.as_str()), "{name} is there as {other} and as {version}");
        }
    }
    for package in std::fs::read_to_string(root().join("Cargo.lock")).unwrap().split("[[package]]").skip(1) {
        let source = package.lines().find_map(|line| line.strip_prefix("source = "));
        assert!(source.is_none_or(|source| source.starts_with("\"registry+")), "{package}");
    }
}

fn licence_is_allowed(licence: &str, allowed: &[&str]) -> bool {
    licence.split(" AND ").all(|part| {
        let part = part.trim_matches(['(', ')']);
        part.split(" OR ")
            .flat_map(|one| one.split('/'))
            .any(|one| allowed.contains(&one.trim().trim_matches(['(', ')'])))
    })
}

#[test]
fn the_description_of_the_interface_is_the_one_that_was_looked_at() {
    let golden = root().join("tests/golden/openapi.json");
    let now = format!("{:#}\n", patrolmap::api::openapi());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, &now).unwrap();
    }
    let then = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(now == then, "the interface has changed: look at it, then `make bless`");
}
