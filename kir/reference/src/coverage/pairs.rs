/// A set of pairs of opcodes.
#[derive(Clone, Debug)]
pub(super) struct Pairs(Vec<u64>);

impl Default for Pairs {
    fn default() -> Self {
        Pairs(vec![0; 65536 / 64])
    }
}

impl Pairs {
    fn place(first: u8, second: u8) -> (usize, u32) {
        let index = usize::from(first) * 256 + usize::from(second);
        (index / 64, (index % 64) as u32)
    }

    pub(super) fn note(&mut self, first: u8, second: u8) {
        let (word, bit) = Self::place(first, second);
        self.0[word] |= 1 << bit;
    }

    pub(super) fn met(&self, first: u8, second: u8) -> bool {
        let (word, bit) = Self::place(first, second);
        self.0[word] >> bit & 1 == 1
    }

    pub(super) fn merge(&mut self, other: &Pairs) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}
