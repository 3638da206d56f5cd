//! What clap refuses goes in; the one shape of messages comes out.

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::args::Cli;
use crate::report::{Diagnostic, Span, codes};

/// Whether a command line asks for JSON, as far as it can be known before it is read.
pub(super) fn wants_json(line: &[String]) -> bool {
    let words: Vec<&String> = line.iter().take_while(|word| *word != "--").collect();
    let format = words.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json");
    format || words.iter().any(|word| *word == "--json" || *word == "--format=json")
}

/// The message of what clap refuses of a line; none where it only shows its help.
pub(super) fn refusal(error: &clap::Error, line: &[String]) -> Option<Diagnostic> {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        return None;
    }
    let one = |kind| words(error, kind).into_iter().next();
    let argument = one(ContextKind::InvalidArg).map(|argument| argument_name(&argument)).unwrap_or_default();
    let value = one(ContextKind::InvalidValue).unwrap_or_default();
    let command = one(ContextKind::InvalidSubcommand).unwrap_or_default();
    let title = match error.kind() {
        ErrorKind::InvalidSubcommand => format!("there is no command `{command}`"),
        ErrorKind::UnknownArgument => format!("there is no option or argument `{argument}` here"),
        ErrorKind::InvalidValue if value.is_empty() => format!("`{argument}` wants a value"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => format!("`{value}` is no value of `{argument}`"),
        ErrorKind::MissingRequiredArgument => {
            let missing = words(error, ContextKind::InvalidArg);
            format!("something is missing: {}", listed(&missing))
        }
        ErrorKind::ArgumentConflict => {
            let prior = words(error, ContextKind::PriorArg);
            match prior.first().map(|prior| argument_name(prior)) {
                Some(prior) if prior == argument => format!("`{argument}` is given twice"),
                Some(prior) => format!("`{argument}` and `{prior}` do not go together"),
                None => format!("`{argument}` does not go together with the others"),
            }
        }
        _ => first_line(error),
    };
    let mut problem = Diagnostic::error(codes::command::ARGUMENTS, Span::NONE, title);
    if error.kind() == ErrorKind::ValueValidation
        && let Some(source) = std::error::Error::source(error)
    {
        problem = problem.note(source.to_string());
    }
    let found = if value.is_empty() { command } else { value };
    let valid = words(error, ContextKind::ValidValue);
    problem = problem.found(found).expected(valid.join(", "));
    if !valid.is_empty() {
        problem = problem.note(format!("there are {}", listed(&valid)));
    }
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue] {
        if let Some(meant) = one(kind) {
            problem = problem.fix(format!("did you mean `{meant}`?"), Span::NONE, meant);
        }
    }
    let usage = one(ContextKind::Usage).unwrap_or_default();
    let usage = usage.trim_start_matches("Usage: ").trim();
    if !usage.is_empty() {
        problem = problem.note(format!("it is called as `{usage}`"));
    }
    let commands = Cli::command();
    let known = |word: &String| commands.get_subcommands().any(|command| command.get_name() == word);
    Some(match line.iter().find(|word| known(word)) {
        Some(command) => problem.next(format!("koppel {command} --help")),
        None => problem.next("koppel --help"),
    })
}

/// What clap tells of a kind.
fn words(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(word)) => vec![word.clone()],
        Some(ContextValue::Strings(words)) => words.clone(),
        Some(ContextValue::StyledStr(words)) => vec![words.to_string()],
        Some(ContextValue::StyledStrs(all)) => all.iter().map(ToString::to_string).collect(),
        Some(ContextValue::Number(number)) => vec![number.to_string()],
        _ => Vec::new(),
    }
}

/// `--limit` of `--limit <N>`.
fn argument_name(argument: &str) -> String {
    argument.split_whitespace().next().unwrap_or_default().to_owned()
}

fn listed(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn first_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").replace('\'', "`")
}
