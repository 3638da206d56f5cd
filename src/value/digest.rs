//! Parts of a text go in; a short name that is different as soon as one of them is comes out.

use sha2::{Digest as _, Sha256};

/// A SHA-256 that is fed part by part; each part is kept apart from the next.
#[derive(Clone, Debug, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Adds a part.
    pub fn part(&mut self, part: impl AsRef<[u8]>) {
        let part = part.as_ref();
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    /// The SHA-256 of these bytes alone, as 64 hexadecimal digits.
    #[must_use]
    pub fn of(bytes: impl AsRef<[u8]>) -> String {
        hexadecimal(&Sha256::digest(bytes.as_ref()))
    }

    /// The digest as 64 hexadecimal digits.
    #[must_use]
    pub fn hex(self) -> String {
        hexadecimal(&self.0.finalize())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16).expect("half a byte is one digit"));
        }
    }
    text
}
