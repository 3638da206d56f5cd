//! `koppel connect NAME --set secret.NAME`: a secret is typed unseen, or comes on standard input, and is kept sealed.

use std::io::{IsTerminal, Read};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::cli::Exit;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::connect::Class;
use crate::report::{codes, nearest};
use crate::workspace::{Connected, Reference, Workspace};

/// The longest secret that is taken.
const LONGEST: u64 = 16 << 10;

/// Keeps a secret of a connection in the ledger.
pub(super) async fn set(hand: &Hand, workspace: &Workspace, connected: &Connected, asked: &str) -> Exit {
    let (name, secret) = (&connected.name, asked.strip_prefix("secret.").unwrap_or(asked));
    let stored = match connected.reference(secret) {
        Some(Reference::Store(stored)) => stored,
        Some(other) => {
            let next = format!("write `secret.{secret} = \"store:{name}.{secret}\"` in koppel.toml, then again");
            let words = format!("`secret.{secret}` of `{name}` is read from `{other}`");
            hand.terminal.wrong(codes::command::CANNOT, &words, Some(&next));
            return Exit::Usage;
        }
        None => {
            let next = match nearest(secret, connected.secrets().map(|name| &**name)) {
                Some(meant) => format!("koppel connect {name} --set secret.{meant}"),
                None => format!("write `secret.{secret} = \"store:{name}.{secret}\"` in koppel.toml, then again"),
            };
            let words = format!("`{name}` has no secret `{secret}`");
            hand.terminal.wrong(codes::command::NOT_KNOWN, &words, Some(&next));
            return Exit::Usage;
        }
    };
    // 1. What keeps it is there, before anyone types anything.
    if let Err(problem) = workspace.seal(&*hand.lookup) {
        open::mistakes(hand, &[*problem], &workspace.sources);
        return Exit::Config;
    }
    let ledger = match open::ledger(hand, workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    // 2. The person gives it.
    let prompt = format!("secret.{secret} of {name}: ");
    let given = tokio::select! {
        given = read(hand, &prompt) => given,
        () = hand.cancel.cancelled() => Err("nothing was kept".to_owned()),
    };
    let given = match given {
        Ok(given) => given,
        Err(words) => {
            hand.terminal.wrong(codes::command::CANNOT, &words, None);
            return Exit::Failed;
        }
    };
    // 3. It is kept.
    match open::vault(hand, workspace, ledger).keep_secret(stored, &given).await {
        Ok(()) => {
            hand.terminal.tell(&format!("kept, sealed, as `store:{stored}` in {}", workspace.ledger.display()));
            hand.terminal.tell(&format!("next:  koppel connect {name}"));
            Exit::Done
        }
        Err(fault) => {
            hand.terminal.wrong(codes::run::LEDGER, &fault.words, None);
            if fault.class == Class::Config { Exit::Config } else { Exit::Failed }
        }
    }
}

/// A secret, without the end of its line.
async fn read(hand: &Hand, prompt: &str) -> Result<SecretString, String> {
    let quiet = if std::io::stdin().is_terminal() {
        let quiet = Quiet::new()?;
        hand.terminal.ask(prompt);
        Some(quiet)
    } else {
        None
    };
    let (sender, given) = oneshot::channel();
    let one_line = quiet.is_some();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = match one_line {
            true => std::io::stdin().read_line(&mut text),
            false => std::io::stdin().take(LONGEST + 1).read_to_string(&mut text),
        };
        let _ = sender.send(read.map(|_| text).map_err(|error| format!("no secret could be read: {error}")));
    });
    let text = given.await.map_err(|_| "no secret could be read".to_owned())??;
    drop(quiet.inspect(|_| hand.terminal.tell("")));
    let text = text.trim_end_matches(['\r', '\n']);
    if text.trim().is_empty() {
        return Err("no secret was given: type it, or give it on standard input".to_owned());
    }
    if text.len() as u64 > LONGEST || text.contains(['\r', '\n']) {
        return Err("a secret is one line of at most 16 KiB".to_owned());
    }
    Ok(SecretString::from(text.to_owned()))
}

/// The terminal shows nothing of what is typed, until this is dropped.
struct Quiet(Termios);

impl Quiet {
    fn new() -> Result<Quiet, String> {
        let words = |error: rustix::io::Errno| format!("the terminal cannot be told to show nothing: {error}");
        let before = tcgetattr(std::io::stdin()).map_err(words)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &quiet).map_err(words)?;
        Ok(Quiet(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
    }
}
