//! What other systems write, read into the clinic's own terms, and what they read. Draws nothing and asks no database.
pub mod audit;
pub mod medisoft;
pub mod subject;
