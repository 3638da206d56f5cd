//! Any bytes as a connector: read and checked, or told what is wrong.

#![no_main]

use koppel::check;
use koppel::report::{self, SourceId, Sources, Style};
use koppel::syntax;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = syntax::source_text(SourceId(0), bytes) else { return };
    let mut sources = Sources::default();
    let source = sources.add("fuzz.connector", text);
    let problems = match syntax::parse(&source) {
        Ok(file) => check::connector(&file, &source).err(),
        Err(problems) => Some(problems),
    };
    if let Some(problems) = problems {
        assert!(!problems.is_empty(), "it is refused, and nothing is told");
        assert!(report::render(&problems, &sources, Style::Plain).contains("[K"));
    }
});
