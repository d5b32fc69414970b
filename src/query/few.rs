//! A list that mostly holds one thing: of a message's destinations, say.
//!
//! Rule: a single thing takes no memory beside; there are millions of such lists at a time.

/// Any number of things in the order they came.
#[derive(Clone, Debug)]
pub(super) struct Few<T> {
    first: Option<T>,
    more: Vec<T>,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Few {
            first: None,
            more: Vec::new(),
        }
    }
}

impl<T> Few<T> {
    pub(super) fn push(&mut self, thing: T) {
        match self.first {
            None => self.first = Some(thing),
            Some(_) => self.more.push(thing),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain(&self.more)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.first.iter_mut().chain(&mut self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::Few;

    #[test]
    fn things_stay_in_order() {
        let mut few = Few::default();
        assert_eq!(few.iter().next(), None);
        for n in 0..3 {
            few.push(n);
            assert_eq!(few.iter().copied().last(), Some(n));
        }
        few.iter_mut().for_each(|n| *n *= 2);
        assert_eq!(few.iter().copied().collect::<Vec<_>>(), [0, 2, 4]);
    }
}
