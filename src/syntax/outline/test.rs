//! Tests.

use crate::syntax::ast::{
    Effect, EffectWord, Expect, ExpectWhat, Given, GivenRecords, GivenWhat, Test, TestItem, TestValues,
};

use super::expr::{expr, when};
use super::flow::resource;
use super::{Outline, listed, quoted};

impl Outline {
    pub(super) fn test(&mut self, test: &Test) {
        let ranges = listed(&test.ranges, |range| match &range.values {
            TestValues::Between(from, to) => format!("{} in {}..{}", range.name.node, from.node, to.node),
            TestValues::List(list) => format!("{} in {}", range.name.node, expr(list)),
        });
        let ranges = if ranges.is_empty() { ranges } else { format!(" for {ranges}") };
        self.line(format_args!("test {}{ranges}", quoted(&test.title)));
        self.below(|out| test.items.iter().for_each(|item| out.test_item(&item.node)));
    }

    fn test_item(&mut self, item: &TestItem) {
        match item {
            TestItem::Given(line) => self.given(line),
            TestItem::Fault(line) => {
                let times = line.times.map_or_else(String::new, |times| format!(" {times} times"));
                self.line(format_args!("fault {} {}{times}", effect(&line.effect), line.name.node));
            }
            TestItem::Let(line) => {
                let guard = when(line.guard.as_ref());
                self.line(format_args!("let {} = {}{guard}", line.name.node, expr(&line.value)));
            }
            TestItem::Expect(line) => self.expect(line),
        }
    }

    pub(super) fn given(&mut self, given: &Given) {
        match given {
            Given::Link { from, to } => {
                let side = |(of, id): &(_, _)| format!("{} {}", resource(of), quoted(id));
                self.line(format_args!("given link {} to {}", side(from), side(to)));
            }
            Given::Setting { name, value } => {
                self.line(format_args!("given settings.{} = {}", name.node, expr(value)));
            }
            Given::Records { what, records, with, twice } => {
                let what = match what {
                    GivenWhat::Name(name) => name.node.to_string(),
                    GivenWhat::Resource(of) => resource(of),
                };
                let changes = listed(with, |(field, value)| format!("{} = {}", field.text(), expr(value)));
                let changes = if with.is_empty() { changes } else { format!(" with {changes}") };
                let twice = if *twice { " twice" } else { "" };
                match records {
                    GivenRecords::File(path) => {
                        self.line(format_args!("given {what} {}{changes}{twice}", quoted(path)));
                    }
                    GivenRecords::Record(entries, _) => {
                        self.line(format_args!("given {what}{changes}{twice}"));
                        self.below(|out| out.entries(entries));
                    }
                }
            }
        }
    }

    fn expect(&mut self, expect: &Expect) {
        match expect {
            Expect::Stop { word, text } => {
                let text = text.as_ref().map_or_else(String::new, |text| format!(" {}", quoted(text)));
                self.line(format_args!("expect {}{text}", word.node.word()));
            }
            Expect::Effect { effect: expected, what } => {
                let head = format!("expect {}", effect(expected));
                match what {
                    ExpectWhat::Once => self.line(head),
                    ExpectWhat::Times(times) => self.line(format_args!("{head} {times} times")),
                    ExpectWhat::Snapshot => self.line(format_args!("{head} snapshot")),
                    ExpectWhat::Record(entries, _) => {
                        self.line(head);
                        self.below(|out| out.entries(entries));
                    }
                }
            }
            Expect::Expr(value) => self.line(format_args!("expect {}", expr(value))),
        }
    }
}

fn effect(effect: &Effect) -> String {
    let word = match effect.word.node {
        EffectWord::Create => "create",
        EffectWord::Update => "update",
        EffectWord::Call => "call",
        EffectWord::Read => "read",
    };
    let action = effect.action.as_ref().map_or_else(String::new, |action| format!(".{}", action.node));
    format!("{word} {}{action}", resource(&effect.resource))
}
