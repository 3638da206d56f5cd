//! What a command printed and what a page shows go in; whether they say the same comes out.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What differs from run to run, and what stands for it.
static CHANGING: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", "TIME"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME"),
        (r"@[0-9a-f]{8}\b", "@HASH"),
        (r"\b\d+ ms\b", "MS"),
        (r"\b\d+\.\d+ requests a record\b", "RATE"),
        // A 429 for what a command just before has spent costs one more write.
        (r"; \d+ requests?, [1-9]\d* of them writes\b", "; REQUESTS"),
        (r"\b\d+ requests?\b", "REQUESTS"),
        (r"\b\d+ passed\b", "PASSED"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"─+", "─"),
        (r"═+", "═"),
        (r"[ \t]+\n", "\n"),
    ]
    .map(|(pattern, stands)| (Regex::new(pattern).expect("the pattern is one"), stands))
    .into()
});

/// The numbers of some records, as a table names them.
static EXAMPLES: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b\d{4}(, \d{4})+\b").expect("the pattern is one"));

/// The text without what differs from run to run.
fn steady(text: &str) -> String {
    let text = format!("{}\n", text.trim_end());
    let text = CHANGING.iter().fold(text, |text, (pattern, stands)| pattern.replace_all(&text, *stands).into_owned());
    in_order(&text)
}

/// Records run side by side and end in any order: what is told of those that are held stands in that of its words.
fn in_order(text: &str) -> String {
    let mut parts: Vec<&str> = text.split("\n\n").map(str::trim_end).collect();
    let held: Vec<usize> = (0..parts.len()).filter(|index| parts[*index].starts_with("held[")).collect();
    let mut words: Vec<&str> = held.iter().map(|index| parts[*index]).collect();
    words.sort_unstable();
    for (index, word) in held.into_iter().zip(words) {
        parts[index] = word;
    }
    let examples = |found: &Captures<'_>| {
        let mut numbers: Vec<&str> = found[0].split(", ").collect();
        numbers.sort_unstable();
        numbers.join(", ")
    };
    EXAMPLES.replace_all(&format!("{}\n", parts.join("\n\n")), examples).into_owned()
}

/// The page shows what was printed; a line `…` stands for any lines.
pub(super) fn shows(shown: &str, printed: &str) -> bool {
    let (shown, printed) = (steady(shown), steady(printed));
    let (shown, printed): (Vec<&str>, Vec<&str>) = (shown.lines().collect(), printed.lines().collect());
    fits(&shown, &printed)
}

fn fits(shown: &[&str], printed: &[&str]) -> bool {
    match shown {
        [] => printed.is_empty(),
        ["…", rest @ ..] => (0..=printed.len()).any(|skipped| fits(rest, &printed[skipped..])),
        [line, rest @ ..] => printed.first() == Some(line) && fits(rest, &printed[1..]),
    }
}

/// What is printed, as a page shows it: with as many lines left out as before.
pub(super) fn anew(shown: &str, printed: &str) -> String {
    let lines: Vec<&str> = printed.trim().lines().map(str::trim_end).collect();
    let shown: Vec<&str> = shown.trim_end().lines().collect();
    let ends = shown.iter().position(|line| *line == "…").zip(shown.iter().rposition(|line| *line == "…"));
    let kept = match ends.map(|(first, last)| (first, shown.len() - last - 1)) {
        Some((head, tail)) if head + tail < lines.len() => {
            [&lines[..head], &["…"], &lines[lines.len() - tail..]].concat()
        }
        _ => lines,
    };
    kept.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_is_left_out_is_marked() {
    assert!(shows("a\n…\nd\n", "a\nb\nc\nd"));
    assert!(shows("took 3 ms", "took 14 ms\n"));
    assert!(!shows("a\n", "a\nb\n"));
    assert!(!shows("a\n…\nc\n", "a\nb\n"));
    assert!(!shows("1 held", "2 held"));
    assert!(shows("1 done; 9 requests, 2 of them writes", "1 done; 12 requests, 3 of them writes"));
    assert!(!shows("1 done; 9 requests, 0 of them writes", "1 done; 9 requests, 1 of them writes"));
    assert!(shows("a\n\nheld[1]\n x\n\nheld[2]\n y", "a\n\nheld[2]\n y\n\nheld[1]\n x"));
    assert!(shows("2046, 2047", "2047, 2046"));
    assert_eq!(anew("a\n…\nd\n", "A\nB\nC\nD\n"), "A\n…\nD\n");
}
