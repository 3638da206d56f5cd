//! `ensure`: the one that is meant is recognised rung by rung, compared exactly, updated where it differs, or made once.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use crate::check::{At, Ensure, FieldPath, Rung, Step};
use crate::connect::{Call, Row};
use crate::eval;
use crate::ledger::{Answer, Attempt, Link, Linked, State, Status, Thing};
use crate::report::codes;
use crate::run::brief::{completed, slots_of};
use crate::run::compute::{self, Plain};
use crate::run::desk::Ask;
use crate::run::halt::{End, Halt};
use crate::run::known::bound;
use crate::run::lookup::{self, Wanted};
use crate::run::make::identity_hash;
use crate::run::record::{Worker, resource_name};
use crate::run::retry::Spot;
use crate::run::write::{Sight, Write};
use crate::run::{Way, What};
use crate::value::Value;

/// A rung whose values are known.
struct Identity {
    /// Its number among the rungs.
    rung: usize,
    /// The thing whose partner it is.
    linked: Option<Thing>,
    /// What its fields must be.
    wanted: Vec<Wanted>,
    /// The fields as one text, remembered with a pair.
    extra: String,
    /// The rung as it is written.
    written: Arc<str>,
    /// A thing that stands for the fields alone: an identity that was ensured before is found without a request.
    token: Thing,
}

impl Worker<'_> {
    pub(super) async fn ensure(&mut self, step: &Step, ensure: &Ensure, spot: &Spot) -> Result<(), Halt> {
        let at = &ensure.at;
        if let Some(memo) = self.record.steps.iter().find(|memo| *memo.name == *step.name) {
            let id = String::from_utf8_lossy(&memo.value).into_owned();
            self.set_id(step.makes, at, &id);
            self.did(spot, at, &id, What::Kept);
            return Ok(());
        }
        for rung in &ensure.rungs {
            if let Rung::Use(value) = rung
                && let Some(id) = self.plain(value, spot)?
            {
                self.set_id(step.makes, at, &id.text);
                self.did(spot, at, &id.text, What::Given);
                return Ok(());
            }
        }
        let record = self.value(&ensure.body, spot)?;
        let identities = self.identities(ensure, record, spot)?;
        if identities.is_empty() {
            let reason = format!("nobody to recognise: no `by` of {} has its values", resource_name(at, self.cx));
            let mut end = End::new(Status::Held, codes::run::NOBODY, &spot.step, spot.span, reason);
            let rungs = ensure.rungs.iter().filter_map(|rung| match rung {
                Rung::By { span, .. } => Some(self.cx.rung(*span)),
                Rung::Use(_) => None,
            });
            (end.field, end.found) = (rungs.collect::<Vec<_>>().join("; "), "not set".to_owned());
            return Err(end.into());
        }
        // One record at a time works on an identity; the locks are taken in one order by all.
        let mut names: Vec<String> = identities.iter().map(|identity| identity.token.id.clone()).collect();
        names.sort();
        names.dedup();
        names.iter_mut().for_each(|name| *name = format!("{} {name}", self.cx.place(at)));
        let mut held = Vec::new();
        for name in names.iter().filter(|_| self.cx.options.protocol.locks) {
            let _idle = self.cx.desk.idle();
            held.push(self.cx.identity(name).lock_owned().await);
        }
        let ensured = self.ensure_one(step, ensure, record, &identities, spot).await;
        drop(held);
        names.iter().for_each(|name| self.cx.leave(name));
        ensured
    }

    /// Recognises it or makes it, while nobody else works on it.
    async fn ensure_one(
        &mut self,
        step: &Step,
        ensure: &Ensure,
        record: Value,
        identities: &[Identity],
        spot: &Spot,
    ) -> Result<(), Halt> {
        let at = &ensure.at;
        let last = identities.last().expect("an identity was found before its lock was taken");
        match self.recognise(step, ensure, identities, spot).await? {
            Some((id, row, by)) => {
                self.set_id(step.makes, at, &id);
                self.did(spot, at, &id, What::Recognised(by));
                if let (Some(variable), Some(row)) = (step.makes, &row) {
                    self.fill(variable, at, row, spot)?;
                }
                if !ensure.update.is_empty()
                    && let Some(row) = &row
                {
                    let sent = self.send_difference(step, at, &id, row, record, &ensure.update, spot).await?;
                    self.passed(&step.name, if sent { Way::Updated } else { Way::Kept });
                }
                if row.is_some() {
                    self.answer_open(step, at, identities, &id, spot).await?;
                }
                self.remember_pairs(at, identities, &id).await?;
                self.remember_done(&step.name, &id).await
            }
            None => {
                if let Some(stop) = &ensure.missing {
                    return match self.stop(stop, &step.name) {
                        Some(end) => Err(end.into()),
                        None => Ok(()),
                    };
                }
                self.make_identity(step, at, record, identities, last, spot).await?;
                self.passed(&step.name, Way::Created);
                Ok(())
            }
        }
    }

    /// The rungs that have all their values, in order.
    fn identities(&mut self, ensure: &Ensure, record: Value, spot: &Spot) -> Result<Vec<Identity>, Halt> {
        let shape = ensure.at.resource.shape.clone();
        let mut all = Vec::new();
        for (number, rung) in ensure.rungs.iter().enumerate() {
            let Rung::By { linked, fields, span } = rung else { continue };
            let thing = match linked {
                None => None,
                Some((value, of)) => match self.plain(value, spot)? {
                    Some(id) => Some(Thing::new(self.place_of_id(value, of), id.text)),
                    None => continue,
                },
            };
            let mut wanted = Vec::new();
            for (slot, compared) in fields {
                let value = compute::slot(record, &[*slot], &self.arena);
                let Some(plain) = compute::plain(value, *compared, &self.arena) else { break };
                let name = shape.fields[*slot as usize].name.clone();
                let field = FieldPath { dotted: name, slots: vec![*slot] };
                wanted.push(Wanted { field, compared: *compared, plain: vec![plain], filter: None });
            }
            if wanted.len() < fields.len() {
                continue;
            }
            let pairs: Vec<String> =
                wanted.iter().map(|field| format!("{}={}", field.field.dotted, field.plain[0].text)).collect();
            let extra = pairs.join(", ");
            let who = thing.as_ref().map_or_else(String::new, |thing| format!("{} {}", thing.resource, thing.id));
            let place = self.cx.place(&ensure.at);
            let token = Thing::new(format!("identity of {place}"), identity_hash(&[&place, &who, &extra]));
            let written = self.cx.rung(*span);
            all.push(Identity { rung: number, linked: thing, wanted, extra, written, token });
        }
        Ok(all)
    }

    /// The first rung that hits wins; the row comes along where it was read, or is needed for an update.
    async fn recognise(
        &mut self,
        step: &Step,
        ensure: &Ensure,
        identities: &[Identity],
        spot: &Spot,
    ) -> Result<Option<(String, Option<Row>, Arc<str>)>, Halt> {
        let at = &ensure.at;
        let place = self.cx.place(at);
        let ledger = self.cx.world.ledger.clone();
        for identity in identities {
            let remembered = match &identity.linked {
                Some(thing) => ledger.linked(&self.cx.world.tenant, thing, Some(&place)).await?,
                None => ledger.linked(&self.cx.world.tenant, &identity.token, Some(&place)).await?,
            };
            // A pair that was remembered with the rung's fields goes before one that says nothing of them.
            let said = |partner: &&Linked| identity.linked.is_none() || partner.extra == identity.extra;
            let partner = remembered.iter().find(said).or_else(|| remembered.iter().find(|one| one.extra.is_empty()));
            if let Some(partner) = partner {
                let id = partner.thing.id.clone();
                let sure = said(&partner);
                if ensure.update.is_empty() && sure {
                    self.passed(&spot.step, Way::Rung(identity.rung));
                    return Ok(Some((id, None, identity.written.clone())));
                }
                let ask = Ask::Get { id: id.clone(), slots: Vec::new(), made: false };
                let row = self.get(at, ask, spot).await?;
                let fitting = match row {
                    Some(row) => self.still_fits(at, &row, identity, spot)?.then_some(row),
                    None => None,
                };
                if let Some(row) = fitting {
                    self.passed(&spot.step, Way::Rung(identity.rung));
                    return Ok(Some((id, Some(row), identity.written.clone())));
                }
                if !sure {
                    continue;
                }
                // The partner is gone or became another: what was remembered is no longer true.
                let thing = identity.linked.as_ref().unwrap_or(&identity.token);
                ledger.drop_link(&self.cx.world.tenant, thing, &Thing::new(place.clone(), id)).await?;
            }
            if identity.linked.is_some() || identity.wanted.is_empty() {
                continue;
            }
            let told = self.asks(at, Ask::Find(identity.wanted.clone()), spot).await?;
            self.saw_nothing(&spot.step, told.at);
            let rows = told.rows;
            let mut needed = slots_of(&step.used, &at.resource.shape);
            needed.extend(&ensure.update);
            let witness = self.witness(at, &spot.step);
            let rows = completed(self.cx, &witness, at, rows, &needed, spot).await?;
            match rows.as_slice() {
                [] => {}
                [row] => {
                    let Some(id) = compute::id_of(self.cx, at, row) else { continue };
                    self.passed(&spot.step, Way::Rung(identity.rung));
                    return Ok(Some((id, Some(row.clone()), identity.written.clone())));
                }
                rows => return Err(self.several(at, ensure.several.as_ref(), rows.len(), spot).into()),
            }
        }
        Ok(None)
    }

    /// Of several looks the oldest counts.
    fn saw_nothing(&mut self, step: &Arc<str>, at: Timestamp) {
        let looked = self.looked.entry(step.clone()).or_insert(at);
        *looked = at.min(*looked);
    }

    /// The fields of the rung are still what is wanted.
    fn still_fits(&mut self, at: &At, row: &Row, identity: &Identity, spot: &Spot) -> Result<bool, Halt> {
        let record = self.decode(at, row, spot)?;
        Ok(identity.wanted.iter().all(|field| {
            let now: Option<Plain> =
                compute::plain(compute::slot(record, &field.field.slots, &self.arena), field.compared, &self.arena);
            now.as_ref() == field.plain.first()
        }))
    }

    async fn remember_pairs(&self, at: &At, identities: &[Identity], id: &str) -> Result<(), Halt> {
        let now = self.cx.world.clock.now();
        for link in self.pairs(at, identities, id) {
            self.cx.world.ledger.put_link(&self.cx.world.tenant, link, now).await?;
        }
        Ok(())
    }

    fn pairs(&self, at: &At, identities: &[Identity], id: &str) -> Vec<Link> {
        let thing = Thing::new(self.cx.place(at), id);
        let flow = self.cx.program().name.to_string();
        identities
            .iter()
            .map(|identity| match &identity.linked {
                Some(other) => (other, identity.extra.clone()),
                None => (&identity.token, String::new()),
            })
            .map(|(other, extra)| Link { a: other.clone(), b: thing.clone(), extra, flow: flow.clone() })
            .collect()
    }

    /// An attempt to make it whose answer never came is answered by its being there.
    async fn answer_open(
        &self,
        step: &Step,
        at: &At,
        identities: &[Identity],
        id: &str,
        spot: &Spot,
    ) -> Result<(), Halt> {
        let known_by = identities.iter().find(|identity| identity.linked.is_none());
        let Some(known_by) = known_by.or(identities.last()) else { return Ok(()) };
        let mut key = known_by.token.id.clone();
        loop {
            let attempts = self.cx.world.ledger.attempts(&self.cx.scope, &key).await?;
            let own = attempts.iter().filter(|attempt| *attempt.step == *step.name).max_by_key(|attempt| attempt.n);
            match own.map(|attempt| &attempt.state) {
                Some(State::Answered(Answer::Made { id: made })) if made != id => key = identity_hash(&[&key, made]),
                Some(State::Open | State::Answered(Answer::Unknown { .. })) => break,
                _ => return Ok(()),
            }
        }
        let remember = self.remembering(at, &step.name, Vec::new());
        let write = Write {
            cx: self.cx,
            system: self.cx.system(at),
            key,
            record: &self.record.summary.key,
            spot: spot.clone(),
            key_text: known_by.extra.clone(),
            key_field: String::new(),
            sight: Sight::Found,
            body: &[],
            looked: None,
            bound: bound(self.cx, at),
            remember: &remember,
        };
        write.adopt(id).await.map(|_| ())
    }

    /// Makes it, under the protocol of a `create`, known by its identity rather than by the record.
    async fn make_identity(
        &mut self,
        step: &Step,
        at: &At,
        record: Value,
        identities: &[Identity],
        last: &Identity,
        spot: &Spot,
    ) -> Result<(), Halt> {
        let body = Bytes::from(self.write(&at.resource.shape, record, eval::Fields::All, spot)?);
        let by_fields = identities.iter().find(|identity| identity.linked.is_none());
        let known_by = by_fields.unwrap_or(last);
        let (key, attempts) = match self.cx.options.protocol.locks {
            true => self.open_key(step, at, known_by, spot).await?,
            false => (self.record.summary.key.clone(), self.record.attempts.clone()),
        };
        let pairs_of = |id: &str| self.pairs(at, identities, id);
        let remember_made = self.remembering(at, &step.name, Vec::new());
        let remember = |id: &str| {
            let (mut links, steps) = remember_made(id);
            links.extend(pairs_of(id));
            (links, steps)
        };
        let system = self.cx.system(at);
        let wanted = &known_by.wanted;
        let write = Write {
            cx: self.cx,
            system,
            key: key.clone(),
            record: &self.record.summary.key,
            spot: spot.clone(),
            key_text: known_by.extra.clone(),
            key_field: wanted.iter().map(|field| &*field.field.dotted).collect::<Vec<_>>().join(", "),
            sight: if wanted.is_empty() { Sight::Not } else { Sight::Found },
            body: &body,
            looked: self.looked.get(&step.name).copied(),
            bound: bound(self.cx, at),
            remember: &remember,
        };
        let written = write
            .once(
                &attempts,
                async |pass, guard| {
                    let witness = write.witness(guard.n, Some(guard.until));
                    system.create(Call::passed(&witness, pass), &at.resource, body.clone()).await
                },
                async |reserved| {
                    let witness = write.witness(0, None);
                    if wanted.is_empty() {
                        return Ok(None);
                    }
                    let rows = lookup::look_again(self.cx, &witness, at, wanted, reserved, spot).await?;
                    Ok(rows.iter().find_map(|row| compute::id_of(self.cx, at, row)))
                },
            )
            .await;
        let written = match written {
            Err(Halt::Record(end)) if end.status == Status::InDoubt => {
                // Whom it is about is known by its identity, not by the record.
                self.did(spot, at, "", What::Doubted(key.into()));
                return Err(end.into());
            }
            written => written?,
        };
        self.cx.desk.known(&self.cx.place(at), |known| {
            for identity in identities {
                known.made(&identity.wanted);
            }
        });
        self.wrote = true;
        let verb = if written.made.is_some() { "created" } else { "found" };
        if written.made.is_none() {
            // A person's word, or a run that broke off, may have left it without its pairs.
            self.remember_pairs(at, identities, &written.id).await?;
        }
        let what = match written.made {
            Some(_) => What::Created { key: known_by.written.clone(), body: self.cx.kept(&body) },
            None => What::Exists,
        };
        self.did(spot, at, &written.id, what);
        self.finish_made(step, at, &written.id, written.made, verb, spot)
    }

    /// The key under which the identity may be made now: what was made under one before and is gone since opens the next.
    async fn open_key(
        &self,
        step: &Step,
        at: &At,
        identity: &Identity,
        spot: &Spot,
    ) -> Result<(String, Vec<Attempt>), Halt> {
        let mut key = identity.token.id.clone();
        loop {
            let attempts = self.cx.world.ledger.attempts(&self.cx.scope, &key).await?;
            let made = attempts.iter().find_map(|attempt| match &attempt.state {
                State::Answered(Answer::Made { id }) if *attempt.step == *step.name => Some(id.clone()),
                _ => None,
            });
            let Some(made) = made else { return Ok((key, attempts)) };
            if lookup::get(self.cx, &self.witness(at, &step.name), at, &made, spot).await?.is_some() {
                return Ok((key, attempts));
            }
            key = identity_hash(&[&key, &made]);
        }
    }
}
