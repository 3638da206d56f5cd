//! A shape as written goes in; its kind, and how each field is read and written, comes out.

use std::sync::Arc;

use crate::check::connector::Build;
use crate::check::connector::answer::{Wanted, each_path, plain_field};
use crate::check::kind::{WORDS, choice, word};
use crate::check::kinds;
use crate::check::problems::suggest;
use crate::check::table::key_text;
use crate::eval::{Bounds, Shape, ShapeField};
use crate::report::{Code, Diagnostic, Span, codes};
use crate::syntax::ast::{self, ExprKind, FieldAttribute, KindBase, Operator, Step};
use crate::value::{FieldKind, Kind, RecordKind, ResourceName, Typed};

impl<'a> Build<'a> {
    /// Knows that a shape is there.
    pub(super) fn know(&mut self, shape: &'a ast::Shape) {
        if word(&shape.name.node).is_some() || matches!(&*shape.name.node, "list" | "table") {
            let title = format!("expected a new name, found `{}`, which is a kind of the language", shape.name.node);
            self.error(codes::connector::NAME_TWICE, shape.name.span, title, "another name is wanted here");
        }
        if let Some(first) = self.shapes.get(&*shape.name.node) {
            let first = first.name.span;
            self.twice(&shape.name, first);
            return;
        }
        self.shapes.insert(&shape.name.node, shape);
    }

    /// Says that a name is given twice.
    pub(super) fn twice(&mut self, name: &ast::Name, first: Span) {
        let title = format!("the name `{}` is given twice", name.node);
        let problem = Diagnostic::error(codes::connector::NAME_TWICE, name.span, title).label("given again here");
        self.checker.problems.push(problem.other(first, "first given here"));
    }

    /// The shape of that name; none when it makes no sense, which was told.
    pub(super) fn shape(&mut self, name: &str, asked: Span) -> Option<Arc<Shape>> {
        if let Some(done) = self.built.get(name) {
            return done.clone();
        }
        let Some(written) = self.shapes.get(name).copied() else {
            let title = format!("expected a shape, found `{name}`");
            let problem =
                Diagnostic::error(codes::connector::UNKNOWN_SHAPE, asked, title).label("no shape of that name");
            let problem = suggest(problem, asked, name, "the shapes are", self.shapes.keys().copied());
            self.checker.problems.push(problem);
            return None;
        };
        if self.building.iter().any(|outer| **outer == *name) {
            let title = format!("expected a shape that ends, found `{name}` in itself");
            let problem =
                Diagnostic::error(codes::connector::SHAPE_CIRCLE, asked, title).label("here it would begin again");
            self.checker.problems.push(problem.other(written.name.span, "begun here"));
            return None;
        }
        self.building.push(name.into());
        let shape = self.build_shape(written, None);
        self.building.pop();
        self.built.insert(name.into(), shape.clone());
        shape
    }

    /// A shape; its one field of kind `id` is the id of `resource`.
    pub(super) fn build_shape(
        &mut self,
        written: &'a ast::Shape,
        resource: Option<&ResourceName>,
    ) -> Option<Arc<Shape>> {
        let name: Arc<str> = written.name.node.clone().into();
        let mut kinds_found: Vec<FieldKind> = Vec::new();
        let mut fields: Vec<ShapeField> = Vec::new();
        let mut kept: Vec<&'a ast::ShapeField> = Vec::new();
        let mut id = None;
        let mut sound = true;
        for field in &written.fields {
            if let Some(first) = kept.iter().find(|other| other.name.node == field.name.node) {
                let first = first.name.span;
                self.twice(&field.name, first);
                continue;
            }
            let Some((mut kind, shape, maybe)) = self.field_kind(&field.kind) else {
                sound = false;
                continue;
            };
            let is_id = kind == Kind::Id(None);
            if is_id && let Some(resource) = resource {
                kind = Kind::Id(Some(resource.clone()));
            }
            if is_id && id.is_none() {
                id = Some(fields.len());
            }
            let required = field.attributes.iter().any(|word| matches!(word.node, FieldAttribute::Required(None)));
            let list = matches!(kind, Kind::List(_));
            let sure = list || (required && !maybe) || (is_id && resource.is_some());
            kinds_found.push(FieldKind { name: field.name.node.clone().into(), typed: Typed { kind, maybe: !sure } });
            fields.push(plain_field(field.name.node.clone().into(), shape));
            kept.push(field);
        }
        let kind = Arc::new(RecordKind { name: name.clone(), fields: kinds_found });
        let raw = self.raw(&kept, &kind, &fields);
        for (at, written) in kept.iter().enumerate() {
            let typed = kind.fields[at].typed.clone();
            self.words(written, &typed.kind, &kind, raw.as_ref(), &mut fields[at]);
        }
        let mut titles =
            kept.iter().filter(|field| field.attributes.iter().any(|word| word.node == FieldAttribute::Title));
        if let (Some(_), Some(second)) = (titles.next(), titles.next()) {
            let title = format!("expected one `title` in a shape, found another at `{}`", second.name.node);
            self.error(codes::connector::FIELD_WORD, second.name.span, title, "people see one of them");
        }
        sound.then(|| Arc::new(Shape { name, kind, fields, id, format: self.format.clone(), raw }))
    }

    /// The kind of a field, the shape in it, and whether `?` stands behind it.
    pub(super) fn field_kind(&mut self, written: &ast::Spanned<ast::Kind>) -> Option<(Kind, Option<Arc<Shape>>, bool)> {
        let maybe = written.node.maybe;
        let (kind, shape) = match &written.node.base {
            KindBase::Word(name) => match word(&name.node) {
                Some(kind) => (kind, None),
                None if self.shapes.contains_key(&*name.node) => {
                    let shape = self.shape(&name.node, name.span)?;
                    (Kind::Record(shape.kind.clone()), Some(shape))
                }
                None => {
                    let title = format!("expected a kind or a shape, found `{}`", name.node);
                    let problem =
                        Diagnostic::error(codes::connector::UNKNOWN_SHAPE, name.span, title).label("not known");
                    let known = self.shapes.keys().copied().chain(WORDS.iter().map(|(word, _)| *word));
                    let problem = suggest(problem, name.span, &name.node, "the shapes and kinds are", known);
                    self.checker.problems.push(problem);
                    return None;
                }
            },
            KindBase::IdOf { role: None, resource } => (Kind::Id(Some(self.resource_name(resource)?)), None),
            KindBase::IdOf { role: Some(role), .. } => {
                let title = format!("expected a resource of this connector behind `id of`, found `{}.…`", role.node);
                self.error(codes::connector::UNKNOWN_RESOURCE, role.span, title, "a connector knows no roles");
                return None;
            }
            KindBase::List(of) => {
                let (of_kind, shape, _) = self.field_kind(of)?;
                (Kind::List(Arc::new(of_kind)), shape)
            }
            KindBase::Table(..) => {
                let title = "expected a kind that an answer can hold, found a table";
                self.error(codes::connector::FIELD_KIND, written.span, title, "tables are for settings");
                return None;
            }
            KindBase::Record(fields) => {
                let shape = self.inline_shape(fields)?;
                (Kind::Record(shape.kind.clone()), Some(shape))
            }
            KindBase::Choice(texts) => {
                let (kind, twice) = choice(texts);
                for text in twice {
                    let title = format!("expected each text of a closed list once, found `\"{}\"` again", text.node);
                    self.error(codes::connector::FIELD_KIND, text.span, title, "it stands there already");
                }
                (kind, None)
            }
        };
        Some((kind, shape, maybe))
    }

    fn inline_shape(&mut self, written: &[(ast::Name, ast::Spanned<ast::Kind>)]) -> Option<Arc<Shape>> {
        let mut kinds_found: Vec<FieldKind> = Vec::new();
        let mut fields = Vec::new();
        for (name, kind) in written {
            if kinds_found.iter().any(|field| *field.name == *name.node) {
                self.twice(name, name.span);
                continue;
            }
            let (kind, shape, _) = self.field_kind(kind)?;
            let maybe = !matches!(kind, Kind::List(_));
            kinds_found.push(FieldKind { name: name.node.clone().into(), typed: Typed { kind, maybe } });
            fields.push(plain_field(name.node.clone().into(), shape));
        }
        Some(Arc::new(Shape {
            name: Arc::from(""),
            kind: Arc::new(RecordKind { name: Arc::from(""), fields: kinds_found }),
            fields,
            id: None,
            format: self.format.clone(),
            raw: None,
        }))
    }

    /// The record as it came, as far as `from` needs it.
    fn raw(&mut self, written: &[&'a ast::ShapeField], kind: &RecordKind, fields: &[ShapeField]) -> Option<Arc<Shape>> {
        let mut wanted = Wanted::default();
        let mut any = false;
        for (at, field) in written.iter().enumerate() {
            for word in &field.attributes {
                if let FieldAttribute::From(expr) = &word.node {
                    any = true;
                    let leaf = kind.fields[at].typed.kind.clone();
                    self.raw_paths(expr, &leaf, fields[at].shape.as_ref(), &mut wanted);
                }
            }
        }
        any.then(|| wanted.shape("the record as it came", &self.format))
    }

    fn raw_paths(&mut self, expr: &ast::Expr, leaf: &Kind, shape: Option<&Arc<Shape>>, wanted: &mut Wanted) {
        match &expr.node {
            ExprKind::Path(path) => {
                let steps: Vec<Step> = path.steps.iter().map(|step| step.node.clone()).collect();
                let many = steps.iter().any(|step| matches!(step, Step::All));
                let leaf = match leaf {
                    Kind::List(of) if many => of,
                    other => other,
                };
                if !wanted.want(&path.root.node, &steps, leaf, shape) {
                    let title = "expected names, `[*]` and numbers in `from`, found something else";
                    self.error(codes::connector::FROM, expr.span, title, "cannot be followed here");
                    self.broken_paths.push(expr.span);
                }
            }
            ExprKind::Binary { operator, left, right } if operator.node == Operator::Coalesce => {
                self.raw_paths(left, leaf, shape, wanted);
                self.raw_paths(right, leaf, shape, wanted);
            }
            ExprKind::Call { name, member: None, arguments } => {
                let kinds_found = self.argument_kinds(&name.node, arguments.len(), leaf);
                for (argument, kind) in arguments.iter().zip(kinds_found) {
                    self.raw_paths(argument, &kind, None, wanted);
                }
            }
            _ => {
                let mut inner = Vec::new();
                each_path(expr, &mut |path, span| inner.push((path, span)));
                for (path, span) in inner {
                    let steps: Vec<Step> = path.steps.iter().map(|step| step.node.clone()).collect();
                    if !wanted.want(&path.root.node, &steps, &Kind::Text, None) {
                        let title = "expected names, `[*]` and numbers in `from`, found something else";
                        self.error(codes::connector::FROM, span, title, "cannot be followed here");
                        self.broken_paths.push(span);
                    }
                }
            }
        }
    }

    /// Kinds of arguments with which a builtin gives what is wanted.
    fn argument_kinds(&self, name: &str, count: usize, wanted: &Kind) -> Vec<Kind> {
        const MOST: usize = 3;
        let plain = vec![Kind::Text; count];
        let Some(builtin) = self.checker.catalog.builtins.iter().find(|builtin| builtin.name == name) else {
            return plain;
        };
        if count == 0 || count > MOST {
            return plain;
        }
        let tried = [Kind::Date, Kind::Text, Kind::Decimal, Kind::Datetime, wanted.clone()];
        let all = tried.len().pow(u32::try_from(count).unwrap_or(1));
        for number in 0..all {
            let mut rest = number;
            let kinds_tried: Vec<Kind> = (0..count)
                .map(|_| {
                    let kind = tried[rest % tried.len()].clone();
                    rest /= tried.len();
                    kind
                })
                .collect();
            let typed: Vec<Typed> = kinds_tried.iter().cloned().map(Typed::maybe).collect();
            if (builtin.kind)(&typed).is_ok_and(|result| kinds::fits(&result.kind, wanted)) {
                return kinds_tried;
            }
        }
        plain
    }

    /// What stands behind a field's kind.
    fn words(
        &mut self,
        written: &'a ast::ShapeField,
        kind: &Kind,
        record: &Arc<RecordKind>,
        raw: Option<&Arc<Shape>>,
        field: &mut ShapeField,
    ) {
        let name = &written.name.node;
        let mut seen: Vec<std::mem::Discriminant<FieldAttribute>> = Vec::new();
        for word in &written.attributes {
            let which = std::mem::discriminant(&word.node);
            if seen.contains(&which) {
                let title = format!("expected each word behind a field once, found one again behind `{name}`");
                self.error(codes::connector::FIELD_WORD, word.span, title, "it stands there already");
                continue;
            }
            seen.push(which);
            match &word.node {
                FieldAttribute::Required(None) => field.required = true,
                FieldAttribute::Required(Some(condition)) => {
                    let condition = self.over(record, |checker| checker.truth(condition, "`required when`").expr);
                    field.required_when = Some(Arc::new(condition));
                }
                FieldAttribute::From(expr) => {
                    let Some(raw) = raw.filter(|_| !self.is_broken(expr.span)) else { continue };
                    let what = format!("the field `{name}`");
                    let value = self.over(&raw.kind, |checker| {
                        let value = checker.expr(expr);
                        checker.assign(value, kind, &what)
                    });
                    field.from = Some(Arc::new(value));
                }
                FieldAttribute::OrOne => {
                    self.wants(matches!(kind, Kind::List(_)), word.span, "`or one`", "a list", kind);
                    field.or_one = true;
                }
                FieldAttribute::Unset(literal) => {
                    let value = crate::check::expr::literal_value(literal, word.span);
                    let value = self.checker.adapt(value, kind);
                    field.unset = key_text(&value.expr.op, kind);
                    if field.unset.is_none() || !kinds::fits(&value.typed.kind, kind) {
                        let title = format!(
                            "expected a value of the kind {} behind `unset`, found {}",
                            kinds::words(kind),
                            kinds::words(&value.typed.kind)
                        );
                        self.error(codes::connector::FIELD_WORD, word.span, title, "it could never stand there");
                    }
                }
                FieldAttribute::Digits(digits) => {
                    self.wants(*kind == Kind::Decimal, word.span, "`digits`", "a `decimal`", kind);
                    if *digits > 28 {
                        let title = format!("expected at most 28 digits, found {digits}");
                        self.error(codes::connector::AMOUNT, word.span, title, "no number has so many");
                    }
                    field.digits = Some(*digits);
                }
                FieldAttribute::Within(least, most) => {
                    let of = if let Kind::List(of) = kind { of } else { kind };
                    let measured = of.is_number() || matches!(of, Kind::Text | Kind::Email);
                    self.wants(measured, word.span, "`within`", "a number or a text", kind);
                    let (low, high) = (least.as_ref().map(|end| end.node), most.as_ref().map(|end| end.node));
                    let empty = low.zip(high).is_some_and(|(low, high)| low > high) || (low, high) == (None, None);
                    if empty || (!of.is_number() && low.or(high).is_some_and(|end| end < 0)) {
                        let title = "expected `within` with a least and a most, or one of them, found nothing between";
                        self.error(codes::connector::AMOUNT, word.span, title, "no value fits");
                    }
                    field.within = Some(Bounds { least: low, most: high });
                }
                FieldAttribute::AsText => {
                    self.wants(kind.is_number(), word.span, "`as text`", "a number", kind);
                    field.as_text = true;
                }
                FieldAttribute::OrNull => field.or_null = true,
                FieldAttribute::Default(expr) => {
                    let empty = Arc::new(RecordKind { name: Arc::from(""), fields: Vec::new() });
                    let what = format!("the field `{name}`");
                    let value = self.over(&empty, |checker| {
                        let value = checker.expr(expr);
                        checker.assign_sure(value, kind, &what)
                    });
                    field.default = Some(Arc::new(value));
                }
                FieldAttribute::ReadOnly => field.read_only = true,
                FieldAttribute::WriteOnly => field.write_only = true,
                FieldAttribute::Personal => field.personal = true,
                FieldAttribute::Title => {
                    self.wants(kinds::printable(kind), word.span, "`title`", "a value that can be printed", kind);
                    field.title = true;
                }
            }
        }
        if field.read_only && field.write_only {
            let title = format!("expected `read only` or `write only` behind `{name}`, found both");
            self.error(codes::connector::FIELD_WORD, written.name.span, title, "nobody could use it");
        }
        if field.required && field.required_when.is_some() {
            let title = format!("expected one `required` behind `{name}`, found two");
            self.error(codes::connector::FIELD_WORD, written.name.span, title, "it is required always already");
        }
    }

    fn wants(&mut self, good: bool, span: Span, word: &str, wanted: &str, kind: &Kind) {
        if !good {
            let title = format!("expected {wanted} in front of {word}, found {}", kinds::words(kind));
            self.error(codes::connector::FIELD_WORD, span, title, "it does not go together");
        }
    }

    /// The resource of this connector that is named.
    pub(super) fn resource_name(&mut self, resource: &ast::Name) -> Option<ResourceName> {
        if self.resources.contains_key(&*resource.node) {
            return Some(ResourceName { connector: self.name.clone(), resource: resource.node.clone().into() });
        }
        let title = format!("expected a resource of this connector, found `{}`", resource.node);
        let known: Vec<&str> = self.resources.keys().copied().collect();
        self.unknown(
            codes::connector::UNKNOWN_RESOURCE,
            resource.span,
            &resource.node,
            title,
            "its resources are",
            &known,
        );
        None
    }

    /// Says that a word is not known.
    pub(super) fn unknown(&mut self, code: Code, span: Span, word: &str, title: String, what: &str, known: &[&str]) {
        let problem = Diagnostic::error(code, span, title).label("not known");
        self.checker.problems.push(suggest(problem, span, word, what, known.iter().copied()));
    }
}
