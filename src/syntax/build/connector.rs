//! A connector and its parts.

use super::super::ast::{
    Auth, AuthKey, AuthPlace, Connector, ErrorRow, Errors, FieldAttribute, Oauth2Part, Operation, OperationAttribute,
    OperationWhat, Pages, PagesBy, PagesUntil, Part, ResourceDefinition, ResourcePart, Shape, ShapeField, Spanned,
};
use super::super::grammar::{Node, Parts, Rule};
use super::super::words;
use super::Builder;

impl Builder {
    pub(super) fn connector(&mut self, node: Node<'_>) -> Connector {
        let mut parts = Parts::of(node);
        let mut head = Parts::of(parts.presume());
        let name = self.next_word(&mut head);
        let title = self.next_plain(&mut head);
        Connector { name, title, parts: parts.map(|part| self.part(part)).collect() }
    }

    /// One part of a connector.
    pub(in crate::syntax) fn part(&mut self, node: Node<'_>) -> Spanned<Part> {
        let node = Parts::of(node).presume();
        self.spanned(node, |builder, node| {
            let rule = node.as_rule();
            let mut parts = Parts::of(node);
            match rule {
                Rule::base => Part::Base(builder.next_plain(&mut parts)),
                Rule::zone => Part::Zone(builder.next_plain(&mut parts)),
                Rule::datetime => Part::Datetime(builder.next_plain(&mut parts)),
                Rule::timeout => Part::Timeout(builder.time(parts.presume())),
                Rule::window => Part::Window(builder.time(parts.presume())),
                Rule::lag => Part::Lag(builder.time(parts.presume())),
                Rule::auth => Part::Auth(builder.auth(parts.presume())),
                Rule::limit => {
                    let count = builder.small_count(&parts.presume());
                    Part::Limit { count, per: builder.time(parts.presume()) }
                }
                Rule::pages => Part::Pages(builder.pages(parts)),
                Rule::errors => Part::Errors(builder.errors(parts)),
                Rule::shape => {
                    let name = builder.next_word(&mut parts);
                    Part::Shape(Shape { name, fields: parts.map(|field| builder.shape_field(field)).collect() })
                }
                _ => {
                    let name = builder.next_word(&mut parts);
                    let shape = builder.next_word(&mut parts);
                    let parts = parts.map(|part| builder.spanned(part, Builder::definition_part)).collect();
                    Part::Resource(ResourceDefinition { name, shape, parts })
                }
            }
        })
    }

    fn auth(&mut self, node: Node<'_>) -> Auth {
        if node.as_rule() == Rule::keys {
            return Auth::Keys(Parts::of(node).map(|key| self.auth_key(key)).collect());
        }
        let lines = Parts::of(node).map(|line| {
            let rule = line.as_rule();
            let mut parts = Parts::of(line);
            match rule {
                Rule::authorize => Oauth2Part::Authorize(self.next_plain(&mut parts)),
                Rule::token => Oauth2Part::Token(self.next_plain(&mut parts)),
                Rule::scopes => Oauth2Part::Scopes(self.next_plain(&mut parts)),
                Rule::pkce => Oauth2Part::Pkce(self.words(parts).swap_remove(0)),
                _ => Oauth2Part::Grants(self.words(parts)),
            }
        });
        Auth::Oauth2(lines.collect())
    }

    fn auth_key(&mut self, node: Node<'_>) -> AuthKey {
        let word = node.clone().into_inner().next().expect("a key has a place");
        let place = if word.as_rule() == Rule::kw_query { AuthPlace::Query } else { AuthPlace::Header };
        let place = Spanned { node: place, span: self.span(&word) };
        let mut parts = Parts::of(node);
        let name = self.next_plain(&mut parts);
        let value = parts.presume();
        let value = if value.as_rule() == Rule::path { self.path(value) } else { self.text(value) };
        AuthKey { place, name, value, maybe: parts.pick(Rule::m_maybe).is_some() }
    }

    fn pages(&mut self, mut parts: Parts<'_>) -> Pages {
        let Some(turned) = parts.next() else { return Pages::None };
        let mut parts = Parts::of(turned);
        let by = if parts.sees(Rule::kw_page) { PagesBy::Page } else { PagesBy::Offset };
        let parameter = self.next_plain(&mut parts);
        let from = parts.pick(Rule::pages_from).map(|from| self.signed(&Parts::of(from).presume()));
        let size = parts.pick(Rule::pages_size).map(|size| {
            let mut parts = Parts::of(size);
            (self.next_plain(&mut parts), self.signed(&parts.presume()))
        });
        let within = parts.pick(Rule::pages_in).map(|within| self.path(Parts::of(within).presume()));
        let until = match parts.next() {
            Some(expr) => PagesUntil::Expr(self.expr(expr)),
            None => PagesUntil::Short,
        };
        Pages::Turned { by, parameter, from, size, within, until }
    }

    fn errors(&mut self, parts: Parts<'_>) -> Errors {
        let mut errors = Errors { code: None, message: None, details: None, rows: Vec::new() };
        for part in parts {
            let span = self.span(&part);
            let (place, word) = match part.as_rule() {
                Rule::errors_code => (&mut errors.code, "code"),
                Rule::errors_message => (&mut errors.message, "message"),
                Rule::errors_details => (&mut errors.details, "details"),
                _ => {
                    errors.rows.push(self.error_row(part));
                    continue;
                }
            };
            let expr = self.expr(Parts::of(part).presume());
            if let Some(first) = place.replace(expr) {
                self.problems.push(words::twice(span, first.span, word));
            }
        }
        errors
    }

    fn error_row(&mut self, node: Node<'_>) -> ErrorRow {
        let mut parts = Parts::of(node);
        let status = parts.presume();
        let span = self.span(&status);
        let status = u16::try_from(self.count(&status, 599)).unwrap_or(0);
        let above = parts.sees(Rule::m_to);
        let code = parts.pick(Rule::plain).map(|code| self.plain(&code));
        ErrorRow { status: Spanned { node: status, span }, above, code, class: self.next_word(&mut parts) }
    }

    fn shape_field(&mut self, node: Node<'_>) -> ShapeField {
        let mut parts = Parts::of(node);
        let name = self.next_word(&mut parts);
        let kind = self.kind(parts.presume());
        ShapeField { name, kind, attributes: parts.map(|part| self.spanned(part, Builder::attribute)).collect() }
    }

    fn attribute(&mut self, node: Node<'_>) -> FieldAttribute {
        let node = Parts::of(node).presume();
        let rule = node.as_rule();
        let mut parts = Parts::of(node);
        match rule {
            Rule::required => FieldAttribute::Required(parts.next().map(|condition| self.expr(condition))),
            Rule::attribute_from => FieldAttribute::From(self.expr(parts.presume())),
            Rule::or_one => FieldAttribute::OrOne,
            Rule::or_null => FieldAttribute::OrNull,
            Rule::unset => FieldAttribute::Unset(self.literal(parts.presume()).node),
            Rule::digits => {
                let digits = parts.presume();
                FieldAttribute::Digits(u32::try_from(self.count(&digits, 28)).unwrap_or(0))
            }
            Rule::bounds => {
                let least = parts.pick(Rule::whole).map(|end| self.signed(&end));
                parts.pick(Rule::m_to);
                FieldAttribute::Within(least, parts.pick(Rule::whole).map(|end| self.signed(&end)))
            }
            Rule::as_text => FieldAttribute::AsText,
            Rule::default => FieldAttribute::Default(self.expr(parts.presume())),
            Rule::read_only => FieldAttribute::ReadOnly,
            Rule::write_only => FieldAttribute::WriteOnly,
            Rule::personal => FieldAttribute::Personal,
            _ => FieldAttribute::Title,
        }
    }

    fn definition_part(&mut self, node: Node<'_>) -> ResourcePart {
        let rule = node.as_rule();
        let mut parts = Parts::of(node);
        match rule {
            Rule::operation => ResourcePart::Operation(self.operation(parts)),
            Rule::filter => {
                let field = self.next_field(&mut parts);
                let kind = parts.pick(Rule::kind).map(|kind| self.kind(kind));
                ResourcePart::Filter { field, kind, parameter: self.next_plain(&mut parts) }
            }
            Rule::since => {
                let field = self.next_field(&mut parts);
                ResourcePart::Since { field, parameter: self.next_plain(&mut parts) }
            }
            Rule::where_line => ResourcePart::Where(self.expr(parts.presume())),
            Rule::total => {
                let list = self.next_field(&mut parts);
                let value = self.expr(parts.presume());
                ResourcePart::Total { list, value, by: self.expr(parts.presume()) }
            }
            _ => ResourcePart::Example(self.next_plain(&mut parts)),
        }
    }

    fn operation(&mut self, mut parts: Parts<'_>) -> Operation {
        let what = parts.presume();
        let word = what.clone().into_inner().next().map(|word| word.as_rule());
        let mut names = Parts::of(what);
        let what = match word {
            Some(Rule::kw_list) => OperationWhat::List,
            Some(Rule::kw_search) => OperationWhat::Search(names.map(|field| self.field(field)).collect()),
            Some(Rule::kw_get) => OperationWhat::Get,
            Some(Rule::kw_create) => OperationWhat::Create,
            Some(Rule::kw_update) => OperationWhat::Update,
            _ => OperationWhat::Action(self.next_word(&mut names)),
        };
        let method = self.next_word(&mut parts);
        let path = parts.presume();
        let path = self.raw(&path);
        let attributes = parts.map(|part| self.spanned(part, Builder::after_operation)).collect();
        Operation { what, method, path, attributes }
    }

    fn after_operation(&mut self, node: Node<'_>) -> OperationAttribute {
        let node = node.into_inner().next().expect("an addition holds one");
        let rule = node.as_rule();
        let mut parts = Parts::of(node);
        match rule {
            Rule::within => OperationAttribute::In(self.path(parts.presume())),
            Rule::min => OperationAttribute::Min(self.small_count(&parts.presume())),
            Rule::kw_sure => OperationAttribute::Sure,
            Rule::kw_whole => OperationAttribute::Whole,
            Rule::only => OperationAttribute::Only(self.words(parts)),
            Rule::kw_brief => OperationAttribute::Brief,
            Rule::newest => OperationAttribute::Newest(self.next_field(&mut parts)),
            Rule::takes => OperationAttribute::Takes(self.next_word(&mut parts)),
            Rule::makes => OperationAttribute::Makes(self.next_word(&mut parts)),
            Rule::done => OperationAttribute::DoneWhen(self.expr(parts.presume())),
            _ => OperationAttribute::Pages(self.pages(parts)),
        }
    }
}
