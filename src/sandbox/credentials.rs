//! The keys that fit the sandbox, and the text of a workspace that uses them; they open nothing else.

use std::net::SocketAddr;

/// The store's key of the webshop.
pub const SHOP_TOKEN: &str = "sandbox-store-token";
/// The integrator's key of the webshop.
pub const PARTNER_TOKEN: &str = "sandbox-partner-token";
/// The application's id in the bookkeeping.
pub const CLIENT_ID: &str = "sandbox-client-id";
/// The application's secret in the bookkeeping.
pub const CLIENT_SECRET: &str = "sandbox-client-secret";

/// The `koppel.toml` of a workspace that is bound to a sandbox at these addresses.
pub fn workspace_toml(shop: SocketAddr, books: SocketAddr) -> String {
    format!(
        r#"zone = "Europe/Amsterdam"

[connections.mijnwebwinkel]
base = "http://{shop}"
window = "2s"
timeout = "2s"
lag = "1s"
secret.token = "plain:{SHOP_TOKEN}"
secret.partner_token = "plain:{PARTNER_TOKEN}"

[connections.jortt]
base = "http://{books}"
token = "http://{books}/oauth-provider/oauth/token"
authorize = "http://{books}/oauth-provider/oauth/authorize"
grant = "client_credentials"
window = "2s"
timeout = "2s"
lag = "1s"
secret.client_id = "plain:{CLIENT_ID}"
secret.client_secret = "plain:{CLIENT_SECRET}"
"#
    )
}
