//! A text goes in; its outline comes out: the statements of a flow, the parts of a connector, the functions of a script.

use lsp_types as lsp;

use crate::lsp::document::Document;
use crate::lsp::state::State;
use crate::report::Span;
use crate::syntax::ast::{self, Item};

/// The outline of a text.
pub(super) fn symbols(state: &mut State, asked: &lsp::DocumentSymbolParams) -> Option<Vec<lsp::DocumentSymbol>> {
    let document = state.document(&asked.text_document.uri)?;
    if document.name.ends_with(".rhai") {
        return Some(functions(&document));
    }
    let study = state.study(&document)?;
    let tree = match &study.tree {
        Some(tree) => tree.clone(),
        None => crate::syntax::parse_partly(&study.source).into(),
    };
    let outline = Outline { document: &document };
    Some(match &tree.body {
        ast::FileBody::Flow(flow) => flow.items.iter().filter_map(|item| outline.item(&item.node, item.span)).collect(),
        ast::FileBody::Connector(connector) => {
            connector.parts.iter().filter_map(|part| outline.part(&part.node, part.span)).collect()
        }
    })
}

struct Outline<'d> {
    document: &'d Document,
}

impl Outline<'_> {
    fn symbol(
        &self,
        (name, kind): (String, lsp::SymbolKind),
        detail: Option<String>,
        (span, own): (Span, Span),
        children: Vec<lsp::DocumentSymbol>,
    ) -> lsp::DocumentSymbol {
        let text = &self.document.text;
        let range = self.document.lines.span(text, span.to(own));
        #[expect(deprecated, reason = "the field has to be there")]
        lsp::DocumentSymbol {
            name: if name.trim().is_empty() { "…".to_owned() } else { name },
            detail,
            kind,
            tags: None,
            deprecated: None,
            range,
            selection_range: self.document.lines.span(text, own),
            children: (!children.is_empty()).then_some(children),
        }
    }

    fn leaf(&self, name: &ast::Name, kind: lsp::SymbolKind, detail: Option<String>, span: Span) -> lsp::DocumentSymbol {
        self.symbol((name.node.to_string(), kind), detail, (span, name.span), Vec::new())
    }

    fn text(&self, span: Span) -> String {
        let text = self.document.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() > 60 { line.chars().take(59).chain(['…']).collect() } else { line }
    }

    fn item(&self, item: &Item, span: Span) -> Option<lsp::DocumentSymbol> {
        let resource = |it: &ast::Resource| format!("{}.{}", it.role.node, it.name.node);
        let head = |length: usize| Span { end: span.start + u32::try_from(length).unwrap_or(0), ..span };
        Some(match item {
            Item::Use(used) => self.leaf(&used.name, lsp::SymbolKind::NAMESPACE, Some(self.text(span)), span),
            Item::Settings(all) => {
                let children = all
                    .iter()
                    .map(|it| {
                        self.leaf(&it.name, lsp::SymbolKind::PROPERTY, Some(self.text(it.kind.span)), it.kind.span)
                    })
                    .collect();
                let own = ("settings".to_owned(), lsp::SymbolKind::STRUCT);
                self.symbol(own, None, (span, head("settings".len())), children)
            }
            Item::From(it) => {
                self.leaf(&it.name, lsp::SymbolKind::EVENT, Some(format!("from {}", resource(&it.resource))), span)
            }
            Item::Let(it) => self.leaf(&it.name, lsp::SymbolKind::VARIABLE, Some(self.text(it.value.span)), span),
            Item::Stop(it) => {
                let own = (self.text(span), lsp::SymbolKind::EVENT);
                self.symbol(own, None, (span, it.word.span), Vec::new())
            }
            Item::Find(it) => {
                self.leaf(&it.name, lsp::SymbolKind::VARIABLE, Some(format!("find {}", resource(&it.resource))), span)
            }
            Item::Require(it) => {
                let own = (format!("require {}", resource(&it.resource)), lsp::SymbolKind::EVENT);
                self.symbol(own, None, (span, it.resource.span()), Vec::new())
            }
            Item::Ensure(it) => {
                let own = (it.name.node.to_string(), lsp::SymbolKind::OBJECT);
                let detail = Some(format!("ensure {}", resource(&it.resource)));
                self.symbol(own, detail, (span, it.name.span), self.fields(&it.entries))
            }
            Item::Create(it) => {
                let own = (it.name.node.to_string(), lsp::SymbolKind::OBJECT);
                let detail = Some(format!("create {}", resource(&it.resource)));
                self.symbol(own, detail, (span, it.name.span), self.fields(&it.body.entries))
            }
            Item::Update(it) => {
                let own = (format!("update {}", resource(&it.resource)), lsp::SymbolKind::OBJECT);
                self.symbol(own, None, (span, it.resource.span()), self.fields(&it.entries))
            }
            Item::Call(it) => {
                let own = (format!("call {}.{}", resource(&it.resource), it.action.node), lsp::SymbolKind::METHOD);
                self.symbol(own, None, (span, it.action.span), Vec::new())
            }
            Item::Policy(it) => {
                let own = it.classes.first()?.span;
                self.symbol((self.text(span), lsp::SymbolKind::EVENT), None, (span, own), Vec::new())
            }
            Item::Function(it) => self.leaf(&it.name, lsp::SymbolKind::FUNCTION, Some(self.text(it.result.span)), span),
            Item::Table(it) => {
                let detail = self.text(it.key.span.to(it.value.span));
                self.leaf(&it.name, lsp::SymbolKind::CONSTANT, Some(detail), span)
            }
            Item::Given(_) => return None,
            Item::Test(it) => self.leaf(&it.title, lsp::SymbolKind::METHOD, Some("test".to_owned()), span),
        })
    }

    fn fields(&self, entries: &[ast::Entry]) -> Vec<lsp::DocumentSymbol> {
        let mut all = Vec::new();
        for entry in entries {
            match entry {
                ast::Entry::Field { name, value, .. } => {
                    let end = match value {
                        ast::EntryValue::Expr(value) => value.span,
                        ast::EntryValue::Null(span) => *span,
                    };
                    all.push(self.leaf(name, lsp::SymbolKind::FIELD, Some(self.text(end)), name.span.to(end)));
                }
                ast::Entry::Let(it) => {
                    all.push(self.leaf(
                        &it.name,
                        lsp::SymbolKind::VARIABLE,
                        Some(self.text(it.value.span)),
                        it.name.span,
                    ));
                }
                ast::Entry::If(it) => {
                    all.extend(self.fields(&it.then));
                    all.extend(self.fields(&it.otherwise));
                }
            }
        }
        all
    }

    fn part(&self, part: &ast::Part, span: Span) -> Option<lsp::DocumentSymbol> {
        Some(match part {
            ast::Part::Shape(shape) => {
                let children = shape
                    .fields
                    .iter()
                    .map(|it| self.leaf(&it.name, lsp::SymbolKind::FIELD, Some(self.text(it.kind.span)), it.kind.span))
                    .collect();
                let own = (shape.name.node.to_string(), lsp::SymbolKind::STRUCT);
                self.symbol(own, Some("shape".to_owned()), (span, shape.name.span), children)
            }
            ast::Part::Resource(it) => {
                let children = it
                    .parts
                    .iter()
                    .map(|line| {
                        let own = (self.text(line.span), lsp::SymbolKind::METHOD);
                        self.symbol(own, None, (line.span, line.span), Vec::new())
                    })
                    .collect();
                let own = (it.name.node.to_string(), lsp::SymbolKind::CLASS);
                self.symbol(own, Some(format!("resource of {}", it.shape.node)), (span, it.name.span), children)
            }
            _ => return None,
        })
    }
}

/// The functions of a script that flows can use.
fn functions(document: &Document) -> Vec<lsp::DocumentSymbol> {
    let mut all = Vec::new();
    let mut start = 0;
    let outline = Outline { document };
    for line in document.text.split_inclusive('\n') {
        if let Some(header) = line.trim().strip_prefix("///").map(str::trim)
            && let Some(rest) = header.strip_prefix("fn ")
        {
            let at = start + line.find("fn ").unwrap_or(0);
            let place = |from: usize, to: usize| Span {
                start: crate::lsp::place::number(from),
                end: crate::lsp::place::number(to),
                ..Span::default()
            };
            let name = rest.split('(').next().unwrap_or_default().trim();
            let own = (name.to_owned(), lsp::SymbolKind::FUNCTION);
            let spans = (place(at, at + header.len()), place(at + 3, at + 3 + name.len()));
            all.push(outline.symbol(own, Some(header.to_owned()), spans, Vec::new()));
        }
        start += line.len();
    }
    all
}
