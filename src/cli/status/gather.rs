//! A workspace and its ledger go in; how all of it stands comes out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::cli::causes::{Cause, Ended, causes};
use crate::connect::LoggedIn;
use crate::ledger::{Counts, FlowState, Hash, Ledger, LedgerError, Pause, RecordFilter, Run, Scope, Status, Summary};
use crate::run::Vault;
use crate::syntax::ast::Every;
use crate::workspace::{Connected, Workspace};

/// So many of the newest records of each status are read for their causes.
const READ: u32 = 500;

/// What is counted, in the order in which it is shown.
pub(super) const COUNTED: &[Status] =
    &[Status::Done, Status::Skipped, Status::Held, Status::Failed, Status::Stopped, Status::InDoubt, Status::Waiting];

/// How all of a workspace stands.
pub(super) struct Standing {
    /// No mistake stands in its files.
    pub(super) sound: bool,
    pub(super) flows: Vec<FlowStanding>,
    pub(super) connections: Vec<ConnectionStanding>,
    /// What waits for a person, by cause.
    pub(super) problems: Vec<Cause>,
}

/// How a flow stands.
pub(super) struct FlowStanding {
    pub(super) name: String,
    /// It is still there, not only remembered.
    pub(super) in_workspace: bool,
    pub(super) last_run: Option<Run>,
    /// When it is to run, as it is written.
    pub(super) every: Vec<String>,
    pub(super) paused: Option<Pause>,
    pub(super) version: Option<Hash>,
    pub(super) counts: Counts,
}

/// How a connection stands.
pub(super) struct ConnectionStanding {
    pub(super) name: String,
    pub(super) login: Login,
    pub(super) until: Option<Timestamp>,
    pub(super) problem: Option<String>,
}

/// Whether a person logged in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    /// Nobody has to.
    None,
    Good,
    /// Nobody did.
    Missing,
    /// It is over: only a person can go on.
    Over,
    /// What is kept of it cannot be read.
    Unreadable,
}

impl Login {
    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Login::None => "not needed",
            Login::Good => "good",
            Login::Missing => "nobody is logged in",
            Login::Over => "over",
            Login::Unreadable => "cannot be read",
        }
    }
}

/// Asks the ledger.
pub(super) async fn gather(workspace: &Workspace, ledger: &dyn Ledger, vault: &Vault) -> Result<Standing, LedgerError> {
    let mut states: BTreeMap<String, FlowState> =
        ledger.flows(&workspace.tenant).await?.into_iter().map(|state| (state.flow.clone(), state)).collect();
    let mut flows = Vec::new();
    for flow in &workspace.flows {
        let name = flow.program.name.to_string();
        let every = flow.program.source.every.iter().map(words).collect();
        flows.push(flow_standing(workspace, ledger, name.clone(), states.remove(&name), Some(every)).await?);
    }
    for (name, state) in states {
        flows.push(flow_standing(workspace, ledger, name, Some(state), None).await?);
    }
    let mut connections = Vec::new();
    for connected in &workspace.connections {
        connections.push(connection_standing(connected, vault).await);
    }
    let mut waiting: Vec<Summary> = Vec::new();
    for status in [Status::InDoubt, Status::Stopped, Status::Held, Status::Failed] {
        let filter = RecordFilter { status: Some(status), limit: READ, ..RecordFilter::of(workspace.tenant.clone()) };
        waiting.extend(ledger.records(filter).await?);
    }
    let problems = causes(waiting.iter().filter_map(Ended::of));
    Ok(Standing { sound: true, flows, connections, problems })
}

async fn flow_standing(
    workspace: &Workspace,
    ledger: &dyn Ledger,
    name: String,
    state: Option<FlowState>,
    every: Option<Vec<String>>,
) -> Result<FlowStanding, LedgerError> {
    let counts = ledger.counts(&Scope::new(workspace.tenant.clone(), name.as_str())).await?;
    let (paused, version, last_run) =
        state.map_or((None, None, None), |state| (state.paused, state.version, state.last_run));
    let in_workspace = every.is_some();
    Ok(FlowStanding { name, in_workspace, last_run, every: every.unwrap_or_default(), paused, version, counts })
}

async fn connection_standing(connected: &Connected, vault: &Vault) -> ConnectionStanding {
    let name = connected.name.to_string();
    if !connected.has_login() {
        return ConnectionStanding { name, login: Login::None, until: None, problem: None };
    }
    match LoggedIn::of(vault, &connected.name).await {
        Ok(None) => ConnectionStanding { name, login: Login::Missing, until: None, problem: None },
        Ok(Some(LoggedIn { over: Some(over), ends, .. })) => {
            ConnectionStanding { name, login: Login::Over, until: ends, problem: Some(over) }
        }
        Ok(Some(login)) => ConnectionStanding { name, login: Login::Good, until: login.ends, problem: None },
        Err(fault) => ConnectionStanding { name, login: Login::Unreadable, until: None, problem: Some(fault.words) },
    }
}

/// A time as the flow says it.
fn words(every: &Every) -> String {
    match every {
        Every::Cron(text) => format!("{text:?}"),
        Every::Time(time) => {
            let seconds = time.seconds();
            match () {
                () if seconds > 0 && seconds.is_multiple_of(86_400) => format!("{} days", seconds / 86_400),
                () if seconds > 0 && seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
                () if seconds > 0 && seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
                () => format!("{seconds} s"),
            }
        }
    }
}
