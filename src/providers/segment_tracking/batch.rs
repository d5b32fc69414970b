//! Events gathered into one request.
//!
//! Rule: whatever is pushed, a request keeps the vendor's limits: more events than allowed are dropped behind a 200.

/// Bytes of one event at most.
pub(crate) const MAX_EVENT: usize = 32_000;

/// Bytes of a request's body at most.
const MAX_BODY: usize = 500_000;

/// Events of a request at most.
const MAX_EVENTS: usize = 2_500;

const HEAD: &str = r#"{"batch":["#;
const TAIL: &str = "]}";

/// Some events, in order.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    /// The request's body without its tail.
    text: String,
    /// Where each event begins in it.
    starts: Vec<usize>,
}

impl Batch {
    pub(crate) fn new() -> Batch {
        Batch {
            text: HEAD.to_owned(),
            starts: Vec::new(),
        }
    }

    /// Adds an event, a JSON object of at most [`MAX_EVENT`] bytes. Returns false if there is no room for it, or if it
    /// is larger than any event may be.
    #[must_use = "an event that did not fit is not sent"]
    pub(crate) fn push(&mut self, event: &str) -> bool {
        let comma = usize::from(!self.starts.is_empty());
        let size = self.text.len() + comma + event.len() + TAIL.len();
        if event.len() > MAX_EVENT || size > MAX_BODY || self.starts.len() >= MAX_EVENTS {
            return false;
        }
        if comma > 0 {
            self.text.push(',');
        }
        self.starts.push(self.text.len());
        self.text.push_str(event);
        true
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Returns the request's body.
    pub(super) fn body(&self) -> String {
        format!("{}{TAIL}", self.text)
    }

    /// Returns some of the events as a batch of their own.
    pub(crate) fn part(&self, from: usize, to: usize) -> Batch {
        let mut part = Batch::new();
        for at in from..to.min(self.len()) {
            // Each event ends before the comma of the next.
            let end = self
                .starts
                .get(at + 1)
                .map_or(self.text.len(), |next| next - 1);
            // OK because the whole was within the limits.
            let _ = part.push(&self.text[self.starts[at]..end]);
        }
        part
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn event(length: usize) -> String {
        // `{"a":""}` has 8 bytes.
        format!(r#"{{"a":"{}"}}"#, "x".repeat(length.saturating_sub(8)))
    }

    fn texts(batch: &Batch) -> Vec<String> {
        let body: Value = serde_json::from_str(&batch.body()).unwrap();
        let events = body["batch"].as_array().unwrap();
        events.iter().map(Value::to_string).collect()
    }

    #[test]
    fn a_body_is_json_and_a_part_of_it_too() {
        let mut batch = Batch::new();
        assert_eq!(batch.body(), r#"{"batch":[]}"#);
        for n in 0..5 {
            assert!(batch.push(&format!(r#"{{"n":{n}}}"#)));
        }
        assert_eq!(
            batch.body(),
            r#"{"batch":[{"n":0},{"n":1},{"n":2},{"n":3},{"n":4}]}"#
        );
        assert_eq!(batch.part(1, 3).body(), r#"{"batch":[{"n":1},{"n":2}]}"#);
        assert_eq!(batch.part(4, 9).body(), r#"{"batch":[{"n":4}]}"#);
    }

    #[test]
    fn each_limit_is_reached_and_not_passed() {
        let mut many = Batch::new();
        for _ in 0..2500 {
            assert!(many.push("{}"));
        }
        assert!(!many.push("{}"));
        assert_eq!(many.len(), 2500);

        let mut large = Batch::new();
        assert!(large.push(&event(32_000)));
        assert!(!large.push(&event(32_001)));
        // The head has 10 bytes and the tail 2; 15 events and their 14 commas have 480,014.
        for _ in 0..14 {
            assert!(large.push(&event(32_000)));
        }
        assert!(!large.push(&event(19_974)));
        assert!(large.push(&event(19_973)));
        assert_eq!(large.body().len(), 500_000);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_is_pushed_the_limits_hold_and_nothing_is_lost(
            lengths in proptest::collection::vec(prop_oneof![8usize..200, 8usize..40_000], 0..120),
            cut in 0usize..130,
        ) {
            let mut sent = Vec::new();
            let mut batch = Batch::new();
            let mut expected = Vec::new();
            for length in lengths {
                let event = event(length);
                if length > 32_000 {
                    prop_assert!(!Batch::new().push(&event));
                    continue;
                }
                if !batch.push(&event) {
                    sent.push(std::mem::replace(&mut batch, Batch::new()));
                    prop_assert!(batch.push(&event));
                }
                expected.push(event);
            }
            sent.push(batch);
            for batch in &sent {
                prop_assert!(batch.body().len() <= 500_000 && batch.len() <= 2500);
                let halves = [batch.part(0, cut), batch.part(cut, batch.len())];
                let halves: Vec<String> = halves.iter().flat_map(texts).collect();
                prop_assert_eq!(halves, texts(batch));
            }
            let sent: Vec<String> = sent.iter().flat_map(texts).collect();
            prop_assert_eq!(sent, expected);
        }
    }
}
