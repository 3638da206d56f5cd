//! The page on which a person agrees that an application works for them: a question goes in, a code or a no goes back.

use super::token::{Code, Tokens, encode, scopes};
use crate::sandbox::call::Answer;
use crate::sandbox::call::Call;
use crate::sandbox::credentials::CLIENT_ID;
use crate::sandbox::gate;
use crate::sandbox::options::{Consent, Options};
use jiff::SignedDuration;
use jiff::Timestamp;

/// How long a code can be turned into tokens.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

impl Tokens {
    /// Answers the page on which a person agrees.
    pub(super) fn authorize(&mut self, options: &Options, call: &Call) -> Answer {
        // Who asks, and where the answer goes, is sure before anything is sent there.
        if call.query("client_id") != Some(CLIENT_ID) {
            return page(401, "Onbekende applicatie", "De applicatie is niet bekend.");
        }
        let redirect = call.query("redirect_uri").filter(|uri| is_registered(options, uri));
        let Some(redirect) = redirect else {
            return page(401, "Ongeldige redirect", "De redirect URI is niet die van de applicatie.");
        };
        let state = call.query("state").map(|state| format!("&state={}", encode(state))).unwrap_or_default();
        let mark = if redirect.contains('?') { '&' } else { '?' };
        let back = |said: String| Answer::empty(302).with("location", format!("{redirect}{mark}{said}{state}"));
        if call.query("response_type") != Some("code") {
            return back("error=unsupported_response_type".to_owned());
        }
        let Some(scopes) = scopes(options, call.query("scope")) else {
            return back("error=invalid_scope".to_owned());
        };
        let method = call.query("code_challenge_method");
        if call.query("code_challenge").is_some() && !matches!(method, None | Some("plain" | "S256")) {
            return back("error=invalid_request".to_owned());
        }
        let answer = match call.method.as_str() {
            "POST" => gate::form(&call.body).into_iter().find(|(name, _)| name == "answer").map(|(_, text)| text),
            _ => None,
        };
        match (options.consent, answer.as_deref()) {
            (Consent::Given, _) | (Consent::Asked, Some("yes")) => {}
            (Consent::Refused, _) | (Consent::Asked, Some(_)) => {
                return back("error=access_denied&error_description=De+gebruiker+gaf+geen+toestemming.".to_owned());
            }
            (Consent::Asked, None) => return question(call, &scopes),
        }
        let known = Code {
            scopes,
            redirect: redirect.to_owned(),
            challenge: call.query("code_challenge").map(str::to_owned),
            is_hashed: method == Some("S256"),
            until: call.now.checked_add(CODE_LIFETIME).unwrap_or(Timestamp::MAX),
        };
        back(format!("code={}", self.code(options, known)))
    }
}

/// Whether answers may go there. A program on the person's own machine may listen at any port of it.
fn is_registered(options: &Options, redirect: &str) -> bool {
    let Ok(url) = url::Url::parse(redirect) else { return false };
    match &options.redirects {
        Some(known) => known.iter().any(|known| known == redirect),
        None => url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")),
    }
}

fn page(status: u16, title: &'static str, words: &str) -> Answer {
    Answer { kind: "text/html; charset=utf-8", ..Answer::html(status, &format!("{title}: {words}")) }
}

/// Asks the person, in a form that sends the same question again with an answer.
fn question(call: &Call, scopes: &[String]) -> Answer {
    let query: Vec<String> =
        call.query.iter().map(|(name, text)| format!("{}={}", encode(name), encode(text))).collect();
    let rights: String = scopes.iter().map(|scope| format!("<li>{scope}</li>")).collect();
    let body = format!(
        "<!doctype html><html lang=\"nl\"><head><meta charset=\"utf-8\"><title>Toestemming</title></head><body>\
         <h1>Een applicatie vraagt toegang</h1><ul>{rights}</ul>\
         <form method=\"post\" action=\"{}?{}\">\
         <button name=\"answer\" value=\"yes\">Toestaan</button> <button name=\"answer\" value=\"no\">Weigeren</button>\
         </form></body></html>",
        call.path,
        query.join("&amp;"),
    );
    Answer { kind: "text/html; charset=utf-8", ..Answer::text(200, body) }
}
