//! The token of a person's log-in is changed for a new one: noted before it is asked for, kept before it is used.

use std::time::Duration;

use jiff::Timestamp;
use oauth2::basic::BasicTokenResponse;
use oauth2::{RefreshToken, TokenResponse};
use secrecy::SecretString;

use crate::connect::keeper::{Carrier, Given, Keeper, State, Token};
use crate::connect::kept::{self, Kept};
use crate::connect::way::Way;
use crate::connect::{Class, Fault, Observer};

/// How often somebody else may be first before we give up.
const RACES: usize = 3;

impl Keeper {
    /// A token for whom a person has let in: the kept one while it is good, else a new one, kept before it is used.
    pub(super) async fn renewed(
        &self,
        state: &mut State,
        carrier: &dyn Carrier,
        observer: &dyn Observer,
        refused: Option<&Token>,
    ) -> Result<Given, Fault> {
        let name = &self.connection;
        for _ in 0..RACES {
            if let Some((kept, version)) = state.unkept.take() {
                return self.keep(state, carrier, kept, version).await;
            }
            let Some((mut kept, version)) = kept::load(&*self.tokens, name).await? else {
                let words = format!("nobody has logged in: `koppel connect {name}` does");
                return Err(Fault::unsent(Class::Auth, words));
            };
            carrier.conceal(&SecretString::from(kept.refresh.clone()));
            carrier.conceal(&SecretString::from(kept.access.clone()));
            if let Some(why) = &kept.over {
                return Err(Fault::unsent(Class::Auth, format!("{why}: {}", kept::log_in(name))));
            }
            let now = carrier.clock().now();
            let is_bad = refused.is_some_and(|token| token.is(&kept.access));
            if !is_bad && kept.rest(now) != Some(Duration::ZERO) {
                return Ok(kept.given(now));
            }
            if kept.refresh.is_empty() {
                let words = format!("the token has ended, and came with none to renew it: {}", kept::log_in(name));
                return Err(Fault::unsent(Class::Auth, words));
            }
            // 1. The change is noted: should nobody see its end, the next one knows that the kept token may be used up.
            let before = kept.turning;
            kept.turning = Some(before.unwrap_or(now));
            if !kept::store(&*self.tokens, name, &kept, version + 1).await? {
                continue;
            }
            // 2. It is asked for, once.
            let way = Way { carrier, observer, timeout: self.timeout };
            let http = |asking| way.go(asking);
            let refresh = RefreshToken::new(kept.refresh.clone());
            let asked = self.client.exchange_refresh_token(&refresh).request_async(&http).await;
            // 3. What came is kept before it is used.
            return match asked.map_err(|error| self.fault(error)) {
                Ok(token) => {
                    let kept = Kept { logged_in: kept.logged_in, ..as_kept(&token, &kept, carrier.clock().now()) };
                    self.keep(state, carrier, kept, version + 2).await
                }
                Err(fault) => Err(self.not_renewed(kept, version + 2, before, fault).await),
            };
        }
        let words = format!("the token of `{name}` is changed by others all the time");
        Err(Fault::unsent(Class::ServerError, words))
    }

    /// Keeps it, then hands it out.
    pub(super) async fn keep(
        &self,
        state: &mut State,
        carrier: &dyn Carrier,
        kept: Kept,
        version: u64,
    ) -> Result<Given, Fault> {
        carrier.conceal(&SecretString::from(kept.refresh.clone()));
        carrier.conceal(&SecretString::from(kept.access.clone()));
        // Noted first: should this call be dropped here, the next one goes on.
        state.unkept = Some((kept.clone(), version));
        let stored = kept::store(&*self.tokens, &self.connection, &kept, version).await?;
        state.unkept = None;
        let loaded = if stored { None } else { kept::load(&*self.tokens, &self.connection).await? };
        Ok(loaded.map_or(kept, |(kept, _)| kept).given(carrier.clock().now()))
    }

    /// The change came to nothing, or nobody knows to what: what is kept says which.
    async fn not_renewed(&self, mut kept: Kept, version: u64, before: Option<Timestamp>, mut fault: Fault) -> Fault {
        let by_name = fault.status.is_some_and(|status| (400..500).contains(&status)) && fault.code.is_some();
        if !by_name {
            // It may have been made and lost on its way: the kept one is tried again, and then refused by name.
            return fault;
        }
        kept.turning = None;
        if fault.code.as_deref() == Some("invalid_grant") {
            let why = match before {
                Some(since) => format!(
                    "the log-in to `{}` was lost: of a change of its token at {since:.0} no answer came, and the one that is kept is used up",
                    self.connection
                ),
                None => format!("the log-in to `{}` has ended or was taken back", self.connection),
            };
            fault.words = format!("{why} ({}): {}", fault.words, kept::log_in(&self.connection));
            kept.over = Some(why);
        }
        // Should it not be kept, the next one is refused in the same way.
        let _ = kept::store(&*self.tokens, &self.connection, &kept, version).await;
        fault
    }
}

/// What came, as it is kept; what it does not say is as before.
pub(super) fn as_kept(token: &BasicTokenResponse, before: &Kept, now: Timestamp) -> Kept {
    let scopes = token.scopes().map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "));
    Kept {
        access: token.access_token().secret().clone(),
        refresh: token.refresh_token().map_or_else(|| before.refresh.clone(), |refresh| refresh.secret().clone()),
        scope: scopes.or_else(|| before.scope.clone()),
        logged_in: Some(now),
        received: Some(now),
        life: token.expires_in().map(|life| life.as_secs()),
        turning: None,
        over: None,
    }
}
