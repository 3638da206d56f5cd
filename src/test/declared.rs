//! A connection to a declared world.

use std::sync::Arc;

use crate::check::Program;
use crate::connect::{Auth, AuthPiece, Connection, Connector};
use crate::test::world::{SECRET, TOKEN};

/// The connection a role is bound to: the one of its connector's name, or of its own where two roles share one.
pub(super) fn connection_name(program: &Program, role: usize) -> Arc<str> {
    let connector = &program.roles[role].connector.name;
    let shared = program.roles.iter().filter(|other| other.connector.name == *connector).count() > 1;
    if shared { program.roles[role].name.clone() } else { connector.clone() }
}

/// A connection to a declared world: as the connector says, without a limit, with secrets of no use anywhere.
pub(super) fn declared(name: &str, connector: &Connector) -> Connection {
    let mut connection = Connection::new(name, connector);
    connection.base = "http://declared.test".into();
    connection.limit = None;
    match &connector.auth {
        Auth::Oauth2 { .. } => {
            connection.token = Some(format!("http://declared.test{TOKEN}").into());
            connection.grant = Some("client_credentials".into());
            connection.secret("client_id", SECRET).secret("client_secret", SECRET)
        }
        Auth::Keys(keys) => keys
            .iter()
            .flat_map(|key| &key.pieces)
            .filter_map(|piece| if let AuthPiece::Secret(name) = piece { Some(name.clone()) } else { None })
            .fold(connection, |connection, name| connection.secret(name, SECRET)),
    }
}
