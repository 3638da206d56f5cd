//! `koppel graph`: what a flow does, step by step.

use crate::cli::Exit;
use crate::cli::args::GraphArgs;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::workspace::Depth;

/// Runs the command.
pub(super) fn graph(hand: &Hand, args: &GraphArgs) -> Exit {
    let workspace = match open::workspace(hand, std::slice::from_ref(&args.flow), Depth::Flows) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    let graph = &open::only_flow(&workspace).graph;
    let drawing = if args.mermaid { graph.mermaid() } else { graph.text() };
    hand.terminal.say(drawing.trim_end());
    Exit::Done
}
