//! `koppel connect` where a person logs in: the key, the log-in, what is kept, what is told.

use std::sync::Arc;

use koppel::connect::Tokens;
use koppel::ledger::{Ledger, Seal, Sqlite};
use koppel::run::Vault;
use secrecy::SecretString;

use super::koppel;
use crate::login::vault::{KEY, clock};
use crate::support::folder::Folder;
use crate::support::room::room;

/// A workspace in which a person logs in to the bookkeeping at these addresses.
fn by_code(more: &str) -> Folder {
    let config = format!(
        "key = \"env:BOOKS_KEY\"\n\n[connections.jortt]\nbase = \"http://127.0.0.1:9\"\n\
         token = \"http://127.0.0.1:9/oauth-provider/oauth/token\"\n\
         authorize = \"http://127.0.0.1:9/oauth-provider/oauth/authorize\"\n\
         grant = \"authorization_code\"\n{more}"
    );
    Folder::with(&[("koppel.toml", &config)])
}

const PLAIN: &str =
    "secret.client_id = \"plain:sandbox-client-id\"\nsecret.client_secret = \"plain:sandbox-client-secret\"\n";

#[test]
fn the_key_is_missing_none_or_another() {
    let _room = room("cli");
    let folder = by_code(PLAIN);
    insta::assert_snapshot!("key_missing", koppel(folder.path(), "connect jortt").failure(78).shown());
    let wrong = koppel(folder.path(), "connect jortt").env("BOOKS_KEY", "hunter2").failure(78);
    insta::assert_snapshot!("key_none", wrong.shown());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let ledger: Arc<dyn Ledger> = Arc::new(Sqlite::open(folder.path().join("koppel.db")).unwrap());
        let vault = Vault::new(ledger, "main", Seal::new(KEY).ok_or_else(String::new), clock());
        let kept = r#"{"access":"access-0","refresh":"refresh-0"}"#;
        assert!(vault.store("jortt", SecretString::from(kept), 1).await.unwrap());
    });
    let other = koppel(folder.path(), "connect jortt").env("BOOKS_KEY", &"ab".repeat(32)).failure(78);
    insta::assert_snapshot!("key_other", other.shown());
}

#[test]
fn a_secret_that_the_ledger_does_not_keep() {
    let _room = room("cli");
    let stored = "secret.client_id = \"plain:sandbox-client-id\"\nsecret.client_secret = \"store:books\"\n";
    let folder = by_code(stored);
    let came = koppel(folder.path(), "connect jortt").env("BOOKS_KEY", KEY).failure(78);
    insta::assert_snapshot!("secret_not_stored", came.shown());
}
