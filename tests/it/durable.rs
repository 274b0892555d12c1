//! What was acknowledged stays, whatever happens to the process or the disk.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::killing::{BATCH, Told, round, write};
use crate::support::{BOSTON, Place, import_of_boston, say_skipped, shared, violation};

#[test]
fn no_acknowledged_write_is_lost_when_the_process_is_killed() {
    let place = Place::new();
    for seed in 0..5 {
        round(&place, seed);
    }
    assert!(place.ok(&["doctor"]).contains("healthy"));
}

#[test]
fn readers_never_see_half_a_commit() {
    let place = Place::new();
    let service = place.serve();
    let stop = AtomicBool::new(false);
    let told = Mutex::new(Told::default());
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (service, told, stop) = (&service, &told, &stop);
            scope.spawn(move || write(service, &format!("w{writer}"), told, stop));
        }
        let deadline = Instant::now() + Duration::from_secs(2);
        while Instant::now() < deadline {
            let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
            for feature in service.get("/api/collections/violations/items?limit=10000").expect(200).features() {
                *sizes.entry(feature["properties"]["batch"].as_str().unwrap().to_owned()).or_default() += 1;
            }
            assert!(sizes.values().all(|size| *size == BATCH), "{sizes:?}");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// A small file system of its own; unmounted when this goes.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(at: std::path::PathBuf, size: &str) -> Option<Self> {
        std::fs::create_dir_all(&at).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&at).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_is_told_and_writes_come_back() {
    let place = Place::new();
    let Some(disk) = SmallDisk::mount(place.path().join("small"), "12m") else {
        say_skipped("a_full_disk_is_told_and_writes_come_back", "file systems cannot be mounted here");
        return;
    };
    let data = disk.0.join("data");
    let service = place.serve_with(&["--data", data.to_str().unwrap()]);
    let body = |at: u64| {
        violation(105.7, 34.5, json!({ "external_id": format!("v{at}"), "note": "n".repeat(4_000) })).to_string()
    };
    service.post("violations", body(0)).expect(201);
    let ballast = disk.0.join("ballast");
    let mut stored = 1;
    let mut full = false;
    // Something else takes the room, all but a little.
    let free = 12 * 1024 * 1024 - dir_size(&data) - (700 << 10);
    std::fs::write(&ballast, vec![0u8; free as usize]).unwrap();
    for at in 1..2_000 {
        let answer = service.post("violations", body(at));
        match answer.status.as_u16() {
            201 => stored += 1,
            507 => {
                answer.expect(507);
                full = true;
                break;
            }
            other => panic!("{other}: {}", answer.text()),
        }
    }
    assert!(full, "the disk did not get full");
    let read = service.get("/api/collections/violations/items?limit=1").expect(200);
    assert_eq!(read.json()["numberMatched"], stored, "reads go on, with what was acknowledged");
    service.post("violations", body(9_000)).expect(507);
    std::fs::remove_file(&ballast).unwrap();
    service.post("violations", body(9_001)).expect(201);
    drop(service);
    let healthy = place.ok(&["doctor", "--data", data.to_str().unwrap()]);
    assert!(healthy.contains("healthy") && healthy.contains(&format!("{}", stored + 1)), "{healthy}");
}

fn dir_size(path: &std::path::Path) -> u64 {
    std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

#[test]
fn an_import_that_is_killed_leaves_nothing_behind() {
    let place = Place::new();
    let Some(file) = shared("an_import_that_is_killed", BOSTON) else {
        return;
    };
    let arguments = import_of_boston(&file);
    let mut child = place.command(&arguments).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    drop(child.kill());
    drop(child.wait());
    let count = place.ok(&["export", "violations", "-f", "geojsonl"]).lines().count();
    assert!(count == 0 || count == 33_014, "{count}");
    assert!(place.ok(&arguments).contains("0 refused"));
    assert_eq!(place.ok(&["export", "violations", "-f", "geojsonl"]).lines().count(), 33_014);
}
