//! Tests: what is given, broken and expected.

use super::super::ast::{
    Expect, ExpectWhat, FaultLine, Given, GivenRecords, GivenWhat, Test, TestItem, TestRange, TestValues,
};
use super::super::grammar::{Node, Parts, Rule};
use super::Builder;

impl Builder {
    pub(super) fn test(&mut self, node: Node<'_>) -> Test {
        let mut parts = Parts::of(node);
        let title = self.next_plain(&mut parts);
        let mut ranges = Vec::new();
        while let Some(range) = parts.pick(Rule::test_range) {
            ranges.push(self.test_range(range));
        }
        let items = parts.map(|item| self.spanned(item, Builder::test_item)).collect();
        Test { title, ranges, items }
    }

    fn test_range(&mut self, node: Node<'_>) -> TestRange {
        let mut parts = Parts::of(node);
        let name = self.next_word(&mut parts);
        parts.pick(Rule::op_in);
        let values = parts.presume();
        let values = if values.as_rule() == Rule::between {
            let mut parts = Parts::of(values);
            let from = self.signed(&parts.presume());
            TestValues::Between(from, self.signed(&parts.presume()))
        } else {
            TestValues::List(self.expr(values))
        };
        TestRange { name, values }
    }

    fn test_item(&mut self, node: Node<'_>) -> TestItem {
        match node.as_rule() {
            Rule::given => TestItem::Given(self.given(node)),
            Rule::fault => TestItem::Fault(self.fault(node)),
            Rule::let_line => TestItem::Let(self.let_line(node)),
            _ => TestItem::Expect(self.expect(node)),
        }
    }

    pub(super) fn given(&mut self, node: Node<'_>) -> Given {
        let node = Parts::of(node).presume();
        let rule = node.as_rule();
        let mut parts = Parts::of(node);
        match rule {
            Rule::given_link => {
                let from = (self.next_resource(&mut parts), self.next_plain(&mut parts));
                Given::Link { from, to: (self.next_resource(&mut parts), self.next_plain(&mut parts)) }
            }
            Rule::given_setting => {
                Given::Setting { name: self.next_word(&mut parts), value: self.expr(parts.presume()) }
            }
            _ => self.given_records(parts),
        }
    }

    fn given_records(&mut self, mut parts: Parts<'_>) -> Given {
        let what = parts.presume();
        let what = if what.as_rule() == Rule::resource {
            GivenWhat::Resource(self.resource(what))
        } else {
            GivenWhat::Name(self.word(&what))
        };
        let records = parts.presume();
        let records = if records.as_rule() == Rule::plain {
            GivenRecords::File(self.plain(&records))
        } else {
            let (entries, span) = self.placed_record(records);
            GivenRecords::Record(entries, span)
        };
        let mut with = Vec::new();
        while let Some(change) = parts.pick(Rule::change) {
            let mut parts = Parts::of(change);
            with.push((self.next_field(&mut parts), self.expr(parts.presume())));
        }
        Given::Records { what, records, with, twice: parts.pick(Rule::kw_twice).is_some() }
    }

    fn fault(&mut self, node: Node<'_>) -> FaultLine {
        let mut parts = Parts::of(node);
        let effect = self.effect(parts.presume());
        let name = self.next_word(&mut parts);
        let times = if parts.sees(Rule::kw_once) {
            Some(1)
        } else {
            parts.pick(Rule::int).map(|times| self.small_count(&times))
        };
        FaultLine { effect, name, times }
    }

    fn expect(&mut self, node: Node<'_>) -> Expect {
        let what = Parts::of(node).presume();
        match what.as_rule() {
            Rule::expect_stop => {
                let mut parts = Parts::of(what);
                let word = self.end_word(&parts.presume());
                Expect::Stop { word, text: parts.next().map(|text| self.plain(&text)) }
            }
            Rule::expect_effect => {
                let mut parts = Parts::of(what);
                let effect = self.effect(parts.presume());
                let what = if parts.sees(Rule::kw_snapshot) {
                    ExpectWhat::Snapshot
                } else if let Some(times) = parts.pick(Rule::int) {
                    ExpectWhat::Times(self.small_count(&times))
                } else if let Some(record) = parts.pick(Rule::record) {
                    let (entries, span) = self.placed_record(record);
                    ExpectWhat::Record(entries, span)
                } else {
                    ExpectWhat::Once
                };
                Expect::Effect { effect, what }
            }
            _ => Expect::Expr(self.expr(what)),
        }
    }
}
