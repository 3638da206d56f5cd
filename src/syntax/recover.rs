//! A text that cannot be read as a whole goes in; all of its mistakes come out. The text is cut into statements, and each
//! that cannot be read into the lines of its blocks, so that one mistake hides no other.

use std::collections::BTreeMap;

use pest::Parser;
use pest::error::{Error, ErrorVariant, InputLocation};

use crate::report::codes::syntax as codes;
use crate::report::{Diagnostic, Source};

use super::block::Block;
use super::build::Builder;
use super::grammar::{Grammar, Rule};
use super::pieces::Cutter;
use super::scan::{Brackets, Scan};
use super::slips;
use super::slips::{Failure, Piece};

/// All mistakes of a text, in its order.
pub(super) fn recover(scan: &Scan<'_>) -> Vec<Diagnostic> {
    let mut recovery = Recovery::new(scan);
    recovery.file();
    let mut problems = recovery.problems;
    problems.extend(scan.slips.iter().cloned());
    problems.sort_by_key(|problem| (problem.span.start, problem.code));
    problems.dedup();
    problems
}

/// A text with all that cannot be read in it blank.
pub(super) fn readable(scan: &Scan<'_>) -> String {
    let mut recovery = Recovery::new(scan);
    recovery.file();
    String::from_utf8(recovery.text).expect("whole tokens are blanked with blanks")
}

/// Where pest gave up, and what it would have taken there.
pub(super) fn failure(error: Error<Rule>, base: usize) -> Failure {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => base + at,
    };
    match error.variant {
        ErrorVariant::ParsingError { positives, .. } => Failure { at, expected: positives, too_deep: false },
        ErrorVariant::CustomError { .. } => Failure { at, expected: Vec::new(), too_deep: true },
    }
}

struct Recovery<'a, 's> {
    scan: &'a Scan<'s>,
    source: &'s Source,
    brackets: Brackets,
    /// The text; what was told already is blank.
    text: Vec<u8>,
    /// What is wrong with single tokens, until it is told.
    flaws: BTreeMap<usize, Vec<Diagnostic>>,
    problems: Vec<Diagnostic>,
}

impl<'a, 's> Recovery<'a, 's> {
    fn new(scan: &'a Scan<'s>) -> Recovery<'a, 's> {
        let mut brackets = Brackets::of(scan, &[]);
        if !brackets.problems.is_empty() {
            let starts: Vec<usize> =
                (1..scan.tokens.len()).filter(|index| Cutter::begins_statement(scan, *index)).collect();
            brackets = Brackets::of(scan, &starts);
        }
        let mut flaws: BTreeMap<usize, Vec<Diagnostic>> = BTreeMap::new();
        // What closes a bracket may stand in a text that has no end.
        let line = |at: usize| scan.source.text[..at].matches('\n').count();
        let open: Vec<usize> = scan
            .problems
            .iter()
            .filter(|(_, problem)| problem.code == codes::UNCLOSED_TEXT)
            .map(|(_, problem)| line(problem.span.start as usize))
            .collect();
        let brackets_told =
            brackets.problems.iter().filter(|(_, problem)| !open.contains(&line(problem.span.start as usize)));
        for (token, problem) in scan.problems.iter().chain(brackets_told) {
            flaws.entry(*token).or_default().push(problem.clone());
        }
        let text = scan.source.text.as_bytes().to_vec();
        Recovery { scan, source: scan.source, brackets, text, flaws, problems: Vec::new() }
    }

    fn file(&mut self) {
        let count = self.scan.tokens.len();
        let head = Cutter::head_end(self.scan);
        if let Err(failure) = self.read(Rule::head_alone, 0, head)
            && !self.tell_flaws(0, head)
        {
            let head = Piece { scan: self.scan, block: None, from: 0, to: head };
            self.problems.push(slips::of_head(&head, &failure));
        }
        let connector = (0..head).any(|index| self.scan.is(index, "connector") || self.scan.is(index, "conector"))
            || (!(0..head).any(|index| self.scan.is(index, "flow")) && self.source.name.ends_with(".connector"));
        self.block(if connector { Block::Parts } else { Block::Items }, head, count, None);
        // Nothing was found wrong with any part: what is left is told of the whole.
        if self.problems.is_empty() {
            let whole = Piece { scan: self.scan, block: None, from: 0, to: count };
            match Grammar::parse(Rule::file, &self.source.text) {
                Ok(_) => {}
                Err(error) => self.problems.push(slips::unexpected(&whole, &failure(error, 0))),
            }
        }
    }

    /// Reads the lines of a block, each on its own.
    fn block(&mut self, block: Block, from: usize, to: usize, owner: Option<usize>) {
        let pieces = Cutter { scan: self.scan, brackets: &self.brackets, block, owner }.cut(from, to);
        let mut at = 0;
        while let Some((start, end)) = pieces.get(at).copied() {
            at += 1;
            if self.read(block.lines().rule, start, end).is_ok() {
                continue;
            }
            if let Some((_, next)) = pieces.get(at).copied()
                && self.read(block.lines().rule, start, next).is_ok()
            {
                at += 1;
                continue;
            }
            self.mend(block, start, end);
        }
    }

    /// Tells what is wrong with a line that cannot be read: first in its blocks, then in what is left of it.
    fn mend(&mut self, block: Block, from: usize, to: usize) {
        let before = self.problems.len();
        let piece = Piece { scan: self.scan, block: Some(block), from, to };
        if let Some(problem) = slips::of_foreign_line(&piece) {
            self.problems.push(problem);
            self.blank(from, to);
            return;
        }
        let cutter = Cutter { scan: self.scan, brackets: &self.brackets, block, owner: self.brackets.within[from] };
        for (inner, open, end) in cutter.blocks(from, to) {
            self.block(inner, open + 1, end, Some(open));
        }
        let Err(failure) = self.read(block.lines().rule, from, to) else { return };
        let told_within = self.problems.len() > before && self.is_emptied(&failure);
        if !self.tell_flaws(from, to) && !told_within {
            let found = slips::of_line(&piece, &failure, &self.brackets);
            self.problems.extend(found);
        }
        self.blank(from, to);
    }

    /// Reads a stretch of tokens; of whole statements also what the grammar cannot say is told.
    fn read(&mut self, rule: Rule, from: usize, to: usize) -> Result<(), Failure> {
        let (start, end) = self.stretch(from, to);
        let text = std::str::from_utf8(&self.text[start..end]).expect("whole tokens are blanked with blanks");
        let mut pairs = Grammar::parse(rule, text).map_err(|error| failure(error, start))?;
        if matches!(rule, Rule::items_alone | Rule::parts_alone | Rule::head_alone) {
            let mut builder = Builder::new(self.source.id, start);
            builder.alone(pairs.next().expect("the rule gives one node"));
            self.problems.extend(builder.into_problems());
        }
        Ok(())
    }

    fn stretch(&self, from: usize, to: usize) -> (usize, usize) {
        let tokens = self.scan.tokens.get(from..to).unwrap_or_default();
        match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => (first.start, last.end),
            _ => (self.text.len(), self.text.len()),
        }
    }

    /// Tells what is wrong with single tokens of a stretch; whether there was anything.
    fn tell_flaws(&mut self, from: usize, to: usize) -> bool {
        let flawed: Vec<usize> = self.flaws.range(from..to.max(from)).map(|(token, _)| *token).collect();
        for token in &flawed {
            self.problems.extend(self.flaws.remove(token).unwrap_or_default());
        }
        !flawed.is_empty()
    }

    /// The reading ended at the closing brace of a block whose lines were all told already.
    fn is_emptied(&self, failure: &Failure) -> bool {
        let blank = |byte: &u8| byte.is_ascii_whitespace();
        let next = self.text.get(failure.at..).unwrap_or_default().iter().find(|byte| !blank(byte));
        let last = self.text.get(..failure.at).unwrap_or_default().iter().rev().find(|byte| !blank(byte));
        matches!(next, Some(b'}')) && matches!(last, Some(b'{'))
    }

    fn blank(&mut self, from: usize, to: usize) {
        // The comma behind a line goes with it.
        let behind = if self.scan.is(to, ",") { to + 1 } else { to };
        let (start, end) = self.stretch(from, behind);
        for byte in &mut self.text[start..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        self.flaws.retain(|token, _| !(from..to).contains(token));
    }
}
