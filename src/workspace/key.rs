//! Where the key lies goes in; what seals the ledger's secrets, or why there is none, comes out.

use crate::ledger::Seal;
use crate::report::{Diagnostic, codes};
use crate::workspace::Workspace;
use crate::workspace::secret::{Places, Reference};

/// Makes a key on any machine.
const MAKE: &str = "head -c 32 /dev/urandom | base64";

impl Workspace {
    /// What seals the ledger's secrets.
    ///
    /// # Errors
    /// When the key is not where it should be, or is none; the message says how one is made.
    pub fn seal(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Seal, Box<Diagnostic>> {
        let places = Places { folder: &self.folder, lookup, stored: &|_| None };
        let wrong = |title: String| {
            let make = match &self.key {
                Reference::File(path) => format!("make one, for you alone to read: `(umask 077; {MAKE} > {path})`"),
                other => {
                    let name = other.to_string();
                    let name = name.trim_start_matches("env:");
                    format!("make one and keep it safe, apart from the ledger: `export {name}=$({MAKE})`")
                }
            };
            let label = "the key that seals what the ledger keeps secret";
            Box::new(Diagnostic::error(codes::workspace::KEY, self.key_span, title).label(label).note(make))
        };
        let text = self.key.resolve(&places).map_err(|words| wrong(format!("{words}, the key of this workspace")))?;
        Seal::new(&text).ok_or_else(|| wrong(format!("`{}` is no key: expected 32 bytes as base64", self.key)))
    }

    /// What is told when something was sealed with another key.
    #[must_use]
    pub fn other_key(&self, words: &str) -> Diagnostic {
        Diagnostic::error(codes::workspace::OTHER_KEY, self.key_span, words).label("this key is not the one").note(
            format!(
                "put the old key back into `{}`; where it is lost, `koppel connect NAME --again` logs in anew",
                self.key
            ),
        )
    }
}
