//! Where the values of one record live: texts in one buffer, records and lists in numbered slots, all reused for the next.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

/// A text in an arena's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// The first byte.
    pub start: u32,
    /// How many bytes.
    pub len: u32,
}

/// Consecutive slots of an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first slot.
    pub start: u32,
    /// How many slots.
    pub len: u32,
}

/// A value: small, copied freely, with its texts and parts in the [`Arena`] it was made in.
// A tag as wide as a word: values are moved in whole words then, of 24 bytes as before.
#[derive(Clone, Copy, Debug, Default)]
#[repr(u64)]
pub enum Value {
    /// Not set: missing, null, blank, or empty.
    #[default]
    Unset,
    /// `null` written by an author to clear a field; only ever a field of a record that is sent.
    Null,
    /// A `let` that was not needed yet; never seen outside of `eval`.
    Pending,
    /// Truth.
    Bool(bool),
    /// An `int` or `decimal`.
    Number(Decimal),
    /// A `text`, `email`, `id` or one of a closed list.
    Text(Text),
    /// A day.
    Date(Date),
    /// An instant.
    Datetime(Timestamp),
    /// The elements of a list, each set.
    List(Run),
    /// The fields of a record, in the order of its kind.
    Record(Run),
    /// What was read is not of its kind: the number of its [`Bad`] in the arena.
    Bad(u32),
}

const _: () = assert!(size_of::<Value>() == 24, "values are many, and stay small");

impl Value {
    /// It holds something (which may be of a wrong kind).
    #[must_use]
    pub fn is_set(self) -> bool {
        !matches!(self, Value::Unset)
    }
}

/// A value that was read and is not of the kind its shape promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// The path from the record's root, such as `orderlines[2].price.rate`.
    pub path: String,
    /// What was expected, such as `a decimal`.
    pub expected: String,
    /// What was found, cut to a bearable length.
    pub found: String,
}

/// A height of an [`Arena`] to fall back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    text: usize,
    slots: usize,
    bad: usize,
}

/// The memory of one record; kept from record to record by whoever maps many.
#[derive(Clone, Debug)]
pub struct Arena {
    text: String,
    slots: Vec<Value>,
    stack: Vec<Value>,
    bad: Vec<Bad>,
    zone: TimeZone,
}

impl Arena {
    /// An empty arena; `zone` is where an instant's day is told.
    #[must_use]
    pub fn new(zone: TimeZone) -> Arena {
        Arena { text: String::new(), slots: Vec::new(), stack: Vec::new(), bad: Vec::new(), zone }
    }

    /// The zone in which an instant's day is told.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Tells days in another zone from here on; answers the zone so far.
    pub fn replace_zone(&mut self, zone: TimeZone) -> TimeZone {
        std::mem::replace(&mut self.zone, zone)
    }

    /// The height now.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { text: self.text.len(), slots: self.slots.len(), bad: self.bad.len() }
    }

    /// Forgets all that was put in since `mark`, keeping the memory.
    pub fn reset(&mut self, mark: Mark) {
        self.text.truncate(mark.text);
        self.slots.truncate(mark.slots);
        self.bad.truncate(mark.bad);
        self.stack.clear();
    }

    /// Forgets texts and slots put in since `mark`, but not what was gathered on the stack below.
    pub fn reset_slots(&mut self, mark: Mark) {
        self.text.truncate(mark.text);
        self.slots.truncate(mark.slots);
        self.bad.truncate(mark.bad);
    }

    /// The characters of a text of this arena.
    #[must_use]
    pub fn text(&self, text: Text) -> &str {
        &self.text[text.start as usize..(text.start + text.len) as usize]
    }

    /// The whole buffer, for code that writes a text piece by piece: note its length, push, then [`Arena::text_since`].
    pub fn buffer(&mut self) -> &mut String {
        &mut self.text
    }

    /// The text that was pushed on the buffer since it was `start` bytes long.
    ///
    /// # Panics
    /// When a record needs more than 4 GiB of text; input is bounded far below that.
    #[must_use]
    pub fn text_since(&self, start: usize) -> Text {
        Text {
            start: u32::try_from(start).expect("input is bounded far below 4 GiB"),
            len: u32::try_from(self.text.len() - start).expect("input is bounded far below 4 GiB"),
        }
    }

    /// Pushes a text of this arena on the buffer once more, for one that is written piece by piece.
    pub fn repeat(&mut self, text: Text) {
        let start = text.start as usize;
        self.text.extend_from_within(start..start + text.len as usize);
    }

    /// A stretch of a text, without a copy: `from` and `to` are bytes of it at the edges of characters.
    ///
    /// # Panics
    /// Where the stretch is not within the text.
    #[must_use]
    pub fn part(&self, text: Text, from: usize, to: usize) -> Text {
        let within = &self.text(text)[from..to];
        Text { start: text.start + Arena::number(from), len: Arena::number(within.len()) }
    }

    /// Copies a text in.
    pub fn put_text(&mut self, text: &str) -> Text {
        let start = self.text.len();
        self.text.push_str(text);
        self.text_since(start)
    }

    /// A text value, or not set when it is blank.
    pub fn put_value(&mut self, text: &str) -> Value {
        if text.trim().is_empty() { Value::Unset } else { Value::Text(self.put_text(text)) }
    }

    /// The slots of a run.
    #[must_use]
    pub fn slots(&self, run: Run) -> &[Value] {
        &self.slots[run.start as usize..(run.start + run.len) as usize]
    }

    /// One slot of a run; not set beyond its end.
    #[must_use]
    pub fn slot(&self, run: Run, index: usize) -> Value {
        if index < run.len as usize { self.slots[run.start as usize + index] } else { Value::Unset }
    }

    /// Fills one slot of a run.
    pub fn set_slot(&mut self, run: Run, index: usize, value: Value) {
        if index < run.len as usize {
            self.slots[run.start as usize + index] = value;
        }
    }

    /// Makes `len` slots, all not set.
    pub fn reserve(&mut self, len: usize) -> Run {
        let run = Run { start: Arena::number(self.slots.len()), len: Arena::number(len) };
        self.slots.resize(self.slots.len() + len, Value::Unset);
        run
    }

    /// The height of the stack on which the elements of a list are gathered.
    #[must_use]
    pub fn stack_len(&self) -> usize {
        self.stack.len()
    }

    /// Gathers one more element.
    pub fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    /// Takes what was gathered above `height` as consecutive slots.
    pub fn take_list(&mut self, height: usize) -> Run {
        let run = Run { start: Arena::number(self.slots.len()), len: Arena::number(self.stack.len() - height) };
        self.slots.extend(self.stack.drain(height..));
        run
    }

    /// Notes a value of a wrong kind.
    pub fn put_bad(&mut self, bad: Bad) -> Value {
        self.bad.push(bad);
        Value::Bad(Arena::number(self.bad.len() - 1))
    }

    /// What is wrong with a [`Value::Bad`].
    #[must_use]
    pub fn bad(&self, number: u32) -> &Bad {
        &self.bad[number as usize]
    }

    fn number(length: usize) -> u32 {
        u32::try_from(length).expect("input is bounded far below four billion slots")
    }
}
