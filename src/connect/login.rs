//! A person is invited to let us in; what the browser brings back becomes tokens, which are kept.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::{AuthUrl, AuthorizationCode, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, TokenResponse};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use crate::connect::keeper::{Carrier, Keeper};
use crate::connect::kept::{self, Kept, LoggedIn};
use crate::connect::renewal::as_kept;
use crate::connect::way::Way;
use crate::connect::{Auth, Class, Connection, Fault, Observer, System};

/// An address at which a person lets us in, and what must come back from it.
pub struct Invitation {
    address: Url,
    redirect: RedirectUrl,
    state: CsrfToken,
    verifier: Option<PkceCodeVerifier>,
    asked: String,
}

/// What a browser brought back.
#[derive(Debug)]
pub enum Brought {
    /// Nothing of this log-in: another's, an older one's, or none.
    Foreign,
    /// The system said no.
    Refused(Fault),
    /// A code that becomes tokens, once.
    Code(SecretString),
}

impl Invitation {
    /// How many random bytes one is made of.
    pub const RANDOM: usize = 64;

    /// Where the person goes.
    #[must_use]
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// What the browser came back with. The state is compared by its digest: how long that takes tells nothing of it.
    #[must_use]
    pub fn read(&self, query: &[(String, String)]) -> Brought {
        let field = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        if field("state").is_none_or(|state| digest(state) != digest(self.state.secret())) {
            return Brought::Foreign;
        }
        match (field("error"), field("code")) {
            (Some(error), _) => Brought::Refused(self.refusal(error, field("error_description"))),
            (None, Some(code)) if !code.is_empty() => Brought::Code(SecretString::from(code)),
            _ => {
                let words = "the browser came back without a code";
                Brought::Refused(Fault::unsent(Class::ServerError, words))
            }
        }
    }

    fn refusal(&self, error: &str, description: Option<&str>) -> Fault {
        let (class, words) = match error {
            "access_denied" => (Class::Auth, "nobody was let in: the person did not agree".to_string()),
            "invalid_scope" => {
                (Class::Config, format!("not all of these scopes are given to this application: {}", self.asked))
            }
            "unauthorized_client" => (Class::Config, "this application may not ask a person to log in".to_string()),
            "server_error" | "temporarily_unavailable" => {
                (Class::ServerError, "the system cannot ask a person at the moment".to_string())
            }
            _ => (Class::Config, "the system does not take the question".to_string()),
        };
        let said = [Some(error), description].into_iter().flatten().collect::<Vec<_>>().join(": ");
        Fault { code: Some(error.to_string()), ..Fault::unsent(class, format!("{words} ({said})")) }
    }
}

/// Shows where the person goes without what comes back from there.
impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invitation to {}", self.address.host_str().unwrap_or_default())
    }
}

impl System {
    /// An address at which a person lets us in; the browser comes back to `redirect`.
    ///
    /// # Errors
    /// When no person can let anyone in here.
    pub fn invite(&self, redirect: &Url, random: &[u8; Invitation::RANDOM]) -> Result<Invitation, Fault> {
        let pkce = matches!(self.connector().auth, Auth::Oauth2 { pkce: true, .. });
        self.keeper()?.invite(self.connection(), redirect, pkce, random)
    }

    /// Makes tokens of the code that an invitation brought, and keeps them.
    ///
    /// # Errors
    /// When the system does not take the code, or the tokens cannot be kept.
    pub async fn log_in(
        &self,
        observer: &dyn Observer,
        invitation: &Invitation,
        code: &SecretString,
    ) -> Result<LoggedIn, Fault> {
        self.keeper()?.log_in(self.carrier(), observer, invitation, code).await
    }

    /// The scopes that are asked for and that this log-in was not given, as far as the system says.
    #[must_use]
    pub fn scopes_missing(&self, login: &LoggedIn) -> Vec<String> {
        let Auth::Oauth2 { scopes, .. } = &self.connector().auth else { return Vec::new() };
        let Some(given) = &login.scopes else { return Vec::new() };
        scopes.split_whitespace().filter(|scope| !given.iter().any(|one| one == scope)).map(str::to_owned).collect()
    }

    fn keeper(&self) -> Result<&Keeper, Fault> {
        let words = || format!("nobody logs in to `{}`", self.connection().name);
        self.has_keeper().filter(|keeper| keeper.person).ok_or_else(|| Fault::unsent(Class::Config, words()))
    }
}

impl Keeper {
    fn invite(
        &self,
        connection: &Connection,
        redirect: &Url,
        pkce: bool,
        random: &[u8; Invitation::RANDOM],
    ) -> Result<Invitation, Fault> {
        let config = |error: url::ParseError| Fault::unsent(Class::Config, format!("an address is none: {error}"));
        let authorize = connection.authorize.as_deref().unwrap_or_default();
        let authorize = AuthUrl::new(authorize.to_string()).map_err(config)?;
        let redirect = RedirectUrl::new(redirect.to_string()).map_err(config)?;
        let (state, verifier) = random.split_at(Invitation::RANDOM / 2);
        let state = CsrfToken::new(URL_SAFE_NO_PAD.encode(state));
        let verifier = pkce.then(|| PkceCodeVerifier::new(URL_SAFE_NO_PAD.encode(verifier)));
        let client = self.client.clone().set_auth_uri(authorize);
        let mut asking = client
            .authorize_url(|| state.clone())
            .add_scopes(self.scopes.iter().cloned())
            .set_redirect_uri(Cow::Borrowed(&redirect));
        if let Some(verifier) = &verifier {
            asking = asking.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(verifier));
        }
        let (address, _) = asking.url();
        let asked = self.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ");
        Ok(Invitation { address, redirect, state, verifier, asked })
    }

    async fn log_in(
        &self,
        carrier: &dyn Carrier,
        observer: &dyn Observer,
        invitation: &Invitation,
        code: &SecretString,
    ) -> Result<LoggedIn, Fault> {
        let mut state = self.state.lock().await;
        carrier.conceal(code);
        let way = Way { carrier, observer, timeout: self.timeout };
        let http = |asking| way.go(asking);
        let code = AuthorizationCode::new(code.expose_secret().to_string());
        let mut asked = self.client.exchange_code(code).set_redirect_uri(Cow::Borrowed(&invitation.redirect));
        if let Some(verifier) = &invitation.verifier {
            asked = asked.set_pkce_verifier(PkceCodeVerifier::new(verifier.secret().clone()));
        }
        let token = asked.request_async(&http).await.map_err(|error| self.fault(error))?;
        let none = Kept {
            access: String::new(),
            refresh: String::new(),
            // A system that says nothing of scopes gave those that were asked for.
            scope: token.scopes().is_none().then(|| invitation.asked.clone()),
            logged_in: None,
            received: None,
            life: None,
            turning: None,
            over: None,
        };
        let kept = as_kept(&token, &none, carrier.clock().now());
        carrier.conceal(&SecretString::from(kept.access.clone()));
        carrier.conceal(&SecretString::from(kept.refresh.clone()));
        kept::replace(&*self.tokens, &self.connection, &kept).await?;
        state.unkept = None;
        let login = LoggedIn::from(&kept);
        self.opens(&mut state, carrier, kept.given(carrier.clock().now()), false);
        Ok(login)
    }
}
