//! Road sections that are split, merged and reversed: in one transaction with their lineage and with the facts of
//! everything near them.

use geo::Coord;

use crate::app::error::invalid;
use crate::app::turn::Turn;
use crate::app::write::{Guard, Stored, Target};
use crate::app::writer::{Done, Job, Work};
use crate::app::{App, AppError, entry, facts};
use crate::domain::draft::{Draft, RawFeature};
use crate::domain::feature::{Feature, FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::domain::lineage::{Descent, Operation};
use crate::domain::plan::Span;
use crate::domain::resection::{self, Cut, Merged};
use crate::spatial::crs::WGS84;
use crate::spatial::shape::{Envelope, Shape};
use crate::world::Change;

/// Sections that are merged at a time, and places that one is cut at.
pub const MOST_SECTIONS: usize = 100;
/// Neighbours whose facts are derived within the same transaction; more are derived right after it.
const AT_ONCE: u64 = 5_000;

/// Something to be done to sections as a whole.
pub(super) enum Resection {
    Split { target: Target, cuts: Vec<Cut> },
    Reverse { target: Target },
    Merge { targets: Vec<Target>, patch: Box<Draft>, force: bool },
}

impl App {
    /// Cuts a section into new ones; it is gone then. Answers the pieces in the order of the line.
    pub async fn split_section(&self, target: Target, cuts: Vec<Cut>) -> Result<Vec<Stored>, AppError> {
        if cuts.is_empty() || cuts.len() > MOST_SECTIONS {
            return Err(invalid("/at", format!("name 1 to {MOST_SECTIONS} places to cut at")));
        }
        self.resect(Resection::Split { target, cuts }).await
    }

    /// Draws a section the other way; it stays the same section.
    pub async fn reverse_section(&self, target: Target) -> Result<Stored, AppError> {
        self.resect(Resection::Reverse { target }).await?.pop().ok_or(AppError::Overloaded)
    }

    /// Makes one section of several; they are gone then. `properties` say what holds where they disagree.
    ///
    /// Errors: [`AppError::Invalid`] when they do not follow each other, disagree, or another street meets them where
    /// they are joined, unless `force` is given.
    pub async fn merge_sections(
        &self,
        targets: Vec<Target>,
        properties: RawFeature,
        force: bool,
    ) -> Result<Stored, AppError> {
        if targets.len() > MOST_SECTIONS {
            return Err(invalid("/ids", format!("name {MOST_SECTIONS} sections at most")));
        }
        for (at, target) in targets.iter().enumerate() {
            if targets[..at].iter().any(|other| other.id == target.id) {
                return Err(invalid(format!("/ids/{at}"), format!("section {} stands twice", target.id.0)));
            }
        }
        let mut drafts = self.read_drafts(Layer::RoadSections, vec![properties], WGS84.clone(), false).await?;
        let patch = Box::new(drafts.pop().ok_or(AppError::Overloaded)?);
        self.resect(Resection::Merge { targets, patch, force }).await?.pop().ok_or(AppError::Overloaded)
    }

    async fn resect(&self, resection: Resection) -> Result<Vec<Stored>, AppError> {
        let (job, answer) = Job::new(Work::Resect(resection), None);
        self.0.queue.push(job)?;
        match answer.await.map_err(|_| AppError::Overloaded)?? {
            Done::Stored(stored) => Ok(stored),
            Done::Before(_) | Done::Redrawn(..) => Err(AppError::Overloaded),
        }
    }

    /// Every step that leads to a section or on from it, oldest first; also of one that is gone.
    pub async fn lineage(&self, id: FeatureId) -> Result<Vec<Descent>, AppError> {
        let mut tx = self.store().read().await?;
        let steps = tx.lineage(id).await?;
        if steps.is_empty() && tx.features(Layer::RoadSections, &[id]).await?.is_empty() {
            return Err(AppError::NotFound { layer: Layer::RoadSections, id });
        }
        Ok(steps)
    }
}

/// A section as it is before, and its body.
type Before = (Feature, String);

impl Turn {
    pub(super) async fn resect(&mut self, resection: Resection) -> Result<Vec<Stored>, AppError> {
        match resection {
            Resection::Split { target, cuts } => self.split(&target, &cuts).await,
            Resection::Reverse { target } => self.reverse(&target).await,
            Resection::Merge { targets, patch, force } => self.merge(&targets, *patch, force).await,
        }
    }

    async fn split(&mut self, target: &Target, cuts: &[Cut]) -> Result<Vec<Stored>, AppError> {
        let before = self.guarded(target)?;
        let pieces = resection::split(&before.0, cuts).map_err(AppError::Invalid)?;
        let after = pieces.into_iter().map(|(piece, span)| (piece, vec![span])).collect();
        self.replace(vec![before], after, Operation::Split).await
    }

    async fn merge(&mut self, targets: &[Target], patch: Draft, force: bool) -> Result<Vec<Stored>, AppError> {
        let before: Vec<Before> = targets.iter().map(|target| self.guarded(target)).collect::<Result<_, _>>()?;
        let sections: Vec<Feature> = before.iter().map(|(section, _)| section.clone()).collect();
        let Merged { feature, joints, spans } = resection::merge(&sections, patch).map_err(AppError::Invalid)?;
        if !force && let Some(other) = joints.iter().find_map(|joint| self.street_at(*joint, &sections)) {
            let detail = format!(
                "section {} meets them where they would be joined: the junction would be lost; force=true joins them still",
                other.0
            );
            return Err(invalid("/ids", detail));
        }
        self.replace(before, vec![(feature, spans)], Operation::Merge).await
    }

    /// Another section that ends at this place.
    fn street_at(&self, at: Coord, but: &[Feature]) -> Option<FeatureId> {
        let here = Envelope { west: at.x, south: at.y, east: at.x, north: at.y };
        let mut found = None;
        self.state.layer(Layer::RoadSections).in_window(here, &mut |row| {
            let ends = row.with_shape(|shape| match shape {
                Shape::LineString(line) => line.0.first() == Some(&at) || line.0.last() == Some(&at),
                _ => false,
            });
            if ends == Some(true) && but.iter().all(|section| section.id != row.id()) {
                found = Some(row.id());
            }
        });
        found
    }

    /// Puts new sections in the place of old ones; each comes with where the old ones lie in it.
    async fn replace(
        &mut self,
        before: Vec<Before>,
        after: Vec<(Feature, Vec<Span>)>,
        operation: Operation,
    ) -> Result<Vec<Stored>, AppError> {
        let layer = Layer::RoadSections;
        let mut changes = Vec::new();
        let mut area = Envelope::EMPTY;
        for (section, body) in &before {
            area = area.union(section.geometry.as_ref().map_or(Envelope::EMPTY, Shape::envelope));
            self.tx.delete(layer, section.id, body).await?;
            changes.push((layer, Change::Delete(section.id)));
        }
        let mut stored = Vec::with_capacity(after.len());
        let mut descents = Vec::new();
        let metres = |section: &Feature| section.value(layer, "length_m").number().unwrap_or(0.0);
        let mut children = Vec::with_capacity(after.len());
        let mut carried = Vec::new();
        for (mut section, spans) in after {
            // Not one of its parents: its squad is what the parents agree on.
            section.id = FeatureId(0);
            self.derive(layer, &mut section, true)?;
            self.tx.insert(layer, &mut section).await?;
            children.push((section.id, metres(&section)));
            carried.extend(before.iter().zip(spans).map(|((parent, _), span)| (parent.id, section.id, span)));
            area = area.union(section.geometry.as_ref().map_or(Envelope::EMPTY, Shape::envelope));
            descents.extend(before.iter().map(|(parent, _)| Descent {
                parent: parent.id,
                child: section.id,
                parent_external_id: parent.external_id.clone(),
                operation,
            }));
            changes.push(Self::stored(layer, section, &mut stored));
        }
        self.tx.descend(&descents).await?;
        let parents: Vec<FeatureId> = before.iter().map(|(parent, _)| parent.id).collect();
        self.inherit(&parents, children).await?;
        self.tx.carry_beats(&carried).await?;
        self.apply(self.tx.newest(), changes);
        self.derive_near(area).await?;
        Ok(stored)
    }

    /// Enters new sections into the plans that their parents stand in.
    async fn inherit(&mut self, parents: &[FeatureId], mut children: Vec<(FeatureId, f64)>) -> Result<(), AppError> {
        let whole: f64 = children.iter().map(|(_, metres)| metres).sum();
        children.iter_mut().for_each(|(_, metres)| *metres /= whole.max(f64::MIN_POSITIVE));
        let stamp = self.tx.descend_duties(parents, &children).await?;
        let ids: Vec<FeatureId> = children.iter().map(|(id, _)| *id).collect();
        let owners = self.state.owners().descended(stamp, parents, &ids);
        self.state = self.state.clone().with_owners(owners.into());
        Ok(())
    }

    async fn reverse(&mut self, target: &Target) -> Result<Vec<Stored>, AppError> {
        let layer = Layer::RoadSections;
        let (before, body) = self.guarded(target)?;
        let mut section = resection::reverse(&before).map_err(AppError::Invalid)?;
        self.derive(layer, &mut section, true)?;
        self.tx.update(layer, &mut section, &body).await?;
        self.tx.carry_beats(&[(section.id, section.id, Span { start: 1.0, end: 0.0 })]).await?;
        let area = section.geometry.as_ref().map_or(Envelope::EMPTY, Shape::envelope);
        let mut stored = Vec::with_capacity(1);
        let change = Self::stored(layer, section, &mut stored);
        self.apply(self.tx.newest(), vec![change]);
        self.derive_near(area).await?;
        Ok(stored)
    }

    /// Derives what depends on sections in an area, at once where it is little.
    async fn derive_near(&mut self, area: Envelope) -> Result<(), AppError> {
        let cause = Layer::RoadSections;
        let area = facts::touched(cause, area, &self.app.0.reach);
        let dependents = facts::dependents(cause);
        let known = dependents.iter().all(|layer| self.app.0.layers.contains(layer));
        let count: u64 = dependents.iter().map(|layer| self.state.layer(*layer).count(&[area])).sum();
        if !known || count > AT_ONCE {
            let all = self.touched.entry(cause).or_insert(Envelope::EMPTY);
            *all = all.union(area);
            return Ok(());
        }
        let mut changes = Vec::new();
        for &layer in dependents {
            let mut rows = Vec::new();
            self.state.layer(layer).in_window(area, &mut |row| rows.push((row.feature(), row.payload())));
            rows.sort_by_key(|(feature, _)| feature.id);
            for (before, payload) in rows {
                let mut feature = before.clone();
                self.derive(layer, &mut feature, true)?;
                if !feature.says_the_same(&before) {
                    self.tx.update(layer, &mut feature, &String::from_utf8_lossy(&payload)).await?;
                    changes.push((layer, Change::Upsert(entry(layer, feature))));
                }
            }
        }
        if !changes.is_empty() {
            self.apply(self.tx.newest(), changes);
        }
        Ok(())
    }
}

/// The sections that a request names, each with the revision that it means.
pub fn targets(ids: &[FeatureId], revs: &[Rev]) -> Vec<Target> {
    let guard = |at: usize| revs.get(at).map_or(Guard::None, |rev| Guard::OneOf(vec![*rev]));
    ids.iter().enumerate().map(|(at, id)| Target { layer: Layer::RoadSections, id: *id, guard: guard(at) }).collect()
}
