//! Everything that needs more than one module, a server or a terminal; one binary, a module per area.
mod architecture;
mod config;
mod frames;
mod harness;
mod panel_tabs;
mod people;
mod server;
mod store_booking;
mod store_history;
mod store_panel;
mod store_patients;
mod store_visit;
mod support;
