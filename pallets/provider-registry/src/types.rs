//! Records, and the rules that need nothing but a record.

use alloc::vec::Vec;

use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, storage::bounded_btree_map::BoundedBTreeMap, BoundedVec};
use scale_info::TypeInfo;
use sp_runtime::Perbill;
use touchstone_primitives::{
    views::Obstacle, Ask, Balance, DeviceClass, DeviceId, DeviceSpec, Need, Tick, MAX_DEVICES, MAX_ENDPOINT_BYTES,
};

/// Faults that are remembered. More within one period burn no larger share.
pub const MAX_FAULTS: u32 = 16;

/// A URL: where blobs are put and served.
pub type Endpoint = BoundedVec<u8, ConstU32<MAX_ENDPOINT_BYTES>>;

/// When results of one account were refuted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Faults(BoundedVec<Tick, ConstU32<MAX_FAULTS>>);

impl Faults {
    /// Forgets faults that are more than `period` ticks old, and returns how many are left.
    pub fn forget_before(&mut self, period: Tick, now: Tick) -> u32 {
        self.0.retain(|at| now.saturating_sub(*at) <= period);
        self.0.len() as u32
    }

    /// Remembers a fault, and forgets the oldest if the list is full.
    pub fn remember(&mut self, now: Tick) {
        if self.0.is_full() {
            self.0.remove(0);
        }
        // The list is not full now.
        let _ = self.0.try_push(now);
    }

    /// The faults, oldest first.
    pub fn ticks(&self) -> &[Tick] {
        &self.0
    }
}

/// A provider.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Provider<Ticket> {
    /// Where blobs are put and served.
    pub endpoint: Endpoint,
    /// Stake that is not at risk in a job: what is held on the account as stake.
    pub stake: Balance,
    /// The devices.
    pub devices: BoundedBTreeMap<DeviceId, Device, ConstU32<MAX_DEVICES>>,
    /// Jobs that were settled.
    pub settled: u32,
    /// Deadlines that were missed.
    pub missed: u32,
    /// Results that were refuted.
    pub refuted: u32,
    /// The deposit.
    pub ticket: Ticket,
}

/// A device.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Device {
    /// What it is.
    pub spec: DeviceSpec,
    /// What it works for, if it takes work.
    pub offer: Option<Offer>,
    /// Slots in use: jobs that wait for their result, and the best bid of an auction. They can be more than the ask has,
    /// if it was replaced meanwhile.
    pub busy: u8,
    /// Results that are delivered and can still be refuted. They take no slot: the stake limits them.
    pub standing: u32,
}

/// An ask with its place in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Offer {
    /// The ask.
    pub ask: Ask,
    /// The first tick at which it counts.
    pub active_from: Tick,
    /// How many asks were set on this chain before it.
    pub sequence: u64,
}

/// Where a live ask is in the index: class, price per gigafuel and sequence, both big-endian.
pub(crate) type IndexKey = (DeviceClass, [u8; 16], [u8; 8]);

impl<Ticket> Provider<Ticket> {
    /// Jobs that are assigned or inside their window, and standing bids.
    pub fn open_jobs(&self) -> u32 {
        self.devices.values().fold(0, |sum, device| sum.saturating_add(device.open_jobs()))
    }

    /// Devices that have an ask.
    pub fn asks(&self) -> u32 {
        self.devices.values().filter(|device| device.offer.is_some()).count() as u32
    }

    /// The lowest number without a device. A number is free again once its device is removed; a device with open jobs cannot
    /// be removed.
    pub fn free_device_id(&self) -> Option<DeviceId> {
        (0..MAX_DEVICES as DeviceId).find(|id| !self.devices.contains_key(id))
    }

    /// Why the device cannot do the job at `price`: empty if it can. With `live`, which is the present tick, the ask must count
    /// already and its least price be met; a bid needs neither.
    pub(crate) fn obstacles(&self, device: &Device, need: &Need, price: Balance, live: Option<Tick>) -> Vec<Obstacle> {
        let mut found = Vec::new();
        let mut note = |holds: bool, obstacle| {
            if holds {
                found.push(obstacle);
            }
        };
        match &device.offer {
            None => note(true, Obstacle::NoAsk),
            Some(offer) => {
                note(live.is_some_and(|now| now < offer.active_from), Obstacle::NotYetActive);
                note(device.busy >= offer.ask.slots, Obstacle::NoFreeSlot);
                note(live.is_some() && price < offer.ask.minimum, Obstacle::BelowMinimum);
            }
        }
        note(need.class.is_some_and(|class| class != device.spec.class), Obstacle::WrongClass);
        note(device.spec.memory < need.memory, Obstacle::TooLittleMemory);
        note(price > need.ceiling, Obstacle::AboveCeiling);
        note(self.stake < need.collateral(price), Obstacle::TooLittleStake);
        found
    }
}

impl Device {
    /// Jobs that are assigned or inside their window, and standing bids.
    pub fn open_jobs(&self) -> u32 {
        self.standing.saturating_add(self.busy.into())
    }

    /// Where the device's ask is in the index: nowhere without an ask or a free slot.
    pub(crate) fn index_key(&self) -> Option<IndexKey> {
        let offer = self.offer.as_ref().filter(|offer| self.busy < offer.ask.slots)?;
        Some((self.spec.class, offer.ask.per_gigafuel.to_be_bytes(), offer.sequence.to_be_bytes()))
    }
}

/// What a refuted result burns of `stake` after `earlier` others in the period: `share` for each, at most everything.
pub fn repeat_slash(stake: Balance, share: Perbill, earlier: u32) -> Balance {
    // `from_parts` takes more than a whole for the whole.
    Perbill::from_parts(share.deconstruct().saturating_mul(earlier)).mul_floor(stake)
}
