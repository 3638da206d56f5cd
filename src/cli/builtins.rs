//! `koppel builtins`: the functions of the language, from their rows.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::builtin;
use crate::cli::Exit;
use crate::cli::args::BuiltinsArgs;
use crate::cli::hand::Hand;
use crate::report::{codes, nearest};
use crate::value::Builtin;

/// Runs the command.
pub(super) fn builtins(hand: &Hand, args: &BuiltinsArgs) -> Exit {
    let Some(name) = &args.name else {
        hand.terminal.say(if args.json { all_as_json() } else { all() }.trim_end());
        return Exit::Done;
    };
    let name = name.trim_end_matches("()");
    let found = builtin::groups().iter().find_map(|(group, rows)| {
        let row = rows.iter().find(|row| row.name == name)?;
        Some((*group, *row))
    });
    match found {
        Some((group, row)) if args.json => hand.terminal.say(&as_json(group, row).to_string()),
        Some((_, row)) => hand.terminal.say(one(row).trim_end()),
        None => {
            let names = builtin::all().iter().map(|row| row.name);
            let next = nearest(name, names).map(|near| format!("koppel builtins {near}"));
            let next = next.unwrap_or_else(|| "koppel builtins".to_owned());
            hand.terminal.wrong(codes::command::NOT_KNOWN, &format!("there is no function `{name}`"), Some(&next));
            return Exit::Usage;
        }
    }
    Exit::Done
}

fn all() -> String {
    let mut text = String::new();
    for (group, rows) in builtin::groups() {
        let _ = writeln!(text, "{group}\n");
        for row in rows {
            let _ = writeln!(text, "  {}\n      {}", row.signature, row.doc);
        }
        text.push('\n');
    }
    text.push_str("`koppel builtins NAME` shows one with examples; in scripts they have the same names\n");
    text
}

fn one(row: &Builtin) -> String {
    let mut text = format!("{}\n\n{}\n\n", row.signature, row.doc);
    let widest = row.examples.iter().map(|example| example.call.chars().count()).max().unwrap_or(0);
    for example in row.examples {
        let _ = writeln!(text, "  {:widest$}  =>  {}", example.call, example.gives);
    }
    text
}

fn all_as_json() -> String {
    let rows = builtin::groups().iter().flat_map(|(group, rows)| rows.iter().map(move |row| as_json(group, row)));
    Value::Array(rows.collect()).to_string()
}

fn as_json(group: &str, row: &Builtin) -> Value {
    let examples: Vec<Value> =
        row.examples.iter().map(|example| json!({ "call": example.call, "gives": example.gives })).collect();
    json!({
        "name": row.name,
        "group": group,
        "signature": row.signature,
        "doc": row.doc,
        "arguments": { "least": row.arity.0, "most": row.arity.1 },
        "examples": examples,
    })
}
