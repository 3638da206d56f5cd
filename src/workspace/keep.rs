//! A flow as it stands goes in, with all that it is made of; bytes for the ledger come out, and the flow from those bytes.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::check::Program;
use crate::report::{Sources, codes};
use crate::value::Digest;
use crate::workspace::config::FlowConfig;
use crate::workspace::flow::Flow;
use crate::workspace::given::{Given, GivenWhat};
use crate::workspace::load::{self, CONFIG, Problems, Workspace};

/// The files of a version, by path: the flow, what it imports, its connectors, and what `koppel.toml` said of its
/// settings. No connection and no secret is among them.
#[derive(Serialize, Deserialize)]
struct Kept {
    flow: String,
    files: BTreeMap<String, String>,
}

/// All that a version of a flow is made of.
pub(crate) fn keep(flow: &Flow, config: String, sources: &Sources) -> Vec<u8> {
    let mut files = BTreeMap::from([(CONFIG.to_owned(), config)]);
    for source in sources.iter() {
        let is_own = *source.name == *flow.path || flow.files.contains(&source.name);
        if is_own || is_connector(&flow.program, &source.name, &source.text) {
            // One that the binary holds becomes a file like any other: the next binary may hold another.
            let path = source.name.strip_prefix("koppel:").unwrap_or(&source.name);
            files.insert(path.to_owned(), source.text.to_string());
        }
    }
    let kept = Kept { flow: flow.path.to_string(), files };
    serde_json::to_vec(&kept).expect("texts are always JSON")
}

/// The flow that those bytes were made of, with its settings.
///
/// # Errors
/// When they are no such bytes, or hold mistakes by what this koppel knows of the language.
pub fn recall(bytes: &[u8]) -> Result<Workspace, Problems> {
    let kept: Kept = serde_json::from_slice(bytes).map_err(|error| {
        load::not_there(codes::workspace::UNREADABLE, format!("what was kept of this version cannot be read: {error}"))
    })?;
    load::load_kept(kept.files, &kept.flow)
}

fn is_connector(program: &Program, name: &str, text: &str) -> bool {
    program.roles.iter().any(|role| {
        name.rsplit('/').next().and_then(|file| file.strip_suffix(".connector")) == Some(&*role.connector.name) && {
            let mut digest = Digest::default();
            digest.part(text);
            *digest.hex() == *role.connector.hash
        }
    })
}

/// What `koppel.toml` says of a flow's settings, alone.
pub(crate) fn config(zone: &TimeZone, name: &str, said: Option<&FlowConfig>) -> String {
    let mut text = zone.iana_name().map_or_else(String::new, |zone| format!("zone = {}\n", quoted(zone)));
    text.push_str(&format!("\n[flows.{}]\n", quoted(name)));
    for (setting, given) in said.iter().flat_map(|said| &said.settings) {
        text.push_str(&format!("settings.{} = {}\n", quoted(&setting.node), value(given)));
    }
    text
}

fn value(given: &Given) -> String {
    match &given.what {
        GivenWhat::Text(text) => quoted(text),
        GivenWhat::Int(digits) | GivenWhat::Decimal(digits) => digits.clone(),
        GivenWhat::Bool(truth) => truth.to_string(),
        GivenWhat::Date(day) => day.to_string(),
        GivenWhat::Datetime(at) => at.to_string(),
        // Such a value is a mistake, and no flow with a mistake is kept.
        GivenWhat::Other => "\"\"".to_owned(),
        GivenWhat::List(all) => format!("[{}]", all.iter().map(value).collect::<Vec<_>>().join(", ")),
        GivenWhat::Table(rows) => {
            let row = |(name, _, given): &(String, _, Given)| format!("{} = {}", quoted(name), value(given));
            format!("{{ {} }}", rows.iter().map(row).collect::<Vec<_>>().join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
