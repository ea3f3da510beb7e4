//! Everything that needs more than one module, a server or a terminal; one binary, a module per area.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "figures are printed: seeds, bytes, times")]
mod architecture;
mod bad_luck;
mod config;
mod day;
mod demo_release;
mod desk_live;
mod documents;
mod faults;
mod frames;
mod harness;
mod import;
mod invariants;
mod matrix;
mod panel_tabs;
mod people;
mod pictures;
mod server;
mod store_access;
mod store_admin;
mod store_booking;
mod store_directory;
mod store_fence;
mod store_history;
mod store_panel;
mod store_patients;
mod store_policies;
mod store_race;
mod store_records;
mod store_sessions;
mod store_visit;
mod support;
mod terminal;
mod two_programs;
mod visit_lost;
