//! `koppel check`: all mistakes of flows, connectors and settings at once.

use crate::cli::Exit;
use crate::cli::args::CheckArgs;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::report::{self, Severity, codes};
use crate::workspace::{self, Depth, Problems, Request};

/// Runs the command.
pub(super) fn check(hand: &Hand, args: &CheckArgs) -> Exit {
    let request =
        Request { from: &hand.folder, folder: hand.workspace.as_deref(), flows: &args.flows, depth: Depth::All };
    let loaded = workspace::load(&request);
    let warned = |warnings: usize| if args.deny_warnings && warnings > 0 { Exit::Config } else { Exit::Done };
    if args.json {
        let (diagnostics, sources, exit) = match &loaded {
            Ok(workspace) => (&workspace.warnings, &workspace.sources, warned(workspace.warnings.len())),
            Err(Problems::Mistakes { diagnostics, sources }) => (diagnostics, sources, Exit::Config),
            Err(problems) => return open::refuse(hand, problems),
        };
        hand.terminal.say(report::render_json(diagnostics, sources).trim_end());
        return exit;
    }
    match loaded {
        Ok(workspace) => {
            open::mistakes(hand, &workspace.warnings, &workspace.sources);
            let connectors = connectors(&workspace);
            if workspace.flows.is_empty() && !connectors.is_empty() {
                hand.terminal.say(&format!("{}: no mistakes; there is no flow yet", connectors.join(", ")));
                return warned(workspace.warnings.len());
            }
            if workspace.flows.is_empty() {
                hand.terminal.wrong(
                    codes::command::NOTHING,
                    "there is no flow here",
                    Some("a flow is a file `flows/NAME.flow`"),
                );
                return Exit::Usage;
            }
            let names: Vec<&str> = workspace.flows.iter().map(|flow| &*flow.program.name).collect();
            let warnings = workspace.warnings.iter().filter(|problem| problem.severity == Severity::Warning).count();
            let words = match warnings {
                0 => String::new(),
                1 => ", 1 warning".to_owned(),
                more => format!(", {more} warnings"),
            };
            let denied = if warned(warnings) == Exit::Done { "" } else { ", and none is allowed" };
            hand.terminal.say(&format!("{}: no mistakes{words}{denied}", names.join(", ")));
            warned(warnings)
        }
        Err(problems) => open::refuse(hand, &problems),
    }
}

/// The workspace's own connectors, by name.
fn connectors(workspace: &workspace::Workspace) -> Vec<String> {
    let names = workspace.sources.iter().filter_map(|source| {
        let name = source.name.strip_prefix("connectors/")?.strip_suffix(".connector")?;
        workspace.folder.join(&*source.name).exists().then(|| name.to_owned())
    });
    names.collect()
}
