//! Reads a record by its shape: JSON goes in, slots come out; what no step reads is skipped unparsed.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeSeed;

use crate::eval::decode::{Seed, Walk, Wanted};
use crate::eval::place::{Part, Place};
use crate::eval::plan::Plan;
use crate::eval::shape::{Shape, Used};
use crate::eval::watch::Watch;
use crate::value::{Arena, Value};

/// Why the bytes are no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Why, in words: lower case, no full stop.
    pub words: String,
    /// The byte at which it was found.
    pub at: usize,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// Reads records of one shape, as far as they are used.
#[derive(Clone, Debug)]
pub struct Reader {
    plan: Plan,
}

impl Reader {
    /// A reader of a shape, for what is used of it.
    #[must_use]
    pub fn new(shape: &Arc<Shape>, used: &Used) -> Reader {
        Reader { plan: Plan::new(shape, used) }
    }

    /// Reads one record into the arena; a value of another kind than its field's is a [`Value::Bad`] in its slot.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn read(&self, json: &str, arena: &mut Arena) -> Result<Value, Unreadable> {
        self.read_twice(json, arena, None)
    }

    /// Reads one record of which it is not known that it is UTF-8.
    ///
    /// # Errors
    /// When it is no UTF-8 or no JSON.
    pub fn read_bytes(&self, json: &[u8], arena: &mut Arena) -> Result<Value, Unreadable> {
        let text = std::str::from_utf8(json).map_err(|error| Unreadable {
            words: format!("it is no UTF-8 text: byte {} belongs to no character", error.valid_up_to() + 1),
            at: error.valid_up_to(),
        })?;
        self.read(text, arena)
    }

    /// Reads one record and counts the fields in the parts that are read which no shape knows.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn read_watching(&self, json: &str, arena: &mut Arena, watch: &mut Watch) -> Result<Value, Unreadable> {
        self.read_twice(json, arena, Some(watch))
    }

    fn read_twice(&self, json: &str, arena: &mut Arena, watch: Option<&mut Watch>) -> Result<Value, Unreadable> {
        let mark = arena.mark();
        if watch.is_none()
            && let Ok(value) = self.attempt(json, Walk { arena: &mut *arena, exactly: false, watch: None })
        {
            return Ok(value);
        }
        // It holds something that only the slow way reads, or is broken.
        arena.reset(mark);
        self.attempt(json, Walk { arena, exactly: true, watch }).map_err(|error| unreadable(json, &error))
    }

    fn attempt(&self, json: &str, mut walk: Walk<'_>) -> Result<Value, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let place = Place { parent: None, part: Part::Root };
        let seed = Seed { wanted: Wanted::Record(&self.plan), walk: &mut walk, place: &place };
        let value = seed.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    }
}

/// serde_json's words, with its place.
fn unreadable(json: &str, error: &serde_json::Error) -> Unreadable {
    let line: usize = json.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let words = match error.classify() {
        serde_json::error::Category::Eof => format!("the JSON ends too early ({error})"),
        _ => format!("it is no sound JSON: {error}"),
    };
    Unreadable { words, at: (line + error.column().saturating_sub(1)).min(json.len()) }
}
