//! Connectors and their parts.

use crate::syntax::ast::{
    Auth, AuthPlace, FieldAttribute, Oauth2Part, Operation, OperationAttribute, OperationWhat, Pages, PagesBy,
    PagesUntil, Part, ResourcePart, Spanned,
};

use super::expr::{expr, kind, literal, when};
use super::{Outline, fields, names, quoted, time};

impl Outline {
    pub(super) fn part(&mut self, part: &Part) {
        match part {
            Part::Base(text) => self.line(format_args!("base {}", quoted(text))),
            Part::Zone(text) => self.line(format_args!("zone {}", quoted(text))),
            Part::Datetime(text) => self.line(format_args!("datetime {}", quoted(text))),
            Part::Timeout(length) => self.line(format_args!("timeout {}", time(*length))),
            Part::Window(length) => self.line(format_args!("window {}", time(*length))),
            Part::Lag(length) => self.line(format_args!("lag {}", time(*length))),
            Part::Auth(auth) => self.auth(auth),
            Part::Limit { count, per } => self.line(format_args!("limit {count} per {}", time(*per))),
            Part::Pages(pages) => self.line(self::pages(pages)),
            Part::Errors(errors) => {
                self.line("errors");
                self.below(|out| {
                    let places = [("code", &errors.code), ("message", &errors.message), ("details", &errors.details)];
                    for (word, place) in places {
                        place.iter().for_each(|place| out.line(format_args!("{word} {}", expr(place))));
                    }
                    for row in &errors.rows {
                        let above = if row.above { ".." } else { "" };
                        let code = row.code.as_ref().map_or_else(String::new, |code| format!(" {}", quoted(code)));
                        out.line(format_args!("{}{above}{code} => {}", row.status.node, row.class.node));
                    }
                });
            }
            Part::Shape(shape) => {
                self.line(format_args!("shape {}", shape.name.node));
                self.below(|out| {
                    for field in &shape.fields {
                        let behind = field.attributes.iter().map(|one| format!(", {}", attribute(&one.node)));
                        let behind = behind.collect::<String>();
                        out.line(format_args!("{}: {}{behind}", field.name.node, kind(&field.kind)));
                    }
                });
            }
            Part::Resource(resource) => {
                self.line(format_args!("resource {} of {}", resource.name.node, resource.shape.node));
                self.below(|out| resource.parts.iter().for_each(|part| out.line(resource_part(&part.node))));
            }
        }
    }

    fn auth(&mut self, auth: &Auth) {
        match auth {
            Auth::Oauth2(parts) => {
                self.line("auth oauth2");
                self.below(|out| {
                    for part in parts {
                        match part {
                            Oauth2Part::Authorize(text) => out.line(format_args!("authorize {}", quoted(text))),
                            Oauth2Part::Token(text) => out.line(format_args!("token {}", quoted(text))),
                            Oauth2Part::Scopes(text) => out.line(format_args!("scopes {}", quoted(text))),
                            Oauth2Part::Grants(words) => out.line(format_args!("grants {}", names(words))),
                            Oauth2Part::Pkce(word) => out.line(format_args!("pkce {}", word.node)),
                        }
                    }
                });
            }
            Auth::Keys(keys) => {
                self.line("auth keys");
                self.below(|out| {
                    for key in keys {
                        let place = match key.place.node {
                            AuthPlace::Query => "query",
                            AuthPlace::Header => "header",
                        };
                        let maybe = if key.maybe { "?" } else { "" };
                        out.line(format_args!("{place} {} = {}{maybe}", quoted(&key.name), expr(&key.value)));
                    }
                });
            }
        }
    }
}

fn pages(pages: &Pages) -> String {
    let Pages::Turned { by, parameter, from, size, within, until } = pages else { return "pages none".to_owned() };
    let by = match by {
        PagesBy::Page => "page",
        PagesBy::Offset => "offset",
    };
    let from = from.as_ref().map_or_else(String::new, |from| format!(" from {}", from.node));
    let size = size.as_ref().map_or_else(String::new, |(name, size)| format!(" size {} {}", quoted(name), size.node));
    let within = within.as_ref().map_or_else(String::new, |within| format!(" in {}", expr(within)));
    let until = match until {
        PagesUntil::Short => "short".to_owned(),
        PagesUntil::Expr(value) => expr(value),
    };
    format!("pages {by} {}{from}{size}{within} until {until}", quoted(parameter))
}

fn attribute(attribute: &FieldAttribute) -> String {
    match attribute {
        FieldAttribute::Required(condition) => format!("required{}", when(condition.as_ref())),
        FieldAttribute::From(value) => format!("from {}", expr(value)),
        FieldAttribute::OrOne => "or one".to_owned(),
        FieldAttribute::Unset(value) => format!("unset {}", literal(value)),
        FieldAttribute::Digits(digits) => format!("digits {digits}"),
        FieldAttribute::Within(least, most) => {
            let end = |end: &Option<Spanned<i64>>| end.as_ref().map_or_else(String::new, |end| end.node.to_string());
            format!("within {}..{}", end(least), end(most))
        }
        FieldAttribute::AsText => "as text".to_owned(),
        FieldAttribute::OrNull => "or null".to_owned(),
        FieldAttribute::Default(value) => format!("default {}", expr(value)),
        FieldAttribute::ReadOnly => "read only".to_owned(),
        FieldAttribute::WriteOnly => "write only".to_owned(),
        FieldAttribute::Personal => "personal".to_owned(),
        FieldAttribute::Title => "title".to_owned(),
    }
}

fn resource_part(part: &ResourcePart) -> String {
    match part {
        ResourcePart::Operation(operation) => self::operation(operation),
        ResourcePart::Filter { field, kind: own, parameter } => {
            let own = own.as_ref().map_or_else(String::new, |own| format!(": {}", kind(own)));
            format!("filter {}{own} as {}", field.text(), quoted(parameter))
        }
        ResourcePart::Since { field, parameter } => format!("since {} as {}", field.text(), quoted(parameter)),
        ResourcePart::Where(value) => format!("where {}", expr(value)),
        ResourcePart::Total { list, value, by } => {
            format!("total {} = {} by {}", list.text(), expr(value), expr(by))
        }
        ResourcePart::Example(path) => format!("example {}", quoted(path)),
    }
}

fn operation(operation: &Operation) -> String {
    let what = match &operation.what {
        OperationWhat::List => "list".to_owned(),
        OperationWhat::Search(on) if on.is_empty() => "search".to_owned(),
        OperationWhat::Search(on) => format!("search on {}", fields(on)),
        OperationWhat::Get => "get".to_owned(),
        OperationWhat::Create => "create".to_owned(),
        OperationWhat::Update => "update".to_owned(),
        OperationWhat::Action(name) => format!("action {}", name.node),
    };
    let behind = operation.attributes.iter().map(|one| format!(", {}", addition(&one.node))).collect::<String>();
    format!("{what} {} {}{behind}", operation.method.node, quoted(&operation.path))
}

fn addition(addition: &OperationAttribute) -> String {
    match addition {
        OperationAttribute::In(path) => format!("in {}", expr(path)),
        OperationAttribute::Min(count) => format!("min {count}"),
        OperationAttribute::Sure => "sure".to_owned(),
        OperationAttribute::Whole => "whole".to_owned(),
        OperationAttribute::Only(words) => format!("only {}", names(words)),
        OperationAttribute::Brief => "brief".to_owned(),
        OperationAttribute::Newest(field) => format!("newest {}", field.text()),
        OperationAttribute::Takes(name) => format!("takes {}", name.node),
        OperationAttribute::Makes(name) => format!("makes {}", name.node),
        OperationAttribute::DoneWhen(value) => format!("done when {}", expr(value)),
        OperationAttribute::Pages(pages) => self::pages(pages),
    }
}
