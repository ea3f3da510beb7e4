//! Proof that the log is whole: how an event is hashed, how roots are written, signed and read back, and what is wrong
//! with a log that was changed. Pure but for two files, the signing key and the roots outside of the database;
//! `docs/audit.md` describes the formats for other tools.
mod event;
mod fault;
mod key;
mod root;
mod roots_file;
mod walk;
mod words;

pub use event::{ChainedEvent, GENESIS};
pub use fault::{Fault, Faults, Kind};
pub use key::{KeyError, PublicKeys, SigningKey, make_key};
pub use root::{Hash, Head, Root, heads_hash, to_hex};
pub use roots_file::{RootsError, RootsFile, read_roots};
pub use walk::{ChainWalk, Claim, RootWalk};
pub use words::{differing, from_words, to_words};
