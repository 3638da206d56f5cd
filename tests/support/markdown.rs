//! A page in Markdown goes in; its blocks of code, each with its place, come out.

use std::fs;
use std::path::Path;

/// A block of code.
#[derive(Clone, Debug)]
pub struct Block {
    /// What it is: the first word behind the fence.
    pub language: String,
    /// The other words behind the fence.
    pub words: Vec<String>,
    /// What stands in it.
    pub text: String,
    /// The line of the page on which it opens, from 1.
    pub line: usize,
    /// The words of the page between the block before it and this one.
    pub before: String,
}

impl Block {
    /// It carries this word.
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }

    /// What a word `name=value` gives.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }
}

/// A file of the project.
pub fn file(path: &str) -> String {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(full).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    let mut before = String::new();
    for (index, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some(block), _) => block.text.extend([line, "\n"]),
            (None, Some(info)) => {
                let mut words = info.split_whitespace().map(str::to_string);
                open = Some(Block {
                    language: words.next().unwrap_or_default(),
                    words: words.collect(),
                    text: String::new(),
                    line: index + 1,
                    before: std::mem::take(&mut before),
                });
            }
            (None, None) => before.extend([line, "\n"]),
        }
    }
    assert!(open.is_none(), "the last block is not closed");
    blocks
}

/// The page with other text in some of its blocks: the line on which one opens, and what stands in it now.
pub fn with_texts(page: &str, changed: &[(usize, String)]) -> String {
    let mut out = String::new();
    let mut within: Option<usize> = None;
    for (index, line) in page.lines().enumerate() {
        let fence = line.starts_with("```");
        let replaced = within.is_some_and(|opened| changed.iter().any(|(place, _)| *place == opened));
        if fence || !replaced {
            out.extend([line, "\n"]);
        }
        if !fence {
            continue;
        }
        within = if within.is_some() { None } else { Some(index + 1) };
        if let Some((_, text)) = within.and_then(|opened| changed.iter().find(|(place, _)| *place == opened)) {
            out.push_str(text);
        }
    }
    out
}
