//! Starting the program, talking to it over HTTP, and where reference data stand.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value as Json;

/// The program, in a directory of its own that vanishes with this.
pub struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Writes a file and answers its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patrolmap"));
        command.args(arguments).current_dir(self.path()).env_remove("PATROLMAP_LOG");
        command.env("PATROLMAP_DATA", self.data()).env("PATROLMAP_TIMEZONE", "Asia/Shanghai");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran(self.command(arguments).output().unwrap())
    }

    /// Runs what must succeed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code(), 0, "{arguments:?}: {}", ran.stderr());
        ran.stdout()
    }

    pub fn import(&self, layer: &str, content: &str) -> String {
        let file = self.file(&format!("{layer}.geojson"), content);
        self.ok(&["import", layer, file.to_str().unwrap()])
    }

    pub fn serve(&self) -> Service {
        self.serve_with(&[])
    }

    pub fn serve_with(&self, arguments: &[&str]) -> Service {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        self.start(&all)
    }

    /// Starts a command that serves, and waits until it is ready.
    pub fn start(&self, arguments: &[&str]) -> Service {
        let mut child = self.command(arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let base = loop {
            let line = lines.next().unwrap_or_else(|| panic!("the service ended: {said}")).unwrap();
            if let Some((_, rest)) = line.split_once("listening at http://") {
                break rest.split('/').next().unwrap().to_owned();
            }
            said.push_str(&line);
        };
        std::thread::spawn(move || lines.for_each(drop));
        let service = Service { child, base };
        let deadline = Instant::now() + Duration::from_mins(1);
        while service.get("/readyz").status != StatusCode::OK {
            assert!(Instant::now() < deadline, "the service did not get ready");
            std::thread::sleep(Duration::from_millis(10));
        }
        service
    }
}

pub struct Ran(Output);

impl Ran {
    pub fn code(&self) -> i32 {
        self.0.status.code().unwrap_or(-1)
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }
}

/// A running service; killed when this goes.
pub struct Service {
    pub child: Child,
    /// Host and port.
    pub base: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts the status and that problems are told as such.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        if status >= 400 {
            assert_eq!(self.header("content-type"), "application/problem+json");
            let json = self.json();
            assert_eq!(json["status"], status);
            for member in ["type", "title", "detail"] {
                assert!(json[member].as_str().is_some_and(|text| !text.is_empty()), "{json}");
            }
        }
        self
    }

    pub fn features(&self) -> Vec<Json> {
        self.json()["features"].as_array().unwrap_or_else(|| panic!("{}", self.text())).clone()
    }
}

pub const GEOJSON: (&str, &str) = ("content-type", "application/geo+json");

impl Service {
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        self.try_send(method, path, headers, body.into()).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    pub fn try_send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Bytes) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", &self.base);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        runtime().block_on(async {
            let stream = tokio::net::TcpStream::connect(&self.base).await.map_err(|error| error.to_string())?;
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
            tokio::spawn(connection);
            let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            Ok(Answer { status: parts.status, headers: parts.headers, body })
        })
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    pub fn post(&self, layer: &str, body: impl Into<Bytes>) -> Answer {
        self.send("POST", &format!("/api/collections/{layer}/items"), &[GEOJSON], body)
    }

    /// Sends a signal and waits for the end.
    pub fn end(mut self, signal: &str) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Resident memory now, bytes.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A file of the reference data; none, said aloud, where they are absent outside CI.
pub fn shared(test: &str, path: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(std::env::var_os("CI").is_none(), "{test}: reference data {path} are missing in CI");
    say_skipped(test, &format!("reference data {path} are not here"));
    None
}

/// Imports 33,014 real cases: a gzipped table in metres of UTM zone 19, with local times.
pub const BOSTON: &str = "hotspot/inputs/boston_illegal_parking_33014.csv.gz";

pub fn import_of_boston(file: &Path) -> Vec<&str> {
    let file = file.to_str().unwrap();
    let words = "--crs EPSG:32619 --xy x,y --tz America/New_York --map external_id=id --map occurred_at=datetime \
                 --set category=motor-parking";
    ["import", "violations", file].into_iter().chain(words.split_whitespace()).collect()
}

/// Says aloud, past the test runner's capture, that a test did not run.
pub fn say_skipped(test: &str, why: &str) {
    drop(writeln!(std::io::stderr(), "SKIPPED {test}: {why}"));
}

pub fn read_gzip(path: &Path) -> String {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// Repeatable numbers (SplitMix64).
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

pub fn collection(features: &[Json]) -> String {
    serde_json::json!({ "type": "FeatureCollection", "features": features }).to_string()
}

#[allow(clippy::needless_pass_by_value, reason = "it reads better where it is called")]
pub fn violation(lon: f64, lat: f64, extra: Json) -> Json {
    let mut properties =
        serde_json::json!({ "category": "street-encroachment", "occurred_at": "2026-03-01T08:00:00Z" });
    for (name, value) in extra.as_object().unwrap() {
        properties[name] = value.clone();
    }
    serde_json::json!({ "type": "Feature", "properties": properties, "geometry": { "type": "Point", "coordinates": [lon, lat] } })
}
