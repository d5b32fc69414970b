//! What a fetch is planned by, and how the plan is shown.

use crate::fetch::{Action, Asked, Hours, Plan, Planned, Skip, State, Stored, read_stored};
use crate::model::{Filter, Kind, Provider, Value, Window};
use crate::store::Store;

use super::super::rows::Rows;
use super::super::{Context, Error};

const COLUMNS: [(&str, Kind); 5] = [
    ("provider", Kind::Text),
    ("collection", Kind::Text),
    ("hour", Kind::Text),
    ("state", Kind::Text),
    ("action", Kind::Text),
];

/// Reads what is stored of the hours asked for, and tells of those that cannot be read.
pub(super) fn read_plan_store(context: &mut Context<'_>, asked: &Asked) -> Result<Stored, Error> {
    let (hours, window) = match &asked.hours {
        Hours::Named(hours) => (hours.clone(), Window::ALL),
        Hours::Window(window) => (vec![], *window),
    };
    let filter = Filter {
        providers: asked.collections.iter().map(|(p, _)| *p).collect(),
        collections: asked.collections.iter().map(|(_, id)| id.clone()).collect(),
        hours,
        ..Filter::default()
    };
    let store = Store::open(&context.settings.data);
    let stored = read_stored(&store, &filter, window)?;
    for (key, error) in &stored.unreadable {
        context.messages.warn(&format!(
            "the stored hour {} of `{}` cannot be read and is fetched again: {error}",
            key.hour, key.collection
        ));
    }
    Ok(stored)
}

pub(super) fn print_plan(context: &mut Context<'_>, plan: &Plan) -> Result<(), Error> {
    let mut rows = Rows::begin(context, &COLUMNS)?;
    for entry in plan.entries() {
        let Planned { key, state, .. } = entry;
        rows.row(&[
            Value::Text(key.provider.name().into()),
            Value::Text(key.collection.as_str().into()),
            Value::Text(key.hour.to_string().into()),
            Value::Text(state.name().into()),
            Value::Text(action_text(entry).into()),
        ])?;
    }
    rows.finish()
}

fn action_text(entry: &Planned) -> String {
    match entry.action {
        Action::Skip(Skip::Early(..)) if entry.key.provider != Provider::Segment => {
            "fetch what there is: it has not ended".to_owned()
        }
        Action::Fetch if entry.state == State::Expired => {
            "fetch what the vendor may still have".to_owned()
        }
        action => action.to_string(),
    }
}
