//! Opens what commands work on: the workspace, the ledger, the systems; what is wrong is told, and how the command ends comes out.

use std::sync::Arc;

use crate::cli::Exit;
use crate::cli::hand::Hand;
use crate::connect::{Connection, HttpOptions, HttpTransport, System, Tokens};
use crate::ledger::{Ledger, LedgerError, Sqlite};
use crate::report::{self, Diagnostic, Severity, Sources, Span, codes};
use crate::workspace::{self, Connected, Depth, Flow, Problems, Request, Workspace};

/// The workspace, with these flows (all of them without any).
pub(super) fn workspace(hand: &Hand, flows: &[String], depth: Depth) -> Result<Workspace, Exit> {
    let request = Request { from: &hand.folder, folder: hand.workspace.as_deref(), flows, depth };
    match workspace::load(&request) {
        // What is likely not meant is told by `koppel check` alone.
        Ok(workspace) => Ok(workspace),
        Err(problems) => Err(refuse(hand, &problems)),
    }
}

/// Tells why there is no workspace.
pub(super) fn refuse(hand: &Hand, problems: &Problems) -> Exit {
    match problems {
        Problems::NotThere(problem) => {
            hand.terminal.refuse(std::slice::from_ref(problem), &Sources::default());
            Exit::Usage
        }
        Problems::Mistakes { diagnostics, sources } => {
            mistakes(hand, diagnostics, sources);
            let first = diagnostics.iter().find(|problem| problem.severity == Severity::Error);
            if let Some(first) = first.filter(|_| !hand.terminal.is_json()) {
                hand.terminal.tell(&format!("next:  koppel explain {}", first.code));
            }
            Exit::Config
        }
    }
}

/// Tells a problem.
pub(super) fn problem(hand: &Hand, problem: &Diagnostic, sources: &Sources) {
    hand.terminal.refuse(std::slice::from_ref(problem), sources);
}

/// Tells mistakes.
pub(super) fn mistakes(hand: &Hand, diagnostics: &[Diagnostic], sources: &Sources) {
    if hand.terminal.is_json() {
        hand.terminal.refuse(diagnostics, sources);
    } else if !diagnostics.is_empty() {
        hand.terminal.tell(report::render(diagnostics, sources, hand.terminal.style()).trim_end());
    }
}

/// The one flow that was asked for.
pub(super) fn only_flow(workspace: &Workspace) -> &Flow {
    workspace.flows.first().expect("a workspace holds each flow that was asked for, or there is none")
}

/// The ledger, to work on.
pub(super) fn ledger(hand: &Hand, workspace: &Workspace) -> Result<Arc<dyn Ledger>, Exit> {
    let since = hand.clock.now().to_zoned_datetime(workspace.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: String = words.join(" ").chars().take(200).collect();
    let name = format!("process {}, `koppel {words}`, since {since}", std::process::id());
    match Sqlite::open_as(&workspace.ledger, &name) {
        Ok(ledger) => Ok(Arc::new(ledger)),
        Err(error) => Err(refused(hand, &error)),
    }
}

/// The ledger, to look at.
pub(super) fn ledger_to_read(hand: &Hand, workspace: &Workspace) -> Result<Arc<dyn Ledger>, Exit> {
    match Sqlite::open_reader(&workspace.ledger) {
        Ok(ledger) => Ok(Arc::new(ledger)),
        Err(error) => Err(refused(hand, &error)),
    }
}

/// Tells why the ledger refused.
pub(super) fn refused(hand: &Hand, error: &LedgerError) -> Exit {
    let locked = matches!(error, LedgerError::Locked { .. });
    let code = if locked { codes::run::TAKEN } else { codes::run::LEDGER };
    let told = Diagnostic::error(code, Span::NONE, error.to_string());
    let told = match next(error) {
        Some(next) => told.next(next),
        None => told,
    };
    problem(hand, &told, &Sources::default());
    if locked { Exit::Locked } else { Exit::Failed }
}

/// What a person can do about it.
fn next(error: &LedgerError) -> Option<&'static str> {
    Some(match error {
        LedgerError::Locked { .. } => "wait until it is done, or stop it",
        LedgerError::Corrupt { .. } => {
            "put a copy that `koppel backup` made in its place (without its `-wal` and `-shm`), or move it away: \
             what was made before is then found at the target by its key"
        }
        LedgerError::Open { .. } | LedgerError::Broken { .. } => "see to that file, its folder and its disk",
        LedgerError::Busy { .. } => "see which program has it open",
        _ => return None,
    })
}

/// Opens connections as the systems they are, each once.
pub(super) struct Opener<'a> {
    hand: &'a Hand,
    workspace: &'a Workspace,
    transport: Arc<HttpTransport>,
    tokens: Arc<dyn Tokens>,
    opened: Vec<(Arc<str>, System)>,
    /// Limits are lifted.
    pub(super) unlimited: bool,
}

impl<'a> Opener<'a> {
    /// With the certificates of the workspace, and tokens kept there.
    pub(super) fn new(hand: &'a Hand, workspace: &'a Workspace, tokens: Arc<dyn Tokens>) -> Result<Opener<'a>, Exit> {
        let mut options = HttpOptions::default();
        if let Some(path) = &workspace.authorities {
            match std::fs::read(path) {
                Ok(pem) => options.authorities = Some(pem),
                Err(error) => {
                    hand.terminal.wrong(
                        codes::workspace::UNREADABLE,
                        &format!("`{}` cannot be read: {error}", path.display()),
                        None,
                    );
                    return Err(Exit::Config);
                }
            }
        }
        match HttpTransport::new(&options) {
            Ok(transport) => {
                let transport = Arc::new(transport);
                Ok(Opener { hand, workspace, transport, tokens, opened: Vec::new(), unlimited: false })
            }
            Err(words) => {
                hand.terminal.wrong(codes::run::SET_UP, &format!("no request can be made: {words}"), None);
                Err(Exit::Config)
            }
        }
    }

    /// The systems of a flow, by the number of the role.
    pub(super) fn of_flow(&mut self, flow: &Flow) -> Result<Vec<System>, Exit> {
        flow.connections.iter().map(|name| self.named(name)).collect()
    }

    /// The system behind a connection.
    pub(super) fn named(&mut self, name: &str) -> Result<System, Exit> {
        if let Some((_, system)) = self.opened.iter().find(|(known, _)| &**known == name) {
            return Ok(system.clone());
        }
        let connected = self.workspace.connection(name).expect("roles are bound to connections that are there");
        let connection = connected.open(&self.workspace.folder, &*self.hand.lookup).map_err(|missing| {
            mistakes(self.hand, &missing, &self.workspace.sources);
            Exit::Config
        })?;
        let system = self.open(connected, connection)?;
        self.opened.push((connected.name.clone(), system.clone()));
        Ok(system)
    }

    fn open(&self, connected: &Connected, mut connection: Connection) -> Result<System, Exit> {
        if self.unlimited {
            connection.limit = None;
        }
        let (transport, tokens) = (self.transport.clone(), Arc::clone(&self.tokens));
        System::new(connected.connector.clone(), connection, transport, tokens, self.hand.clock.clone()).map_err(
            |fault| {
                self.hand.terminal.wrong(
                    codes::run::SET_UP,
                    &format!("connection `{}`: {}", connected.name, fault.words),
                    None,
                );
                Exit::Config
            },
        )
    }
}
