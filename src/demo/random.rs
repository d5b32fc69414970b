//! Numbers that look random and are the same for the same seed, and the ids made from them.
//!
//! Rule: the sequence for a seed never changes between platforms or runs; data sets are compared by their hash.

/// A generator of numbers (splitmix64: 64 bits of state, no seed is a bad one).
#[derive(Clone, Debug)]
pub(super) struct Random {
    state: u64,
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const HEX: &[u8; 16] = b"0123456789abcdef";

impl Random {
    /// Starts a sequence of its own for each pair of seed and salt.
    pub(super) fn new(seed: u64, salt: u64) -> Random {
        Random {
            state: mix(seed ^ mix(salt.wrapping_add(1))),
        }
    }

    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// Returns a number in `0..end`; 0 if `end` is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        // OK because the high half of a 128-bit product is below `end`.
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// Returns a number in `low..=high`.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low.saturating_add_unsigned(self.below(high.abs_diff(low).saturating_add(1)))
    }

    /// Returns true `per_mille` times in a thousand.
    pub(super) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    pub(super) fn pick<'t, T, const N: usize>(&mut self, items: &'t [T; N]) -> &'t T {
        const { assert!(N > 0) };
        // OK because the index is below N.
        &items[self.below(N as u64) as usize]
    }

    /// Appends 27 characters as a KSUID has; those of these years begin with `2`.
    pub(super) fn write_ksuid(&mut self, out: &mut Vec<u8>) {
        out.push(b'2');
        let mut left = 26;
        while left > 0 {
            let mut bits = self.next();
            // OK because 62^10 is below 2^64: one number gives ten characters.
            for _ in 0..left.min(10) {
                out.push(BASE62[(bits % 62) as usize]);
                bits /= 62;
            }
            left -= left.min(10);
        }
    }

    /// Appends `len` hexadecimal digits.
    pub(super) fn write_hex(&mut self, len: usize, out: &mut Vec<u8>) {
        let mut left = len;
        while left > 0 {
            let mut bits = self.next();
            for _ in 0..left.min(16) {
                out.push(HEX[(bits & 15) as usize]);
                bits >>= 4;
            }
            left -= left.min(16);
        }
    }

    /// Appends a UUID of version 4.
    pub(super) fn write_uuid(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        self.write_hex(32, out);
        out[start + 12] = b'4';
        out[start + 16] = BASE62[usize::from(out[start + 16] & 1) + 8];
        for dash in [8, 13, 18, 23] {
            out.insert(start + dash, b'-');
        }
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_sequence_depends_on_seed_and_salt_alone() {
        let first = |seed, salt| Random::new(seed, salt).next();
        assert_eq!(first(1, 2), first(1, 2));
        assert_ne!(first(1, 2), first(2, 1));
        assert_ne!(first(0, 0), first(0, 1));
        assert_eq!(first(7, 7), 15_263_398_586_831_630_152);
    }

    #[test]
    fn numbers_stay_in_their_range_and_reach_its_ends() {
        let mut random = Random::new(1, 1);
        let drawn: Vec<i64> = (0..500).map(|_| random.between(-2, 3)).collect();
        assert_eq!(drawn.iter().min(), Some(&-2));
        assert_eq!(drawn.iter().max(), Some(&3));
        assert_eq!(random.below(0), 0);
        let hits = (0..10_000).filter(|_| random.chance(250)).count();
        assert!((2_300..2_700).contains(&hits), "{hits}");
    }

    #[test]
    fn ids_have_their_shapes() {
        let mut random = Random::new(3, 4);
        for _ in 0..50 {
            let mut uuid = Vec::new();
            random.write_uuid(&mut uuid);
            let uuid = String::from_utf8(uuid).unwrap();
            let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{uuid}");
            assert!(uuid[14..].starts_with('4'), "{uuid}");
            assert!(uuid[19..].starts_with(['8', '9']), "{uuid}");
        }
        let mut ksuid = Vec::new();
        random.write_ksuid(&mut ksuid);
        assert_eq!(ksuid.len(), 27);
        assert!(ksuid.iter().all(u8::is_ascii_alphanumeric));
    }
}
