//! Opens what commands work on: the workspace, the ledger, the systems; what is wrong is told, and how the command ends comes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::ExposeSecret;

use crate::cli::Exit;
use crate::cli::hand::Hand;
use crate::connect::{Connection, Connector, HttpOptions, HttpTransport, LoggedIn, System};
use crate::ledger::{Ledger, LedgerError, Memory, Sqlite};
use crate::report::{self, Diagnostic, Severity, Sources, Span, codes};
use crate::run::{OTHER_KEY, Vault};
use crate::workspace::{self, Connected, Depth, Flow, Places, Problems, Request, Workspace};

/// The workspace, with these flows (all of them without any).
pub(super) fn workspace(hand: &Hand, flows: &[String], depth: Depth) -> Result<Workspace, Exit> {
    let request = Request { from: &hand.folder, folder: hand.workspace.as_deref(), flows, depth };
    match workspace::load(&request) {
        // What is likely not meant is told by `koppel check` alone.
        Ok(workspace) => Ok(workspace),
        Err(problems) => Err(refuse(hand, &problems)),
    }
}

/// The workspace, where something was recorded for it.
pub(super) fn recorded(hand: &Hand) -> Result<Workspace, Exit> {
    let home = workspace(hand, &[], Depth::Files)?;
    if !home.ledger.exists() {
        hand.terminal.wrong(codes::command::NOTHING, "nothing is recorded yet", Some("koppel run FLOW"));
        return Err(Exit::Failed);
    }
    Ok(home)
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

/// The ledger, to look at; an empty one where there is none.
pub(super) fn ledger_if_there(hand: &Hand, workspace: &Workspace) -> Result<Arc<dyn Ledger>, Exit> {
    if workspace.ledger.exists() { ledger_to_read(hand, workspace) } else { Ok(Arc::new(Memory::new())) }
}

/// The secrets that a ledger keeps.
pub(super) fn vault(hand: &Hand, workspace: &Workspace, ledger: Arc<dyn Ledger>) -> Vault {
    let seal = workspace.seal(&*hand.lookup).map_err(|problem| problem.title);
    Vault::new(ledger, workspace.tenant.clone(), seal, hand.clock.clone())
}

/// The secrets of a ledger that is only looked at; it is opened to write when a token must be changed, and only then.
pub(super) fn vault_to_read(hand: &Hand, workspace: &Workspace, ledger: Arc<dyn Ledger>) -> Vault {
    let path = workspace.ledger.clone();
    let door = move || Ok(Arc::new(Sqlite::open(&path)?) as Arc<dyn Ledger>);
    vault(hand, workspace, ledger).with_door(Arc::new(door))
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

/// The systems of a flow.
pub(super) async fn systems(
    hand: &Hand,
    workspace: &Workspace,
    flow: &Flow,
    vault: Vault,
) -> Result<Vec<System>, Exit> {
    Opener::new(hand, workspace, vault)?.of_flow(flow).await
}

/// Opens connections as the systems they are, each once.
pub(super) struct Opener<'a> {
    hand: &'a Hand,
    workspace: &'a Workspace,
    transport: Arc<HttpTransport>,
    vault: Vault,
    opened: Vec<(Arc<str>, System)>,
    /// Limits are lifted.
    pub(super) unlimited: bool,
    /// A person logs in: what is kept of an earlier log-in does not count.
    pub(super) anew: bool,
}

impl<'a> Opener<'a> {
    /// With the certificates of the workspace, and the tokens and secrets that are kept there.
    pub(super) fn new(hand: &'a Hand, workspace: &'a Workspace, vault: Vault) -> Result<Opener<'a>, Exit> {
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
                Ok(Opener { hand, workspace, transport, vault, opened: Vec::new(), unlimited: false, anew: false })
            }
            Err(words) => {
                hand.terminal.wrong(codes::run::SET_UP, &format!("no request can be made: {words}"), None);
                Err(Exit::Config)
            }
        }
    }

    /// The systems of a flow, by the number of the role.
    pub(super) async fn of_flow(&mut self, flow: &Flow) -> Result<Vec<System>, Exit> {
        let mut systems = Vec::new();
        for name in &flow.connections {
            systems.push(self.named(name).await?);
        }
        Ok(systems)
    }

    /// The system behind a connection, spoken to as a connector of then says.
    pub(super) async fn as_it_was(&mut self, name: &str, connector: &Arc<Connector>) -> Result<System, Exit> {
        let Some(connected) = self.workspace.connection(name) else {
            let words = format!("there is no connection `{name}` any more");
            self.hand.terminal.wrong(codes::command::NOT_KNOWN, &words, Some("koppel check"));
            return Err(Exit::Config);
        };
        let connection = self.connection(connected).await?;
        self.open(name, connector, connection)
    }

    /// The system behind a connection.
    pub(super) async fn named(&mut self, name: &str) -> Result<System, Exit> {
        if let Some((_, system)) = self.opened.iter().find(|(known, _)| &**known == name) {
            return Ok(system.clone());
        }
        let connected = self.workspace.connection(name).expect("roles are bound to connections that are there");
        let connection = self.connection(connected).await?;
        let system = self.open(name, &connected.connector, connection)?;
        self.opened.push((connected.name.clone(), system.clone()));
        Ok(system)
    }

    async fn connection(&self, connected: &Connected) -> Result<Connection, Exit> {
        let stored = self.stored(connected).await?;
        let places = Places {
            folder: &self.workspace.folder,
            lookup: &*self.hand.lookup,
            stored: &|name| stored.get(name).cloned(),
        };
        connected.open_from(&places).map_err(|missing| {
            mistakes(self.hand, &missing, &self.workspace.sources);
            Exit::Config
        })
    }

    /// The secrets of a connection that the ledger keeps, by their names there.
    async fn stored(&self, connected: &Connected) -> Result<BTreeMap<Arc<str>, String>, Exit> {
        let mut stored = BTreeMap::new();
        if !connected.has_login() && connected.stored().next().is_none() {
            return Ok(stored);
        }
        let wrong = |problem: &Diagnostic| {
            mistakes(self.hand, std::slice::from_ref(problem), &self.workspace.sources);
            Exit::Config
        };
        self.workspace.seal(&*self.hand.lookup).map_err(|problem| wrong(&problem))?;
        let other_key = |words: &str| wrong(&self.workspace.other_key(words));
        for name in connected.stored() {
            match self.vault.secret(name).await {
                Ok(Some(secret)) => drop(stored.insert(name.clone(), secret.expose_secret().to_owned())),
                // What is missing, or damaged, is to be given again: that is told with its place.
                Ok(None) => {}
                Err(fault) if fault.code.as_deref() == Some(OTHER_KEY) => return Err(other_key(&fault.words)),
                Err(fault) => self.hand.terminal.tell(&fault.words),
            }
        }
        if connected.has_login()
            && !self.anew
            && let Err(fault) = LoggedIn::of(&self.vault, &connected.name).await
            && fault.code.as_deref() == Some(OTHER_KEY)
        {
            return Err(other_key(&fault.words));
        }
        Ok(stored)
    }

    fn open(&self, name: &str, connector: &Arc<Connector>, mut connection: Connection) -> Result<System, Exit> {
        if self.unlimited {
            connection.limit = None;
        }
        let (transport, tokens) = (self.transport.clone(), Arc::new(self.vault.clone()));
        System::new(connector.clone(), connection, transport, tokens, self.hand.clock.clone()).map_err(|fault| {
            self.hand.terminal.wrong(codes::run::SET_UP, &format!("connection `{name}`: {}", fault.words), None);
            Exit::Config
        })
    }
}
