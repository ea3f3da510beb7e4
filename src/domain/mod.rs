//! What a clinic is: pure types and rules, no input or output, no async, no clock.
pub mod actor;
pub mod ids;
pub mod name;
pub mod why;
