//! Values, kinds and records.

use std::fmt::Write;

use crate::syntax::ast::{
    Entry, EntryValue, Expr, ExprKind, Kind, KindBase, Literal, Path, Pattern, Piece, Spanned, Step,
};

use super::{Outline, listed, quoted};

impl Outline {
    pub(super) fn entries(&mut self, entries: &[Entry]) {
        for entry in entries {
            match entry {
                Entry::Field { name, value, guard } => {
                    let value = match value {
                        EntryValue::Expr(value) => expr(value),
                        EntryValue::Null(_) => "null".to_owned(),
                    };
                    self.line(format_args!("{} = {value}{}", name.node, when(guard.as_ref())));
                }
                Entry::Let(line) => {
                    let guard = when(line.guard.as_ref());
                    self.line(format_args!("let {} = {}{guard}", line.name.node, expr(&line.value)));
                }
                Entry::If(block) => {
                    self.line(format_args!("if {}", expr(&block.condition)));
                    self.below(|out| out.entries(&block.then));
                    if !block.otherwise.is_empty() {
                        self.line("else");
                        self.below(|out| out.entries(&block.otherwise));
                    }
                }
            }
        }
    }
}

pub(super) fn when(guard: Option<&Expr>) -> String {
    guard.map_or_else(String::new, |guard| format!(" when {}", expr(guard)))
}

pub(super) fn expr(value: &Expr) -> String {
    match &value.node {
        ExprKind::Literal(literal) => self::literal(literal),
        ExprKind::Text(pieces) => {
            let pieces = pieces.iter().map(|piece| match piece {
                Piece::Text(text) => format!("{text:?}"),
                Piece::Expr(value) => expr(value),
            });
            format!("(text {})", pieces.collect::<Vec<_>>().join(" "))
        }
        ExprKind::None => "none".to_owned(),
        ExprKind::Path(path) => self::path(path),
        ExprKind::Call { name, member, arguments } => {
            let member = member.as_ref().map_or_else(String::new, |member| format!(".{}", member.node));
            format!("{}{member}({})", name.node, listed(arguments, expr))
        }
        ExprKind::List(items) => format!("[{}]", listed(items, expr)),
        ExprKind::Record(entries) => record(entries),
        ExprKind::Match { subject, arms } => {
            let arms = listed(arms, |arm| format!("{} => {}", pattern(&arm.pattern.node), expr(&arm.value)));
            format!("(match {} {{{arms}}})", expr(subject))
        }
        ExprKind::Each { ranges, condition, entries } => {
            let ranges = listed(ranges, |(name, list)| format!("{} in {}", name.node, expr(list)));
            let condition = condition.as_ref().map_or_else(String::new, |value| format!(" where {}", expr(value)));
            format!("(each {ranges}{condition} {})", record(entries))
        }
        ExprKind::Binary { operator, left, right } => {
            format!("({} {} {})", expr(left), operator.node.text(), expr(right))
        }
        ExprKind::Not(value) => format!("(not {})", expr(value)),
        ExprKind::Negative(value) => format!("(- {})", expr(value)),
        ExprKind::IsSet { value, negated } => {
            format!("({} is {}set)", expr(value), if *negated { "not " } else { "" })
        }
        ExprKind::Broken => "broken".to_owned(),
    }
}

/// A record within a value: on the same line.
fn record(entries: &[Entry]) -> String {
    let mut out = Outline { text: String::new(), depth: 0 };
    out.entries(entries);
    format!("{{{}}}", out.text.lines().map(str::trim_start).collect::<Vec<_>>().join("; "))
}

fn path(path: &Path) -> String {
    let mut text = path.root.node.to_string();
    for step in &path.steps {
        match &step.node {
            Step::Name(name) if name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') => {
                write!(text, ".{name}")
            }
            Step::Name(name) => write!(text, "[{name:?}]"),
            Step::Descend(name) => write!(text, "..{name}"),
            Step::All => write!(text, "[*]"),
            Step::Index(index) => write!(text, "[{index}]"),
            Step::Query(query) => write!(text, "[query {query}]"),
        }
        .expect("writing to a text cannot fail");
    }
    text
}

pub(super) fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Number(number) => number.to_string(),
        Literal::Text(text) => format!("{text:?}"),
        Literal::Date(date) => date.to_string(),
        Literal::Bool(truth) => truth.to_string(),
    }
}

fn pattern(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Literals(literals) => {
            literals.iter().map(|literal| self::literal(&literal.node)).collect::<Vec<_>>().join(" | ")
        }
        Pattern::None => "none".to_owned(),
        Pattern::Any => "_".to_owned(),
    }
}

pub(super) fn kind(kind: &Spanned<Kind>) -> String {
    let base = match &kind.node.base {
        KindBase::Word(word) => word.node.to_string(),
        KindBase::IdOf { role: Some(role), resource } => format!("id of {}.{}", role.node, resource.node),
        KindBase::IdOf { role: None, resource } => format!("id of {}", resource.node),
        KindBase::List(of) => format!("list of ({})", self::kind(of)),
        KindBase::Table(key, value) => format!("table ({}) to ({})", self::kind(key), self::kind(value)),
        KindBase::Record(fields) => {
            format!("{{{}}}", listed(fields, |(name, kind)| format!("{}: {}", name.node, self::kind(kind))))
        }
        KindBase::Choice(texts) => texts.iter().map(quoted).collect::<Vec<_>>().join(" | "),
    };
    if kind.node.maybe { format!("{base}?") } else { base }
}
