//! A resource as written goes in; its records, operations and filters come out.

use std::sync::Arc;

use crate::check::connector::Build;
use crate::check::kinds;
use crate::connect::{Filter, Resource, Since, Total};
use crate::eval::Shape;
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast::{self, OperationWhat, ResourcePart};
use crate::value::{Kind, ResourceName};

impl<'a> Build<'a> {
    /// Knows that a resource is there.
    pub(super) fn know_resource(&mut self, resource: &'a ast::ResourceDefinition) {
        if let Some(first) = self.resources.get(&*resource.name.node) {
            let first = first.name.span;
            self.twice(&resource.name, first);
            return;
        }
        self.resources.insert(&resource.name.node, resource);
    }

    pub(super) fn resource(&mut self, written: &'a ast::ResourceDefinition) -> Option<Resource> {
        let name = ResourceName { connector: self.name.clone(), resource: written.name.node.clone().into() };
        let shape = self.resource_shape(written, &name)?;
        self.checker.know_shape(&shape);
        let mut resource = Resource {
            name,
            shape: shape.clone(),
            condition: None,
            list: None,
            searches: Vec::new(),
            get: None,
            create: None,
            update: None,
            actions: Vec::new(),
            filters: Vec::new(),
            since: Vec::new(),
            totals: Vec::new(),
        };
        for part in &written.parts {
            match &part.node {
                ResourcePart::Operation(operation) => self.operation(operation, part.span, &mut resource),
                ResourcePart::Filter { field, kind, parameter } => {
                    let filter = self.filter(field, kind.as_ref(), parameter, &shape);
                    resource.filters.extend(filter);
                }
                ResourcePart::Since { field, parameter } => {
                    if let Some(kind) = self.field_of(&shape, field)
                        && !matches!(kind, Kind::Date | Kind::Datetime)
                    {
                        let title =
                            format!("expected a date or an instant behind `since`, found {}", kinds::words(&kind));
                        self.error(codes::connector::FILTER, field.span(), title, "what grows when a record changes?");
                    }
                    let parameter = parameter.node.clone().into();
                    resource.since.push(Since { field: field.text().into(), parameter });
                }
                ResourcePart::Where(condition) => {
                    let holds = self.over(&shape.kind, |checker| checker.truth(condition, "`where`").expr);
                    if resource.condition.replace(Arc::new(holds)).is_some() {
                        let title = "expected one `where` in a resource, found two";
                        self.error(codes::connector::PART_TWICE, part.span, title, "put them together with `and`");
                    }
                }
                ResourcePart::Total { list, value, by } => {
                    let total = self.total(list, value, by, &shape);
                    resource.totals.extend(total);
                }
                ResourcePart::Example(_) => {}
            }
        }
        self.needed(written, &resource);
        Some(resource)
    }

    /// The shape of a resource's records: a kind of its own, for its id is the id of this resource.
    fn resource_shape(&mut self, written: &'a ast::ResourceDefinition, name: &ResourceName) -> Option<Arc<Shape>> {
        let plain = self.shape(&written.shape.node, written.shape.span)?;
        let shape = self.shapes.get(&*written.shape.node).copied()?;
        let ids: Vec<&str> = plain
            .kind
            .fields
            .iter()
            .filter(|field| field.typed.kind == Kind::Id(None))
            .map(|field| &*field.name)
            .collect();
        if ids.len() != 1 {
            let title = format!(
                "expected one field of kind `id` in the shape `{}` of a resource, found {}",
                written.shape.node,
                if ids.is_empty() { "none".to_owned() } else { crate::check::problems::list(ids.iter().copied()) }
            );
            let problem = Diagnostic::error(codes::connector::ID, written.shape.span, title);
            let problem = problem.label("what is a record of it known by?");
            self.checker.problems.push(problem.other(shape.name.span, "the shape"));
            return None;
        }
        self.build_shape(shape, Some(name))
    }

    fn filter(
        &mut self,
        field: &ast::Field,
        kind: Option<&ast::Spanned<ast::Kind>>,
        parameter: &ast::Name,
        shape: &Arc<Shape>,
    ) -> Option<Filter> {
        let (field_text, parameter) = (Arc::from(field.text()), parameter.node.clone().into());
        let Some(kind) = kind else {
            let found = self.field_of(shape, field)?;
            if kinds::compared(&found, &found).is_none() {
                let title = format!("expected a field with one value behind `filter`, found {}", kinds::words(&found));
                self.error(codes::connector::FILTER, field.span(), title, "one value is asked for at a time");
            }
            return Some(Filter { field: field_text, kind: None, parameter });
        };
        if shape.kind.position(&field_text).is_some() {
            let title =
                format!("expected a name that is no field for a filter with a kind of its own, found `{field_text}`");
            let label = "`filter f as \"p\"` filters by a field";
            self.error(codes::connector::FILTER, field.span(), title, label);
            return None;
        }
        let (found, _) = self.plain_kind(kind)?;
        Some(Filter { field: field_text, kind: Some(found), parameter })
    }

    /// What is added up: a number of each record of a list, apart for each value of a field.
    fn total(&mut self, list: &ast::Field, value: &ast::Expr, by: &ast::Expr, shape: &Arc<Shape>) -> Option<Total> {
        let kind = self.field_of(shape, list)?;
        let mut element = match &kind {
            Kind::List(inner) => match &**inner {
                Kind::Record(element) => Some(element.clone()),
                _ => None,
            },
            _ => None,
        };
        let Some(element) = element.take() else {
            let title = format!("expected a list of records behind `total`, found {}", kinds::words(&kind));
            self.error(codes::connector::TOTAL, list.span(), title, "each record of a list adds to a total");
            return None;
        };
        let mut slots = Vec::new();
        let mut inner = Some(shape.clone());
        for word in &list.words {
            let here = inner.take()?;
            let slot = here.kind.position(&word.node)?;
            slots.push(u32::try_from(slot).ok()?);
            inner = here.fields[slot].shape.clone();
        }
        let found = self.over(&element, |checker| checker.expr(by));
        let added = self.over(&element, |checker| checker.expr(value));
        if found.typed.kind != Kind::Any && kinds::compared(&found.typed.kind, &found.typed.kind).is_none() {
            let title = format!("expected one value behind `by`, found {}", kinds::words(&found.typed.kind));
            self.error(codes::connector::TOTAL, by.span, title, "there is a total for each value of it");
            return None;
        }
        if !matches!(added.typed.kind, Kind::Int | Kind::Decimal | Kind::Any) {
            let title = format!("expected a number behind `=`, found {}", kinds::words(&added.typed.kind));
            self.error(codes::connector::TOTAL, value.span, title, "numbers are added up");
            return None;
        }
        let written = |span| self.checker.slice(span).unwrap_or_default().into();
        Some(Total {
            list: slots,
            field: list.text().into(),
            by_text: written(by.span),
            value_text: written(value.span),
            by_kind: found.typed.kind,
            by: found.expr,
            value: added.expr,
        })
    }

    fn plain_kind(&mut self, kind: &ast::Spanned<ast::Kind>) -> Option<(Kind, Span)> {
        let (found, shape, _) = self.field_kind(kind)?;
        if shape.is_some() || kinds::compared(&found, &found).is_none() {
            let title = format!("expected a kind of one value for a filter, found {}", kinds::words(&found));
            self.error(codes::connector::FIELD_KIND, kind.span, title, "one value is asked for at a time");
            return None;
        }
        Some((found, kind.span))
    }

    /// The kind of a field that is named by words with dots, or none, which was told.
    pub(super) fn field_of(&mut self, shape: &Arc<Shape>, field: &ast::Field) -> Option<Kind> {
        let mut shape = Some(shape.clone());
        let mut kind = None;
        for word in &field.words {
            let Some(inner) = shape.clone() else {
                let title = format!("expected a record in front of `{}`, found something without parts", word.node);
                self.error(codes::connector::UNKNOWN_FIELD, word.span, title, "there is nothing in it to name");
                return None;
            };
            let Some(at) = inner.kind.position(&word.node) else {
                let title = format!("expected a field of `{}`, found `{}`", inner.name, word.node);
                let known: Vec<&str> = inner.fields.iter().map(|field| &*field.name).collect();
                self.unknown(codes::connector::UNKNOWN_FIELD, word.span, &word.node, title, "its fields are", &known);
                return None;
            };
            kind = Some(inner.kind.fields[at].typed.kind.clone());
            shape = inner.fields[at].shape.clone().filter(|_| matches!(kind, Some(Kind::Record(_))));
        }
        kind
    }

    /// Says which operations are missing that others need.
    fn needed(&mut self, written: &ast::ResourceDefinition, resource: &Resource) {
        if resource.list.is_none() && resource.get.is_none() && resource.searches.is_empty() {
            let title = format!("expected a way to read `{}`, found none", written.name.node);
            let label = "it has no `list`, no `search` and no `get`";
            self.error(codes::connector::NEEDED_OPERATION, written.name.span, title, label);
        }
        for part in &written.parts {
            let ResourcePart::Operation(operation) = &part.node else { continue };
            if resource.get.is_some() {
                continue;
            }
            let wanting = operation.attributes.iter().find_map(|word| match &word.node {
                ast::OperationAttribute::Whole => Some((word.span, "`whole`")),
                ast::OperationAttribute::Brief => Some((word.span, "`brief`")),
                ast::OperationAttribute::DoneWhen(_) => Some((word.span, "`done when`")),
                _ => None,
            });
            if let Some((span, word)) = wanting {
                let title = format!("expected a `get` in a resource with {word}, found none");
                self.error(codes::connector::NEEDED_OPERATION, span, title, "one record must be read for it");
            } else if matches!(operation.what, OperationWhat::Update) && resource.list.is_none() {
                let title =
                    format!("expected a `get` or `list` beside `update` of `{}`, found none", written.name.node);
                let label = "what is there is read before it is changed";
                self.error(codes::connector::NEEDED_OPERATION, operation.method.span, title, label);
            }
        }
    }
}
