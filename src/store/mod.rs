//! The only module that speaks SQL. A public method is one whole unit of work in one transaction.
mod change;
mod error;

pub use change::{Change, RowChange};
pub use error::Error;

/// A handle on the clinic's database, cheap to clone.
#[derive(Clone)]
pub struct Store {}
