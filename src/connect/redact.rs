//! What must not be seen: texts go in, the same texts without a secret come out.

use std::collections::VecDeque;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};

use crate::connect::address::encoded;

/// Shorter values are no secrets, and would blot out half of every text.
const SHORTEST: usize = 4;
/// How many tokens are remembered.
const TOKENS: usize = 16;

/// The secrets of a connection, in every form in which they might come back.
pub(super) struct Redactor {
    secrets: Vec<SecretString>,
    tokens: Mutex<VecDeque<SecretString>>,
}

impl Redactor {
    /// The secrets of a connection, and the pair that logs in.
    pub(super) fn new<'a>(
        secrets: impl IntoIterator<Item = &'a SecretString>,
        login: Option<(&SecretString, &SecretString)>,
    ) -> Redactor {
        let mut forms = Vec::new();
        if let Some((id, secret)) = login {
            forms.push(STANDARD.encode(format!("{}:{}", id.expose_secret(), secret.expose_secret())));
        }
        for secret in secrets {
            forms.extend(Redactor::forms(secret.expose_secret()));
        }
        // The longest first, so that a secret within another leaves nothing of the other behind.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        let secrets = forms.into_iter().filter(|form| form.len() >= SHORTEST).map(SecretString::from).collect();
        Redactor { secrets, tokens: Mutex::default() }
    }

    /// One more token that must not be seen.
    pub(super) fn add(&self, token: &SecretString) {
        let mut tokens = self.tokens.lock().expect("no holder of it panics");
        if token.expose_secret().len() >= SHORTEST {
            tokens.push_front(token.clone());
            tokens.truncate(TOKENS);
        }
    }

    /// The text without secrets.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_string();
        let tokens = self.tokens.lock().expect("no holder of it panics");
        for secret in self.secrets.iter().chain(tokens.iter()) {
            let secret = secret.expose_secret();
            if text.contains(secret) {
                text = text.replace(secret, "***");
            }
        }
        text
    }

    /// The body without secrets: itself when there is none in it.
    pub(super) fn body(&self, body: &Bytes) -> Bytes {
        let text = String::from_utf8_lossy(body);
        let tokens = self.tokens.lock().expect("no holder of it panics");
        if self.secrets.iter().chain(tokens.iter()).any(|secret| text.contains(secret.expose_secret())) {
            drop(tokens);
            return Bytes::from(self.text(&text));
        }
        body.clone()
    }

    fn forms(secret: &str) -> Vec<String> {
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let json = serde_json::to_string(secret).expect("a text is always JSON");
        vec![secret.to_string(), encoded(secret), form, json[1..json.len() - 1].to_string()]
    }
}
