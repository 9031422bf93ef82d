use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::Balance;

/// Devices of one provider.
pub const MAX_DEVICES: u32 = 16;
/// Length of an endpoint URL, bytes.
pub const MAX_ENDPOINT_BYTES: u32 = 128;
/// Length of a device's name, bytes.
pub const MAX_NAME_BYTES: u32 = 64;

/// A device of a provider: the lowest number from 0 that was free when it was added. No job outlives its device, so a
/// number that is free names nothing.
pub type DeviceId = u8;

/// What kind of device it is, after wgpu's `DeviceType`. Self-declared: a wrong claim shows as missed deadlines.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum DeviceClass {
    /// A software adapter.
    #[codec(index = 0)]
    Cpu,
    /// A GPU that shares the host's memory.
    #[codec(index = 1)]
    Integrated,
    /// A GPU with memory of its own.
    #[codec(index = 2)]
    Discrete,
}

impl DeviceClass {
    /// Every class.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Integrated, Self::Discrete];
}

/// A device as its provider describes it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct DeviceSpec {
    /// Adapter name, UTF-8.
    pub name: BoundedVec<u8, ConstU32<MAX_NAME_BYTES>>,
    /// Class.
    pub class: DeviceClass,
    /// Memory for a job's buffers, bytes.
    pub memory: u64,
}

/// What a device works for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Ask {
    /// Price of 10⁹ fuel, in the native coin's smallest unit.
    pub per_gigafuel: Balance,
    /// The least price the device works for: a filter, not a surcharge.
    pub minimum: Balance,
    /// Jobs at once.
    pub slots: u8,
}

impl Ask {
    /// What this ask charges for `work` fuel, rounded up; saturating.
    pub fn price(&self, work: u64) -> Balance {
        let exact = self.per_gigafuel.saturating_mul(work as Balance);
        exact.div_ceil(1_000_000_000)
    }
}
