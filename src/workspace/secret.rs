//! A reference in `koppel.toml` goes in; the secret it points at, which never prints itself, comes out.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::report::{Code, codes};

/// Where a secret is; the only thing about it that a workspace's file may hold.
#[derive(Clone, PartialEq, Eq)]
pub enum Reference {
    /// `env:NAME`: a variable of the environment.
    Env(Arc<str>),
    /// `file:PATH`: the text of a file, from the workspace's folder.
    File(Arc<str>),
    /// `store:NAME`: kept in the ledger, sealed.
    Store(Arc<str>),
    /// `plain:VALUE`: the secret itself, for a system on this machine.
    Plain(Arc<str>),
}

/// Where secrets are looked for.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    /// Where the paths of files begin.
    pub folder: &'a Path,
    /// The variables of the environment.
    pub lookup: &'a dyn Fn(&str) -> Option<String>,
    /// What the ledger keeps, opened.
    pub stored: &'a dyn Fn(&str) -> Option<String>,
}

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// When the text is no reference.
    pub(crate) fn parse(text: &str) -> Result<Reference, (Code, String, String)> {
        let not = |note: &str| {
            let title = "a secret is given by a reference, never by its value".to_owned();
            Err((codes::workspace::SECRET_NOT_A_REFERENCE, title, note.to_owned()))
        };
        let hint = "write `env:NAME` for a variable of the environment, `file:PATH` for a file that only you may read, or \
                    `store:NAME` for what the ledger keeps sealed";
        let Some((kind, rest)) = text.split_once(':') else { return not(hint) };
        match kind {
            "env" | "file" | "store" | "plain" if rest.is_empty() => not(hint),
            "env" => Ok(Reference::Env(rest.into())),
            "file" => Ok(Reference::File(rest.into())),
            "plain" => Ok(Reference::Plain(rest.into())),
            "store" => Ok(Reference::Store(rest.into())),
            _ => not(hint),
        }
    }

    /// The secret itself.
    ///
    /// # Errors
    /// In words, when it is not there.
    pub fn resolve(&self, places: &Places<'_>) -> Result<String, String> {
        let secret = match self {
            Reference::Env(name) => {
                (places.lookup)(name).ok_or_else(|| format!("the environment has no variable `{name}`"))?
            }
            Reference::Store(name) => {
                (places.stored)(name).ok_or_else(|| format!("the ledger keeps no secret `{name}`"))?
            }
            Reference::File(path) => match std::fs::read_to_string(places.folder.join(&**path)) {
                Ok(text) => text.trim_end_matches(['\r', '\n']).to_owned(),
                Err(error) => return Err(format!("the file `{path}` cannot be read: {error}")),
            },
            Reference::Plain(value) => value.to_string(),
        };
        if secret.trim().is_empty() { Err(format!("`{self}` is empty")) } else { Ok(secret) }
    }

    /// What mends a secret that is not there, as a sentence.
    #[must_use]
    pub fn next_step(&self) -> String {
        match self {
            Reference::Env(name) => format!("set it: `export {name}=…`"),
            Reference::File(path) => format!("write the secret, and nothing else, into `{path}`"),
            Reference::Store(_) => "give it: `koppel connect NAME --set secret.NAME` asks for it".to_owned(),
            Reference::Plain(_) => "write the value after `plain:`".to_owned(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Env(name) => write!(f, "env:{name}"),
            Reference::File(path) => write!(f, "file:{path}"),
            Reference::Store(name) => write!(f, "store:{name}"),
            Reference::Plain(_) => f.write_str("plain:***"),
        }
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
