//! What staff see and press: one small machine per screen, on a stack of layers.
pub mod app;
mod arrival;
pub mod carry;
pub mod command;
pub mod command_line;
pub mod cx;
pub mod desk;
pub mod display;
pub mod draft;
pub mod finders;
pub mod identity_form;
pub mod input;
pub mod keeper;
pub mod keymap;
pub mod layer;
pub mod lean;
pub mod palette;
pub mod record_text;
pub mod route;
mod run;
pub mod screen;
pub mod screens;
pub mod terminal;
pub mod testing;
pub mod theme;
pub mod widgets;

pub use run::{Listen, News, Picture, Setup, run};
