//! Signatures as Standard Webhooks says them: keys, a message and the time go in; whether it may be believed comes out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;

/// So far from now a message may say it was sent.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// What a secret in text begins with.
const PREFIX: &str = "whsec_";
/// A key of fewer bytes is guessed.
const FEWEST: usize = 16;

/// A key that signatures are made with.
#[derive(Clone, Debug)]
pub struct HookKey(SecretSlice<u8>);

impl HookKey {
    /// The key in a text: `whsec_` and base64.
    ///
    /// # Errors
    /// The words for what is wrong with it, without any of it.
    pub fn parse(text: &str) -> Result<HookKey, &'static str> {
        let coded = text.trim().strip_prefix(PREFIX).ok_or("the secret of a webhook begins with `whsec_`")?;
        let key = STANDARD.decode(coded).map_err(|_| "behind `whsec_` stands base64")?;
        if key.len() < FEWEST {
            return Err("the secret of a webhook has at least 16 bytes");
        }
        Ok(HookKey(key.into()))
    }
}

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The time is none.
    NoTime,
    /// It was sent too long ago, or will be.
    OutOfTime,
    /// No signature of it was made with one of the keys.
    Signature,
}

impl Refused {
    /// The words for the sender.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Refused::NoTime => "webhook-timestamp is no time in whole seconds",
            Refused::OutOfTime => "webhook-timestamp is more than 5 minutes from now",
            Refused::Signature => "no signature is good",
        }
    }
}

/// Whether a message (its id, its time, its signatures) was signed with one of the keys, not long ago.
///
/// # Errors
/// Why not.
pub fn verify(
    keys: &[HookKey],
    (id, timestamp, signatures): (&str, &str, &str),
    body: &[u8],
    now: Timestamp,
) -> Result<(), Refused> {
    let digits = !timestamp.is_empty() && timestamp.bytes().all(|letter| letter.is_ascii_digit());
    let seconds: i64 = timestamp.parse().ok().filter(|_| digits).ok_or(Refused::NoTime)?;
    let sent = Timestamp::from_second(seconds).map_err(|_| Refused::NoTime)?;
    if now.duration_since(sent).abs() > WINDOW {
        return Err(Refused::OutOfTime);
    }
    let given =
        signatures.split(' ').filter_map(|one| one.strip_prefix("v1,")).filter_map(|one| STANDARD.decode(one).ok());
    // Compared in a time that tells nothing of where they differ.
    let good = given
        .into_iter()
        .any(|given| keys.iter().any(|key| mac(key, id, timestamp, body).verify_slice(&given).is_ok()));
    if good { Ok(()) } else { Err(Refused::Signature) }
}

/// The signature of a message, as it stands in `webhook-signature`.
#[must_use]
pub fn signed(key: &HookKey, id: &str, timestamp: i64, body: &[u8]) -> String {
    format!("v1,{}", STANDARD.encode(mac(key, id, &timestamp.to_string(), body).finalize().into_bytes()))
}

fn mac(key: &HookKey, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.0.expose_secret()).expect("a key of any length is taken");
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}
