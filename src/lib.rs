//! Praxis: a clinic's day in a terminal, on one PostgreSQL server that everybody shares.
//!
//! Four ideas, each a folder: [`domain`] knows what a clinic is and is pure; [`store`] holds the only SQL, a public
//! method being one whole transaction; [`search`] ranks what was found; [`ui`] shows it, one small machine per screen on
//! a stack of layers. [`cli`] starts things. `docs/architecture.md` walks through a key, a query, somebody else's change
//! and a draft.
pub mod audit;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod interop;
pub mod logging;
pub mod search;
pub mod server;
pub mod store;
pub mod text;
pub mod ui;
