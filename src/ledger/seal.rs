//! What the ledger keeps secret goes in and comes out sealed, so that who reads the file reads nothing; and back.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// How many bytes a key has.
const KEY: usize = 32;
/// How many bytes are drawn for each sealing.
const NONCE: usize = 24;
/// How many bytes tell keys apart.
const NUMBER: usize = 4;
/// The first byte of what is sealed in this way.
const WAY: u8 = 1;

/// Seals with one key.
pub struct Seal {
    cipher: XChaCha20Poly1305,
    number: [u8; NUMBER],
}

/// Why sealed bytes are not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// They were sealed with another key.
    OtherKey,
    /// They are not what was sealed, or were sealed for another place.
    Damaged,
}

impl Seal {
    /// A seal of the key in this text: 32 bytes as base64 or as hexadecimal digits; none when it is no key.
    #[must_use]
    pub fn new(text: &str) -> Option<Seal> {
        let key = bytes(text.trim())?;
        let number = Sha256::new().chain_update(b"the number of a koppel key\0").chain_update(key).finalize();
        let number = number[..NUMBER].try_into().expect("a digest is longer than the number of a key");
        Some(Seal { cipher: XChaCha20Poly1305::new(&key.into()), number })
    }

    /// Seals a secret for its place, such as a tenant and a connection; it opens nowhere else.
    #[must_use]
    pub fn close(&self, place: &[&str], secret: &str) -> Vec<u8> {
        let nonce = XNonce::generate();
        let payload = Payload { msg: secret.as_bytes(), aad: &bound(place) };
        let sealed = self.cipher.encrypt(&nonce, payload).expect("a secret is far shorter than the cipher's bound");
        [&[WAY], &self.number[..], &nonce[..], &sealed[..]].concat()
    }

    /// Opens what was sealed for that place.
    ///
    /// # Errors
    /// With another key, for another place, and when a byte of it is not as it was.
    pub fn open(&self, place: &[&str], sealed: &[u8]) -> Result<SecretString, Unopened> {
        let (number, rest) =
            sealed.strip_prefix(&[WAY]).and_then(|rest| rest.split_at_checked(NUMBER)).ok_or(Unopened::Damaged)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE).ok_or(Unopened::Damaged)?;
        if number != self.number {
            return Err(Unopened::OtherKey);
        }
        let nonce: [u8; NONCE] = nonce.try_into().expect("it was split off at that length");
        let payload = Payload { msg: sealed, aad: &bound(place) };
        let secret = self.cipher.decrypt(&nonce.into(), payload).map_err(|_| Unopened::Damaged)?;
        String::from_utf8(secret).map(SecretString::from).map_err(|_| Unopened::Damaged)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

/// A key, in any of the forms in which tools print one.
fn bytes(text: &str) -> Option<[u8; KEY]> {
    if text.len() == 2 * KEY && text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
        let bytes = (0..KEY).map(|byte| digit(2 * byte)).collect::<Option<Vec<u8>>>()?;
        return bytes.try_into().ok();
    }
    let engines = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
    engines.iter().find_map(|engine| engine.decode(text).ok()?.try_into().ok())
}

/// The place as bytes in which no two places are alike: each name behind its length.
fn bound(place: &[&str]) -> Vec<u8> {
    let mut bound = b"koppel ledger".to_vec();
    for name in place {
        bound.extend_from_slice(&(name.len() as u64).to_be_bytes());
        bound.extend_from_slice(name.as_bytes());
    }
    bound
}
