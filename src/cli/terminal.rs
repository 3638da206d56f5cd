//! Text goes in and reaches the person: results on standard output, all else on standard error.

use std::io::Write;

use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

use crate::report::{self, Code, Diagnostic, Sources, Span, Style};

/// Where a command's words go.
#[derive(Clone, Debug)]
pub(super) struct Terminal {
    /// How many columns there are for results; none is as many as it takes.
    width: Option<u16>,
    /// Results may have colours.
    pub(super) color: bool,
    /// Results are for programs.
    json: bool,
}

impl Terminal {
    /// What the environment says of the terminal.
    pub(super) fn new(lookup: &dyn Fn(&str) -> Option<String>, json: bool) -> Terminal {
        let given = lookup("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|width| *width >= 40);
        let own = || {
            rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| size.ws_col).filter(|width| *width >= 40)
        };
        let color = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
        Terminal { width: given.or_else(own), color, json }
    }

    /// A line, or lines, of the result.
    pub(super) fn say(&self, text: &str) {
        // A reader that went away (`| head`) has all that it wanted.
        let _ = writeln!(anstream::stdout(), "{text}");
    }

    /// Where a result of any length is written.
    pub(super) fn stream(&self) -> impl Write {
        std::io::BufWriter::new(std::io::stdout())
    }

    /// Words beside the result.
    pub(super) fn tell(&self, text: &str) {
        let _ = writeln!(anstream::stderr(), "{text}");
    }

    /// Words that an answer follows on the same line.
    pub(super) fn ask(&self, text: &str) {
        let mut err = anstream::stderr();
        let _ = write!(err, "{text}").and_then(|()| err.flush());
    }

    /// What went wrong, and the next step where there is one.
    pub(super) fn wrong(&self, code: Code, words: &str, next: Option<&str>) {
        let problem = Diagnostic::error(code, Span::NONE, words);
        let problem = match next {
            Some(next) => problem.next(next),
            None => problem,
        };
        self.refuse(&[problem], &Sources::default());
    }

    /// What ends a command before it has a result: for programs it is the result, for people it stands beside it.
    pub(super) fn refuse(&self, problems: &[Diagnostic], sources: &Sources) {
        if self.json {
            return self.say(report::render_json(problems, sources).trim_end());
        }
        let style = self.style();
        problems.iter().for_each(|problem| self.tell(report::draw(problem, sources, style).trim_end()));
    }

    /// How messages look.
    pub(super) fn style(&self) -> Style {
        if self.color { Style::Color } else { Style::Plain }
    }

    /// The result is read by a program.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Rows under a head, as wide as the terminal.
    pub(super) fn table(&self, head: &[&str], rows: Vec<Vec<String>>) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
        if let Some(width) = self.width {
            table.set_width(width);
        }
        table.set_header(head.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        for row in rows {
            table.add_row(row.iter().map(|cell| clean(cell)).collect::<Vec<_>>());
        }
        table.trim_fmt()
    }

    /// A bar on standard error; it hides itself where that is no terminal.
    pub(super) fn progress(&self, name: &str) -> ProgressBar {
        let bar = ProgressBar::new(0).with_message(name.to_owned());
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {elapsed}");
        bar.set_style(style.expect("the template is one of ours"));
        bar
    }
}

/// The text without what a terminal would take for a command.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() && letter != '\n' { '\u{FFFD}' } else { letter }).collect()
}

/// The longest words of a flow that are shown on one line.
const LINE: usize = 160;

/// What stands at a place of a text, on one line.
pub(super) fn one_line(sources: &Sources, span: Span) -> String {
    let text = sources.get(span.source).and_then(|source| source.text.get(span.start as usize..span.end as usize));
    let lines = text.unwrap_or_default().lines().map(without_comment);
    let line = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LINE {
        return line;
    }
    line.chars().take(LINE).chain(" …".chars()).collect()
}

/// A line of a flow up to its comment.
fn without_comment(line: &str) -> &str {
    let mut in_text = false;
    let mut escaped = false;
    for (at, letter) in line.char_indices() {
        match letter {
            '#' if !in_text => return &line[..at],
            '"' if !escaped => in_text = !in_text,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
    }
    line
}
