//! What other systems write, read into the clinic's own terms. Draws nothing and asks no database.
pub mod audit;
pub mod medisoft;
