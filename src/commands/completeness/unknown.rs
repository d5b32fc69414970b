//! What was asked for and has never been stored.
//!
//! Rule: a store that holds other things is not called empty.

use super::{Completeness, Context};

impl Completeness {
    /// Says which of the collections and providers asked for have never been stored.
    pub(super) fn tell_unknown(&self, context: &mut Context<'_>) {
        for name in &self.unknown {
            let said = format!("nothing of `{}` is stored", context.settings.name_of(name));
            context.messages.warn(&said);
        }
        if !self.stored.metas.is_empty() || !self.unknown.is_empty() {
            return;
        }
        let asked: Vec<_> = self.providers.iter().map(|one| one.name()).collect();
        let lack = match asked.as_slice() {
            [] => "is empty".to_owned(),
            names => format!("holds nothing of {}", names.join(" or ")),
        };
        let said = format!(
            "the store {lack}: `{0} fetch` fills it, `{0} import FILE` too, and `{0} demo` shows how",
            context.program
        );
        context.messages.hint(&said);
    }
}
