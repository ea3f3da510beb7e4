//! What other systems write, read into the clinic's own terms, what they read, and what goes on paper. Draws nothing and asks no
//! database.
pub mod audit;
pub mod medisoft;
pub mod paper;
pub mod subject;
