//! An operation as written goes in; how it is asked comes out.

use std::sync::Arc;

use crate::check::connector::Build;
use crate::check::problems::suggest;
use crate::connect::{Action, Operation, PathPart, Resource, Search};
use crate::eval::Shape;
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast::{self, OperationAttribute, OperationWhat};

/// The methods.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// What stands behind an operation and belongs to a search or an action alone.
#[derive(Default)]
struct Extra {
    min: usize,
    sure: bool,
    takes: Option<Arc<Shape>>,
    makes: Option<crate::value::ResourceName>,
    done: Option<Arc<crate::eval::Expr>>,
}

impl<'a> Build<'a> {
    pub(super) fn operation(&mut self, written: &'a ast::Operation, span: Span, resource: &mut Resource) {
        let word = what(&written.what);
        let (operation, extra) = self.asked(written, resource);
        let taken = match &written.what {
            OperationWhat::List => resource.list.replace(operation).is_some(),
            OperationWhat::Get => resource.get.replace(operation).is_some(),
            OperationWhat::Create => resource.create.replace(operation).is_some(),
            OperationWhat::Update => resource.update.replace(operation).is_some(),
            OperationWhat::Search(on) => {
                let mut fields = Vec::new();
                for field in on {
                    if self.field_of(&resource.shape, field).is_some() {
                        fields.push(Arc::from(field.text()));
                    }
                }
                if !operation.path.contains(&PathPart::Field(Arc::from("text"))) {
                    let title = "expected `{text}` in the path of a `search`, found none";
                    self.error(
                        codes::connector::PATH,
                        written.path.span,
                        title,
                        "where does the value go that is looked for?",
                    );
                }
                resource.searches.push(Search { on: fields, operation, min: extra.min, sure: extra.sure });
                false
            }
            OperationWhat::Action(name) => {
                let twice = resource.actions.iter().any(|action| *action.name == *name.node);
                resource.actions.push(Action {
                    name: name.node.clone().into(),
                    operation,
                    takes: extra.takes,
                    makes: extra.makes,
                    done: extra.done,
                });
                twice
            }
        };
        if taken {
            let at = Span { end: span.start + u32::try_from(word.len()).unwrap_or(1), ..span };
            let title = format!("expected one `{word}` of a kind in a resource, found two");
            self.error(codes::connector::OPERATION_TWICE, at, title, "it stands above already");
        }
    }

    fn asked(&mut self, written: &'a ast::Operation, resource: &Resource) -> (Operation, Extra) {
        if !METHODS.contains(&&*written.method.node) {
            let title = format!("expected a method, found `{}`", written.method.node);
            let problem = Diagnostic::error(codes::connector::METHOD, written.method.span, title).label("not a method");
            let span = written.method.span;
            let problem = suggest(problem, span, &written.method.node, "the methods are", METHODS);
            self.checker.problems.push(problem);
        }
        let reads = matches!(written.what, OperationWhat::List | OperationWhat::Get | OperationWhat::Search(_));
        if !reads && &*written.method.node == "GET" {
            let title =
                format!("expected a method that may change something for `{}`, found `GET`", what(&written.what));
            self.error(codes::connector::METHOD, written.method.span, title, "a `GET` is repeated without a thought");
        }
        let mut operation = Operation {
            method: written.method.node.clone().into(),
            path: self.path(written, &resource.shape),
            within: Vec::new(),
            whole: false,
            only: None,
            brief: false,
            newest: None,
            pages: None,
        };
        let mut extra = Extra::default();
        for word in &written.attributes {
            self.attribute(word, &written.what, resource, &mut operation, &mut extra);
        }
        (operation, extra)
    }

    fn attribute(
        &mut self,
        word: &'a ast::Spanned<OperationAttribute>,
        of: &OperationWhat,
        resource: &Resource,
        operation: &mut Operation,
        extra: &mut Extra,
    ) {
        use OperationWhat::{Action, Create, List, Search, Update};
        let (text, good) = match &word.node {
            OperationAttribute::In(_) => ("in", true),
            OperationAttribute::Min(_) => ("min", matches!(of, Search(_))),
            OperationAttribute::Sure => ("sure", matches!(of, Search(_))),
            OperationAttribute::Whole => ("whole", matches!(of, Update)),
            OperationAttribute::Only(_) => ("only", matches!(of, Create | Update | Action(_))),
            OperationAttribute::Brief => ("brief", matches!(of, List | Search(_))),
            OperationAttribute::Newest(_) => ("newest", matches!(of, List)),
            OperationAttribute::Takes(_) => ("takes", matches!(of, Action(_))),
            OperationAttribute::Makes(_) => ("makes", matches!(of, Action(_))),
            OperationAttribute::DoneWhen(_) => ("done when", matches!(of, Action(_))),
            OperationAttribute::Pages(_) => ("pages", matches!(of, List | Search(_))),
        };
        if !good {
            let title = format!("expected words that go with `{}`, found `{text}`", what(of));
            self.error(codes::connector::OPERATION_WORD, word.span, title, "it says nothing here");
            return;
        }
        match &word.node {
            OperationAttribute::In(place) => operation.within = self.place(place),
            OperationAttribute::Min(min) => extra.min = *min as usize,
            OperationAttribute::Sure => extra.sure = true,
            OperationAttribute::Whole => operation.whole = true,
            OperationAttribute::Brief => operation.brief = true,
            OperationAttribute::Only(names) => {
                let shape = extra.takes.clone().unwrap_or_else(|| resource.shape.clone());
                operation.only = Some(self.only(names, &shape));
            }
            OperationAttribute::Newest(field) => {
                self.field_of(&resource.shape, field);
                operation.newest = Some(field.words.iter().map(|word| Arc::from(&*word.node)).collect());
            }
            OperationAttribute::Takes(name) => {
                extra.takes = self.shape(&name.node, name.span);
                if let Some(shape) = &extra.takes {
                    self.checker.know_shape(shape);
                }
            }
            OperationAttribute::Makes(name) => extra.makes = self.resource_name(name),
            OperationAttribute::DoneWhen(condition) => {
                let holds = self.over(&resource.shape.kind.clone(), |checker| checker.truth(condition, "`done when`"));
                extra.done = Some(Arc::new(holds.expr));
            }
            OperationAttribute::Pages(pages) => operation.pages = self.pages(pages),
        }
    }

    fn only(&mut self, names: &[ast::Name], shape: &Arc<Shape>) -> Vec<usize> {
        let mut all = Vec::new();
        for name in names {
            match shape.kind.position(&name.node) {
                Some(at) => {
                    if shape.fields[at].read_only {
                        let title = format!("expected fields that can be written behind `only`, found `{}`", name.node);
                        self.error(codes::connector::OPERATION_WORD, name.span, title, "it is read only");
                    }
                    all.push(at);
                }
                None => {
                    let title = format!("expected a field of `{}`, found `{}`", shape.name, name.node);
                    let known: Vec<&str> = shape.fields.iter().map(|field| &*field.name).collect();
                    let code = codes::connector::UNKNOWN_FIELD;
                    self.unknown(code, name.span, &name.node, title, "its fields are", &known);
                }
            }
        }
        all
    }

    /// The path of an operation, its holes found.
    fn path(&mut self, written: &ast::Operation, shape: &Arc<Shape>) -> Vec<PathPart> {
        let (text, span) = (&*written.path.node, written.path.span);
        if !text.starts_with('/') || text.contains(char::is_whitespace) || text.contains('#') {
            let title = format!("expected a path from the base on, such as `/v1/things`, found `{text}`");
            self.error(codes::connector::PATH, span, title, "a path begins with `/`");
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let Some(close) = rest[open..].find('}') else {
                let title = format!("expected `}}` behind `{}`, found the end of the path", &rest[open..]);
                self.error(codes::connector::PATH, span, title, "a hole that does not close");
                break;
            };
            if open > 0 {
                parts.push(PathPart::Text(Arc::from(&rest[..open])));
            }
            let name = &rest[open + 1..open + close];
            self.hole(name, &written.what, shape, span);
            parts.push(PathPart::Field(Arc::from(name)));
            rest = &rest[open + close + 1..];
        }
        if !rest.is_empty() {
            parts.push(PathPart::Text(Arc::from(rest)));
        }
        parts
    }

    fn hole(&mut self, name: &str, of: &OperationWhat, shape: &Arc<Shape>, span: Span) {
        let search = matches!(of, OperationWhat::Search(_));
        if search && name == "text" {
            return;
        }
        if search || matches!(of, OperationWhat::List | OperationWhat::Create) {
            let title = format!("expected no `{{{name}}}` in the path of `{}`, found one", what(of));
            let label = if search { "a search knows `{text}`" } else { "there is no record yet" };
            self.error(codes::connector::PATH, span, title, label);
            return;
        }
        if shape.kind.position(name).is_none() {
            let title = format!("expected a field of `{}` between braces, found `{name}`", shape.name);
            let problem = Diagnostic::error(codes::connector::PATH, span, title).label("not a field");
            let known = shape.fields.iter().map(|field| &*field.name);
            let near = crate::report::nearest(name, known).map(str::to_owned);
            let problem = match near {
                Some(near) => problem.note(format!("did you mean `{{{near}}}`?")),
                None => problem,
            };
            self.checker.problems.push(problem);
        }
    }
}

/// The word of an operation.
fn what(of: &OperationWhat) -> &'static str {
    match of {
        OperationWhat::List => "list",
        OperationWhat::Search(_) => "search",
        OperationWhat::Get => "get",
        OperationWhat::Create => "create",
        OperationWhat::Update => "update",
        OperationWhat::Action(_) => "action",
    }
}
