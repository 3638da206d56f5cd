//! The words of the language, each with one sentence and, where a statement begins with it, the rest of that statement.

/// A word that begins a statement or a line.
pub(super) struct Word {
    pub(super) text: &'static str,
    pub(super) doc: &'static str,
    /// The statement, as a snippet.
    pub(super) snippet: Option<&'static str>,
}

const fn word(text: &'static str, doc: &'static str, snippet: Option<&'static str>) -> Word {
    Word { text, doc, snippet }
}

/// Words that a person may ask about.
pub(super) const WORDS: &[Word] = &[
    word("use", "A role that a connection fills, or functions from a `.rhai` or `.flow` file.", Some("use $1 as $2")),
    word("settings", "What people fill in: name, kind, default, label.", Some("settings {\n  $0\n}")),
    word(
        "from",
        "Where records come from; `key` is the record's identity in the ledger.",
        Some("from $1 as ${2:record} {\n  key $2.$3\n  $0\n}"),
    ),
    word("let", "A pure value, computed when it is needed.", Some("let ${1:name} = $0")),
    word("skip", "Ends the record here; it comes again when it changes.", Some("skip when $1 because \"$2\"")),
    word("hold", "Ends the record here: a person must look.", Some("hold when $1 because \"$2\"")),
    word("stop", "The whole flow waits for a person.", Some("stop when $1 because \"$2\"")),
    word("find", "Reads one record, or not set; several hold.", Some("find $1 as ${2:name} by ${3:field} = $0")),
    word(
        "require",
        "Every value must be found; `{missing}` lists those that are not.",
        Some("require $1 by ${2:field} in $3\n  else hold because \"${4:not there: {missing\\}}\""),
    ),
    word(
        "ensure",
        "Finds a record by its rungs, in turn, or makes it: what is looked for is what is written.",
        Some("ensure $1 as ${2:name} {\n  by      ${3:field}\n  missing create\n\n  $0\n}"),
    ),
    word(
        "create",
        "Made once for a record; the made thing carries its `key`, so it can be found there.",
        Some("create $1 as ${2:name} {\n  key ${3:field} = \"$4\"\n  $0\n}"),
    ),
    word(
        "update",
        "Reads, compares, and sends what differs of the fields it names.",
        Some("update $1(${2:id}) {\n  $0\n}"),
    ),
    word("call", "A further operation of the connector.", Some("call $1(${2:id})$0")),
    word("on", "What to do by class of error.", Some("on $1 retry ${2:8} times over ${3:6} h")),
    word(
        "fn",
        "A function with a typed border; it sees its arguments only.",
        Some("fn ${1:name}(${2:value}: ${3:text}) -> ${4:text} = $0"),
    ),
    word(
        "table",
        "Looked up like a function; `_` is every other key.",
        Some("table ${1:name}: ${2:text} to ${3:text} = {\n  \"$4\" = $5\n  _ = $0\n}"),
    ),
    word("given", "Shapes the world of a test.", None),
    word("test", "Runs the flow, or a function, in a declared world.", Some("test \"${1:what it shows}\" {\n  $0\n}")),
    word("fault", "Breaks a step of a test by a fault's name.", None),
    word("expect", "What a test looks for: an effect, an end, or a condition that holds.", None),
    word(
        "key",
        "What is known again: of `from` the record's identity, of what is made the field that carries it.",
        None,
    ),
    word("by", "What is looked for: fields that must be equal, or the partner of a linked id.", None),
    word("cursor", "Reads what is new since the last run, and `overlap` a little again.", None),
    word("every", "How often the flow runs: a time or a cron text.", None),
    word("webhook", "The source says when there is something new.", None),
    word("several", "What to do when more than one is found; without it the record is held.", None),
    word("found", "`found update a, b` sends what differs; `found keep` nothing.", None),
    word("missing", "`missing create` makes it; or a stop.", None),
    word("linked", "The partner of an id, as the ledger remembers it.", None),
    word(
        "when",
        "After a field or a `let`: not set when it does not hold; before a step's `{`: the step is left out.",
        None,
    ),
    word("where", "Only the elements for which it holds.", None),
    word("fail", "Behind `expect`: the record is given up until the next run.", None),
    word("doubt", "Behind `expect`: nobody knows whether something was written.", None),
    word("within", "What a field takes: a number within these, a text of so many letters.", None),
    word("because", "The reason, for the owner of the shop to read.", None),
    word("if", "Fields together, when a condition holds.", Some("if $1 {\n  $0\n}")),
    word("each", "A list of records, one for each element.", Some("each ${1:item} in $2 {\n  $0\n}")),
    word("match", "The first arm that equals; exhaustive.", Some("match $1 {\n  $2 => $3\n  _ => $0\n}")),
    word("none", "Not set.", None),
    word("null", "JSON's null, only right of a field's `=`: clears it.", None),
    word("shape", "What the records of a resource look like.", None),
    word("resource", "Records of a system, and how they are asked for.", None),
    word("errors", "How refusals are understood: status, code, class.", None),
    word("auth", "How the system knows us.", None),
    word("pages", "How a list is turned over.", None),
    word("limit", "How many requests the system takes.", None),
];

/// What a word of the language means.
pub(super) fn find(text: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.text == text)
}
