//! Throws of a die go in; a flow or connector, any that the grammar knows, with comments in any gap, comes out.

/// Bytes that decide; when they are used up the shortest way is taken.
pub struct Dice<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Dice<'_> {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Dice<'_> {
        Dice { bytes, at: 0 }
    }

    fn throw(&mut self, sides: u8) -> u8 {
        self.at += 1;
        self.bytes.get(self.at - 1).map_or(0, |byte| byte % sides)
    }

    fn often(&mut self) -> bool {
        self.throw(3) > 0
    }

    fn rarely(&mut self) -> bool {
        self.throw(5) == 4
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[usize::from(self.throw(u8::try_from(from.len()).unwrap()))]
    }
}

/// The words of a sentence.
#[derive(Default)]
pub struct Words {
    words: Vec<(String, bool)>,
}

const NAMES: &[&str] =
    &["a", "order", "line", "customer_name", "x9", "naïve", "key", "title", "a_rather_long_name_of_a_field"];
const RECORDS: &[&str] = &["order", "line", "settings", "parts", "x"];
const TEXTS: &[&str] = &[
    "\"\"",
    "\"a\"",
    "\"one \\\"two\\\" \\{three}\"",
    "\"a longer text, with a comma and more words in it\"",
    "\"é — ∑\"",
];
const PATHS: &[&str] =
    &[".a", ".debtor.email", "..sku", "[0]", "[*].sku", "[?@.type == \"article\"].x", "['a b']", ".*", "[1:3]"];

impl Words {
    fn put(&mut self, words: &str) {
        self.words.extend(words.split(' ').filter(|word| !word.is_empty()).map(|word| (word.to_owned(), false)));
    }

    /// A word that may hold blanks.
    fn whole(&mut self, word: &str) {
        self.words.push((word.to_owned(), false));
    }

    fn touching(&mut self, word: &str) {
        self.words.push((word.to_owned(), true));
    }

    /// The text, with blanks, line ends and numbered comments in the gaps.
    pub fn text(&self, dice: &mut Dice<'_>) -> String {
        let mut out = String::new();
        let mut comments = 0;
        let mut gap = |dice: &mut Dice<'_>, out: &mut String, inner: bool| {
            let mut comment = |out: &mut String, before: &str| {
                comments += 1;
                out.push_str(&format!("{before}# comment {comments}, {{ of }} \"one\n"));
            };
            match dice.throw(24) {
                0..=9 if inner => out.push(' '),
                0..=9 => {}
                10..=13 => out.push('\n'),
                14 => out.push_str("\r\n\t"),
                15 => out.push_str("\n\n\n"),
                16..=18 => comment(out, "  "),
                19 => comment(out, "\n"),
                20 => comment(out, "\n\n\t"),
                21 => {
                    comment(out, " ");
                    comment(out, "\n ");
                }
                _ => out.push_str("  "),
            }
        };
        for (index, (word, touches)) in self.words.iter().enumerate() {
            if !touches {
                gap(dice, &mut out, index > 0);
            }
            out.push_str(word);
        }
        gap(dice, &mut out, false);
        out
    }
}

/// A file.
pub fn file(dice: &mut Dice<'_>) -> Words {
    let mut words = Words::default();
    words.put("koppel 1");
    if dice.throw(3) == 2 {
        words.put("connector");
        words.name(dice);
        words.plain(dice);
        for _ in 0..dice.throw(8) {
            words.part(dice);
        }
    } else {
        words.put("flow");
        words.name(dice);
        words.plain(dice);
        for _ in 0..dice.throw(9) {
            words.item(dice);
        }
    }
    words
}

impl Words {
    fn name(&mut self, dice: &mut Dice<'_>) {
        self.put(dice.pick(NAMES));
    }

    fn plain(&mut self, dice: &mut Dice<'_>) {
        self.whole(dice.pick(TEXTS));
    }

    fn resource(&mut self, dice: &mut Dice<'_>) {
        self.put(dice.pick(&["shop.orders", "books.customers", "books.invoices_of_a_long_name"]));
    }

    fn field(&mut self, dice: &mut Dice<'_>) {
        self.put(dice.pick(&["a", "status", "in", "a.b", "when.not", "comments.internal"]));
    }

    fn literal(&mut self, dice: &mut Dice<'_>) {
        match dice.throw(5) {
            0 => self.put(dice.pick(&["1", "12.50", "0"])),
            1 => self.put(dice.pick(&["-1", "-0.5"])),
            2 => self.put("2026-01-31"),
            3 => self.put(dice.pick(&["true", "false"])),
            _ => self.plain(dice),
        }
    }

    fn time(&mut self, dice: &mut Dice<'_>) {
        self.put(dice.pick(&["5 min", "1 day", "30 s", "2 h", "3 days"]));
    }

    fn commas(&mut self, dice: &mut Dice<'_>, most: u8, mut one: impl FnMut(&mut Words, &mut Dice<'_>)) {
        for index in 0..=dice.throw(most) {
            if index > 0 {
                self.put(",");
            }
            one(self, dice);
        }
    }

    /// Lines between braces, with or without commas.
    fn braces(&mut self, dice: &mut Dice<'_>, least: u8, mut one: impl FnMut(&mut Words, &mut Dice<'_>), commas: bool) {
        self.put("{");
        for _ in 0..dice.throw(5).max(least) {
            one(self, dice);
            if commas && dice.often() {
                self.put(",");
            }
        }
        self.put("}");
    }

    fn guard(&mut self, dice: &mut Dice<'_>) {
        if dice.rarely() {
            self.put("when");
            self.expr(dice, 2);
        }
    }

    fn kind(&mut self, dice: &mut Dice<'_>, deep: u8) {
        match dice.throw(if deep > 2 { 5 } else { 8 }) {
            0 => self.put("text"),
            1 => self.put("decimal"),
            2 => self.put("id of shop.orders"),
            3 => self.put("id of orders"),
            4 => {
                self.plain(dice);
                for _ in 0..=dice.throw(4) {
                    self.put("|");
                    self.plain(dice);
                }
            }
            5 => {
                self.put("list of");
                self.kind(dice, deep + 1);
            }
            6 => {
                self.put("table");
                self.kind(dice, deep + 1);
                self.put("to");
                self.kind(dice, deep + 1);
            }
            _ => self.braces(
                dice,
                0,
                |words, dice| {
                    words.put(dice.pick(&["a", "title", "b"]));
                    words.put(":");
                    words.kind(dice, deep + 1);
                },
                true,
            ),
        }
        if dice.rarely() {
            self.put("?");
        }
    }

    fn item(&mut self, dice: &mut Dice<'_>) {
        match dice.throw(17) {
            0 => self.let_line(dice),
            1 => {
                self.put(dice.pick(&["skip", "hold", "stop"]));
                if dice.often() {
                    self.put("when");
                    self.expr(dice, 0);
                }
                self.because(dice);
            }
            2 => {
                self.put("use");
                if dice.often() {
                    self.name(dice)
                } else {
                    self.plain(dice)
                }
                self.put("as");
                self.name(dice);
            }
            3 => {
                self.put("settings");
                self.braces(dice, 0, Words::setting, true);
            }
            4 => self.from(dice),
            5 => {
                self.put("find");
                self.resource(dice);
                self.put("as");
                self.name(dice);
                if dice.often() {
                    self.by(dice);
                }
                if dice.rarely() {
                    self.put("several");
                    self.end(dice);
                }
            }
            6 => {
                self.put("require");
                self.resource(dice);
                self.by(dice);
                self.put("else");
                self.end(dice);
            }
            7 => self.ensure(dice),
            8 => {
                self.put("create");
                self.resource(dice);
                self.put("as");
                self.name(dice);
                self.guard(dice);
                self.body(dice);
            }
            9 => {
                self.put("update");
                self.resource(dice);
                self.put("(");
                self.expr(dice, 1);
                self.put(")");
                self.guard(dice);
                self.record(dice, 0);
            }
            10 => {
                self.put(dice.pick(&["call books.invoices.send", "call a.b.c"]));
                self.put("(");
                self.expr(dice, 2);
                self.put(")");
                if dice.rarely() {
                    self.put("as");
                    self.name(dice);
                }
                self.guard(dice);
                if dice.often() {
                    self.body(dice);
                }
            }
            11 => {
                self.put("on");
                self.commas(dice, 3, |words, dice| words.put(dice.pick(&["network", "auth", "lost_reply"])));
                self.put(dice.pick(&["hold", "stop", "repeat", "retry 8 times", "retry 1 time over 6 h"]));
            }
            12 => self.function(dice),
            13 => {
                self.put("table");
                self.name(dice);
                self.put(":");
                self.kind(dice, 1);
                self.put("to");
                self.kind(dice, 1);
                self.put("=");
                if dice.often() { self.rows(dice) } else { self.plain(dice) }
            }
            14 => self.given(dice),
            _ => self.test(dice),
        }
    }

    fn let_line(&mut self, dice: &mut Dice<'_>) {
        self.put("let");
        self.name(dice);
        self.put("=");
        self.expr(dice, 0);
        self.guard(dice);
    }

    fn because(&mut self, dice: &mut Dice<'_>) {
        self.put("because");
        self.text_with_holes(dice);
    }

    fn end(&mut self, dice: &mut Dice<'_>) {
        self.put(dice.pick(&["hold", "skip", "stop"]));
        self.because(dice);
    }

    fn text_with_holes(&mut self, dice: &mut Dice<'_>) {
        self.whole(dice.pick(&[
            "\"plain\"",
            "\"{order.number}\"",
            "\"an order of { order.total+1 } {x}, and some more words to make it long\"",
            "\"{join(\", \", name, {a=1,b=2})} or {match x{\"a\"=>\"b\",_=>none}}\"",
        ]));
    }

    fn setting(&mut self, dice: &mut Dice<'_>) {
        self.name(dice);
        self.put(":");
        self.kind(dice, 1);
        match dice.throw(3) {
            0 => {}
            // A value that begins as rows do would be taken for rows.
            1 => {
                self.put("= 1 +");
                self.expr(dice, 2);
            }
            _ => {
                self.put("=");
                self.rows(dice);
            }
        }
        if dice.often() {
            self.plain(dice);
        }
        self.guard(dice);
    }

    fn rows(&mut self, dice: &mut Dice<'_>) {
        self.braces(
            dice,
            1,
            |words, dice| {
                if dice.rarely() {
                    words.put("_")
                } else {
                    words.literal(dice)
                }
                words.put("=");
                words.literal(dice);
            },
            true,
        );
    }

    fn from(&mut self, dice: &mut Dice<'_>) {
        self.put("from");
        self.resource(dice);
        self.put("as");
        self.name(dice);
        let line = |words: &mut Words, dice: &mut Dice<'_>| match dice.throw(5) {
            0 => {
                words.put("key");
                words.path(dice);
            }
            1 => words.by(dice),
            2 => {
                words.put("cursor");
                words.path(dice);
                if dice.often() {
                    words.put("from");
                    words.expr(dice, 2);
                }
                if dice.often() {
                    words.put("overlap");
                    words.time(dice);
                }
            }
            3 => {
                words.put("every");
                if dice.often() { words.time(dice) } else { words.plain(dice) }
            }
            _ => words.put("webhook"),
        };
        let commas = dice.rarely();
        self.braces(dice, 0, line, commas);
    }

    fn by(&mut self, dice: &mut Dice<'_>) {
        self.put("by");
        self.commas(dice, 3, |words, dice| {
            if dice.rarely() {
                words.put("linked");
                words.expr(dice, 2);
            } else {
                words.field(dice);
                words.put(dice.pick(&["=", "in"]));
                words.expr(dice, 2);
            }
        });
    }

    fn ensure(&mut self, dice: &mut Dice<'_>) {
        self.put("ensure");
        self.resource(dice);
        self.put("as");
        self.name(dice);
        self.guard(dice);
        let line = |words: &mut Words, dice: &mut Dice<'_>| match dice.throw(7) {
            0 => {
                words.put("use");
                words.expr(dice, 2);
            }
            1 => words.put("by email"),
            2 => {
                words.put("by linked");
                words.expr(dice, 2);
            }
            3 => {
                words.put("several");
                words.end(dice);
            }
            4 => words.put(dice.pick(&["found keep", "missing create", "found update a , b"])),
            5 => {
                words.put("missing");
                words.end(dice);
            }
            _ => words.entry(dice, 0),
        };
        self.braces(dice, 0, line, false);
    }

    fn body(&mut self, dice: &mut Dice<'_>) {
        let line = |words: &mut Words, dice: &mut Dice<'_>| {
            if dice.rarely() {
                words.put("key");
                words.field(dice);
                words.put("=");
                words.expr(dice, 1);
            } else {
                words.entry(dice, 0);
            }
        };
        self.braces(dice, 0, line, true);
    }

    fn record(&mut self, dice: &mut Dice<'_>, deep: u8) {
        self.braces(dice, 0, |words, dice| words.entry(dice, deep), true);
    }

    fn entry(&mut self, dice: &mut Dice<'_>, deep: u8) {
        match dice.throw(8) {
            0 if deep < 2 => self.let_line(dice),
            1 if deep < 2 => {
                self.put("if");
                self.expr(dice, 2);
                self.record(dice, deep + 1);
                while dice.rarely() {
                    self.put("else if");
                    self.expr(dice, 2);
                    self.record(dice, deep + 1);
                }
                if dice.often() {
                    self.put("else");
                    self.record(dice, deep + 1);
                }
            }
            kind => {
                if kind == 2 {
                    self.whole("\"quoted name\"")
                } else {
                    self.put(dice.pick(&["a", "if", "not", "description", "vat"]))
                }
                self.put("=");
                if kind == 3 {
                    self.put("null")
                } else {
                    self.expr(dice, deep + 1)
                }
                self.guard(dice);
            }
        }
    }

    fn function(&mut self, dice: &mut Dice<'_>) {
        self.put("fn");
        self.name(dice);
        self.put("(");
        if dice.often() {
            self.commas(dice, 3, |words, dice| {
                words.name(dice);
                words.put(":");
                words.kind(dice, 1);
            });
        }
        self.put(") ->");
        self.kind(dice, 0);
        if dice.often() {
            self.put("=");
            self.expr(dice, 0);
        } else {
            self.put("rhai");
            self.whole(dice.pick(&["{ a }", "{\n  // it's } not\n    if a { `${b}` } \n }", "{}"]));
        }
    }

    fn given(&mut self, dice: &mut Dice<'_>) {
        self.put("given");
        match dice.throw(3) {
            0 => {
                self.put("link");
                self.resource(dice);
                self.plain(dice);
                self.put("to");
                self.resource(dice);
                self.plain(dice);
            }
            1 => {
                self.put("settings . ");
                self.name(dice);
                self.put("=");
                self.expr(dice, 1);
            }
            _ => {
                if dice.often() {
                    self.put("order")
                } else {
                    self.resource(dice)
                }
                if dice.often() {
                    self.plain(dice)
                } else {
                    self.record(dice, 1)
                }
                if dice.often() {
                    self.put("with");
                    self.commas(dice, 3, |words, dice| {
                        words.field(dice);
                        words.put("=");
                        words.expr(dice, 2);
                    });
                }
                if dice.rarely() {
                    self.put("twice");
                }
            }
        }
    }

    fn effect(&mut self, dice: &mut Dice<'_>) {
        self.put(dice.pick(&["create a.b", "update shop.orders", "call a.b.c", "read shop.orders"]));
    }

    fn test(&mut self, dice: &mut Dice<'_>) {
        self.put("test");
        self.plain(dice);
        if dice.rarely() {
            self.put("for");
            self.commas(dice, 3, |words, dice| {
                words.name(dice);
                words.put("in");
                if dice.often() { words.put("-1 .. 12") } else { words.expr(dice, 2) }
            });
        }
        let line = |words: &mut Words, dice: &mut Dice<'_>| match dice.throw(6) {
            0 => words.given(dice),
            1 => words.let_line(dice),
            2 => {
                words.put("fault");
                words.effect(dice);
                words.put(dice.pick(&["lost_reply", "429", "crash", "crash_before"]));
                if dice.often() {
                    words.put(dice.pick(&["once", "2 times"]));
                }
            }
            3 => {
                words.put("expect");
                words.put(dice.pick(&["skip", "hold", "fail", "doubt"]));
                words.plain(dice);
            }
            4 => {
                words.put("expect");
                words.effect(dice);
                match dice.throw(4) {
                    0 => words.put("snapshot"),
                    1 => words.put("3 times"),
                    2 => words.record(dice, 1),
                    _ => {}
                }
            }
            _ => {
                words.put("expect");
                words.expr(dice, 1);
            }
        };
        self.braces(dice, 0, line, false);
    }

    fn path(&mut self, dice: &mut Dice<'_>) {
        self.put(dice.pick(RECORDS));
        for _ in 0..dice.throw(3) {
            self.touching(dice.pick(PATHS));
        }
    }

    fn expr(&mut self, dice: &mut Dice<'_>, deep: u8) {
        self.operand(dice, deep);
        if deep > 3 {
            return;
        }
        for _ in 0..dice.throw(4) {
            self.put(dice.pick(&["and", "or", "+", "-", "*", "/", "??"]));
            self.operand(dice, deep + 1);
        }
        if dice.rarely() {
            self.put(dice.pick(&["and", "or"]));
            self.put(dice.pick(&["", "not", "not not"]));
            self.operand(dice, deep + 1);
            match dice.throw(3) {
                0 => {
                    self.put(dice.pick(&["==", "!=", "<", "<=", ">", ">=", "in", "not in"]));
                    self.operand(dice, deep + 1);
                }
                1 => self.put("is set"),
                _ => self.put("is not set"),
            }
        }
    }

    fn operand(&mut self, dice: &mut Dice<'_>, deep: u8) {
        if dice.rarely() {
            self.put("-");
            if dice.rarely() {
                self.put("-");
            }
        }
        match dice.throw(if deep > 2 { 6 } else { 13 }) {
            0 => self.path(dice),
            1 => self.put(dice.pick(&["1", "12.50", "2026-01-31", "true"])),
            2 => self.text_with_holes(dice),
            3 => self.put("none"),
            4 => self.plain(dice),
            5 => self.put("x.a_long_path_to_some_field"),
            6 | 7 => {
                self.put(dice.pick(&["join(", "nl.postal_code(", "round(", "settings.terms("]));
                self.arguments(dice, deep, ")");
            }
            8 => {
                self.put("[");
                self.arguments(dice, deep, "]");
            }
            9 => {
                self.put("(");
                self.expr(dice, deep + 1);
                self.put(")");
            }
            10 => self.record(dice, deep + 1),
            11 => self.match_block(dice, deep),
            _ => {
                self.put("each");
                self.commas(dice, 2, |words, dice| {
                    words.name(dice);
                    words.put("in");
                    words.expr(dice, 3);
                });
                if dice.rarely() {
                    self.put("where");
                    self.expr(dice, 3);
                }
                self.record(dice, deep + 1);
            }
        }
    }

    fn arguments(&mut self, dice: &mut Dice<'_>, deep: u8, close: &str) {
        if dice.often() {
            self.commas(dice, 5, |words, dice| words.expr(dice, deep + 2));
            if dice.rarely() {
                self.put(",");
            }
        }
        self.put(close);
    }

    fn match_block(&mut self, dice: &mut Dice<'_>, deep: u8) {
        self.put("match");
        self.expr(dice, 3);
        self.put("{");
        for index in 0..=dice.throw(4) {
            match dice.throw(4) {
                0 => self.put("_"),
                1 => self.put("none"),
                // Without a comma before it, a number below zero would be taken off the value above.
                _ if index > 0 && self.words.last().is_none_or(|(word, _)| word != ",") => self.plain(dice),
                _ => {
                    self.literal(dice);
                    while dice.rarely() {
                        self.put("|");
                        self.literal(dice);
                    }
                }
            }
            self.put("=>");
            self.expr(dice, deep + 1);
            if dice.often() {
                self.put(",");
            }
        }
        self.put("}");
    }
}

impl Words {
    fn part(&mut self, dice: &mut Dice<'_>) {
        match dice.throw(10) {
            0 => {
                self.put(dice.pick(&["base", "zone", "datetime"]));
                self.plain(dice);
            }
            1 => {
                self.put(dice.pick(&["timeout", "window", "lag", "limit 10 per"]));
                self.time(dice);
            }
            2 => {
                self.put("auth oauth2");
                let line = |words: &mut Words, dice: &mut Dice<'_>| {
                    if dice.rarely() {
                        words.put(dice.pick(&["grants a , b", "pkce S256"]));
                    } else {
                        words.put(dice.pick(&["authorize", "token", "scopes"]));
                        words.plain(dice);
                    }
                };
                self.braces(dice, 0, line, false);
            }
            3 => {
                self.put("auth keys");
                let line = |words: &mut Words, dice: &mut Dice<'_>| {
                    words.put(dice.pick(&["query", "header"]));
                    words.plain(dice);
                    words.put("=");
                    match dice.throw(3) {
                        0 => words.put("secret.token"),
                        1 => words.put("secret.token ?"),
                        _ => words.text_with_holes(dice),
                    }
                };
                self.braces(dice, 0, line, true);
            }
            4 => self.pages(dice),
            5 => self.errors(dice),
            6 | 7 => {
                self.put("shape");
                self.name(dice);
                self.braces(dice, 0, Words::shape_field, true);
            }
            _ => {
                self.put("resource");
                self.name(dice);
                self.put("of");
                self.name(dice);
                self.braces(dice, 0, Words::definition, false);
            }
        }
    }

    fn pages(&mut self, dice: &mut Dice<'_>) {
        self.put("pages");
        if dice.rarely() {
            return self.put("none");
        }
        self.put(dice.pick(&["page", "offset"]));
        self.plain(dice);
        if dice.often() {
            self.put("from 1");
        }
        if dice.often() {
            self.put("size");
            self.plain(dice);
            self.put("100");
        }
        if dice.often() {
            self.put("in data.rows");
        }
        self.put("until");
        if dice.often() { self.put("short") } else { self.expr(dice, 2) }
    }

    fn errors(&mut self, dice: &mut Dice<'_>) {
        self.put("errors {");
        for word in ["code", "message", "details"] {
            if dice.rarely() {
                self.put(word);
                self.expr(dice, 3);
            }
        }
        for _ in 0..dice.throw(5) {
            self.put(dice.pick(&["401", "500 ..", "404"]));
            if dice.often() {
                self.plain(dice);
            }
            self.put("=>");
            self.put(dice.pick(&["auth", "server_error"]));
        }
        self.put("}");
    }

    fn shape_field(&mut self, dice: &mut Dice<'_>) {
        self.put(dice.pick(&["a", "title", "customer_name", "required"]));
        self.put(":");
        self.kind(dice, 1);
        for _ in 0..dice.throw(4) {
            match dice.throw(5) {
                0 => {
                    self.put(dice.pick(&["required", "or one", "or null", "as text", "read only", "personal", "title"]))
                }
                1 => {
                    self.put("required when");
                    self.expr(dice, 2);
                }
                2 => {
                    self.put("from");
                    self.expr(dice, 2);
                }
                3 => {
                    self.put("unset");
                    self.literal(dice);
                }
                _ => self.put(dice.pick(&["digits 2", "within 0..365", "within -1.."])),
            }
        }
    }

    fn definition(&mut self, dice: &mut Dice<'_>) {
        match dice.throw(7) {
            0 => {
                self.put("where");
                return self.expr(dice, 2);
            }
            1 => {
                self.put("example");
                return self.plain(dice);
            }
            2 => {
                self.put("filter");
                self.field(dice);
                if dice.rarely() {
                    self.put(":");
                    self.kind(dice, 2);
                }
                self.put("as");
                return self.plain(dice);
            }
            3 => {
                self.put("since");
                self.field(dice);
                self.put("as");
                return self.plain(dice);
            }
            4 => self.put(dice.pick(&["search on a , b.c", "search", "action send", "action set_labels"])),
            _ => self.put(dice.pick(&["list", "get", "create", "update"])),
        }
        self.put(dice.pick(&["GET", "POST", "PATCH"]));
        self.plain(dice);
        for _ in 0..dice.throw(3) {
            match dice.throw(6) {
                0 => self.put(dice.pick(&["in data", "min 3", "sure", "whole", "brief"])),
                1 => self.put("only a , b"),
                2 => self.put("takes sending"),
                3 => {
                    self.put("done when");
                    self.expr(dice, 2);
                }
                4 => self.pages(dice),
                _ => self.put("newest created_at"),
            }
        }
    }
}
