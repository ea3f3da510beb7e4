//! The whole record of a visit in one view.
mod text;

pub use text::record_text;
