//! The one integration binary: tests by feature, through public doors only.

mod support;
mod tidy;

mod answers;
mod beats;
mod changes;
mod check;
mod cli;
mod codecs;
mod demo;
mod durable;
mod extract;
mod facts;
mod files;
mod hostile;
mod hotspot_events;
mod hotspots;
mod import;
mod items;
mod killing;
mod moved;
mod nearest;
mod page;
mod plans;
mod along;
mod reference;
mod travel;
mod real;
mod renewed;
mod restarts;
mod rough;
mod sections;
mod side_by_side;
mod streets;
mod write;
