//! Text on its way in and out: what may be drawn, how wide it is, how it is searched, and in which language it is said.
pub mod clean;
pub mod csv_cell;
pub mod fold;
pub mod i18n;
pub mod json;
pub mod width;

pub use clean::{Clean, clean, clean_lines, clean_one_line};
pub use csv_cell::csv_cell;
pub use fold::{fold, words};
pub use i18n::{tr_n, tr_str};
pub use json::escaped_json;
pub use width::{cut, pad, pad_left, width, wrap};
