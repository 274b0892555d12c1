//! Refused features of one import, written beside their inputs, one file each.
//!
//! Where that cannot be done, the summary says so. Nothing that the import reads is overwritten.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::app::import::Summary;
use crate::formats::Written;
use crate::formats::refused::{Origin, Refused};

/// By the number of the input; none where it could not be made or written.
#[derive(Default)]
pub(super) struct GivenBack(HashMap<usize, Option<Refused>>);

/// A refused feature, of `inputs[file]`.
pub(super) struct Returned<'a> {
    pub inputs: &'a [PathBuf],
    pub file: usize,
    pub origin: Origin<'a>,
    pub written: Option<&'a Written>,
    pub place: &'a str,
    pub reason: &'a str,
}

impl GivenBack {
    pub fn write(&mut self, returned: &Returned<'_>, summary: &mut Summary) {
        let others = self.0.values().flatten().map(Refused::path);
        let taken: Vec<PathBuf> = if self.0.contains_key(&returned.file) {
            Vec::new()
        } else {
            returned.inputs.iter().map(PathBuf::as_path).chain(others).map(Path::to_owned).collect()
        };
        let sink = self.0.entry(returned.file).or_insert_with(|| {
            let input = returned.origin.input.display();
            Refused::beside(&returned.origin, &taken)
                .map_err(|error| summary.not_given_back.push(format!("{input}: {error}")))
                .ok()
        });
        if let Some(refused) = sink
            && let Err(error) = refused.write(returned.written, returned.place, returned.reason)
        {
            summary.not_given_back.push(format!("{}: {error}", refused.path().display()));
            *sink = None;
        }
    }

    pub fn finish(&mut self, summary: &mut Summary) {
        for refused in self.0.drain().filter_map(|(_, refused)| refused) {
            let path = refused.path().to_owned();
            match refused.finish() {
                Ok(()) => summary.given_back.push(path),
                Err(error) => summary.not_given_back.push(format!("{}: {error}", path.display())),
            }
        }
        summary.given_back.sort();
    }
}
