//! What the ledger keeps secret stays so: it opens with its key, at its place, unchanged, and nowhere else.

use std::sync::Arc;

use jiff::Timestamp;
use koppel::connect::{Class, Tokens};
use koppel::ledger::{Ledger, Memory, Seal, Sqlite, Unopened};
use koppel::run::{DAMAGED, NO_KEY, OTHER_KEY, Vault};
use koppel::value::Clock;
use secrecy::{ExposeSecret, SecretString};

use crate::support::folder::Folder;

/// Base64 of 32 bytes.
pub const KEY: &str = "a29wcGVsIHRlc3RzIHNlYWwgd2l0aCB0aGlzIGtleSE=";
const OTHER: &str = "6b6f7070656c207465737473207365616c20776974682074686973206b65792e";

pub fn clock() -> Clock {
    Clock::fixed("2026-04-01T10:00:00Z".parse::<Timestamp>().unwrap())
}

fn vault(ledger: &Arc<dyn Ledger>, tenant: &str, key: &str) -> Vault {
    Vault::new(ledger.clone(), tenant, Seal::new(key).ok_or_else(|| "there is no key".to_string()), clock())
}

#[test]
fn a_key_is_32_bytes_in_any_form() {
    let forms = [
        KEY,
        KEY.trim_end_matches('='),
        "6b6f7070656c207465737473207365616c20776974682074686973206b657921",
        "6B6F7070656C207465737473207365616C20776974682074686973206B657921\n",
    ];
    let sealed = Seal::new(KEY).unwrap().close(&["a"], "secret");
    for form in forms {
        assert_eq!(Seal::new(form).unwrap().open(&["a"], &sealed).unwrap().expose_secret(), "secret");
    }
    for none in
        ["", "secret", "c2hvcnQ=", &KEY[4..], "zz6f7070656c207465737473207365616c20776974682074686973206b657921"]
    {
        assert!(Seal::new(none).is_none(), "{none}");
    }
}

#[test]
fn what_is_sealed_opens_with_its_key_at_its_place_as_it_was() {
    let (seal, other) = (Seal::new(KEY).unwrap(), Seal::new(OTHER).unwrap());
    let sealed = seal.close(&["main", "token:books"], "refresh-0");
    assert_ne!(sealed, seal.close(&["main", "token:books"], "refresh-0"), "no two are alike");
    assert!(!sealed.windows(7).any(|window| window == b"refresh"));
    assert_eq!(seal.open(&["main", "token:books"], &sealed).unwrap().expose_secret(), "refresh-0");
    assert_eq!(other.open(&["main", "token:books"], &sealed).unwrap_err(), Unopened::OtherKey);
    for place in [&["main", "token:shop"][..], &["other", "token:books"], &["maint", "oken:books"], &["main"], &[]] {
        assert_eq!(seal.open(place, &sealed).unwrap_err(), Unopened::Damaged, "{place:?}");
    }
    for at in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[at] ^= 1;
        assert!(seal.open(&["main", "token:books"], &damaged).is_err(), "byte {at}");
        assert!(seal.open(&["main", "token:books"], &sealed[..at]).is_err(), "cut at {at}");
    }
}

#[tokio::test]
async fn the_file_of_the_ledger_holds_no_token_and_no_secret() {
    let folder = Folder::with(&[]);
    let path = folder.path().join("koppel.db");
    {
        let ledger: Arc<dyn Ledger> = Arc::new(Sqlite::open(&path).unwrap());
        let vault = vault(&ledger, "main", KEY);
        assert!(vault.store("books", SecretString::from("token-that-nobody-reads"), 1).await.unwrap());
        assert!(!vault.store("books", SecretString::from("token-too-late"), 1).await.unwrap());
        vault.keep_secret("shop", &SecretString::from("secret-that-nobody-reads")).await.unwrap();
        vault.keep_secret("shop", &SecretString::from("secret-that-nobody-reads-either")).await.unwrap();
        for name in ["koppel.db", "koppel.db-wal", "koppel.db-shm", "koppel.db.lock"] {
            let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
            assert!(!bytes.windows(6).any(|window| window == b"nobody"), "{name}");
        }
    }
    let ledger: Arc<dyn Ledger> = Arc::new(Sqlite::open(&path).unwrap());
    let kept = vault(&ledger, "main", KEY);
    let (token, version) = kept.load("books").await.unwrap().unwrap();
    assert_eq!((token.expose_secret(), version), ("token-that-nobody-reads", 1));
    assert_eq!(kept.secret("shop").await.unwrap().unwrap().expose_secret(), "secret-that-nobody-reads-either");
    // A connection and a secret may have one name; another tenant has neither.
    assert!(kept.secret("books").await.unwrap().is_none() && kept.load("shop").await.unwrap().is_none());
    assert!(vault(&ledger, "other", KEY).secret("shop").await.unwrap().is_none());
}

#[tokio::test]
async fn without_its_key_nothing_goes_in_or_out() {
    let ledger: Arc<dyn Ledger> = Arc::new(Memory::new());
    let secret = SecretString::from("secret");
    vault(&ledger, "main", KEY).keep_secret("shop", &secret).await.unwrap();
    let keyless = vault(&ledger, "main", "");
    let fault = keyless.secret("shop").await.unwrap_err();
    assert_eq!((fault.class, fault.code.as_deref(), &*fault.words), (Class::Config, Some(NO_KEY), "there is no key"));
    assert_eq!(keyless.store("books", secret.clone(), 1).await.unwrap_err().code.as_deref(), Some(NO_KEY));
    assert!(keyless.load("books").await.unwrap().is_none(), "where nothing is, no key is needed");
    let fault = vault(&ledger, "main", OTHER).secret("shop").await.unwrap_err();
    assert_eq!((fault.class, fault.code.as_deref()), (Class::Config, Some(OTHER_KEY)));
    ledger.put_token("main", "store:shop", 1, b"rubbish".to_vec(), clock().now()).await.unwrap();
    let fault = vault(&ledger, "main", KEY).secret("shop").await.unwrap_err();
    assert_eq!(fault.code.as_deref(), Some(DAMAGED));
}
