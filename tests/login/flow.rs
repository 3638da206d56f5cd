//! A person lets koppel in, or does not.

use koppel::connect::{Brought, Class, LoggedIn};
use koppel::sandbox::{Consent, Options, SCOPES};

use super::office::{BACK, Office, invite, query, works};
use crate::support::scene::pass;

fn office() -> Office {
    Office::new(Options::default())
}

#[tokio::test(start_paused = true)]
async fn a_code_becomes_a_log_in_that_is_kept() {
    let office = office();
    let fault = works(&office.system(), &()).await.unwrap_err();
    assert_eq!((fault.class, &*fault.words), (Class::Auth, "nobody has logged in: `koppel connect jortt` does"));
    let login = office.log_in().await.unwrap();
    assert_eq!((login.since, login.over.as_deref()), (Some(office.clock().now()), None));
    let scopes = login.scopes.unwrap();
    assert!(scopes.iter().all(|scope| SCOPES.contains(&scope.as_str())) && scopes.len() == 5, "{scopes:?}");
    // The next process goes on with it, and asks for nothing.
    works(&office.system(), &()).await.unwrap();
    assert_eq!(office.asked(), 1);
    let kept = LoggedIn::of(&office.vault(), "jortt").await.unwrap().unwrap();
    assert_eq!(kept.ends.unwrap().duration_since(kept.renewed.unwrap()).as_secs(), 7200);
    assert!(!format!("{kept:?}").contains("token"));
}

#[tokio::test(start_paused = true)]
async fn the_address_says_what_is_asked_for_and_nothing_secret() {
    for pkce in [false, true] {
        let office = Office { pkce, ..office() };
        let invitation = invite(&office.system(), 7);
        let asked = query(invitation.address());
        let names: Vec<&str> = asked.iter().map(|(name, _)| name.as_str()).collect();
        let more: &[&str] = if pkce { &["code_challenge", "code_challenge_method"] } else { &[] };
        let known = ["response_type", "client_id", "state", "redirect_uri", "scope"];
        assert!(names.iter().all(|name| known.contains(name) || more.contains(name)), "{names:?}");
        assert!(known.iter().chain(more).all(|name| names.contains(name)), "{names:?}");
        let field = |name: &str| asked.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!((field("redirect_uri"), field("response_type")), (Some(BACK), Some("code")));
        assert_eq!(field("code_challenge_method"), pkce.then_some("S256"));
        assert!(
            field("state").unwrap().len() >= 43 && !invitation.address().as_str().contains("sandbox-client-secret")
        );
        assert_eq!(format!("{invitation:?}"), "Invitation to 127.0.0.2");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_of_this_log_in_is_foreign() {
    let office = office();
    let system = office.system();
    let invitation = invite(&system, 7);
    let back = office.visit(invitation.address()).await.unwrap();
    let good = query(&back);
    let without = |name: &str| good.iter().filter(|(known, _)| known != name).cloned().collect::<Vec<_>>();
    let state = |state: &str| [without("state"), vec![("state".into(), state.into())]].concat();
    let right = good.iter().find(|(name, _)| name == "state").unwrap().1.clone();
    for foreign in [vec![], without("state"), state(""), state("x"), state(&right[1..]), state(&format!("{right}x"))] {
        assert!(matches!(invitation.read(&foreign), Brought::Foreign), "{foreign:?}");
    }
    assert!(matches!(invite(&system, 8).read(&good), Brought::Foreign), "of another log-in");
    assert!(matches!(invitation.read(&without("code")), Brought::Refused(_)));
    assert!(matches!(invitation.read(&good), Brought::Code(_)));
}

#[tokio::test(start_paused = true)]
async fn a_code_is_good_once_for_minutes_and_for_who_asked() {
    let office = Office { pkce: true, ..office() };
    let system = office.system();
    let (mine, other) = (invite(&system, 7), invite(&system, 8));
    let Brought::Code(code) = office.brought(&mine).await else { panic!("a code comes back") };
    let fault = system.log_in(&(), &other, &code).await.unwrap_err();
    assert_eq!((fault.class, fault.code.as_deref()), (Class::Auth, Some("invalid_grant")), "the verifier is another");
    let Brought::Code(code) = office.brought(&mine).await else { panic!("a code comes back") };
    system.log_in(&(), &mine, &code).await.unwrap();
    let fault = system.log_in(&(), &mine, &code).await.unwrap_err();
    assert_eq!(fault.code.as_deref(), Some("invalid_grant"), "it was used");
    let Brought::Code(code) = office.brought(&mine).await else { panic!("a code comes back") };
    pass(601).await;
    let fault = system.log_in(&(), &mine, &code).await.unwrap_err();
    assert_eq!(fault.code.as_deref(), Some("invalid_grant"), "it has ended");
    // What was kept before is still there.
    works(&office.system(), &()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_does_not_agree_and_what_is_not_given() {
    let office = Office::new(Options { consent: Consent::Refused, ..Options::default() });
    let fault = office.log_in().await.unwrap_err();
    assert_eq!(fault.class, Class::Auth);
    assert!(fault.words.starts_with("nobody was let in: the person did not agree (access_denied: "), "{fault}");
    let office = Office::new(Options { scopes: vec!["customers:read".into()], ..Options::default() });
    let fault = office.log_in().await.unwrap_err();
    assert_eq!(fault.class, Class::Config);
    assert!(fault.words.contains("customers:write invoices:read"), "{fault}");
    let office = Office { secret: Some("another-secret"), ..self::office() };
    let fault = office.log_in().await.unwrap_err();
    assert_eq!((fault.class, fault.code.as_deref()), (Class::Auth, Some("invalid_client")));
    assert!(!fault.words.contains("another-secret"), "{fault}");
    assert!(LoggedIn::of(&office.vault(), "jortt").await.unwrap().is_none(), "nothing is kept of it");
    // The browser is not sent to an address that is not the application's.
    let redirects = Some(vec!["https://koppel.example/callback".to_string()]);
    let office = Office::new(Options { redirects, ..Options::default() });
    assert!(office.visit(invite(&office.system(), 7).address()).await.is_none());
}
