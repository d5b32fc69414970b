//! Getting logs into the store: which hours are due, what they cost, downloading and decoding.
