//! One event as its chain knows it, and its hash, computed here and not by the server that is being checked.
//!
//! The hash is that of the hash before and of the text that PostgreSQL writes for
//! `jsonb_build_array(n, id, extract(epoch from at), session, account, role, action, entity, entity id, patient, outcome, facts)`.
use super::Hash;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use uuid::Uuid;

/// What the first event of a chain follows: the hash of the word `praxis`.
pub static GENESIS: std::sync::LazyLock<Hash> = std::sync::LazyLock::new(|| Sha256::digest("praxis").into());

/// One event with its place in its chain.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainedEvent {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub session: Option<Uuid>,
    pub account: Option<Uuid>,
    pub role: Option<String>,
    pub action: String,
    pub entity: String,
    pub entity_id: Option<Uuid>,
    pub patient: Option<Uuid>,
    pub outcome: String,
    /// As the server writes them: JSON with its keys in the server's order.
    pub facts: String,
    pub previous: Vec<u8>,
    pub hash: Vec<u8>,
}

impl ChainedEvent {
    /// The hash this event must have as number `n` of its chain.
    #[must_use]
    pub fn digest(&self, n: i64) -> Hash {
        let mut text = String::with_capacity(400 + self.facts.len());
        let _ = write!(
            text,
            "[{n}, \"{}\", {}.{:06}",
            self.id,
            self.at.timestamp(),
            self.at.timestamp_subsec_micros()
        );
        id(&mut text, self.session);
        id(&mut text, self.account);
        match &self.role {
            Some(role) => word(&mut text, role),
            None => text.push_str(", null"),
        }
        word(&mut text, &self.action);
        word(&mut text, &self.entity);
        id(&mut text, self.entity_id);
        id(&mut text, self.patient);
        word(&mut text, &self.outcome);
        text.push_str(", ");
        text.push_str(&self.facts);
        text.push(']');
        Sha256::new().chain_update(&self.previous).chain_update(&text).finalize().into()
    }
}

fn id(text: &mut String, id: Option<Uuid>) {
    let _ = match id {
        Some(id) => write!(text, ", \"{id}\""),
        None => write!(text, ", null"),
    };
}

/// A JSON string with the escapes that PostgreSQL writes.
fn word(text: &mut String, value: &str) {
    text.push_str(", \"");
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_hashed_as_the_server_writes_it() {
        let event = ChainedEvent {
            id: Uuid::from_u128(1),
            at: DateTime::from_timestamp(1_773_273_600, 1_230_000).unwrap(),
            session: None,
            account: Some(Uuid::from_u128(2)),
            role: Some("gp".into()),
            action: "a\"\n\u{1}é".into(),
            entity: "patient".into(),
            entity_id: None,
            patient: None,
            outcome: "done".into(),
            facts: "{\"n\": 1}".into(),
            previous: GENESIS.to_vec(),
            hash: vec![],
        };
        let text = "[7, \"00000000-0000-0000-0000-000000000001\", 1773273600.001230, null, \
                    \"00000000-0000-0000-0000-000000000002\", \"gp\", \"a\\\"\\n\\u0001é\", \"patient\", null, null, \"done\", {\"n\": 1}]";
        let expected: Hash = Sha256::new().chain_update(*GENESIS).chain_update(text).finalize().into();
        assert_eq!(event.digest(7), expected);
        assert_ne!(event.digest(8), expected);
    }
}
