//! Signing in: the password becomes a proof here, and only the proof goes to the server.
pub mod login;
pub mod password;
pub mod source;
pub mod strength;
pub mod totp_uri;
pub mod turn;
