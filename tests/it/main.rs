//! The one integration binary: tests by feature, through public doors only.

mod support;
mod tidy;

mod changes;
mod cli;
mod codecs;
mod durable;
mod facts;
mod hostile;
mod import;
mod items;
mod killing;
mod nearest;
mod real;
mod restarts;
mod side_by_side;
mod write;
