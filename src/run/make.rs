//! `create`, `update` and `call`: the look for keys before the first write, and the writes themselves.

use std::time::Duration;

use bytes::Bytes;

use crate::check::{At, Call as CallStep, Create, Key, Step, Update, Work};
use crate::connect::{Call, Fault, Made, Resource, Row, merge_whole};
use crate::eval::{self, Compared};
use crate::ledger::{Answer, Link, State, Status, Step as Memo, Stored, Thing};
use crate::report::codes;
use crate::run::compute::{self, Plain};
use crate::run::context::Context;
use crate::run::deed::{What, changes};
use crate::run::desk::Ask;
use crate::run::halt::{End, Halt};
use crate::run::known::bound;
use crate::run::lookup::{self, Wanted};
use crate::run::read::{same, set_slots};
use crate::run::record::{Existing, Worker, made_by_us, resource_name};
use crate::run::retry::{Spot, retrying};
use crate::run::write::{Sight, Write, hash};
use crate::value::Value;

impl Worker<'_> {
    /// Looks whether what the steps would make is there; a record whose creates all exist ends before any other write.
    pub(super) async fn look_for_keys(&mut self, steps: &[usize]) -> Result<Option<End>, Halt> {
        let program = self.cx.program().clone();
        let mut creates = 0;
        let mut there = 0;
        let mut last = None;
        for number in steps {
            let step = &program.steps[*number];
            let spot = Spot { step: step.name.clone(), span: step.span };
            if let Some(guard) = &step.guard
                && step.reads.is_empty()
                && !self.holds(guard, &spot)?
            {
                continue;
            }
            let (at, key) = match &step.work {
                Work::Create(create) => (&create.at, &create.key),
                Work::Call(CallStep { makes: Some(at), key: Some(key), .. }) => (at, key),
                _ => continue,
            };
            if matches!(step.work, Work::Create(_)) {
                creates += 1;
            } else if !step.reads.is_empty() {
                // The key of a further operation may be something that is found first: it is looked for at the step.
                continue;
            }
            if let Some(existing) = self.look_for_key(step, at, key, &spot).await? {
                there += usize::from(matches!(step.work, Work::Create(_)) && !existing.ours);
                last = Some((spot, format!("exists: {} {}", resource_name(at, self.cx), existing.id)));
                self.existing.insert(*number, existing);
            }
        }
        match last {
            Some((spot, reason)) if creates > 0 && there == creates => {
                Ok(Some(End::new(Status::Skipped, codes::run::EXISTS, &spot.step, spot.span, reason)))
            }
            _ => Ok(None),
        }
    }

    async fn look_for_key(&mut self, step: &Step, at: &At, key: &Key, spot: &Spot) -> Result<Option<Existing>, Halt> {
        let unfinished = self.record.summary.completed.is_none();
        let attempt =
            self.record.attempts.iter().filter(|attempt| *attempt.step == *step.name).max_by_key(|last| last.n);
        match attempt {
            Some(attempt) if matches!(attempt.state, State::Answered(Answer::Made { .. })) => {
                let State::Answered(Answer::Made { id }) = &attempt.state else { return Ok(None) };
                let (id, ours) = (id.clone(), unfinished && made_by_us(attempt));
                if ours {
                    // A person's word on an attempt in doubt carries no pairs.
                    let now = self.cx.world.clock.now();
                    for link in self.remembering(at, &step.name, Vec::new())(&id).0 {
                        self.cx.world.ledger.put_link(&self.cx.world.tenant, link, now).await?;
                    }
                }
                self.did(spot, at, &id, if ours { What::Kept } else { What::Exists });
                return Ok(Some(Existing { id, ours }));
            }
            // Sent, and nobody knows: the step itself finds out.
            Some(attempt) if matches!(attempt.state, State::Open | State::Answered(Answer::Unknown { .. })) => {
                return Ok(None);
            }
            _ => {}
        }
        if !self.cx.options.protocol.looks {
            return Ok(None);
        }
        let text = self.key_text(key, at, spot)?;
        if let Some(source) = self.source_thing() {
            let place = self.cx.place(at);
            let partners = self.cx.world.ledger.linked(&self.cx.world.tenant, &source, Some(&place)).await?;
            // What another step of this flow made for the record is not what this one makes.
            if let Some(partner) = partners.into_iter().find(|partner| !self.made_elsewhere(step, &partner.thing.id)) {
                self.did(spot, at, &partner.thing.id, What::Exists);
                return Ok(Some(Existing { id: partner.thing.id, ours: false }));
            }
        }
        let wanted = [key_wanted(key, &text.text)];
        let told = self.asks(at, Ask::Find(wanted.to_vec()), spot).await?;
        self.looked.insert(step.name.clone(), told.at);
        let rows = told.rows;
        let ids: Vec<String> = rows.iter().filter_map(|row| compute::id_of(self.cx, at, row)).collect();
        match ids.as_slice() {
            [] => Ok(None),
            [id] => {
                let id = self.adopted(step, at, &text.text, id, spot).await?;
                self.note("adopted", at, &id);
                self.did(spot, at, &id, What::Adopted(text.text.as_ref().into()));
                Ok(Some(Existing { id, ours: false }))
            }
            ids => {
                let reason = format!(
                    "{} of {} carry {:?} in `{}`: {}",
                    ids.len(),
                    resource_name(at, self.cx),
                    text.text,
                    key.field.dotted,
                    ids.join(", ")
                );
                Err(End::new(Status::Held, codes::run::SEVERAL, &spot.step, key.span, reason).into())
            }
        }
    }

    /// Another step of the flow made this for the record.
    fn made_elsewhere(&self, step: &Step, thing: &str) -> bool {
        let others = self.cx.program().steps.iter().filter(|other| other.name != step.name);
        others
            .flat_map(|other| self.record.attempts.iter().filter(|attempt| *attempt.step == *other.name))
            .any(|attempt| matches!(&attempt.state, State::Answered(Answer::Made { id }) if id == thing))
    }

    async fn adopted(&self, step: &Step, at: &At, text: &str, id: &str, spot: &Spot) -> Result<String, Halt> {
        let remember = self.remembering(at, &step.name, Vec::new());
        let write = Write {
            cx: self.cx,
            system: self.cx.system(at),
            key: self.record.summary.key.clone(),
            record: &self.record.summary.key,
            spot: spot.clone(),
            key_text: text.to_string(),
            key_field: String::new(),
            sight: Sight::Found,
            body: &[],
            looked: None,
            bound: Duration::ZERO,
            remember: &remember,
        };
        write.adopt(id).await
    }

    /// What is remembered with a made thing: the pair of it and the source record, more pairs, and that the step is done.
    pub(super) fn remembering(
        &self,
        at: &At,
        step: &str,
        more: Vec<(Thing, String)>,
    ) -> impl Fn(&str) -> (Vec<Link>, Vec<Memo>) + use<> {
        let place = self.cx.place(at);
        let flow = self.cx.program().name.to_string();
        let source = self.source_thing();
        let key = self.record.summary.key.clone();
        let round = self.record.summary.round;
        let step = step.to_string();
        move |id| {
            let mut links: Vec<Link> = Vec::new();
            let thing = Thing::new(place.clone(), id);
            for (other, extra) in source
                .iter()
                .map(|source| (source, String::new()))
                .chain(more.iter().map(|(thing, extra)| (thing, extra.clone())))
            {
                if *other != thing {
                    links.push(Link { a: other.clone(), b: thing.clone(), extra, flow: flow.clone() });
                }
            }
            let memo = Memo { key: key.clone(), round, name: step.clone(), value: id.as_bytes().to_vec() };
            (links, vec![memo])
        }
    }

    pub(super) async fn create(
        &mut self,
        number: usize,
        step: &Step,
        create: &Create,
        spot: &Spot,
    ) -> Result<(), Halt> {
        let at = &create.at;
        if !self.existing.contains_key(&number)
            && let Some(looked) = self.looked.get(&step.name)
            && self.cx.world.clock.now() > *looked + bound(self.cx, at) * 3 / 4
            && let Some(existing) = self.look_for_key(step, at, &create.key, spot).await?
        {
            // Others made it while this record was on its way.
            self.existing.insert(number, existing);
        }
        if let Some(existing) = self.existing.get(&number) {
            let (id, ours) = (existing.id.clone(), existing.ours);
            self.set_id(step.makes, at, &id);
            if ours {
                self.wrote = true;
                self.note("created", at, &id);
            }
            return Ok(());
        }
        let record = self.value(&create.body, spot)?;
        let body = self.write(&at.resource.shape, record, eval::Fields::All, spot)?;
        let text = self.key_text(&create.key, at, spot)?;
        let wanted = [key_wanted(&create.key, &text.text)];
        let remember = self.remembering(at, &step.name, Vec::new());
        let system = self.cx.system(at);
        let bytes = Bytes::from(body);
        let write = Write {
            cx: self.cx,
            system,
            key: self.record.summary.key.clone(),
            record: &self.record.summary.key,
            spot: spot.clone(),
            key_text: text.text.to_string(),
            key_field: create.key.field.dotted.to_string(),
            sight: Sight::Found,
            body: &bytes,
            looked: self.looked.get(&step.name).copied(),
            bound: bound(self.cx, at),
            remember: &remember,
        };
        self.wrote = true;
        let written = write
            .once(
                &self.record.attempts,
                async |pass, guard| {
                    let witness = write.witness(guard.n, Some(guard.until));
                    system.create(Call::passed(&witness, pass), &at.resource, bytes.clone()).await
                },
                async |reserved| {
                    let witness = write.witness(0, None);
                    let rows = lookup::look_again(self.cx, &witness, at, &wanted, reserved, spot).await?;
                    Ok(rows.iter().find_map(|row| compute::id_of(self.cx, at, row)))
                },
            )
            .await?;
        self.cx.desk.known(&self.cx.place(at), |known| known.made(&wanted));
        let body = self.cx.kept(&bytes);
        self.did(spot, at, &written.id, What::Created { key: text.text.as_ref().into(), body });
        self.finish_made(step, at, &written.id, written.made, "created", spot)
    }

    /// Sets the variable of a made thing, from the answer where it held the record.
    pub(super) fn finish_made(
        &mut self,
        step: &Step,
        at: &At,
        id: &str,
        made: Option<Made>,
        verb: &str,
        spot: &Spot,
    ) -> Result<(), Halt> {
        self.note(verb, at, id);
        let Some(variable) = step.makes else { return Ok(()) };
        self.set_id(Some(variable), at, id);
        if let Some(row) = made.and_then(|made| made.row) {
            self.fill_from_answer(variable, at, &row, step, spot)?;
        }
        Ok(())
    }

    /// Takes the record out of an answer where it holds all that the flow reads of it; otherwise it is read back.
    fn fill_from_answer(&mut self, variable: u32, at: &At, row: &Row, step: &Step, spot: &Spot) -> Result<(), Halt> {
        let value = self.decode(at, row, spot)?;
        let holds_all = step.used.fields.keys().all(|slot| compute::slot(value, &[*slot], &self.arena).is_set());
        if holds_all && self.id_in(at, value).is_some() {
            self.fill(variable, at, row, spot)?;
        }
        Ok(())
    }

    pub(super) async fn update(&mut self, step: &Step, update: &Update, spot: &Spot) -> Result<(), Halt> {
        if self.is_done(&step.name) {
            return Ok(());
        }
        let at = &update.at;
        let id = self.id_of(&update.id, at, spot)?;
        let ask = Ask::Get { id: id.text.to_string(), slots: Vec::new(), made: false };
        let Some(row) = self.get(at, ask, spot).await? else {
            let reason = format!("{} of {} is gone", id.text, resource_name(at, self.cx));
            return Err(End::new(Status::Held, codes::run::GONE, &spot.step, spot.span, reason).into());
        };
        let record = self.value(&update.body, spot)?;
        self.send_difference(step, at, &id.text, &row, record, &update.fields, spot).await?;
        self.remember_done(&step.name, &id.text).await
    }

    /// Compares a thing with what it should be, and sends what differs of the fields named.
    #[expect(clippy::too_many_arguments, reason = "one call site each for `update` and `found update`")]
    pub(super) async fn send_difference(
        &mut self,
        step: &Step,
        at: &At,
        id: &str,
        row: &Row,
        record: Value,
        fields: &[u32],
        spot: &Spot,
    ) -> Result<bool, Halt> {
        let there = self.decode(at, row, spot)?;
        let named = set_slots(self, record, fields);
        let differing: Vec<u32> = named
            .into_iter()
            .filter(|slot| {
                let now = compute::slot(there, &[*slot], &self.arena);
                !same(self, at, *slot, compute::slot(record, &[*slot], &self.arena), now)
            })
            .collect();
        if differing.is_empty() {
            self.did(spot, at, id, What::Unchanged);
            return Ok(false);
        }
        let resource = &at.resource;
        let mut body = Bytes::from(self.write(&resource.shape, record, eval::Fields::Only(&differing), spot)?);
        let changes = if self.cx.rehearses() { changes(row, &body) } else { Vec::new() };
        let whole = resource.update.as_ref().filter(|update| update.whole);
        // What a system fills in of a thing that would only be there is not known.
        let rest = whole.is_some() && self.cx.system(at).would_be(resource, id);
        if let Some(update) = whole.filter(|_| !rest) {
            body = merge_whole(row, &body, &resource.shape, update).map_err(|fault| {
                let reason = format!("what {} answered cannot be changed: {fault}", resource_name(at, self.cx));
                Halt::from(End::new(Status::Held, codes::run::UNREADABLE_ANSWER, &spot.step, spot.span, reason))
            })?;
        }
        let system = self.cx.system(at);
        let name = lookup::id_name(resource);
        let path = [(&*name, id)];
        self.wrote = true;
        // An update says what is to be: it may be sent again until it is answered.
        let witness = self.witness(at, &step.name);
        let update = || system.update(Call::of(&witness), resource, &path, body.clone());
        let updated = retrying(&witness, system, spot, update).await;
        self.cx.needed(usize::from(updated.is_ok()));
        let texts = self.texts_of(at, record, &differing);
        self.cx.desk.known(&self.cx.place(at), |known| {
            known.changed(id);
            known.made(&texts);
        });
        updated?;
        self.note("updated", at, id);
        let body = self.cx.kept(&body);
        self.did(spot, at, id, What::Updated { body, changes, rest });
        Ok(true)
    }

    pub(super) async fn call(&mut self, number: usize, step: &Step, call: &CallStep, spot: &Spot) -> Result<(), Halt> {
        let at = &call.at;
        let resource = &at.resource;
        let action = &resource.actions[call.action];
        let id = self.id_of(&call.id, at, spot)?;
        let id = id.text.to_string();
        let makes = call.makes.as_ref();
        if let (Some(made_at), Some(key), false) = (makes, &call.key, self.existing.contains_key(&number))
            && let Some(existing) = self.look_for_key(step, made_at, key, spot).await?
        {
            self.existing.insert(number, existing);
        }
        if let (Some(made_at), Some(existing)) = (makes, self.existing.get(&number)) {
            let id = existing.id.clone();
            self.set_id(step.makes, made_at, &id);
            return Ok(());
        }
        let body = match (&call.body, &action.takes) {
            (Some(body), Some(shape)) => {
                let record = self.value(body, spot)?;
                Some(Bytes::from(self.write(shape, record, eval::Fields::All, spot)?))
            }
            _ => None,
        };
        let key_text = match &call.key {
            Some(key) => self.plain(&key.value, spot)?.map(|plain| plain.text.to_string()).unwrap_or_default(),
            None => id.clone(),
        };
        let wanted: Vec<Wanted> = call.key.iter().map(|key| key_wanted(key, &key_text)).collect();
        let target = makes.unwrap_or(at);
        let remember = self.remembering(target, &step.name, Vec::new());
        let remember_call = |made: &str| if makes.is_some() { remember(made) } else { (Vec::new(), remember(made).1) };
        let system = self.cx.system(at);
        let name = lookup::id_name(resource);
        let path = [(&*name, &*id)];
        let content = body.clone().unwrap_or_default();
        let write = Write {
            cx: self.cx,
            system,
            key: self.record.summary.key.clone(),
            record: &self.record.summary.key,
            spot: spot.clone(),
            key_text,
            key_field: call.key.as_ref().map_or_else(String::new, |key| key.field.dotted.to_string()),
            sight: match (makes, &action.done) {
                (Some(_), _) => Sight::Found,
                (None, Some(_)) => Sight::Shown,
                (None, None) => Sight::Not,
            },
            body: &content,
            looked: self.looked.get(&step.name).copied().filter(|_| makes.is_some()),
            bound: bound(self.cx, target),
            remember: &remember_call,
        };
        self.wrote = true;
        let written = write
            .once(
                &self.record.attempts,
                async |pass, guard| {
                    let witness = write.witness(guard.n, Some(guard.until));
                    let made =
                        system.action(Call::passed(&witness, pass), resource, action, &path, body.clone()).await?;
                    match (makes, made.id.is_some()) {
                        (Some(_), false) => Err(unnamed()),
                        (Some(_), true) => Ok(made),
                        (None, _) => Ok(Made { id: Some(id.clone()), row: made.row }),
                    }
                },
                async |reserved| {
                    let witness = write.witness(0, None);
                    if makes.is_some() {
                        let rows = lookup::look_again(self.cx, &witness, target, &wanted, reserved, spot).await?;
                        return Ok(rows.iter().find_map(|row| compute::id_of(self.cx, target, row)));
                    }
                    let Some(done) = &action.done else { return Ok(None) };
                    let row = lookup::get(self.cx, &witness, at, &id, spot).await?;
                    Ok(row.filter(|row| shows_done(self.cx, at, resource, done, row)).map(|_| id.clone()))
                },
            )
            .await?;
        self.cx.desk.known(&self.cx.place(at), |known| known.changed(&id));
        self.cx.desk.known(&self.cx.place(target), |known| known.made(&wanted));
        let body = self.cx.kept(&content);
        let made = if makes.is_some() { written.id.clone() } else { id.clone() };
        self.did(spot, target, &made, What::Called { action: action.name.clone(), body });
        let verb = format!("called {}", action.name);
        if makes.is_some() {
            self.finish_made(step, target, &written.id, written.made, &verb, spot)
        } else {
            self.note(&verb, at, &id);
            Ok(())
        }
    }

    /// What a record says in those of these fields by which things are looked for.
    fn texts_of(&self, at: &At, record: Value, slots: &[u32]) -> Vec<Wanted> {
        let sought = self.cx.sought(&self.cx.place(at)).iter();
        let named = sought.filter(|field| field.field.slots.first().is_some_and(|slot| slots.contains(slot)));
        named
            .filter_map(|field| {
                let value = compute::slot(record, &field.field.slots, &self.arena);
                let plain = compute::plain(value, field.compared, &self.arena)?;
                Some(Wanted { plain: vec![plain], ..field.clone() })
            })
            .collect()
    }

    /// What the made thing will be known by; a record without it is held.
    fn key_text(&mut self, key: &Key, at: &At, spot: &Spot) -> Result<Plain, Halt> {
        self.plain(&key.value, spot)?.ok_or_else(|| {
            let reason = format!("the key of {} is not set", resource_name(at, self.cx));
            End::new(Status::Held, codes::run::NOT_COMPUTED, &spot.step, key.span, reason).into()
        })
    }

    /// The id of the thing that a step is done to; a record without it is held.
    fn id_of(&mut self, id: &eval::Expr, at: &At, spot: &Spot) -> Result<Plain, Halt> {
        self.plain(id, spot)?.ok_or_else(|| {
            let reason = format!("the id of {} is not set", resource_name(at, self.cx));
            End::new(Status::Held, codes::run::NOT_COMPUTED, &spot.step, spot.span, reason).into()
        })
    }

    /// The step was done in this round before.
    pub(super) fn is_done(&self, step: &str) -> bool {
        self.record.steps.iter().any(|memo| memo.name == step)
    }

    pub(super) async fn remember_done(&self, step: &str, id: &str) -> Result<(), Halt> {
        let memo = Memo {
            key: self.record.summary.key.clone(),
            round: self.record.summary.round,
            name: step.to_string(),
            value: id.as_bytes().to_vec(),
        };
        let now = self.cx.world.clock.now();
        let stored = self.cx.world.ledger.put_step(&self.cx.claim, &self.cx.scope, memo, now);
        let (noted, stored) = tokio::join!(self.cx.flush(), stored);
        let _: Stored = stored?;
        noted
    }
}

/// What a thing with that key must carry.
pub(super) fn key_wanted(key: &Key, text: &str) -> Wanted {
    let text = if key.compared == Compared::NoCase { text.trim().to_lowercase() } else { text.to_string() };
    Wanted { field: key.field.clone(), compared: key.compared, plain: vec![Plain { text: text.into() }], filter: None }
}

fn unnamed() -> Fault {
    Fault { sent: true, ..Fault::unsent(crate::connect::Class::LostReply, "the answer does not say what was made") }
}

/// What shows that a further operation was done holds of the thing.
pub(super) fn shows_done(cx: &Context, at: &At, resource: &Resource, done: &eval::Expr, row: &Row) -> bool {
    let mut arena = crate::value::Arena::new(cx.world.zone.clone());
    let Ok(record) = cx.reader(at).read(row.text(), &mut arena) else { return false };
    let mut frame = eval::Frame::of(&[record]);
    compute::is_there(resource, record, &mut arena) && eval::holds(done, &mut frame, &mut arena).unwrap_or(false)
}

/// A hash that tells identities apart without holding what they are made of.
pub(super) fn identity_hash(texts: &[&str]) -> String {
    hash(texts.join("\u{1f}").as_bytes()).to_string()
}
