//! What is done with one record: got, made, changed, acted on.

use std::sync::Arc;

use bytes::Bytes;

use crate::connect::rehearsal::Writing;
use crate::connect::said::is_page;
use crate::connect::system::Asking;
use crate::connect::{Action, Answer, Call, Class, Fault, Operation, Resource, Row, System, address, json, reading};
use crate::eval::Shape;

/// The values of the `{holes}` in an operation's path, by field.
pub type Fields<'a> = &'a [(&'a str, &'a str)];

/// What a write made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The id of the made thing: always there after a `create`, and after an action that makes something.
    pub id: Option<String>,
    /// The record in the answer, when there was one.
    pub row: Option<Row>,
}

impl System {
    /// One record, or `None` when it is not there.
    ///
    /// # Errors
    /// When the system cannot be asked or refuses.
    pub async fn get(&self, mut call: Call<'_>, resource: &Resource, fields: Fields<'_>) -> Result<Option<Row>, Fault> {
        let operation = expect(resource, resource.get.as_ref(), "get")?;
        let asking = Asking {
            purpose: format!("{} get", resource.name.resource),
            write: false,
            method: &operation.method,
            url: address::fill(self.base(), &operation.path, |name| hole(fields, name))?,
            body: None,
        };
        let id = resource.shape.id.and_then(|slot| hole(fields, &resource.shape.fields[slot].name));
        if let (Some(rehearsal), Some(id)) = (self.rehearsal(), &id)
            && let Some(row) = rehearsal.thing(resource, id)
        {
            self.withhold(&call, &asking)?;
            return Ok(Some(row));
        }
        let answer = match self.ask(&mut call, &asking).await {
            Ok(answer) => answer,
            Err(fault) if fault.class == Class::Missing => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let unreadable = |why: String| self.judge(false).unreadable(answer.status, &why);
        match json::locate(json::text(&answer.body).map_err(unreadable)?, &operation.within).map_err(unreadable)? {
            None | Some("null") => Ok(None),
            Some(record) if record.starts_with('{') => {
                let row = Row::within(&answer.body, record);
                Ok(Some(match self.rehearsal() {
                    Some(rehearsal) => rehearsal.changed(&resource.name.resource, &resource.shape, row),
                    None => row,
                }))
            }
            Some(_) => Err(unreadable("it is no record".to_string())),
        }
    }

    /// Makes a record; holes of the path are filled from the body.
    ///
    /// # Errors
    /// When it was refused or its outcome is unknown: see [`Fault::not_applied`].
    pub async fn create(&self, call: Call<'_>, resource: &Resource, body: Bytes) -> Result<Made, Fault> {
        let operation = expect(resource, resource.create.as_ref(), "create")?;
        let purpose = format!("{} create", resource.name.resource);
        let written = body.clone();
        let hole = |name: &str| json::scalar(json::member(json::text(&written).ok()?, name).ok()??.get());
        let answer = self.write(call, purpose, operation, hole, Some(body), Writing::New(resource)).await?;
        self.made(&answer, &operation.within, Some(&resource.shape))
    }

    /// Changes a record.
    ///
    /// # Errors
    /// When it was refused or its outcome is unknown: see [`Fault::not_applied`].
    pub async fn update(
        &self,
        call: Call<'_>,
        resource: &Resource,
        fields: Fields<'_>,
        body: Bytes,
    ) -> Result<Made, Fault> {
        let operation = expect(resource, resource.update.as_ref(), "update")?;
        let purpose = format!("{} update", resource.name.resource);
        let id = resource.shape.id.and_then(|slot| hole(fields, &resource.shape.fields[slot].name));
        let writing = id.as_ref().map_or(Writing::Other, |id| Writing::Change(resource, id));
        let answer = self.write(call, purpose, operation, |name| hole(fields, name), Some(body), writing).await?;
        self.made(&answer, &operation.within, None)
    }

    /// Does a further operation on a record of a resource.
    ///
    /// # Errors
    /// When it was refused or its outcome is unknown: see [`Fault::not_applied`].
    pub async fn action(
        &self,
        call: Call<'_>,
        resource: &Resource,
        action: &Action,
        fields: Fields<'_>,
        body: Option<Bytes>,
    ) -> Result<Made, Fault> {
        let purpose = format!("{} {}", resource.name.resource, action.name);
        let makes = action.makes.as_ref().and_then(|name| self.connector().resource(&name.resource));
        let writing = makes.map_or(Writing::Other, |resource| Writing::Product(resource));
        let hole = |name: &str| hole(fields, name);
        let answer = self.write(call, purpose, &action.operation, hole, body, writing).await?;
        self.made(&answer, &action.operation.within, makes.map(|resource| &resource.shape))
    }

    async fn write(
        &self,
        mut call: Call<'_>,
        purpose: String,
        operation: &Operation,
        hole: impl Fn(&str) -> Option<String>,
        body: Option<Bytes>,
        writing: Writing<'_>,
    ) -> Result<Answer, Fault> {
        let url = address::fill(self.base(), &operation.path, hole)?;
        let asking = Asking { purpose, write: true, method: &operation.method, url, body };
        // Every write of this room passes here.
        if let Some(rehearsal) = self.rehearsal() {
            self.withhold(&call, &asking)?;
            let made = rehearsal.write(writing, asking.body.as_ref());
            return Ok(Answer::new(200, json::nested(&operation.within, &made)));
        }
        self.ask(&mut call, &asking).await
    }

    /// What the answer to a write says was made; where a thing of a shape must have been made and no id of it can be
    /// read, the reply is as good as lost.
    fn made(&self, answer: &Answer, within: &[Arc<str>], shape: Option<&Arc<Shape>>) -> Result<Made, Fault> {
        let lost = |why: String| self.judge(true).unreadable(answer.status, &why);
        if is_page(answer) {
            return Err(lost("a web page came instead of data".to_string()));
        }
        let record = json::text(&answer.body).and_then(|text| json::locate(text, within));
        let Some(shape) = shape else {
            // Nothing is read from it, so that an empty body or a word of praise is as good as a record.
            let record = record.ok().flatten().filter(|record| record.starts_with('{'));
            return Ok(Made { id: None, row: record.map(|record| Row::within(&answer.body, record)) });
        };
        let record = record.map_err(lost)?.ok_or_else(|| lost("it holds no record".to_string()))?;
        let id = reading::id(shape, record).map_err(lost)?.ok_or_else(|| lost("it holds no id".to_string()))?;
        Ok(Made { id: Some(id), row: Some(Row::within(&answer.body, record)) })
    }
}

fn hole(fields: Fields<'_>, name: &str) -> Option<String> {
    fields.iter().find(|(field, _)| *field == name).map(|(_, value)| (*value).to_string())
}

fn expect<'a>(resource: &Resource, operation: Option<&'a Operation>, name: &str) -> Result<&'a Operation, Fault> {
    operation.ok_or_else(|| Fault::unsent(Class::Config, format!("{} has no operation `{name}`", resource.name)))
}
