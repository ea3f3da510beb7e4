//! What a clinic is: pure types and rules, no input or output, no async, no clock.
pub mod actor;
pub mod appointment;
pub mod characters;
pub mod coded;
pub mod contact;
pub mod dates;
pub mod encounter;
pub mod history;
pub mod ids;
pub mod name;
pub mod observation;
pub mod shorthand;
pub mod time;
pub mod validate;
pub mod why;
