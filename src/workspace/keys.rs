//! The keys of `koppel.toml` by the table they stand in, each with what it says: for messages and for editors.

/// A key and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
}

const fn key(name: &'static str, doc: &'static str) -> Key {
    Key { name, doc }
}

/// At the top.
pub const TOP: &[Key] = &[
    key("zone", "The time zone of cron times and of a datetime's day, such as `\"Europe/Amsterdam\"`."),
    key("ledger", "The file that remembers what was done; `koppel.db` beside this file without it."),
    key("ca", "A file with the certificates of further authorities."),
    key("key", "A reference to what seals the secrets that the ledger keeps: `\"env:NAME\"` or `\"file:PATH\"`."),
    key("connections", "The connections: `[connections.NAME]`."),
    key("flows", "What flows are told: `[flows.NAME]`."),
    key("retention", "How long what came in and went out is kept: `[retention]`."),
];

/// In `[retention]`.
pub const RETENTION: &[Key] = &[
    key("payloads", "The records and bodies that came in and went out; `\"30 days\"` without it."),
    key("activity", "That there was a call or a run; `\"180 days\"` without it."),
];

/// In `[connections.NAME]`.
pub const CONNECTION: &[Key] = &[
    key("connector", "The connector; the connection's own name without it."),
    key("base", "The address of the system; that of the connector without it."),
    key("token", "The address for tokens; that of the connector without it."),
    key("authorize", "The address where a person agrees; that of the connector without it."),
    key("redirect", "Where the browser comes back to after a log-in; `\"http://127.0.0.1:7425/callback\"` without it."),
    key("limit", "How many requests in which time, such as `\"10 per 1 s\"`, or `\"none\"`."),
    key("timeout", "How long a request may take, such as `\"30 s\"`."),
    key("window", "How long after its reservation a write may still be sent, such as `\"60 s\"`."),
    key("lag", "How late a search may show what was made, such as `\"2 min\"`."),
    key("grant", "The way to a token: one of the connector's grants."),
    key("secret", "Secrets by reference: `secret.NAME = \"env:…\"`, `\"file:…\"` or `\"store:…\"`."),
];

/// In `[flows.NAME]`.
pub const FLOW: &[Key] = &[
    key("roles", "Connections by role, where the default is not meant: `roles.NAME = \"connection\"`."),
    key("settings", "The flow's settings: `settings.NAME = …`."),
];

/// Their names.
pub(crate) fn names(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}
