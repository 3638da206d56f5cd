//! A text and a place in it go in, where a person is typing and the text is broken as a rule; the tree as if the word there
//! were finished, and the words of the language that may stand there, come out.

use pest::Parser;

use crate::report::{Source, Sources};

use super::ast::File;
use super::block::Block;
use super::grammar::{Grammar, Rule};
use super::partly::{items, parse_partly, statements, whole};
use super::pieces::Cutter;
use super::recover::{failure, salvage};
use super::scan::{Brackets, Scan, TokenKind};

/// The word that stands in for the one being typed.
pub const STAND_IN: &str = "koppel_cursor";

/// What may follow a value or name that is being typed, for the statement around it to be whole.
const TAILS: &[&str] = &[
    "",
    " because \"\"",
    " = none",
    " { }",
    " else hold because \"\"",
    " = none else hold because \"\"",
    " => none",
    " { _ => none }",
    " => none }",
    " = none }",
    " }",
];

/// A text with the word at the cursor stood in for.
#[derive(Clone, Debug)]
pub struct Cursor {
    /// The text that was read.
    pub source: Source,
    /// Its tree.
    pub tree: File,
    /// A place in the word that stands in.
    pub at: u32,
}

/// The tree as if the word at `at` were finished; in a text without holes nothing stands in.
#[must_use]
pub fn parse_at(source: &Source, at: usize) -> Cursor {
    let text = &source.text;
    let (start, end) = word_around(text, at);
    let place = Spot::of(text, start);
    let (word, start, end) = if place.in_text { ("", at, at) } else { (STAND_IN, start, end) };
    let at = u32::try_from(start + usize::from(!word.is_empty())).unwrap_or(u32::MAX);
    let made = |behind: &str, rest: &str| format!("{}{word}{behind}{rest}", &text[..start]);
    let rest = &text[end..];
    let line = rest.find('\n').unwrap_or(rest.len());

    // 1. It may be whole already with that word, or with what it opens closed again.
    let mut tries = vec![made("", rest)];
    if !place.all_closers.is_empty() {
        tries.push(made(&place.closers, rest));
        tries.push(made(&place.all_closers, &rest[line..]));
    }
    for tried in &tries {
        if let Some((tree, _)) = whole(source, tried) {
            return Cursor { tree, source: Source { text: tried.as_str().into(), ..source.clone() }, at };
        }
    }

    // 2. Else the statement around it is made whole, first as it goes on, then without what follows on the line or in it.
    let text = mended(source, &place, (start, end), word).unwrap_or_else(|| tries.swap_remove(0));
    let source = Source { text: text.into(), ..source.clone() };
    Cursor { tree: parse_partly(&source).0, source, at }
}

fn mended(source: &Source, place: &Spot, (start, end): (usize, usize), word: &str) -> Option<String> {
    let text = &source.text;
    let with_word = Source { text: format!("{}{word}{}", &text[..start], &text[end..]).into(), ..source.clone() };
    let scan = Scan::of(&with_word);
    if scan.too_deep.is_some() {
        return None;
    }
    let pieces = statements(&scan, Cutter::head_end(&scan));
    let (from, to) = pieces.into_iter().rfind(|(from, _)| *from <= start)?;
    let to = to.max(start + word.len());
    let (head, rest) = (&with_word.text[from..start + word.len()], &with_word.text[start + word.len()..to]);
    let behind = &with_word.text[to..];
    let line = rest.find('\n').unwrap_or(rest.len());
    let braces = open_braces(head);
    // What stands behind on the line may close what is open, or it is left out with all that it closes.
    let (some, all) = (place.closers.as_str(), place.all_closers.as_str());
    let mut ways = vec![(some, rest), ("", rest), (all, &rest[line..]), (all, &braces)];
    ways.dedup();
    let finish = |statement: String| format!("{}{statement}{behind}", &with_word.text[..from]);
    for (closer, rest) in ways {
        for tail in TAILS {
            // What is missing may be missing right here, or behind what stands on the line already.
            let line = rest.find('\n').unwrap_or(rest.len());
            for (own, later) in [("", rest), (&rest[..line], &rest[line..])] {
                let statement = format!("{head}{closer}{own}{tail}{later}");
                if !items(source, 0, &statement).is_empty() {
                    return Some(finish(statement));
                }
            }
        }
    }
    // Other lines of the statement may be broken too: what is left of it when those are blank.
    for rest in [&rest[line..], &braces] {
        for tail in TAILS {
            let statement = format!("{head}{all}{tail}{rest}");
            let alone = Source { text: format!("koppel 1 flow x \"\"\n{statement}").into(), ..source.clone() };
            let (_, calm) = salvage(&Scan::of(&alone));
            let kept = word.is_empty() || calm.contains(word);
            if kept && Grammar::parse(Rule::file, &calm).is_ok() {
                return Some(finish(calm[alone.text.len() - statement.len()..].to_owned()));
            }
        }
    }
    None
}

/// As many closing braces as a statement's beginning leaves open.
fn open_braces(head: &str) -> String {
    let alone = Sources::default().add("", head);
    let scan = Scan::of(&alone);
    let mut depth = 0_usize;
    for (index, token) in scan.tokens.iter().enumerate() {
        match (token.kind, scan.text(index)) {
            (TokenKind::Open, "{") => depth += 1,
            (TokenKind::Close, "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    "\n}".repeat(depth)
}

/// The word around a place.
#[must_use]
pub fn word_around(text: &str, at: usize) -> (usize, usize) {
    let word = |letter: char| letter == '_' || letter.is_alphanumeric();
    let start = text[..at].char_indices().rev().take_while(|(_, letter)| word(*letter)).last();
    let end = text[at..].find(|letter| !word(letter)).map_or(text.len(), |length| at + length);
    (start.map_or(at, |(start, _)| start), end)
}

/// What is open on the line of a place, in front of it.
#[derive(Clone, Debug, Default)]
pub struct Spot {
    /// It lies in a text, and not in a hole of it.
    pub in_text: bool,
    /// It lies in a comment.
    pub in_comment: bool,
    /// The text in which it lies begins here.
    pub text_start: usize,
    /// What closes all that the line opens and its rest does not close.
    closers: String,
    /// What closes all that the line opens.
    all_closers: String,
}

impl Spot {
    /// What is open in front of a place.
    #[must_use]
    pub fn of(text: &str, at: usize) -> Spot {
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let mut open: Vec<(char, usize)> = Vec::new();
        let mut letters = text[line..at].char_indices();
        while let Some((place, letter)) = letters.next() {
            match (open.last().map(|(letter, _)| *letter), letter) {
                (Some('"'), '\\') => drop(letters.next()),
                (Some('"'), '"') => drop(open.pop()),
                (Some('"'), '{') | (_, '{') => open.push(('{', place)),
                (Some('"'), _) => {}
                (_, '#') => return Spot { in_comment: true, ..Spot::default() },
                (_, '"' | '(' | '[') => open.push((letter, place)),
                (Some('('), ')') | (Some('['), ']') | (Some('{'), '}') => drop(open.pop()),
                _ => {}
            }
        }
        let rest = text[at..].split('\n').next().unwrap_or_default();
        let in_text = matches!(open.last(), Some(('"', _)));
        let text_start = open.last().map_or(at, |(_, place)| line + place);
        // What the rest of the line closes itself stays open here; a block's brace is closed further down.
        let outer = open.iter().position(|(letter, _)| *letter == '"').unwrap_or(open.len());
        let closed = |letter: char| rest.contains(letter);
        let (mut closers, mut all_closers) = (String::new(), String::new());
        for (index, (letter, _)) in open.iter().enumerate().rev() {
            let closer = match letter {
                '"' => '"',
                '(' => ')',
                '[' => ']',
                '{' if index > outer => '}',
                _ => continue,
            };
            all_closers.push(closer);
            if !closed(closer) {
                closers.push(closer);
            }
        }
        Spot { in_text, in_comment: false, text_start, closers, all_closers }
    }
}

/// What may stand at a place.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Words of the language.
    pub words: Vec<&'static str>,
    /// A value.
    pub value: bool,
    /// A kind.
    pub kind: bool,
    /// A resource, `shop.orders`.
    pub resource: bool,
    /// A statement of a flow.
    pub statement: bool,
    /// The grammar could read all in front of it.
    pub known: bool,
}

/// What the grammar would take at a place.
#[must_use]
pub fn expected_at(source: &Source, at: usize) -> Expected {
    let text = &source.text;
    let (start, _) = word_around(text, at);
    let before = Source { text: text[..start].into(), ..source.clone() };
    let scan = Scan::of(&before);
    let mut found = Expected::default();
    if scan.too_deep.is_some() {
        return found;
    }
    match scan.tokens.len() {
        0 => found.words.push("koppel"),
        2 => found.words.extend(["flow", "connector"]),
        _ => {}
    }
    if scan.tokens.len() < 5 {
        return found;
    }
    let head = Cutter::head_end(&scan);
    let connector = (0..head).any(|index| scan.is(index, "connector"));
    let rule = if connector { Rule::parts_alone } else { Rule::items_alone };
    let from = statements(&scan, head).last().map_or(start, |(from, _)| *from);
    let first = text[..start].rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
    // What cannot be read stands where the word does: the grammar says what it would have taken instead.
    let Err(error) = Grammar::parse(rule, &format!("{}\u{1}", &text[from..start])) else { return found };
    let failed = failure(error, from);
    found.known = text.get(failed.at..start).is_some_and(|between| between.trim().is_empty());
    if found.known {
        failed.expected.iter().for_each(|rule| found.takes(*rule));
    }
    if first {
        let starts: Vec<usize> =
            (1..scan.tokens.len()).filter(|index| Cutter::begins_statement(&scan, *index)).collect();
        let brackets = Brackets::of(&scan, &starts);
        let block = block_at(&scan, &brackets, head, connector);
        found.statement = block == Block::Items;
        found.words.extend(block.lines().words);
    }
    found.words.sort_unstable();
    found.words.dedup();
    found
}

/// The block that is open at the end of the tokens.
fn block_at(scan: &Scan<'_>, brackets: &Brackets, head: usize, connector: bool) -> Block {
    let count = scan.tokens.len();
    let mut block = if connector { Block::Parts } else { Block::Items };
    let (mut from, mut owner) = (head, None);
    loop {
        let cutter = Cutter { scan, brackets, block, owner };
        let Some((start, end)) = cutter.cut(from, count).last().copied() else { return block };
        let inner = cutter.blocks(start, end.max(count));
        let Some((inside, open, _)) = inner.last().copied().filter(|(_, open, end)| *end >= count && *open < count)
        else {
            return block;
        };
        let closed =
            (open + 1..count).any(|index| scan.is(index, "}") && brackets.within[index] == brackets.within[open]);
        if closed {
            return block;
        }
        (block, from, owner) = (inside, open + 1, Some(open));
    }
}

impl Expected {
    /// Notes a rule that could begin there.
    fn takes(&mut self, rule: Rule) {
        let words: &[&'static str] = match rule {
            Rule::guard => &["when"],
            Rule::end | Rule::stop_word => &["skip", "hold", "stop"],
            Rule::end_word => &["fail", "doubt"],
            Rule::expr
            | Rule::plain_expr
            | Rule::text
            | Rule::path
            | Rule::invoke
            | Rule::invoke_name
            | Rule::each
            | Rule::number
            | Rule::record
            | Rule::none => {
                self.value = true;
                &["match", "each", "not", "none", "true", "false"]
            }
            Rule::kind | Rule::kind_word | Rule::kind_choice | Rule::kind_id | Rule::kind_list => {
                self.kind = true;
                &["id of", "list of", "table"]
            }
            Rule::resource | Rule::action => {
                self.resource = true;
                &[]
            }
            Rule::by => &["by"],
            Rule::unit => &["s", "min", "h", "day", "days"],
            Rule::is_set | Rule::is_not_set | Rule::kw_is => &["is set", "is not set"],
            Rule::op_not_in => &["not in"],
            Rule::attribute => ATTRIBUTES,
            Rule::after_operation => AFTER_OPERATION,
            // Behind every value these may stand; none of them begins a word.
            Rule::kw_not => &[],
            _ => {
                self.words.extend(super::expected::keyword(rule));
                return;
            }
        };
        self.words.extend(words);
    }
}

const ATTRIBUTES: &[&str] = &[
    "required",
    "required when",
    "from",
    "or one",
    "or null",
    "unset",
    "digits",
    "within",
    "as text",
    "default",
    "read only",
    "write only",
    "personal",
    "title",
];

const AFTER_OPERATION: &[&str] =
    &["in", "min", "sure", "whole", "only", "brief", "newest", "takes", "makes", "done when", "pages"];
