//! Ranking what was found and reading what was asked for. Draws nothing and asks no database.
pub mod desk_line;
pub mod matcher;
pub mod patients;
pub mod query;

pub use matcher::{Hit, rank};
pub use query::{Query, parse_query};
