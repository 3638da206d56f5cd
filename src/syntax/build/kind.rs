//! Kinds as written.

use super::super::ast::{Kind, KindBase, Spanned};
use super::super::grammar::{Node, Parts, Rule};
use super::super::words;
use super::Builder;

/// How deep kinds may be nested.
const DEEPEST_KIND: usize = 32;

impl Builder {
    pub(super) fn kind(&mut self, node: Node<'_>) -> Spanned<Kind> {
        self.kind_at(node, 0)
    }

    fn kind_at(&mut self, node: Node<'_>, depth: usize) -> Spanned<Kind> {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let base = parts.presume();
        let base = if depth > DEEPEST_KIND {
            self.problems.push(words::too_deep(span));
            KindBase::Word(Spanned { node: "text".into(), span })
        } else {
            self.kind_base(base, depth)
        };
        Spanned { node: Kind { base, maybe: parts.pick(Rule::m_maybe).is_some() }, span }
    }

    fn kind_base(&mut self, node: Node<'_>, depth: usize) -> KindBase {
        let rule = node.as_rule();
        let mut parts = Parts::of(node);
        match rule {
            Rule::kind_choice => KindBase::Choice(parts.map(|text| self.plain(&text)).collect()),
            Rule::kind_list => KindBase::List(Box::new(self.kind_at(parts.presume(), depth + 1))),
            Rule::kind_table => {
                let key = self.kind_at(parts.presume(), depth + 1);
                KindBase::Table(Box::new(key), Box::new(self.kind_at(parts.presume(), depth + 1)))
            }
            Rule::kind_record => KindBase::Record(
                parts
                    .map(|field| {
                        let mut parts = Parts::of(field);
                        (self.next_word(&mut parts), self.kind_at(parts.presume(), depth + 1))
                    })
                    .collect(),
            ),
            Rule::kind_id => {
                let of = parts.presume();
                if of.as_rule() == Rule::resource {
                    let resource = self.resource(of);
                    KindBase::IdOf { role: Some(resource.role), resource: resource.name }
                } else {
                    KindBase::IdOf { role: None, resource: self.word(&of) }
                }
            }
            _ => KindBase::Word(self.next_word(&mut parts)),
        }
    }
}
