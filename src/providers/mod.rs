//! What each system sends and expects.
