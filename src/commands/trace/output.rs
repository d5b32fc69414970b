//! A trace for programs: one JSON object, or its records as rows.
//!
//! Rule: the keys of the object are a contract: `id`, `kind`, `fate`, `complete`, `records`, beside them `destinations` of a
//! message and `batch` of an exchange; what is absent is left out.

use crate::model::{Column, Field, Kind, RecordType, Value};
use crate::providers::codes::is_explained;
use crate::query::{Entry, Trace};
use crate::render::{Fit, Format, Heading, Options, Output};

use super::super::quote;
use super::super::rows::whole;
use super::super::{Context, Error};
use super::{exchange, fate};

/// Writes the whole trace as one object.
pub(super) fn json(
    context: &mut Context<'_>,
    trace: &Trace,
    is_complete: bool,
) -> Result<(), Error> {
    let options = context.render_options(Fit::All);
    let text = |text: &str| Value::Text(text.to_owned().into());
    let fates = fate::by_route(&trace.records);
    let all = if trace.batch.is_empty() {
        fate::overall(fates.iter().map(|(_, fate)| *fate))
    } else {
        fate::overall(trace.batch.iter().map(|member| member.fate))
    };
    let destinations: Vec<Vec<Value<'_>>> = fates
        .iter()
        .map(|(route, fate)| {
            vec![
                text(route.provider.name()),
                text(route.collection),
                route.destination.map_or(Value::Null, text),
                fate.map_or(Value::Null, |fate| text(fate.name())),
            ]
        })
        .collect();
    let batch: Vec<Vec<Value<'_>>> = exchange::by_fate_and_status(&trace.batch)
        .into_iter()
        .map(|part| {
            vec![
                part.fate.map_or(Value::Null, |fate| text(fate.name())),
                part.status.map_or(Value::Null, Value::Int),
                whole(part.messages),
            ]
        })
        .collect();
    let records: Vec<Vec<Value<'_>>> = trace.records.iter().map(|e| cells(e, true)).collect();
    let list = |headings: Vec<Heading>, rows: &[Vec<Value<'_>>]| -> Result<Value<'static>, Error> {
        Ok(Value::Json(array(headings, rows, options)?.into()))
    };
    let present = |rows: &[Vec<Value<'_>>], names: &[&str]| match rows {
        [] => Ok(Value::Null),
        rows => list(
            names.iter().map(|name| Heading::new(*name, None)).collect(),
            rows,
        ),
    };
    let (destinations, batch) = match trace.batch.is_empty() {
        true => (
            present(
                &destinations,
                &["provider", "collection", "destination", "fate"],
            )?,
            Value::Null,
        ),
        false => (
            Value::Null,
            present(&batch, &["fate", "status", "messages"])?,
        ),
    };
    let names = [
        "id",
        "kind",
        "fate",
        "complete",
        "destinations",
        "batch",
        "records",
    ];
    let headings = names.iter().map(|name| Heading::new(*name, None)).collect();
    let object = [
        text(&trace.id),
        text(trace.subject.name()),
        all.map_or(Value::Null, |fate| text(fate.name())),
        Value::Bool(is_complete),
        destinations,
        batch,
        list(headings_of(true), &records)?,
    ];
    let mut output = Output::new(Format::Ndjson, headings, options, context.out)?;
    output.row(&object)?;
    output.finish()?;
    Ok(())
}

/// Writes the records, oldest first.
pub(super) fn rows(context: &mut Context<'_>, format: Format, trace: &Trace) -> Result<(), Error> {
    let options = context.render_options(Fit::All);
    if format == Format::Raw {
        let headings = vec![Heading::new(Column::Raw.name(), Some(Kind::Bytes))];
        let mut output = Output::new(format, headings, options, context.out)?;
        for entry in &trace.records {
            output.row(&[Value::Bytes(&entry.raw)])?;
        }
        output.finish()?;
        return Ok(());
    }
    let has_raw = format == Format::Ndjson;
    let mut output = Output::new(format, headings_of(has_raw), options, context.out)?;
    for entry in &trace.records {
        output.row(&cells(entry, has_raw))?;
    }
    output.finish()?;
    Ok(())
}

fn headings_of(has_raw: bool) -> Vec<Heading> {
    let columns = Column::shown();
    let mut headings: Vec<Heading> = columns
        .map(|column| Heading::from(&Field::Column(column)))
        .collect();
    headings.push(Heading::from(&Field::Fate));
    if has_raw {
        headings.push(Heading::new(Column::Raw.name(), None));
    }
    headings
}

fn cells(entry: &Entry, has_raw: bool) -> Vec<Value<'_>> {
    let columns = Column::shown();
    let mut cells: Vec<Value<'_>> = columns.map(|column| entry.value(column).clone()).collect();
    cells.push(
        entry
            .fate
            .map_or(Value::Null, |fate| Value::Text(fate.name().into())),
    );
    if has_raw {
        // A record that is JSON stands as JSON, so that nobody has to read text in text.
        let json = std::str::from_utf8(&entry.raw)
            .ok()
            .filter(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
        cells.push(match json {
            Some(json) => Value::Json(json.trim().into()),
            None => Value::Bytes(&entry.raw),
        });
    }
    cells
}

/// Renders rows as a JSON array.
fn array(
    headings: Vec<Heading>,
    rows: &[Vec<Value<'_>>],
    options: Options,
) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let mut output = Output::new(Format::Json, headings, options, &mut bytes)?;
    for row in rows {
        output.row(row)?;
    }
    output.finish()?;
    Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}

/// Returns the commands that lead on, each with what it gives.
pub(super) fn next_commands(program: &str, trace: &Trace) -> Vec<String> {
    let failed = trace.records.iter().rev().find(|entry| {
        entry.text(Column::Outcome) == Some("failure") || entry.int(Column::Status) >= Some(400)
    });
    let mut commands = Vec::new();
    if let Some(code) = failed.and_then(known_code) {
        let code = quote(&code);
        commands.push(format!(
            "{program} explain {code} tells what it means and whether it is retried"
        ));
    }
    let is_batch = trace.batch.is_empty();
    let exchange = trace.records.iter().rev().find(|entry| {
        entry.record_type == RecordType::Exchange && entry.int(Column::Status) >= Some(400)
    });
    if let (true, Some(id)) = (
        is_batch,
        exchange.and_then(|entry| entry.text(Column::ExchangeId)),
    ) {
        let id = quote(id);
        commands.push(format!(
            "{program} trace {id} shows who else was in that batch"
        ));
    }
    if let Some(member) = exchange::worst_first(&trace.batch).first() {
        let id = quote(&member.message_id);
        commands.push(format!(
            "{program} trace {id} tells the first message's story"
        ));
    }
    commands
}

/// Returns the code of a record that can be explained, else its status.
fn known_code(entry: &Entry) -> Option<String> {
    let code = entry.text(Column::Code).map(str::to_owned);
    let status = entry.int(Column::Status).map(|status| status.to_string());
    let mut codes = [code, status].into_iter().flatten();
    codes.find(|code| is_explained(code))
}
