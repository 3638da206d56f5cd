//! `koppel explain`: the page of a number, or all numbers.

use std::fmt::Write;

use crate::cli::Exit;
use crate::cli::args::ExplainArgs;
use crate::cli::hand::Hand;
use crate::report::codes::{self, all};
use crate::report::{Code, Part, Row, nearest, parts};

/// Runs the command.
pub(super) fn explain(hand: &Hand, args: &ExplainArgs) -> Exit {
    let Some(asked) = &args.code else {
        let rows: Vec<String> = all().map(|row| format!("{}  {}", row.code, row.title())).collect();
        hand.terminal.say(&rows.join("\n"));
        return Exit::Done;
    };
    if let Some(row) = Code::parse(asked).and_then(codes::row) {
        hand.terminal.say(page(row).trim_end());
        return Exit::Done;
    }
    let known: Vec<String> = all().map(|row| row.code.to_string()).collect();
    let next = match nearest(asked, known.iter().map(String::as_str)) {
        Some(meant) => format!("koppel explain {meant}"),
        None => "koppel explain".to_owned(),
    };
    hand.terminal.wrong(
        codes::command::NOT_KNOWN,
        &format!("there is no number `{}`", super::terminal::clean(asked)),
        Some(&next),
    );
    Exit::Usage
}

/// The page of a number for a terminal.
fn page(row: &Row) -> String {
    let mut out = format!("{}: {}\n", row.code, row.title());
    for part in parts(row.page().unwrap_or_default()) {
        match part {
            Part::Words(words) => writeln!(out, "\n{words}"),
            Part::Example(example) => {
                let file = example.file.map_or_else(String::new, |file| format!(" ({file})"));
                let head = match example.verdict {
                    "both" => format!("beside it{file}"),
                    verdict => format!("{verdict}{file}"),
                };
                let lines: Vec<String> = example.text.lines().map(|line| format!("    {line}")).collect();
                writeln!(out, "\n{head}:\n\n{}", lines.join("\n"))
            }
        }
        .expect("a text takes all");
    }
    out
}
