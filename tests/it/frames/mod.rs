//! Screens on a stage: the real keymap, no terminal, no database.
mod app;
mod bytes;
mod keymaps;
pub mod sample;
mod visit;
