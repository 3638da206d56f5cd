//! What the memory erases: what is kept for a time only, and what is kept about a person.

use crate::ledger::person::{Alone, Marks};
use crate::ledger::rules;
use crate::ledger::{Activity, Answer, Erased, Forgotten, Person, Retention, Scope, State, Trace};

use super::Store;
use super::flow::Flow;

impl Store {
    pub(super) fn retain(&mut self, tenant: &str, terms: Retention, most: usize) -> Erased {
        let (payloads, activity) = (rules::kept(terms.payloads), rules::kept(terms.activity));
        let mut erased = Erased::default();
        // 1. the bytes, then the bodies
        let mut old: Vec<_> = self
            .flows
            .iter_mut()
            .filter(|(scope, _)| &*scope.tenant == tenant)
            .flat_map(|(_, flow)| flow.records.values_mut())
            .filter(|kept| rules::is_over(kept.summary.status, kept.summary.changed, payloads))
            .filter(|kept| !kept.source.is_empty())
            .collect();
        old.sort_by_key(|kept| (kept.summary.changed, kept.mark.sequence));
        for kept in old.into_iter().take(most) {
            kept.expire();
            erased.sources += 1;
        }
        let log = &mut self.tenant(tenant).activity;
        let whole = |call: &Activity| !call.request.is_empty() || !call.answer.is_empty() || call.url.contains('?');
        let mut old: Vec<_> =
            log.iter_mut().filter(|logged| logged.activity.at < payloads && whole(&logged.activity)).collect();
        old.sort_by_key(|logged| (logged.activity.at, logged.id));
        for logged in old.into_iter().take(most) {
            logged.activity.request.clear();
            logged.activity.answer.clear();
            logged.activity.url = rules::bare(&logged.activity.url).to_owned();
            erased.bodies += 1;
        }
        // 2. calls and runs; of each flow the last run stays
        let mut gone: Vec<_> =
            log.iter().filter(|logged| logged.activity.at < activity).map(|call| (call.activity.at, call.id)).collect();
        gone.sort_unstable();
        gone.truncate(most);
        log.retain(|logged| !gone.contains(&(logged.activity.at, logged.id)));
        erased.activity = gone.len() as u64;
        let mut left = most;
        for flow in self.flows_mut(tenant) {
            let last = flow.runs.len();
            let mut nth = 0;
            flow.runs.retain(|run| {
                nth += 1;
                let goes = run.ended < activity && nth < last && left > 0;
                left -= usize::from(goes);
                !goes
            });
        }
        erased.runs = (most - left) as u64;
        let letters = &mut self.tenant(tenant).letters;
        let mut left = most;
        letters.retain(|letter| {
            let goes = letter.at < payloads && left > 0;
            left -= usize::from(goes);
            !goes
        });
        erased.letters = (most - left) as u64;
        let counts = [erased.sources, erased.bodies, erased.activity, erased.runs, erased.letters];
        erased.more = counts.iter().any(|count| *count >= most as u64);
        // 3. versions, once all that could name them is looked through
        if !erased.more {
            let old = activity.min(payloads);
            for flow in self.flows_mut(tenant) {
                let kept = flow.records.values().map(|kept| &kept.summary);
                let kept = kept.filter(|summary| !rules::is_over(summary.status, summary.changed, payloads));
                let named = kept.flat_map(|summary| {
                    std::iter::once(summary.version).chain(summary.outcome.as_ref().map(|outcome| outcome.version))
                });
                let named: Vec<_> = named.chain(flow.version).collect();
                let all = flow.versions.len();
                flow.versions.retain(|version| version.last >= old || named.contains(&version.hash));
                erased.versions += (all - flow.versions.len()) as u64;
            }
        }
        erased
    }

    fn flows_mut<'a>(&'a mut self, tenant: &'a str) -> impl Iterator<Item = &'a mut Flow> {
        self.flows.iter_mut().filter(move |(scope, _)| &*scope.tenant == tenant).map(|(_, flow)| flow)
    }

    pub(super) fn about(&self, tenant: &str, text: &str) -> Vec<(String, String)> {
        let marks = Marks::of([text]);
        let of_flow = |(scope, flow): (&Scope, &Flow)| {
            let found = flow.records.values().filter(|kept| kept.holds(&marks));
            found.map(|kept| (kept.mark.sequence, scope.flow.to_string(), kept.summary.key.clone())).collect::<Vec<_>>()
        };
        let mut found: Vec<_> = self.flows_of(tenant).flat_map(of_flow).collect();
        found.sort();
        found.into_iter().map(|(_, flow, key)| (flow, key)).collect()
    }

    /// What is kept about a person; it goes too, if it is to.
    pub(super) fn forget(&mut self, tenant: &str, person: &Person, goes: bool) -> Forgotten {
        let mail = Marks::of([person.mail.as_str()]);
        let mut alone = Alone::of(&person.others);
        for (_, flow) in self.flows_of(tenant) {
            let others = flow.records.values().filter(|kept| !kept.holds(&mail));
            others.for_each(|kept| alone.other(&kept.source));
        }
        let marks = Marks::of_person(&alone.person(&person.mail));
        let mut forgotten = Forgotten::default();
        let mut ended = Vec::new();
        for (scope, flow) in self.flows.iter_mut().filter(|(scope, _)| &*scope.tenant == tenant) {
            let name = scope.flow.to_string();
            for kept in flow.records.values_mut().filter(|kept| kept.holds(&mail)) {
                let place = (name.clone(), kept.summary.key.clone());
                if !rules::may_forget(kept.summary.status) {
                    forgotten.unfinished.push(place);
                    continue;
                }
                forgotten.add(&name, Trace::Record);
                if mail.are_in(place.1.as_bytes()) {
                    forgotten.keyed.push(place.clone());
                }
                if goes {
                    kept.forget();
                }
                ended.push(place);
            }
            for attempt in flow.attempts.values_mut() {
                let unsettled = rules::is_unsettled(&attempt.state);
                let mut none = String::new();
                let words = match &mut attempt.state {
                    State::Answered(Answer::NotApplied { words, .. } | Answer::Unknown { words }) => words,
                    _ => &mut none,
                };
                let known_by = !unsettled && marks.are_in(attempt.key_text.as_bytes());
                if marks.are_in(words.as_bytes()) || known_by {
                    forgotten.add(&name, Trace::Attempt);
                    if goes {
                        words.clear();
                        if !unsettled {
                            attempt.key_text.clear();
                        }
                    }
                }
            }
            let pause = flow.paused.iter_mut().map(|pause| &mut pause.reason);
            for words in pause.chain(flow.runs.iter_mut().filter_map(|run| run.fault.as_mut())) {
                if marks.are_in(words.as_bytes()) {
                    forgotten.add(&name, Trace::Words);
                    if goes {
                        *words = marks.masked(words);
                    }
                }
            }
        }
        let about = |activity: &Activity| {
            let of_record =
                ended.iter().any(|(flow, key)| *flow == activity.flow && activity.key.as_ref() == Some(key));
            of_record
                || [activity.url.as_bytes(), &activity.request, &activity.answer].iter().any(|text| marks.are_in(text))
        };
        let of = self.tenant(tenant);
        of.activity.iter().filter(|call| about(&call.activity)).for_each(|call| {
            forgotten.add(&call.activity.flow, Trace::Call);
        });
        for link in of.links.values_mut().filter(|link| marks.are_in(link.extra.as_bytes())) {
            forgotten.add(&link.flow, Trace::Link);
            if goes {
                link.extra.clear();
            }
        }
        let in_letter = |texts: [&String; 3]| texts.iter().any(|text| marks.are_in(text.as_bytes()));
        of.letters.iter().filter(|letter| in_letter([&letter.subject, &letter.text, &letter.words])).for_each(|_| {
            forgotten.add("", Trace::Message);
        });
        let in_alarm = |alarm: &crate::ledger::Alarm| {
            marks.are_in(alarm.subject.as_bytes()) || marks.are_in(alarm.cause.as_bytes())
        };
        of.alarms.values().filter(|alarm| in_alarm(alarm)).for_each(|alarm| {
            forgotten.add(&alarm.flow, Trace::Message);
        });
        if goes {
            of.activity.retain(|call| !about(&call.activity));
            of.letters.retain(|letter| !in_letter([&letter.subject, &letter.text, &letter.words]));
            of.alarms.retain(|_, alarm| !in_alarm(alarm));
        }
        forgotten.sort();
        forgotten
    }
}
