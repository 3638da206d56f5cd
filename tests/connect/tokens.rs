//! Tokens: had, renewed, kept.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, join_all};
use koppel::connect::{Answer, Call, Class, Fault, Lost, MemoryTokens, Request, Tokens};
use secrecy::{ExposeSecret, SecretString};

use super::world::{SECRET, World, books_kept, books_system, invoices, token};

fn form(request: &Request) -> Vec<(String, String)> {
    url::form_urlencoded::parse(request.body.as_ref().unwrap()).into_owned().collect()
}

fn refused() -> Answer {
    Answer::new(401, r#"{"error":{"key":"access_token.expired","message":"expired"}}"#)
}

/// Gives tokens `t1`, `t2`, …; only those that `good` names open the system.
fn world(good: impl Fn(&str) -> bool + Send + Sync + 'static) -> Arc<World> {
    let given = AtomicUsize::new(0);
    World::slow(Duration::from_millis(20), move |request| {
        if request.url.path() == "/token" {
            return Ok(token(&format!("token-{}", given.fetch_add(1, Ordering::SeqCst) + 1)));
        }
        let bearer = request.header("authorization").and_then(|header| header.strip_prefix("Bearer ")).unwrap();
        if good(bearer) { Ok(Answer::new(200, r#"{"data":{"id":"1"}}"#)) } else { Ok(refused()) }
    })
}

#[tokio::test(start_paused = true)]
async fn a_token_is_asked_for_once_and_renewed_before_it_ends() {
    let world = world(|_| true);
    let system = books_system(&world);
    for _ in 0..3 {
        system.get(Call::of(&*world), &invoices(&system), &[("id", "1")]).await.unwrap();
    }
    assert_eq!(world.tokens(), 1);
    {
        let requests = world.requests.lock().unwrap();
        let basic = "Basic dGhlLWNsaWVudDpzM2NyZXQlMkZvZiUyQnRoZSUzRHNob3A=";
        assert_eq!(requests[0].1.header("authorization"), Some(basic), "as RFC 6749 wants it, each half form-encoded");
        let fields = form(&requests[0].1);
        assert!(fields.contains(&("grant_type".to_string(), "client_credentials".to_string())));
        assert!(fields.contains(&("scope".to_string(), "invoices:read invoices:write".to_string())));
        assert!(!fields.iter().any(|(_, value)| value == SECRET));
    }
    tokio::time::sleep(Duration::from_secs(7200 - 60)).await;
    system.get(Call::of(&*world), &invoices(&system), &[("id", "1")]).await.unwrap();
    assert_eq!(world.tokens(), 2);
}

#[tokio::test(start_paused = true)]
async fn fifty_that_are_refused_at_once_renew_once() {
    let world = world(|token| token != "token-1");
    let system = books_system(&world);
    let calls = (0..50).map(|number| {
        let (system, world) = (system.clone(), world.clone());
        async move {
            let body = format!(r#"{{"n":{number}}}"#);
            system.create(Call::of(&*world), &invoices(&system), body.into()).await.unwrap().id
        }
    });
    let made = join_all(calls).await;
    assert!(made.iter().all(|id| id.as_deref() == Some("1")));
    assert_eq!(world.tokens(), 2);
    assert_eq!(world.asked().len(), 100, "each refused once, carried out once");
}

#[tokio::test(start_paused = true)]
async fn a_new_token_that_is_refused_too_is_the_end() {
    let world = world(|_| false);
    let system = books_system(&world);
    let fault = system.create(Call::of(&*world), &invoices(&system), "{}".into()).await.unwrap_err();
    assert_eq!((fault.class, fault.not_applied()), (Class::Auth, true));
    assert_eq!((world.tokens(), world.asked().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn fifty_that_get_no_token_share_one_refusal() {
    let body = r#"{"error":"invalid_client","error_description":"Client-authenticatie is mislukt"}"#;
    let world = World::slow(Duration::from_millis(20), move |_| Ok(Answer::new(401, body)));
    let system = books_system(&world);
    let calls = (0..50).map(|_| {
        let (system, world) = (system.clone(), world.clone());
        async move { system.create(Call::of(&*world), &invoices(&system), "{}".into()).await.unwrap_err() }
    });
    for fault in join_all(calls).await {
        assert_eq!((fault.class, fault.sent, fault.not_applied()), (Class::Auth, false, true));
        assert_eq!(
            fault.words,
            "no token was given for `office` (status 401): invalid_client: Client-authenticatie is mislukt"
        );
    }
    assert_eq!(world.tokens(), 1);
}

#[tokio::test(start_paused = true)]
async fn trouble_at_the_token_never_makes_a_write_unknown() {
    let replies: [fn() -> Result<Answer, Lost>; 5] = [
        || Err(Lost { sent: true, words: "reset".to_string() }),
        || Ok(Answer::new(502, "<html>bad gateway</html>").with("content-type", "application/html")),
        || Ok(Answer::new(200, "<html>log in</html>")),
        || Ok(Answer::new(200, "{\"access_token\":\"x")),
        || Ok(Answer { broken: Some("cut off".to_string()), ..Answer::new(200, "{") }),
    ];
    for reply in replies {
        let world = World::new(move |_| reply());
        let system = books_system(&world);
        let fault = system.create(Call::of(&*world), &invoices(&system), "{}".into()).await.unwrap_err();
        assert!(fault.not_applied() && matches!(fault.class, Class::Network | Class::ServerError), "{fault:?}");
        assert!(world.asked().is_empty());
    }
}

/// Keeps tokens, and what was kept when.
#[derive(Default)]
struct Kept {
    inner: MemoryTokens,
    log: Mutex<Vec<String>>,
    /// From that version on nothing can be kept.
    broken: Mutex<Option<u64>>,
}

impl Tokens for Kept {
    fn load<'a>(&'a self, connection: &'a str) -> BoxFuture<'a, Result<Option<(SecretString, u64)>, Fault>> {
        self.inner.load(connection)
    }

    fn store<'a>(
        &'a self,
        connection: &'a str,
        token: SecretString,
        version: u64,
    ) -> BoxFuture<'a, Result<bool, Fault>> {
        if self.broken.lock().unwrap().is_some_and(|from| version >= from) {
            return async { Err(Fault::unsent(Class::ServerError, "the disk is full")) }.boxed();
        }
        let text = token.expose_secret();
        let refresh = text.split("\"refresh\":\"").nth(1).unwrap().split('"').next().unwrap();
        self.log.lock().unwrap().push(format!("{version} {refresh}"));
        self.inner.store(connection, token, version)
    }

    fn replace<'a>(&'a self, connection: &'a str, token: SecretString) -> BoxFuture<'a, Result<(), Fault>> {
        self.inner.replace(connection, token)
    }
}

/// Takes each refresh token once, as a system that rotates them does.
fn rotating() -> Arc<World> {
    let turn = AtomicUsize::new(0);
    World::slow(Duration::from_millis(20), move |request| {
        if request.url.path() != "/token" {
            return Ok(Answer::new(200, r#"{"data":{"id":"1"}}"#));
        }
        let turn = turn.fetch_add(1, Ordering::SeqCst);
        let expected = ("refresh_token".to_string(), format!("refresh-{turn}"));
        if !form(request).contains(&expected) {
            return Ok(Answer::new(400, r#"{"error":"invalid_grant"}"#));
        }
        let next = turn + 1;
        Ok(Answer::new(
            200,
            format!(
                r#"{{"access_token":"access-{next}","token_type":"bearer","expires_in":7200,"refresh_token":"refresh-{next}"}}"#
            ),
        ))
    })
}

async fn logged_in(tokens: &Kept) {
    let kept = r#"{"access":"access-0","refresh":"refresh-0"}"#;
    assert!(tokens.inner.store("office", SecretString::from(kept), 1).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_rotates_is_kept_before_its_token_is_used() {
    let (world, tokens) = (rotating(), Arc::new(Kept::default()));
    logged_in(&tokens).await;
    let system = books_kept(&world, tokens.clone(), "authorization_code", None);
    system.get(Call::of(&*world), &invoices(&system), &[("id", "1")]).await.unwrap();
    let marked = ["2 refresh-0", "3 refresh-1"];
    assert_eq!(*tokens.log.lock().unwrap(), marked, "the change is noted before it is asked for");
    tokio::time::sleep(Duration::from_secs(7200)).await;
    system.get(Call::of(&*world), &invoices(&system), &[("id", "1")]).await.unwrap();
    assert_eq!(*tokens.log.lock().unwrap(), [marked[0], marked[1], "4 refresh-1", "5 refresh-2"]);
    // The next process takes up what is kept, without a request.
    let next = books_kept(&world, tokens.clone(), "authorization_code", None);
    next.pass(&*world).await.unwrap();
    assert_eq!(world.tokens(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_kept_is_not_used_and_not_forgotten() {
    let (world, tokens) = (rotating(), Arc::new(Kept::default()));
    logged_in(&tokens).await;
    let system = books_kept(&world, tokens.clone(), "authorization_code", None);
    *tokens.broken.lock().unwrap() = Some(3);
    let fault = system.get(Call::of(&*world), &invoices(&system), &[("id", "1")]).await.unwrap_err();
    assert!(fault.words.contains("the disk is full") && !fault.sent);
    assert!(world.asked().is_empty());
    *tokens.broken.lock().unwrap() = None;
    system.get(Call::of(&*world), &invoices(&system), &[("id", "1")]).await.unwrap();
    assert_eq!((world.tokens(), world.asked().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn where_nothing_can_be_kept_no_token_is_changed() {
    let (world, tokens) = (rotating(), Arc::new(Kept::default()));
    logged_in(&tokens).await;
    let system = books_kept(&world, tokens.clone(), "authorization_code", None);
    *tokens.broken.lock().unwrap() = Some(2);
    let fault = system.get(Call::of(&*world), &invoices(&system), &[("id", "1")]).await.unwrap_err();
    assert!(fault.words.contains("the disk is full") && !fault.sent);
    assert_eq!((world.tokens(), world.asked().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn nobody_logged_in_is_said_so() {
    let world = rotating();
    let system = books_kept(&world, Arc::new(MemoryTokens::default()), "authorization_code", None);
    let fault = system.pass(&()).await.unwrap_err();
    assert_eq!(
        (fault.class, fault.words.as_str()),
        (Class::Auth, "nobody has logged in: `koppel connect office` does")
    );
}
