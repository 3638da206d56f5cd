//! Any bytes as a flow: read or told what is wrong, checked, and told again; never a panic, a hang or an empty message.

#![no_main]

use koppel::check::{self, Catalog};
use koppel::report::{self, SourceId, Sources, Style};
use koppel::{builtin, syntax};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = syntax::source_text(SourceId(0), bytes) else { return };
    let mut sources = Sources::default();
    let source = sources.add("fuzz.flow", text);
    let problems = match syntax::parse(&source) {
        Ok(file) => {
            assert!(!syntax::outline(&file).is_empty());
            let catalog = Catalog::new(builtin::all());
            check::check(&file, &source, &catalog).err().unwrap_or_default()
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "it cannot be read, and nothing is told");
            problems
        }
    };
    if !problems.is_empty() {
        assert!(report::render(&problems, &sources, Style::Plain).contains("[K"));
        report::render_json(&problems, &sources);
    }
});
