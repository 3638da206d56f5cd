//! Tries a connection: the credentials first, then one cheap read of each resource; says what is missing.

use std::fmt;

use crate::connect::{Call, Class, Fault, ListQuery, Observer, System};

/// What was tried and how it went.
#[derive(Clone, Debug)]
pub struct Report {
    /// The connection's name.
    pub connection: String,
    /// What was tried, in order.
    pub findings: Vec<Finding>,
}

/// One thing that was tried.
#[derive(Clone, Debug)]
pub struct Finding {
    /// `credentials`, or a resource.
    pub what: String,
    /// What was wrong; `None` when it works.
    pub fault: Option<Fault>,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Report {
    /// All that was tried works.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.fault.is_none())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            match &finding.fault {
                None => writeln!(f, "{}: works", finding.what)?,
                Some(fault) => writeln!(f, "{}: {fault}", finding.what)?,
            }
            if let Some(advice) = &finding.advice {
                writeln!(f, "  {advice}")?;
            }
        }
        Ok(())
    }
}

/// Tries the credentials, then each resource that can be read without knowing a record of it. Nothing is written.
pub async fn probe(system: &System, observer: &dyn Observer) -> Report {
    let mut findings = Vec::new();
    let credentials = system.pass(observer).await;
    let mut pass = None;
    match credentials {
        Ok(taken) => pass = Some(taken),
        Err(fault) => {
            let missing = match fault.code.as_deref() {
                Some("invalid_scope") => system.missing_scopes(observer).await,
                _ => Vec::new(),
            };
            let advice = match missing.is_empty() {
                true => advice(&fault).to_string(),
                false => format!("these scopes are not given to this application: {}", missing.join(", ")),
            };
            findings.push(Finding { what: "credentials".to_string(), fault: Some(fault), advice: Some(advice) });
        }
    }
    if pass.is_some() && system.has_token() {
        findings.push(Finding { what: "credentials".to_string(), fault: None, advice: None });
    }
    for resource in &system.connector().resources {
        // Without a token no resource opens: one sentence about it is enough.
        if findings.first().is_some_and(|finding| finding.fault.is_some()) {
            break;
        }
        let call = Call { observer, pass: pass.take() };
        let tried = if resource.list.is_some() {
            match system.list_by(resource, &ListQuery::default(), Some(1)) {
                Ok(mut list) => list.next_page(call).await.err(),
                Err(fault) => Some(fault),
            }
        } else if resource.is_single() {
            system.get(call, resource, &[]).await.err()
        } else {
            pass = call.pass;
            continue;
        };
        let advice = tried.as_ref().map(|fault| advice(fault).to_string());
        findings.push(Finding { what: resource.name.resource.to_string(), fault: tried, advice });
    }
    Report { connection: system.connection().name.to_string(), findings }
}

fn advice(fault: &Fault) -> &'static str {
    let said = [fault.code.as_deref(), fault.message.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let said = said.to_lowercase();
    if said.contains("scope") {
        return "the application lacks a scope: tick it where the application was made, then log in again";
    }
    if said.contains("plan") || said.contains("package") || said.contains("subscription") {
        return "the account's plan has no access to the interface: a larger plan has";
    }
    match fault.class {
        Class::Auth | Class::Token => {
            "the credentials are not accepted here: compare them, and ask whether this account may read it"
        }
        Class::Network => "the system was not reached: is the address right, and the network there?",
        Class::Config | Class::Missing => "the address or the set-up is wrong: compare `base` and the connector's path",
        Class::RateLimit => "too many requests at the moment: try again in a minute",
        Class::ServerError | Class::Conflict | Class::LostReply => {
            "the system has a problem of its own: try again later"
        }
        Class::Validation if fault.status == Some(403) => {
            "access to this is closed: ask the system's people to open it"
        }
        Class::Validation => "the system does not take this request: compare the connector with its documentation",
    }
}
