//! A tree goes in; a short readable form of it comes out, without places: for tests and for people who work on koppel.

mod connector;
mod expr;
mod flow;
mod test;

use std::fmt::{Display, Write};

use super::ast::{Field, File, FileBody, Name, Time, TimeUnit};

/// A line for each part of the tree; values stand in brackets as they are bound.
#[must_use]
pub fn outline(file: &File) -> String {
    let mut out = Outline { text: String::new(), depth: 0 };
    let version = file.version.node;
    match &file.body {
        FileBody::Flow(flow) => {
            out.line(format_args!("koppel {version}, flow {} {}", flow.name.node, quoted(&flow.title)));
            flow.items.iter().for_each(|item| out.item(&item.node));
        }
        FileBody::Connector(connector) => {
            out.line(format_args!("koppel {version}, connector {} {}", connector.name.node, quoted(&connector.title)));
            connector.parts.iter().for_each(|part| out.part(&part.node));
        }
    }
    out.text
}

struct Outline {
    text: String,
    depth: usize,
}

impl Outline {
    fn line(&mut self, line: impl Display) {
        let indent = "  ".repeat(self.depth);
        writeln!(self.text, "{indent}{line}").expect("writing to a text cannot fail");
    }

    /// What is written by `write` stands below the line before.
    fn below(&mut self, write: impl FnOnce(&mut Outline)) {
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }
}

fn quoted(text: &Name) -> String {
    format!("{:?}", &*text.node)
}

fn listed<T>(things: &[T], write: impl Fn(&T) -> String) -> String {
    things.iter().map(write).collect::<Vec<_>>().join(", ")
}

fn names(names: &[Name]) -> String {
    listed(names, |name| name.node.to_string())
}

fn fields(fields: &[Field]) -> String {
    listed(fields, Field::text)
}

fn time(time: Time) -> String {
    let unit = match time.unit {
        TimeUnit::Second => "s",
        TimeUnit::Minute => "min",
        TimeUnit::Hour => "h",
        TimeUnit::Day => "days",
    };
    format!("{} {unit}", time.count)
}
