//! Text on its way in and out: what may be drawn, how wide it is, how it is searched, and in which language it is said.
pub mod i18n;
