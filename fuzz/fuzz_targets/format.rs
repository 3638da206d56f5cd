//! Any file that can be read keeps its tree, its words and its comments in its canonical form, which is that of itself.

#![no_main]

use koppel::report::{Source, Sources};
use koppel::syntax;
use libfuzzer_sys::{Corpus, fuzz_target};

fn source(text: &str) -> Source {
    Sources::default().add("fuzz.flow", text)
}

fn tree(text: &str) -> String {
    syntax::outline(&syntax::parse(&source(text)).expect("the canonical form can be read"))
}

/// All but blanks, line ends and commas.
fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, ',' | '\u{FEFF}')).collect()
}

fuzz_target!(|text: &str| -> Corpus {
    let Ok(once) = syntax::format(&source(text)) else { return Corpus::Keep };
    let twice = syntax::format(&source(&once)).expect("the canonical form can be read");
    assert_eq!(once, twice, "a second time changes more");
    assert_eq!(tree(&text.replace("\r\n", "\n")), tree(&once), "the tree is another");
    assert_eq!(squeezed(text), squeezed(&once), "words or comments changed");
    Corpus::Keep
});
