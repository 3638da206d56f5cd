//! What flows say of resources: conditions, effects and stops.

use super::super::ast::{By, Effect, EffectWord, EndWord, Resource, Spanned, Stop, StopWord};
use super::super::grammar::{Node, Parts, Rule};
use super::Builder;

impl Builder {
    /// `shop.orders`.
    pub(super) fn resource(&mut self, node: Node<'_>) -> Resource {
        let mut parts = Parts::of(node);
        Resource { role: self.next_word(&mut parts), name: self.next_word(&mut parts) }
    }

    pub(super) fn next_resource(&mut self, parts: &mut Parts<'_>) -> Resource {
        let node = parts.presume();
        self.resource(node)
    }

    /// `by f = e, g in xs`.
    pub(super) fn by(&mut self, node: Node<'_>) -> Vec<Spanned<By>> {
        Parts::of(node).map(|item| self.spanned(item, Builder::by_item)).collect()
    }

    fn by_item(&mut self, node: Node<'_>) -> By {
        let mut parts = Parts::of(node);
        let Some(field) = parts.pick(Rule::field) else { return By::Linked(self.expr(parts.presume())) };
        let field = self.field(field);
        if parts.pick(Rule::op_in).is_some() {
            By::In(field, self.expr(parts.presume()))
        } else {
            By::Equals(field, self.expr(parts.presume()))
        }
    }

    /// `skip when c because t`, or the same without `when`.
    pub(super) fn stop(&mut self, node: Node<'_>) -> Stop {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let word = self.stop_word(&parts.presume());
        let guard = self.guard(&mut parts);
        Stop { word, guard, because: self.text(parts.presume()), span }
    }

    pub(super) fn stop_word(&mut self, node: &Node<'_>) -> Spanned<StopWord> {
        let word = match node.as_str().trim_end() {
            "skip" => StopWord::Skip,
            "hold" => StopWord::Hold,
            _ => StopWord::Stop,
        };
        Spanned { node: word, span: self.span(node) }
    }

    /// `hold`, `fail` or `doubt` behind `expect`.
    pub(super) fn end_word(&mut self, node: &Node<'_>) -> Spanned<EndWord> {
        let word = match node.as_str().trim_end() {
            "fail" => EndWord::Fail,
            "doubt" => EndWord::Doubt,
            _ => EndWord::At(self.stop_word(node).node),
        };
        Spanned { node: word, span: self.span(node) }
    }

    /// `create shop.orders`, `call books.invoices.send`.
    pub(super) fn effect(&mut self, node: Node<'_>) -> Effect {
        let mut parts = Parts::of(node);
        let word = parts.presume();
        let span = self.span(&word);
        let word = match word.as_str() {
            "create" => EffectWord::Create,
            "update" => EffectWord::Update,
            "call" => EffectWord::Call,
            _ => EffectWord::Read,
        };
        let at = parts.presume();
        let (resource, action) = if at.as_rule() == Rule::action {
            let mut parts = Parts::of(at);
            let resource = self.next_resource(&mut parts);
            (resource, Some(self.next_word(&mut parts)))
        } else {
            (self.resource(at), None)
        };
        Effect { word: Spanned { node: word, span }, resource, action }
    }
}
