//! The token endpoint: in go client credentials, codes and refresh tokens, out come tokens that live for a while and open
//! their scopes.

use super::errors;
use crate::sandbox::call::Answer;
use crate::sandbox::call::Call;
use crate::sandbox::credentials::CLIENT_ID;
use crate::sandbox::credentials::CLIENT_SECRET;
use crate::sandbox::gate;
use crate::sandbox::ident;
use crate::sandbox::options::Options;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::json;
use sha2::Digest;
use sha2::Sha256;
use std::collections::HashMap;

/// All tokens that were given out.
#[derive(Default)]
pub(super) struct Tokens {
    access: HashMap<String, Access>,
    refresh: HashMap<String, Grant>,
    codes: HashMap<String, Code>,
    given: u64,
}

struct Access {
    scopes: Vec<String>,
    until: Timestamp,
    revoked: bool,
}

/// What a refresh token stands for.
struct Grant {
    scopes: Vec<String>,
    access: String,
    /// It was used, and dies then.
    dies: Option<Timestamp>,
}

/// What a code stands for.
pub(super) struct Code {
    pub(super) scopes: Vec<String>,
    pub(super) redirect: String,
    pub(super) challenge: Option<String>,
    pub(super) is_hashed: bool,
    pub(super) until: Timestamp,
}

impl Tokens {
    /// How many access tokens were given out.
    pub(super) fn given(&self) -> u64 {
        self.given
    }

    /// Lets the request pass if its token is good and opens the scope.
    pub(super) fn check(&self, call: &Call, scope: &str) -> Result<(), Answer> {
        let invalid = || unauthorized("access_token.invalid", "The `access_token` is either missing or invalid.");
        let access = bearer(call).and_then(|token| self.access.get(token)).ok_or_else(invalid)?;
        if access.revoked {
            return Err(unauthorized("access_token.revoked", "The `access_token` has been revoked."));
        }
        if access.until <= call.now {
            return Err(unauthorized("access_token.expired", "The `access_token` has expired."));
        }
        if !access.scopes.iter().any(|known| known == scope) {
            let message = "Insufficient permissions (read: missing scopes) to access resource.";
            return Err(errors::plain(401, "scopes.insufficient", message));
        }
        Ok(())
    }

    /// Ends the life of the token that the request carries.
    pub(super) fn expire(&mut self, call: &Call) {
        if let Some(access) = bearer(call).and_then(|token| self.access.get_mut(token)) {
            access.until = access.until.min(call.now);
        }
    }

    /// Answers a request for a token.
    pub(super) fn token(&mut self, options: &Options, call: &Call) -> Answer {
        let form = gate::form(&call.body);
        let field = |name: &str| {
            form.iter().find(|(known, text)| known == name && !text.is_empty()).map(|(_, text)| text.clone())
        };
        let client = basic(call).or_else(|| Some((field("client_id")?, field("client_secret")?)));
        if !client.is_some_and(|(id, secret)| id == CLIENT_ID && secret == CLIENT_SECRET) {
            let text = "Clientauthenticatie is mislukt: de client is onbekend of het geheim klopt niet.";
            let header = format!("Bearer realm=\"Jortt\", error=\"invalid_client\", error_description=\"{text}\"");
            return denied(401, "invalid_client", text).with("www-authenticate", header);
        }
        match field("grant_type").as_deref() {
            Some("client_credentials") => match scopes(options, field("scope").as_deref()) {
                Some(scopes) => self.give(options, call.now, scopes, false),
                None => denied(400, "invalid_scope", "De opgevraagde scope is ongeldig, onbekend of onjuist."),
            },
            Some("authorization_code") => self.exchange(options, call, field),
            Some("refresh_token") => self.renew(options, call, field("refresh_token")),
            Some(_) => denied(400, "unsupported_grant_type", "Deze manier van toestemming wordt niet ondersteund."),
            None => denied(400, "invalid_request", "De verplichte parameter `grant_type` ontbreekt."),
        }
    }

    /// Turns a refresh token into new tokens; the old one dies at once, or so much later as the options say.
    fn renew(&mut self, options: &Options, call: &Call, token: Option<String>) -> Answer {
        let invalid =
            || denied(400, "invalid_grant", "De meegegeven toestemming is ongeldig, verlopen of ingetrokken.");
        let Some(token) = token else { return invalid() };
        let Some(grant) = self.refresh.get_mut(&token).filter(|grant| grant.dies.is_none_or(|dies| dies > call.now))
        else {
            return invalid();
        };
        let dies = call.now.checked_add(options.refresh_grace).unwrap_or(Timestamp::MAX);
        grant.dies.get_or_insert(dies);
        let scopes = grant.scopes.clone();
        if let Some(old) = self.access.get_mut(&grant.access) {
            old.revoked = true;
        }
        self.give(options, call.now, scopes, true)
    }

    fn exchange(&mut self, options: &Options, call: &Call, field: impl Fn(&str) -> Option<String>) -> Answer {
        let code = field("code").and_then(|code| self.codes.remove(&code));
        let is_good = code.as_ref().is_some_and(|code| {
            let redirect_fits = field("redirect_uri").as_deref() == Some(code.redirect.as_str());
            let verifier_fits = code.challenge.as_ref().is_none_or(|challenge| {
                field("code_verifier").is_some_and(|verifier| {
                    let sent =
                        if code.is_hashed { URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)) } else { verifier };
                    sent == *challenge
                })
            });
            code.until > call.now && redirect_fits && verifier_fits
        });
        match code.filter(|_| is_good) {
            Some(code) => self.give(options, call.now, code.scopes, true),
            None => denied(400, "invalid_grant", "De meegegeven toestemming is ongeldig, verlopen of ingetrokken."),
        }
    }

    fn give(&mut self, options: &Options, now: Timestamp, scopes: Vec<String>, renewable: bool) -> Answer {
        self.given += 1;
        let token = self.secret(options, 1);
        let until = now.checked_add(options.token_lifetime).unwrap_or(Timestamp::MAX);
        self.access.insert(token.clone(), Access { scopes: scopes.clone(), until, revoked: false });
        let mut body = json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": options.token_lifetime.as_secs(),
            "scope": scopes.join(" "),
            "created_at": now.as_second(),
        });
        if renewable {
            let refresh = self.secret(options, 2);
            body["refresh_token"] = json!(refresh);
            self.refresh.insert(refresh, Grant { scopes, access: token, dies: None });
        }
        Answer::json(200, &body).with("cache-control", "no-store")
    }

    fn secret(&self, options: &Options, kind: u64) -> String {
        ident::uuid(options.seed, 0x70 + kind, self.given).replace('-', "")
    }

    /// Notes a code that can be turned into tokens.
    pub(super) fn code(&mut self, options: &Options, code: Code) -> String {
        self.given += 1;
        let text = self.secret(options, 3);
        self.codes.insert(text.clone(), code);
        text
    }

    /// A person takes back what they agreed to: no token and no code is good any more.
    pub(super) fn revoke(&mut self) {
        self.codes.clear();
        self.refresh.clear();
        self.access.values_mut().for_each(|access| access.revoked = true);
    }
}

fn unauthorized(key: &str, message: &str) -> Answer {
    errors::plain(401, key, message)
}

fn denied(status: u16, error: &str, text: &str) -> Answer {
    Answer::json(status, &json!({"error": error, "error_description": text})).with("cache-control", "no-store")
}

/// The scopes asked for, if all of them are ticked for the application.
pub(super) fn scopes(options: &Options, asked: Option<&str>) -> Option<Vec<String>> {
    let asked: Vec<String> = asked?.split_whitespace().map(str::to_owned).collect();
    (!asked.is_empty() && asked.iter().all(|scope| options.scopes.contains(scope))).then_some(asked)
}

fn bearer(call: &Call) -> Option<&str> {
    let (scheme, token) = call.authorization.as_deref()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn basic(call: &Call) -> Option<(String, String)> {
    let (scheme, text) = call.authorization.as_deref()?.split_once(' ')?;
    let text = STANDARD.decode(text.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (id, secret) = std::str::from_utf8(&text).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// A text as it may stand in a query.
pub(super) fn encode(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
