//! Numbers and ids that look random and follow from a seed: in go a seed and positions, out come the same values always.

/// Spreads a seed and two positions over 64 bits.
pub(super) fn mix(seed: u64, kind: u64, position: u64) -> u64 {
    let mut bits = seed
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(kind.wrapping_mul(0xC2B2_AE3D_27D4_EB4F))
        .wrapping_add(position.wrapping_mul(0x1656_67B1_9E37_79F9));
    for _ in 0..2 {
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
    }
    bits
}

/// An id in the form of a random UUID.
pub(super) fn uuid(seed: u64, kind: u64, position: u64) -> String {
    let high = mix(seed, kind, position.wrapping_mul(2)) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000;
    let low = mix(seed, kind, position.wrapping_mul(2).wrapping_add(1)) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

/// Whether a text has the form of a UUID.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A row of throws that follows from a seed.
pub(super) struct Dice {
    seed: u64,
    kind: u64,
    thrown: u64,
}

impl Dice {
    /// A row of its own for each kind and position.
    pub(super) fn new(seed: u64, kind: u64, position: u64) -> Dice {
        Dice { seed: mix(seed, kind, position), kind, thrown: 0 }
    }

    /// The next 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.thrown += 1;
        mix(self.seed, self.kind, self.thrown)
    }

    /// A number below `end`, which is at least one.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.bits() % end.max(1)
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, cases: u64) -> bool {
        self.below(100) < cases
    }

    /// One of a list that is not empty.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let place = usize::try_from(self.below(list.len() as u64)).expect("a place in a list fits");
        &list[place]
    }
}
