//! JSON from a reader goes in, as lines, as one list or as single records; the records come out one by one, each whole.

use std::io::{self, Read};

use crate::report::{Diagnostic, Span, codes};

/// No record may be larger.
const LARGEST: usize = 64 * 1024 * 1024;
/// So many brackets may be open in a record.
const DEEPEST: usize = 512;
/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// One record as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its JSON.
    pub(crate) text: String,
    /// The line it begins on, from 1.
    pub(crate) line: usize,
}

/// Text that is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong with it: lower case, no full stop.
    pub(crate) words: String,
}

impl Unreadable {
    /// The same in the shape of all messages.
    pub(crate) fn problem(&self, input: &str) -> Diagnostic {
        let place = format!("{input}:{}", self.line);
        Diagnostic::error(codes::run::UNREADABLE_RECORD, Span::NONE, &self.words).record("unreadable", place)
    }
}

/// Cuts a stream into records with memory for one record only.
#[derive(Debug)]
pub(crate) struct Records<R> {
    reader: R,
    buffer: Vec<u8>,
    /// What lies before it is handed out.
    start: usize,
    /// The line on which `start` lies.
    line: usize,
    ended: bool,
    /// Within a list at the top.
    in_list: bool,
    /// A comma must come before the next element.
    after_element: bool,
    /// Something in the list was passed over, its end perhaps.
    torn: bool,
    failed: bool,
}

impl<R: Read> Records<R> {
    /// The records of a reader.
    pub(crate) fn new(reader: R) -> Records<R> {
        Records {
            reader,
            buffer: Vec::new(),
            start: 0,
            line: 1,
            ended: false,
            in_list: false,
            after_element: false,
            torn: false,
            failed: false,
        }
    }

    /// The next records that are at hand: at least one, and no more than a chunk when none has to be waited for.
    pub(crate) fn next_batch(&mut self) -> Option<Vec<Result<Record, Unreadable>>> {
        let mut batch = vec![self.next()?];
        let mut size = 0;
        while size < CHUNK && self.buffer[self.start..].iter().any(|byte| !byte.is_ascii_whitespace()) {
            let Some(record) = self.next() else { break };
            size += record.as_ref().map_or(0, |record| record.text.len());
            batch.push(record);
        }
        Some(batch)
    }

    /// The byte so far behind `start`, after reading as much as it takes.
    fn peek(&mut self, ahead: usize) -> io::Result<Option<u8>> {
        while self.start + ahead >= self.buffer.len() {
            if self.ended {
                return Ok(None);
            }
            if self.start > 0 {
                self.buffer.drain(..self.start);
                self.start = 0;
            }
            let held = self.buffer.len();
            self.buffer.resize(held + CHUNK, 0);
            let read = loop {
                match self.reader.read(&mut self.buffer[held..]) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            self.buffer.truncate(held + *read.as_ref().unwrap_or(&0));
            self.ended = read? == 0;
        }
        Ok(Some(self.buffer[self.start + ahead]))
    }

    /// Passes over so many bytes.
    fn pass(&mut self, bytes: usize) {
        let passed = &self.buffer[self.start..self.start + bytes];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.start += bytes;
    }

    fn next_record(&mut self) -> io::Result<Option<Result<Record, Unreadable>>> {
        if self.line == 1 && self.peek(2)?.is_some() && self.buffer[self.start..].starts_with(b"\xEF\xBB\xBF") {
            self.pass(3);
        }
        loop {
            let Some(byte) = self.peek(0)? else {
                // Where something was passed over, that is told: that the list has no end may follow from it.
                let open = std::mem::take(&mut self.in_list) && !self.torn;
                return Ok(open.then(|| self.unreadable(self.line, "the list is not closed")));
            };
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.pass(1),
                b'[' if !self.in_list => {
                    (self.in_list, self.after_element, self.torn) = (true, false, false);
                    self.pass(1);
                }
                b']' if self.in_list => {
                    self.in_list = false;
                    self.pass(1);
                }
                b',' if self.in_list && self.after_element => {
                    self.after_element = false;
                    self.pass(1);
                }
                b'{' if !(self.in_list && self.after_element) => return self.record().map(Some),
                _ => return self.other(byte).map(|answer| Some(Err(answer))),
            }
        }
    }

    /// What lies at `start` is no record; in a list one sound value is passed over, so that what follows it is read.
    fn other(&mut self, byte: u8) -> io::Result<Unreadable> {
        let line = self.line;
        let value = self.in_list && !self.after_element && byte != b',';
        let length = if value { self.value()? } else { None };
        let found = self.shown(length);
        match length {
            Some(length) => {
                self.pass(length);
                self.after_element = true;
            }
            None => self.resume()?,
        }
        Ok(Unreadable { line, words: format!("expected a record `{{ … }}`, found `{found}`") })
    }

    /// The length of the value at `start`, where it is sound as far as can be seen.
    fn value(&mut self) -> io::Result<Option<usize>> {
        let mut scan = Scan::default();
        let mut length = 0;
        while length <= LARGEST {
            if self.peek(length)?.is_none() {
                return Ok(None);
            }
            let (taken, state) = scan.take(&self.buffer[self.start + length..]);
            length += taken;
            match state {
                State::More => {}
                State::Whole => return Ok(Some(length)),
                State::Wrong(_) => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The record that begins at `start`.
    fn record(&mut self) -> io::Result<Result<Record, Unreadable>> {
        let line = self.line;
        let mut scan = Scan::default();
        let mut length = 0;
        let mut newlines = 0;
        loop {
            if self.peek(length)?.is_none() {
                let answer = self.unreadable(line, "the record that begins here is not closed");
                self.resume()?;
                return Ok(answer);
            }
            let (taken, state) = scan.take(&self.buffer[self.start + length..]);
            let seen = &self.buffer[self.start + length..self.start + length + taken];
            newlines += seen.iter().filter(|byte| **byte == b'\n').count();
            length += taken;
            match state {
                State::More if length <= LARGEST => {}
                State::More => {
                    let answer = self.unreadable(line, "the record that begins here is larger than 64 MiB");
                    self.resume()?;
                    return Ok(answer);
                }
                State::Whole => break,
                State::Wrong(words) => {
                    let answer = self.unreadable(line + newlines, words);
                    self.resume()?;
                    return Ok(answer);
                }
            }
        }
        let text = std::str::from_utf8(&self.buffer[self.start..self.start + length]).map(str::to_owned);
        self.pass(length);
        self.after_element = true;
        Ok(text
            .map(|text| Record { text, line })
            .map_err(|_| Unreadable { line, words: "the record that begins here is no UTF-8 text".to_owned() }))
    }

    /// Goes on at the next line that begins as a record does.
    fn resume(&mut self) -> io::Result<()> {
        self.after_element = false;
        self.torn = self.in_list;
        loop {
            match self.peek(0)? {
                None => return Ok(()),
                Some(b'\n') => {
                    self.pass(1);
                    if matches!(self.peek(0)?, None | Some(b'{' | b'[' | b']')) {
                        return Ok(());
                    }
                }
                Some(_) => self.pass(1),
            }
        }
    }

    fn unreadable(&self, line: usize, words: &str) -> Result<Record, Unreadable> {
        Err(Unreadable { line, words: words.to_owned() })
    }

    /// The beginning of what lies at `start`, of that length if it is known, for a message.
    fn shown(&self, length: Option<usize>) -> String {
        let end = self.start + length.unwrap_or(80).min(80);
        let rest = &self.buffer[self.start..self.buffer.len().min(end)];
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let text: String = String::from_utf8_lossy(line).trim_end().chars().take(20).collect();
        if line.len() > text.len() + 1 { format!("{text}…") } else { text }
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = Result<Record, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        self.next_record().unwrap_or_else(|error| {
            self.failed = true;
            Some(Err(Unreadable { line: self.line, words: format!("cannot be read: {error}") }))
        })
    }
}

/// How far the scan of one record is: enough of JSON's grammar to see at once where a record breaks off.
#[derive(Debug, Default)]
struct Scan {
    /// The open brackets.
    open: Vec<u8>,
    in_text: bool,
    escaped: bool,
    /// The text that is open is a key.
    key: bool,
    awaits: Awaits,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Awaits {
    #[default]
    Value,
    /// A value, or the list's end.
    Element,
    /// A key, or the record's end.
    FirstKey,
    Key,
    Colon,
    /// A comma or an end.
    Comma,
    /// Within a number, `true`, `false` or `null`.
    Word,
}

enum State {
    More,
    Whole,
    Wrong(&'static str),
}

impl Scan {
    /// Takes what it can of `bytes`; says how much that was.
    fn take(&mut self, bytes: &[u8]) -> (usize, State) {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_text {
                if self.escaped {
                    self.escaped = false;
                    at += 1;
                    continue;
                }
                let Some(run) = bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\' | b'\n')) else {
                    return (bytes.len(), State::More);
                };
                at += run;
                match bytes[at] {
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_text = false;
                        self.awaits = if self.key { Awaits::Colon } else { Awaits::Comma };
                        if self.open.is_empty() {
                            return (at + 1, State::Whole);
                        }
                    }
                    _ => return (at, State::Wrong("a text is not closed on its line")),
                }
                at += 1;
                continue;
            }
            let byte = bytes[at];
            if self.open.is_empty()
                && self.awaits == Awaits::Word
                && matches!(byte, b',' | b']' | b' ' | b'\t' | b'\r' | b'\n')
            {
                return (at, State::Whole);
            }
            match (byte, self.awaits) {
                (b' ' | b'\t' | b'\r' | b'\n', awaits) => {
                    if awaits == Awaits::Word {
                        self.awaits = Awaits::Comma;
                    }
                }
                (b'"', Awaits::Value | Awaits::Element) => (self.in_text, self.key) = (true, false),
                (b'"', Awaits::Key | Awaits::FirstKey) => (self.in_text, self.key) = (true, true),
                (b':', Awaits::Colon) => self.awaits = Awaits::Value,
                (b'{' | b'[', Awaits::Value | Awaits::Element) if self.open.len() == DEEPEST => {
                    return (at, State::Wrong("more than 512 brackets are open"));
                }
                (b'{', Awaits::Value | Awaits::Element) => {
                    self.open.push(b'}');
                    self.awaits = Awaits::FirstKey;
                }
                (b'[', Awaits::Value | Awaits::Element) => {
                    self.open.push(b']');
                    self.awaits = Awaits::Element;
                }
                (b',', Awaits::Comma | Awaits::Word) => {
                    self.awaits = if self.open.last() == Some(&b'}') { Awaits::Key } else { Awaits::Value };
                }
                (b'}', Awaits::Comma | Awaits::Word | Awaits::FirstKey)
                | (b']', Awaits::Comma | Awaits::Word | Awaits::Element) => {
                    if self.open.pop() != Some(byte) {
                        return (at, State::Wrong("this is no JSON: a bracket closes another than was opened"));
                    }
                    self.awaits = Awaits::Comma;
                    if self.open.is_empty() {
                        return (at + 1, State::Whole);
                    }
                }
                (b'-' | b'0'..=b'9' | b't' | b'f' | b'n', Awaits::Value | Awaits::Element) => {
                    self.awaits = Awaits::Word;
                }
                (b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E', Awaits::Word) => {}
                (_, awaits) => return (at, State::Wrong(awaits.words())),
            }
            at += 1;
        }
        (at, State::More)
    }
}

impl Awaits {
    fn words(self) -> &'static str {
        match self {
            Awaits::Value => "this is no JSON: expected a value",
            Awaits::Element => "this is no JSON: expected a value or `]`",
            Awaits::FirstKey => "this is no JSON: expected a name in quotes or `}`",
            Awaits::Key => "this is no JSON: expected a name in quotes",
            Awaits::Colon => "this is no JSON: expected `:`",
            Awaits::Comma | Awaits::Word => "this is no JSON: expected a comma or an end",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        Records::new(text.as_bytes())
            .map(|record| match record {
                Ok(record) => format!("{}: {}", record.line, record.text),
                Err(wrong) => format!("{}! {}", wrong.line, wrong.words),
            })
            .collect()
    }

    #[test]
    fn lines_lists_and_single_records_are_cut() {
        assert_eq!(cut("{\"a\":\"}\\\"\"}\n\n{ }"), ["1: {\"a\":\"}\\\"\"}", "3: { }"]);
        assert_eq!(cut("[{\"a\":[1,{}]} ,\n{\"b\":null}]\n"), ["1: {\"a\":[1,{}]}", "2: {\"b\":null}"]);
        assert_eq!(cut("\u{FEFF}{\n \"a\": 1\n}\n[]"), ["1: {\n \"a\": 1\n}"]);
    }

    #[test]
    fn a_broken_line_does_not_take_the_next() {
        assert_eq!(
            cut("{\"a\": 1\n{\"b\": 2}\nnonsense\n{\"c\": \"x\n{}\n[{},"),
            [
                "2! this is no JSON: expected a comma or an end",
                "2: {\"b\": 2}",
                "3! expected a record `{ … }`, found `nonsense`",
                "4! a text is not closed on its line",
                "5: {}",
                "6: {}",
                "6! the list is not closed",
            ]
        );
    }

    #[test]
    fn what_is_no_record_does_not_take_the_rest_of_its_list() {
        assert_eq!(
            cut("[{}, null, -1.5e3,[{}], \"]\",{\"a\":1} , true]\n{}"),
            [
                "1: {}",
                "1! expected a record `{ … }`, found `null`",
                "1! expected a record `{ … }`, found `-1.5e3`",
                "1! expected a record `{ … }`, found `[{}]`",
                "1! expected a record `{ … }`, found `\"]\"`",
                "1: {\"a\":1}",
                "1! expected a record `{ … }`, found `true`",
                "2: {}",
            ]
        );
        assert_eq!(cut("[{} {}]\n{}"), ["1: {}", "1! expected a record `{ … }`, found `{}]`", "2: {}"]);
        assert_eq!(cut(&"[".repeat(10_000)), ["1! expected a record `{ … }`, found `[[[[[[[[[[[[[[[[[[[[…`"]);
    }
}
