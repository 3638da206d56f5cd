//! The words of a line go in; they come out with one blank between them, or none, and with the places where the line may break.

use super::doc::Doc;
use super::lines::Writer;
use crate::syntax::grammar::{Node, Rule};

impl<'s> Writer<'s> {
    /// A node, laid out.
    pub(super) fn doc(&mut self, node: Node<'s>) -> Doc<'s> {
        let rule = node.as_rule();
        match rule {
            Rule::text => self.text(&node),
            Rule::expr | Rule::plain_expr => self.expr(node),
            Rule::if_block => self.if_block(node),
            Rule::end | Rule::stop => self.stop(node),
            Rule::require => self.require(node),
            Rule::path | Rule::resource | Rule::field | Rule::action | Rule::invoke_name | Rule::script => {
                self.word(&node)
            }
            _ => {
                let inner: Vec<Node<'s>> = node.clone().into_inner().collect();
                if inner.is_empty() { self.word(&node) } else { self.run(rule, inner) }
            }
        }
    }

    /// The words of a line of this rule, or the first or last of them.
    pub(super) fn run(&mut self, owner: Rule, nodes: Vec<Node<'s>>) -> Doc<'s> {
        let mut run = Run::default();
        let mut maybe = false;
        let mut nodes = nodes.into_iter();
        while let Some(node) = nodes.next() {
            let rule = node.as_rule();
            match rule {
                Rule::m_comma => run.comma(),
                Rule::m_open => {
                    let block = self.block(owner, through(node, &mut nodes, Rule::m_close));
                    run.block(block);
                }
                Rule::m_bracket | Rule::m_square => {
                    let close = if rule == Rule::m_bracket { Rule::m_unbracket } else { Rule::m_unsquare };
                    let brackets = self.brackets(through(node, &mut nodes, close));
                    run.word(owner, rule, brackets);
                }
                Rule::record | Rule::body => {
                    let block = self.doc(node);
                    run.block(block);
                }
                _ => {
                    let ends_in_maybe = node.as_str().trim_end().ends_with('?');
                    let word = self.doc(node);
                    // `??` would be another mark.
                    if rule == Rule::m_maybe && maybe {
                        run.segment.push(Doc::blank());
                    }
                    maybe = ends_in_maybe;
                    run.word(owner, rule, word);
                }
            }
        }
        run.end()
    }

    /// `( … )` or `[ … ]` with commas.
    fn brackets(&mut self, nodes: Vec<Node<'s>>) -> Doc<'s> {
        let mut nodes = nodes.into_iter().filter(|node| node.as_rule() != Rule::m_comma);
        let open = nodes.next().expect("brackets open");
        let open = self.word(&open);
        let mut inner: Vec<Node<'s>> = nodes.collect();
        let close = inner.pop().expect("brackets close");
        let count = inner.len();
        let records = inner.iter().any(holds_block);
        let mut parts: Vec<Doc<'s>> = Vec::with_capacity(count);
        for (index, node) in inner.into_iter().enumerate() {
            let part = self.doc(node);
            parts.push(if index + 1 < count { Doc::all(vec![part, Doc::text(",")]) } else { part });
        }
        let above = self.comments(&close);
        let close = self.word(&close);
        if count == 0 && above.is_empty() {
            return Doc::all(vec![open, close]);
        }
        if count == 1 && records && above.is_empty() {
            parts.insert(0, open);
            parts.push(close);
            return Doc::all(parts);
        }
        let parts = if records { each_on_its_line(parts) } else { Doc::fill(parts, " ") };
        let mut inner = vec![Doc::line(""), parts];
        for comment in above {
            inner.push(Doc::line(""));
            inner.push(comment);
        }
        let inner = Doc::nest(2, Doc::all(inner));
        Doc::group(Doc::all(vec![open, inner, Doc::line(""), close]))
    }
}

fn each_on_its_line(parts: Vec<Doc<'_>>) -> Doc<'_> {
    let mut all = Vec::with_capacity(parts.len() * 2);
    for part in parts {
        if !all.is_empty() {
            all.push(Doc::line(" "));
        }
        all.push(part);
    }
    Doc::all(all)
}

/// The value is a record, or one of those that hold lines.
fn holds_block(node: &Node<'_>) -> bool {
    let mut inner = node.clone().into_inner();
    let first = inner.next();
    let alone = inner.next().is_none();
    match node.as_rule() {
        Rule::record | Rule::each | Rule::match_block => true,
        Rule::expr | Rule::plain_expr => alone && first.is_some_and(|first| holds_block(&first)),
        _ => false,
    }
}

/// A node and those behind it up to the one that closes it.
fn through<'s>(open: Node<'s>, nodes: &mut impl Iterator<Item = Node<'s>>, close: Rule) -> Vec<Node<'s>> {
    let mut all = vec![open];
    for node in nodes {
        let ends = node.as_rule() == close;
        all.push(node);
        if ends {
            break;
        }
    }
    all
}

/// The words of a line, as they gather.
#[derive(Default)]
struct Run<'s> {
    /// Parts with one blank between them: words that are filled in, and blocks.
    chunks: Vec<Doc<'s>>,
    /// What the line may be broken between.
    segments: Vec<Doc<'s>>,
    segment: Vec<Doc<'s>>,
    last: Option<Rule>,
}

impl<'s> Run<'s> {
    fn word(&mut self, owner: Rule, rule: Rule, word: Doc<'s>) {
        if breaks_before(owner, rule) {
            self.end_segment();
        } else if !self.segment.is_empty() && self.last.is_some_and(|last| stand_apart(owner, last, rule)) {
            self.segment.push(Doc::blank());
        }
        self.segment.push(word);
        self.last = Some(rule);
    }

    fn comma(&mut self) {
        if self.segment.is_empty() && self.segments.is_empty() {
            // Behind a block.
            let block = self.chunks.pop().unwrap_or_else(Doc::nothing);
            self.chunks.push(Doc::all(vec![block, Doc::text(",")]));
        } else {
            self.segment.push(Doc::text(","));
            self.end_segment();
        }
    }

    fn block(&mut self, block: Doc<'s>) {
        self.end_chunk();
        self.chunks.push(block);
    }

    fn end_segment(&mut self) {
        if !self.segment.is_empty() {
            self.segments.push(Doc::all(std::mem::take(&mut self.segment)));
        }
    }

    fn end_chunk(&mut self) {
        self.end_segment();
        let segments = std::mem::take(&mut self.segments);
        match segments.len() {
            0 => {}
            1 => self.chunks.extend(segments),
            _ => self.chunks.push(Doc::nest(2, Doc::fill(segments, " "))),
        }
    }

    fn end(mut self) -> Doc<'s> {
        self.end_chunk();
        let mut all = Vec::with_capacity(self.chunks.len() * 2);
        for chunk in self.chunks {
            if !all.is_empty() {
                all.push(Doc::blank());
            }
            all.push(chunk);
        }
        Doc::all(all)
    }
}

/// A line may be broken before this part of it.
fn breaks_before(owner: Rule, rule: Rule) -> bool {
    match owner {
        Rule::find => matches!(rule, Rule::by | Rule::kw_several),
        Rule::each => rule == Rule::kw_where,
        Rule::given_records => rule == Rule::kw_with,
        Rule::turned => rule == Rule::kw_until,
        Rule::cursor => matches!(rule, Rule::kw_from | Rule::kw_overlap),
        Rule::test => rule == Rule::kw_for,
        Rule::call | Rule::create | Rule::ensure | Rule::update => rule == Rule::guard,
        Rule::pattern | Rule::kind_choice => rule == Rule::m_bar,
        _ => false,
    }
}

/// One blank stands between two words.
fn stand_apart(owner: Rule, last: Rule, next: Rule) -> bool {
    match next {
        Rule::m_maybe | Rule::m_colon | Rule::m_dot | Rule::arguments | Rule::m_to => false,
        Rule::m_bracket => !matches!(owner, Rule::update | Rule::call | Rule::function),
        _ => last != Rule::m_dot && (last != Rule::m_to || owner == Rule::error_row),
    }
}
