//! What administrators do: accounts, providers, centres, departments, applications and policies. No clinical content.
pub mod account_form;
pub mod accounts;
pub mod applications;
pub mod apply;
pub mod centre_choice;
pub mod centre_form;
pub mod centres;
pub mod code_shown;
pub mod department_form;
pub mod departments;
pub mod fields;
pub mod home;
pub mod hours_form;
pub mod permissions;
pub mod provider_form;
pub mod providers;
pub mod settings;
