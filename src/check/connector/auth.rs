//! `auth` goes in; how a system knows us comes out.

use std::sync::Arc;

use crate::check::connector::Build;
use crate::check::problems::suggest;
use crate::connect::{Auth, AuthKey, AuthPiece};
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast::{self, AuthPlace, ExprKind, Literal, Oauth2Part, Piece, Step};

/// The ways to a token.
const GRANTS: [&str; 2] = ["client_credentials", "authorization_code"];

/// How a log-in is bound to who began it.
const PKCE: &str = "S256";

impl Build<'_> {
    pub(super) fn auth(&mut self, auth: &ast::Auth, connector: Span) -> Option<Auth> {
        match auth {
            ast::Auth::Oauth2(parts) => self.oauth2(parts, connector),
            ast::Auth::Keys(keys) => {
                let keys = keys.iter().map(|key| self.key(key)).collect::<Option<Vec<_>>>()?;
                Some(Auth::Keys(keys))
            }
        }
    }

    fn oauth2(&mut self, parts: &[Oauth2Part], connector: Span) -> Option<Auth> {
        let (mut authorize, mut token, mut scopes, mut pkce) = (None, None, Arc::from(""), false);
        let mut grants: Vec<Arc<str>> = Vec::new();
        for part in parts {
            match part {
                Oauth2Part::Authorize(address) => authorize = Some(self.address(address)),
                Oauth2Part::Token(address) => token = Some(self.address(address)),
                Oauth2Part::Scopes(text) => scopes = Arc::from(&*text.node),
                Oauth2Part::Pkce(word) => {
                    pkce = true;
                    if &*word.node != PKCE {
                        let title = format!("expected `{PKCE}` behind `pkce`, found `{}`", word.node);
                        let problem = Diagnostic::error(codes::connector::AUTH, word.span, title);
                        self.checker.problems.push(problem.label("the other ways keep no secret"));
                    }
                }
                Oauth2Part::Grants(words) => {
                    for word in words {
                        if !GRANTS.contains(&&*word.node) {
                            let title = format!("expected a way to a token, found `{}`", word.node);
                            let problem =
                                Diagnostic::error(codes::connector::AUTH, word.span, title).label("not known");
                            let problem = suggest(problem, word.span, &word.node, "the grants are", GRANTS);
                            self.checker.problems.push(problem);
                        }
                        grants.push(word.node.clone().into());
                    }
                }
            }
        }
        if grants.is_empty() {
            let title = "expected `grants` in `oauth2`, found none";
            self.error(codes::connector::AUTH, connector, title, "how does one come to a token?");
        }
        if authorize.is_none() && grants.iter().any(|grant| **grant == *GRANTS[1]) {
            let title =
                "expected `authorize \"…\"` in `oauth2`, found none: `authorization_code` wants a person to agree";
            self.error(codes::connector::AUTH, connector, title, "where does a person agree?");
        }
        let Some(token) = token else {
            let title = "expected `token \"…\"` in `oauth2`, found none";
            self.error(codes::connector::AUTH, connector, title, "where do tokens come from?");
            return None;
        };
        Some(Auth::Oauth2 { authorize, token, grants, scopes, pkce })
    }

    fn address(&mut self, address: &ast::Name) -> Arc<str> {
        if !address.node.starts_with("https://") && !address.node.starts_with("http://") {
            let title = format!("expected an address such as `https://example.com/token`, found `{}`", address.node);
            self.error(codes::connector::ADDRESS, address.span, title, "not an address");
        }
        address.node.clone().into()
    }

    fn key(&mut self, key: &ast::AuthKey) -> Option<AuthKey> {
        let pieces = match &key.value.node {
            ExprKind::Text(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => Some(AuthPiece::Text(text.clone().into())),
                    Piece::Expr(value) => self.secret(value),
                })
                .collect::<Option<Vec<_>>>()?,
            ExprKind::Literal(Literal::Text(text)) => vec![AuthPiece::Text(text.clone().into())],
            _ => vec![self.secret(&key.value)?],
        };
        if !pieces.iter().any(|piece| matches!(piece, AuthPiece::Secret(_))) {
            let title = "expected a secret of the connection in a key, found none";
            self.error(
                codes::connector::SECRET,
                key.value.span,
                title,
                "a connector holds no credential: `secret.name`",
            );
        }
        Some(AuthKey {
            header: key.place.node == AuthPlace::Header,
            name: key.name.node.clone().into(),
            pieces,
            maybe: key.maybe,
        })
    }

    fn secret(&mut self, value: &ast::Expr) -> Option<AuthPiece> {
        if let ExprKind::Path(path) = &value.node
            && &*path.root.node == "secret"
            && let [ast::Spanned { node: Step::Name(name), .. }] = &path.steps[..]
        {
            return Some(AuthPiece::Secret(name.clone().into()));
        }
        let title = "expected `secret.` and a name, found something else";
        self.error(codes::connector::SECRET, value.span, title, "only the connection's secrets are known here");
        None
    }
}
