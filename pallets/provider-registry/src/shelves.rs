//! The shelves of the ask index: asks of one class that promise at least so much memory, so much collateral, and that
//! take jobs from some size on.
//!
//! A match compares a job with shelves before it looks at asks. A shelf whose floor is enough for the job has nothing
//! but asks that fit, however many asks there are elsewhere.

use codec::{Decode, DecodeWithMemTracking, Encode, Error as CodecError, Input, MaxEncodedLen, Output};
use scale_info::TypeInfo;
use touchstone_primitives::{Ask, Balance, DeviceClass, Need};

const GIB: u64 = 1 << 30;

/// Memory from which on a device stands on the next shelf, bytes. They are the sizes in which devices come; the largest
/// is the most memory of a job.
const MEMORY_STEPS: [u64; 9] = [GIB, 2 * GIB, 4 * GIB, 6 * GIB, 8 * GIB, 12 * GIB, 16 * GIB, 24 * GIB, 32 * GIB];

/// Steps of the collateral that an ask covers.
pub const COVER_STEPS: usize = 6;

/// Most shelves of one class.
pub const SHELVES_OF_CLASS: u32 = ((MEMORY_STEPS.len() + 1) * (COVER_STEPS + 1) * 3) as u32;

/// Work that an ask with a modest minimum always takes: 10⁹ fuel.
const MODEST_WORK: u64 = 1_000_000_000;

/// The least job that asks on a shelf take.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum LeastJob {
    /// They have no minimum.
    #[codec(index = 0)]
    Any,
    /// Their minimum is no more than the price of 10⁹ fuel.
    #[codec(index = 1)]
    Modest,
    /// Their minimum is higher.
    #[codec(index = 2)]
    Large,
}

/// A shelf.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Shelf {
    /// Class of all devices on it.
    pub class: DeviceClass,
    /// How many memory steps they reach.
    pub memory: u8,
    /// How many cover steps the stake behind each ask reaches.
    pub cover: u8,
    /// The least job they take.
    pub least: LeastJob,
}

/// How many of `steps`, which rise, `value` reaches.
fn reached<N: PartialOrd>(steps: &[N], value: &N) -> u8 {
    steps.iter().take_while(|step| *step <= value).count() as u8
}

/// What is below the step with this number, and what is at it: a shelf that reaches `steps` has values from the first
/// to below the second.
fn range<N: Copy>(steps: &[N], reached: u8) -> (Option<N>, Option<N>) {
    let at = usize::from(reached);
    (at.checked_sub(1).and_then(|below| steps.get(below)).copied(), steps.get(at).copied())
}

impl Shelf {
    /// The shelf of an ask with `share` of the stake behind it.
    pub fn of(class: DeviceClass, memory: u64, share: Balance, ask: &Ask, covers: &[Balance; COVER_STEPS]) -> Self {
        let least = match ask.minimum {
            0 => LeastJob::Any,
            minimum if minimum <= ask.price(MODEST_WORK) => LeastJob::Modest,
            _ => LeastJob::Large,
        };
        Self { class, memory: reached(&MEMORY_STEPS, &memory), cover: reached(covers, &share), least }
    }

    /// Whether every ask on the shelf, at this price, has the memory, the stake and the minimum for the job.
    pub fn fits(&self, need: &Need, price: Balance, covers: &[Balance; COVER_STEPS]) -> bool {
        let memory = range(&MEMORY_STEPS, self.memory).0.unwrap_or(0);
        let cover = range(covers, self.cover).0.unwrap_or(0);
        let least = match self.least {
            LeastJob::Any => true,
            LeastJob::Modest => need.work >= MODEST_WORK,
            LeastJob::Large => false,
        };
        memory >= need.memory && cover >= need.collateral(price) && least
    }

    /// Whether an ask on the shelf, at this price, may have the memory and the stake for the job.
    pub fn may_fit(&self, need: &Need, price: Balance, covers: &[Balance; COVER_STEPS]) -> bool {
        let memory = range(&MEMORY_STEPS, self.memory).1;
        let cover = range(covers, self.cover).1;
        need.class.is_none_or(|class| class == self.class)
            && memory.is_none_or(|memory| memory > need.memory)
            && cover.is_none_or(|cover| cover > need.collateral(price))
    }
}

/// The order of asks on a shelf: by price per gigafuel, then by age. Big-endian, so that keys sort as numbers do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, MaxEncodedLen, TypeInfo)]
pub struct Rank {
    /// Price of 10⁹ fuel.
    pub per_gigafuel: Balance,
    /// How many asks were set on this chain before it.
    pub sequence: u64,
}

impl Encode for Rank {
    fn size_hint(&self) -> usize {
        24
    }

    fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
        output.write(&self.per_gigafuel.to_be_bytes());
        output.write(&self.sequence.to_be_bytes());
    }
}

impl codec::EncodeLike for Rank {}

impl Decode for Rank {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        let (per_gigafuel, sequence) = <([u8; 16], [u8; 8])>::decode(input)?;
        Ok(Self { per_gigafuel: Balance::from_be_bytes(per_gigafuel), sequence: u64::from_be_bytes(sequence) })
    }
}

impl DecodeWithMemTracking for Rank {}

impl Rank {
    /// What an ask of this rank charges for `work` fuel.
    pub fn price(&self, work: u64) -> Balance {
        Ask { per_gigafuel: self.per_gigafuel, minimum: 0, slots: 0 }.price(work)
    }
}
