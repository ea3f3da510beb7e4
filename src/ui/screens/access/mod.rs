//! Ways into a history: asking for it, answering requests, connections.
pub mod ask;
pub mod connections;
pub mod requests;
