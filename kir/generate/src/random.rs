/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: u32) -> u32 {
        (((self.bits() >> 32) * u64::from(n)) >> 32) as u32
    }

    /// True with probability 1/`n`.
    pub fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    /// A word that is often an edge case: small, near a power of two, or near the signed limits.
    pub fn word(&mut self) -> u32 {
        match self.below(6) {
            0 => self.below(8),
            1 => self.below(300),
            2 => (self.below(8)).wrapping_neg(),
            3 => (1u32 << self.below(32)).wrapping_add(self.below(3).wrapping_sub(1)),
            4 => (i32::MAX as u32).wrapping_add(self.below(4).wrapping_sub(1)),
            _ => self.bits() as u32,
        }
    }

    /// The bytes of `words` random words.
    pub(super) fn buffer(&mut self, words: u32) -> Vec<u8> {
        (0..words).flat_map(|_| self.word().to_le_bytes()).collect()
    }

    /// Mostly up to `few`; with probability 1/`n` up to `many`, and then half of the time the limit itself.
    pub(super) fn up_to(&mut self, few: u32, n: u32, many: u32) -> u32 {
        match (self.one_in(n), self.one_in(2)) {
            (false, _) => self.below(few + 1),
            (true, false) => self.below(many + 1),
            (true, true) => many,
        }
    }
}
