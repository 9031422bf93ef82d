//! Records, and the rules that need nothing but a record.

use alloc::vec::Vec;

use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, storage::bounded_btree_map::BoundedBTreeMap, BoundedVec};
use scale_info::TypeInfo;
use sp_runtime::Perbill;
use touchstone_primitives::{
    views::Obstacle, Ask, Balance, DeviceId, DeviceSpec, Need, Tick, MAX_DEVICES, MAX_ENDPOINT_BYTES,
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
    /// The ask's part of the provider's stake: its jobs can put that much at risk. Nothing without an ask.
    pub share: Balance,
    /// Where the ask is.
    pub place: Place,
    /// Slots in use: jobs that wait for their result, and the best bid of an auction. They can be more than the ask
    /// has, if it was replaced meanwhile.
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

/// Where the ask of a device is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Place {
    /// Nowhere: there is no ask, or all slots are taken.
    #[codec(index = 0)]
    Out,
    /// In the queue: it enters the index at this tick.
    #[codec(index = 1)]
    Waiting(Tick),
    /// In the index.
    #[codec(index = 2)]
    Listed,
}

/// A live ask, with everything that a match decides by.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Listing<AccountId> {
    /// Whose it is.
    pub provider: AccountId,
    /// For which device.
    pub device: DeviceId,
    /// Memory of the device, bytes.
    pub memory: u64,
    /// The most that a job can put at risk: the ask's part of the free stake.
    pub cover: Balance,
    /// The ask.
    pub ask: Ask,
}

impl<AccountId> Listing<AccountId> {
    /// Whether memory, minimum and cover are enough for the job at this price.
    pub fn fits(&self, need: &Need, price: Balance) -> bool {
        self.memory >= need.memory && price >= self.ask.minimum && self.cover >= need.collateral(price)
    }
}

impl<Ticket> Provider<Ticket> {
    /// Jobs that are assigned or inside their window, and standing bids.
    pub fn open_jobs(&self) -> u32 {
        self.devices.values().fold(0, |sum, device| sum.saturating_add(device.open_jobs()))
    }

    /// What the jobs of a device can put at risk: its own share, and what is nobody's share.
    pub fn available(&self, device: &Device) -> Balance {
        let shares = self.devices.values().fold(0, |sum: Balance, device| sum.saturating_add(device.share));
        self.stake.saturating_sub(shares).saturating_add(device.share)
    }

    /// Divides the free stake equally among the asks. What does not divide is nobody's share.
    pub fn share_out(&mut self) {
        let share = self.stake.checked_div(self.asks().into()).unwrap_or(0);
        for (_, device) in self.devices.iter_mut() {
            device.share = if device.offer.is_some() { share } else { 0 };
        }
    }

    /// Devices that have an ask.
    pub fn asks(&self) -> u32 {
        self.devices.values().filter(|device| device.offer.is_some()).count() as u32
    }

    /// The lowest number without a device. A number is free again once its device is removed; a device with open jobs
    /// cannot be removed.
    pub fn free_device_id(&self) -> Option<DeviceId> {
        (0..MAX_DEVICES as DeviceId).find(|id| !self.devices.contains_key(id))
    }

    /// Why the device cannot do the job at `price`: empty if it can. With `live` the ask must count already and its
    /// least price be met; a bid needs neither.
    pub(crate) fn obstacles(&self, device: &Device, need: &Need, price: Balance, live: bool) -> Vec<Obstacle> {
        let mut found = Vec::new();
        let mut note = |holds: bool, obstacle| {
            if holds {
                found.push(obstacle);
            }
        };
        match &device.offer {
            None => note(true, Obstacle::NoAsk),
            Some(offer) => {
                note(live && matches!(device.place, Place::Waiting(_)), Obstacle::NotYetActive);
                note(device.busy >= offer.ask.slots, Obstacle::NoFreeSlot);
                note(live && price < offer.ask.minimum, Obstacle::BelowMinimum);
            }
        }
        note(need.class.is_some_and(|class| class != device.spec.class), Obstacle::WrongClass);
        note(device.spec.memory < need.memory, Obstacle::TooLittleMemory);
        note(price > need.ceiling, Obstacle::AboveCeiling);
        note(self.available(device) < need.collateral(price), Obstacle::TooLittleStake);
        found
    }
}

impl Device {
    /// Jobs that are assigned or inside their window, and standing bids.
    pub fn open_jobs(&self) -> u32 {
        self.standing.saturating_add(self.busy.into())
    }

    /// The ask, if a slot is free for it.
    pub fn takeable(&self) -> Option<&Offer> {
        self.offer.as_ref().filter(|offer| self.busy < offer.ask.slots)
    }
}

/// What a refuted result burns of `stake` after `earlier` others in the period: `share` for each, at most everything.
pub fn repeat_slash(stake: Balance, share: Perbill, earlier: u32) -> Balance {
    // `from_parts` takes more than a whole for the whole.
    Perbill::from_parts(share.deconstruct().saturating_mul(earlier)).mul_floor(stake)
}
