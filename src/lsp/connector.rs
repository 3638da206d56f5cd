//! A connector's file goes in; where its shapes, fields and resources stand, and what its author noted of them, comes out.

use std::rc::Rc;
use std::sync::Arc;

use crate::connect::{Connector, Resource};
use crate::eval::{Shape, ShapeField};
use crate::lsp::state::State;
use crate::report::{Source, Span};
use crate::syntax::{self, ast};
use crate::value::Typed;

/// A connector's file as it was written.
pub(super) struct ConnectorFile {
    /// Its text.
    pub(super) source: Source,
    tree: ast::Connector,
}

impl State {
    /// The file of a connector, as a flow of that name sees it.
    pub(super) fn connector_file(&mut self, desk: usize, by: &str, name: &str) -> Option<Rc<ConnectorFile>> {
        let source = self.desks[desk].connector_source(by, name)?;
        let key = (desk, source.id);
        if let Some(known) = self.connectors.get(&key)
            && Arc::ptr_eq(&known.source.text, &source.text)
        {
            return Some(known.clone());
        }
        let file = Rc::new(ConnectorFile::of(source)?);
        self.connectors.insert(key, file.clone());
        Some(file)
    }
}

impl ConnectorFile {
    /// The connector in a text.
    pub(super) fn of(source: Source) -> Option<ConnectorFile> {
        match syntax::parse_partly(&source).0.body {
            ast::FileBody::Connector(tree) => Some(ConnectorFile { source, tree }),
            ast::FileBody::Flow(_) => None,
        }
    }

    /// Where its name stands.
    pub(super) fn name(&self) -> Span {
        self.tree.name.span
    }

    /// The shape of that name.
    pub(super) fn shape(&self, name: &str) -> Option<&ast::Shape> {
        self.tree.parts.iter().find_map(|part| match &part.node {
            ast::Part::Shape(shape) if *shape.name.node == *name => Some(shape),
            _ => None,
        })
    }

    /// A field of a shape.
    pub(super) fn field(&self, shape: &str, field: &str) -> Option<&ast::ShapeField> {
        self.shape(shape)?.fields.iter().find(|known| *known.name.node == *field)
    }

    /// The resource of that name.
    pub(super) fn resource(&self, name: &str) -> Option<&ast::ResourceDefinition> {
        self.tree.parts.iter().find_map(|part| match &part.node {
            ast::Part::Resource(resource) if *resource.name.node == *name => Some(resource),
            _ => None,
        })
    }

    /// Where an action of a resource stands.
    pub(super) fn action(&self, resource: &str, action: &str) -> Option<Span> {
        self.resource(resource)?.parts.iter().find_map(|part| match &part.node {
            ast::ResourcePart::Operation(ast::Operation { what: ast::OperationWhat::Action(name), .. })
                if *name.node == *action =>
            {
                Some(name.span)
            }
            _ => None,
        })
    }

    /// Where a filter of a resource stands.
    pub(super) fn filter(&self, resource: &str, filter: &str) -> Option<Span> {
        self.resource(resource)?.parts.iter().find_map(|part| match &part.node {
            ast::ResourcePart::Filter { field, .. } if field.text() == filter => Some(field.span()),
            _ => None,
        })
    }

    /// What its author noted behind a field.
    pub(super) fn note_of_field(&self, shape: &str, field: &str) -> Option<String> {
        let field = self.field(shape, field)?;
        let end = field.attributes.last().map_or(field.kind.span.end, |last| last.span.end);
        let rest = self.source.text.get(end as usize..)?.split('\n').next()?.trim();
        rest.strip_prefix('#').map(|note| note.trim().to_owned())
    }

    /// What its author noted above a resource.
    pub(super) fn note_of_resource(&self, name: &str) -> Option<String> {
        self.note_above(self.resource(name)?.name.span)
    }

    fn note_above(&self, span: Span) -> Option<String> {
        comment_above(&self.source.text, span.start as usize, "#")
    }
}

/// The lines of comment right above the line of a place.
pub(super) fn comment_above(text: &str, at: usize, mark: &str) -> Option<String> {
    let line = text.get(..at)?.rfind('\n')?;
    let mut lines: Vec<&str> = Vec::new();
    for line in text[..line].rsplit('\n') {
        let Some(note) = line.trim().strip_prefix(mark) else { break };
        lines.push(note.trim_start_matches('/').trim());
    }
    lines.reverse();
    let rule = |line: &&str| !line.is_empty() && !line.starts_with("--");
    let lines: Vec<&str> = lines.into_iter().filter(rule).collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}

/// A field in words: its kind, what is asked of it, and where it is from.
pub(super) fn field_words(shape: &Shape, at: usize, typed: &Typed, connector: &str, note: Option<&str>) -> String {
    let field = &shape.fields[at];
    let mut words = format!("```koppel\n{}: {typed}\n```\n", field.name);
    let marks = marks(field, shape.id == Some(at));
    if !marks.is_empty() {
        words += &format!("{}\n\n", marks.join(" · "));
    }
    if let Some(bounds) = &field.within {
        words += &format!("takes {}\n\n", bounds.words(&shape.kind.fields[at].typed.kind));
    }
    if let Some(note) = note {
        words += &format!("{note}\n\n");
    }
    words += &format!("field of `{}`, connector `{connector}`", shape.name);
    words
}

/// What is asked of a field, in a word each.
pub(super) fn marks(field: &ShapeField, is_id: bool) -> Vec<&'static str> {
    let all = [
        (is_id, "the id of its record"),
        (field.required && field.default.is_none(), "**required**"),
        (field.required_when.is_some(), "**required** sometimes"),
        (field.personal, "**personal**: masked in logs, erased on request"),
        (field.title, "what people see"),
        (field.read_only, "read only"),
        (field.write_only, "write only"),
        (field.default.is_some(), "has a default"),
        (field.or_one, "a list, or its one element"),
        (field.as_text, "a number written as text"),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, words)| words).collect()
}

/// A resource in words: what can be done with it.
pub(super) fn resource_words(resource: &Arc<Resource>, note: Option<&str>) -> String {
    let mut can = Vec::new();
    let searches: Vec<String> = resource.searches.iter().map(|search| search.on.join(", ")).collect();
    if resource.list.is_some() {
        can.push("list".to_owned());
    }
    can.extend(searches.iter().map(|on| if on.is_empty() { "search".to_owned() } else { format!("search on {on}") }));
    let operations = [("get", &resource.get), ("create", &resource.create), ("update", &resource.update)];
    can.extend(operations.iter().filter(|(_, there)| there.is_some()).map(|(word, _)| (*word).to_owned()));
    can.extend(resource.actions.iter().map(|action| format!("action {}", action.name)));
    let mut words = format!(
        "```koppel\nresource {} of {}\n```\n{}\n\n",
        resource.name.resource,
        resource.shape.name,
        can.join(" · ")
    );
    let filters: Vec<&str> = resource.filters.iter().map(|filter| &*filter.field).collect();
    if !filters.is_empty() {
        words += &format!("asked by {}\n\n", filters.join(", "));
    }
    if let Some(note) = note {
        words += &format!("{note}\n\n");
    }
    format!("{words}connector `{}`", resource.name.connector)
}

/// An action in words.
pub(super) fn action_words(resource: &Arc<Resource>, at: usize) -> String {
    let action = &resource.actions[at];
    let mut words = format!("```koppel\ncall {}.{}(id)\n```\n", resource.name.resource, action.name);
    match &action.takes {
        Some(shape) => {
            let fields: Vec<String> =
                shape.kind.fields.iter().map(|it| format!("`{}: {}`", it.name, it.typed)).collect();
            words += &format!("takes {}\n\n", fields.join(", "));
        }
        None => words += "takes nothing\n\n",
    }
    if let Some(makes) = &action.makes {
        words += &format!("makes one of `{}`\n\n", makes.resource);
    }
    format!("{words}connector `{}`", resource.name.connector)
}

/// A connector in words.
pub(super) fn connector_words(connector: &Connector) -> String {
    let resources: Vec<&str> = connector.resources.iter().map(|resource| &*resource.name.resource).collect();
    format!(
        "```koppel\nconnector {} \"{}\"\n```\n{}\n\nresources: {}",
        connector.name,
        connector.title,
        connector.base,
        resources.join(", ")
    )
}
