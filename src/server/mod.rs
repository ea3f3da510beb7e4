//! PostgreSQL servers: finding the programs, running a private one for the demo and the tests, preparing a database.
//!
//! Beside `store` this is the only place with SQL in it: it creates clusters, databases, roles and the schema, and
//! never touches what a clinic keeps in them. Nothing here listens on a network.
mod binaries;
mod cluster;
mod endpoint;
mod error;
mod identity;
mod inspect;
mod install;
mod lease;
mod migrate;
mod quoted;
mod roles;
mod rules;

pub use binaries::Binaries;
pub use cluster::{Cluster, Running};
pub use endpoint::{Endpoint, SUPERUSER};
pub use error::Error;
pub use identity::{Identity, without_settings};
pub use inspect::{Inspection, inspect, primary};
pub use install::{Installer, install};
pub use migrate::{MIGRATOR, Migrated, Schema, migrate, schema};
pub use roles::{APP, BACKUP, EXTENSIONS, JOBS, MIN_SERVER, OWNER, grant_database};
