//! A kind as written goes in; the kind it means comes out.

use std::sync::Arc;

use crate::check::checker::Checker;
use crate::check::fit::record;
use crate::check::problems::suggest;
use crate::report::{Diagnostic, codes};
use crate::syntax::ast::{self, KindBase, Spanned};
use crate::value::{FieldKind, Kind, Typed};

/// The kinds that are one word.
pub(super) const WORDS: [(&str, Kind); 8] = [
    ("text", Kind::Text),
    ("int", Kind::Int),
    ("decimal", Kind::Decimal),
    ("bool", Kind::Bool),
    ("date", Kind::Date),
    ("datetime", Kind::Datetime),
    ("email", Kind::Email),
    ("id", Kind::Id(None)),
];

/// The kind of that word.
pub(super) fn word(text: &str) -> Option<Kind> {
    WORDS.iter().find(|(word, _)| *word == text).map(|(_, kind)| kind.clone())
}

/// The texts of a closed list, the doubles apart.
pub(super) fn choice(texts: &[ast::Name]) -> (Kind, Vec<&ast::Name>) {
    let mut all: Vec<Arc<str>> = Vec::new();
    let mut twice = Vec::new();
    for text in texts {
        if all.iter().any(|known| **known == *text.node) {
            twice.push(text);
        } else {
            all.push(text.node.clone().into());
        }
    }
    (Kind::Choice(all.into()), twice)
}

impl Checker<'_> {
    /// The kind that is meant, or none, which was told.
    pub(super) fn kind(&mut self, written: &Spanned<ast::Kind>) -> Option<Typed> {
        let kind = match &written.node.base {
            KindBase::Word(name) => {
                let Some(kind) = word(&name.node) else {
                    let title = format!("expected a kind, found `{}`", name.node);
                    let problem = Diagnostic::error(codes::check::UNKNOWN_KIND, name.span, title).label("not a kind");
                    let known = WORDS.iter().map(|(word, _)| *word);
                    let what = "kinds are `list of K`, `table K to K`, `id of R`, `{ a: K }`, `\"a\" | \"b\"` and";
                    self.problems.push(suggest(problem, name.span, &name.node, what, known));
                    return None;
                };
                kind
            }
            KindBase::IdOf { role: Some(role), resource } => {
                let at = self.resource(&ast::Resource { role: role.clone(), name: resource.clone() })?;
                Kind::Id(Some(at.resource.name.clone()))
            }
            KindBase::IdOf { role: None, resource } => {
                let title = format!("expected a role and a resource behind `id of`, found `{}`", resource.node);
                self.problems.error(
                    codes::check::UNKNOWN_KIND,
                    resource.span,
                    title,
                    "of which system? `role.resource`",
                );
                return None;
            }
            KindBase::List(of) => {
                let of = self.kind(of)?;
                Kind::List(Arc::new(of.kind))
            }
            KindBase::Table(key, value) => {
                let (key, value) = (self.kind(key), self.kind(value));
                Kind::Table(Arc::new(key?.kind), Arc::new(value?.kind))
            }
            KindBase::Record(fields) => {
                let mut all: Vec<FieldKind> = Vec::new();
                let mut sound = true;
                for (name, kind) in fields {
                    if all.iter().any(|field| *field.name == *name.node) {
                        let title = format!("expected one field `{}`, found two", name.node);
                        self.problems.error(codes::check::FIELD_TWICE, name.span, title, "written again");
                        continue;
                    }
                    match self.kind(kind) {
                        Some(typed) => all.push(FieldKind { name: name.node.clone().into(), typed }),
                        None => sound = false,
                    }
                }
                if !sound {
                    return None;
                }
                Kind::Record(record("", all))
            }
            KindBase::Choice(texts) => {
                let (kind, twice) = choice(texts);
                for text in twice {
                    let title = format!("expected each text of a closed list once, found `\"{}\"` again", text.node);
                    self.problems.error(codes::check::UNKNOWN_KIND, text.span, title, "it stands there already");
                }
                kind
            }
        };
        let maybe = written.node.maybe && !matches!(kind, Kind::List(_));
        Some(Typed { kind, maybe })
    }
}
