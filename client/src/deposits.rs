//! What the chain holds as a deposit for the records of kernels and providers and for outputs, so that it can be told
//! before it is held.
//!
//! The chain's metadata has the price of storage, in the deposits of its multisig accounts; the lengths of the records
//! are those of the pallets, whose types are not here. An end-to-end test compares these amounts with what a chain
//! holds.

use codec::{Compact, Encode, MaxEncodedLen};
use touchstone_primitives::{
    Ask, Balance, DeviceClass, DeviceId, DeviceSpec, JobId, JobSpec, Source, Tick, MAX_DEVICES, MAX_ENDPOINT_BYTES,
};

use crate::types::AccountId;

/// The pallet whose constants show the price, and the bytes that these are for: of one waiting call, and of a
/// signatory.
pub(crate) const PRICED_BY: &str = "Multisig";
const CALL_BYTES: Balance = 88;
const SIGNATORY_BYTES: Balance = 32;

/// What storage costs while it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoragePrice {
    record: Balance,
    byte: Balance,
}

impl StoragePrice {
    /// From the constants `DepositBase` and `DepositFactor` of the multisig pallet.
    pub fn from_multisig(base: Balance, factor: Balance) -> Self {
        let byte = factor / SIGNATORY_BYTES;
        Self { record: base.saturating_sub(byte.saturating_mul(CALL_BYTES)), byte }
    }

    fn of(self, bytes: usize) -> Balance {
        self.record.saturating_add(self.byte.saturating_mul(bytes as Balance))
    }

    /// The deposit for a kernel of so many bytes.
    pub fn kernel(self, code: usize) -> Balance {
        // Its length and bytes; owner, deposit, length again and number of references.
        let length = Compact(code as u32).encoded_size();
        let record = size_of::<AccountId>() + size_of::<Balance>() + 2 * size_of::<u32>();
        self.of(length.saturating_add(code).saturating_add(record))
    }

    /// The deposit of a provider with so many devices.
    pub fn provider(self, devices: usize) -> Balance {
        // An offer has the ask, the tick from which it counts and a sequence number; a device its description, an
        // offer, a share of the stake, the place of its ask, busy slots and standing results.
        let offer = Ask::max_encoded_len() + size_of::<Tick>() + size_of::<u64>();
        let place = 1 + size_of::<Tick>();
        let work = size_of::<u8>() + size_of::<u32>();
        let device = DeviceSpec::max_encoded_len() + 1 + offer + size_of::<Balance>() + place + work;
        // In the index of asks: the shelf (class, and three steps of a byte), price and sequence number; account,
        // device, its memory, what it covers, and the ask.
        let key = DeviceClass::max_encoded_len() + 3 + size_of::<Balance>() + size_of::<u64>();
        let listing = size_of::<AccountId>() + size_of::<DeviceId>() + size_of::<u64>() + size_of::<Balance>();
        let entry = key + listing + Ask::max_encoded_len();
        // Endpoint, stake, numbers of devices, three counters and the deposit.
        let endpoint = Compact(MAX_ENDPOINT_BYTES).encoded_size() + MAX_ENDPOINT_BYTES as usize;
        let numbers = Compact(MAX_DEVICES).encoded_size() + MAX_DEVICES as usize * size_of::<DeviceId>();
        let record = endpoint + size_of::<Balance>() + numbers + 3 * size_of::<u32>() + size_of::<Balance>();
        self.of(record.saturating_add(device.saturating_add(entry).saturating_mul(devices)))
    }

    /// The deposit of a provider for outputs of so many bytes together that come with a commitment.
    pub fn outputs(self, bytes: usize) -> Balance {
        // Their key, their length and they.
        let length = Compact(bytes as u32).encoded_size();
        self.of(size_of::<JobId>().saturating_add(length).saturating_add(bytes))
    }

    /// The least that the deposit of a job can be: for its description and the inputs that go with it. `quote` has all
    /// of it.
    pub fn job_at_least(self, spec: &JobSpec) -> Balance {
        let inline = spec.inputs.iter().filter(|input| input.source == Source::Inline);
        let inline: usize = inline.map(|input| input.buffer.len as usize).sum();
        self.of(spec.encoded_size().saturating_add(inline))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_of_storage_follows_from_the_deposits_of_multisig_accounts() {
        let price = StoragePrice::from_multisig(10_000 + 88 * 10, 32 * 10);
        assert_eq!(price, StoragePrice { record: 10_000, byte: 10 });
        // A kernel of 100 bytes: two for its length, and 56 for its record.
        assert_eq!(price.kernel(100), 10_000 + 10 * (2 + 100 + 56));
        // Outputs of 100 bytes: a key of 32 bytes, and two for their length.
        assert_eq!(price.outputs(100), 10_000 + 10 * (32 + 2 + 100));
        assert_eq!(price.outputs(65_536), 10_000 + 10 * (32 + 4 + 65_536));
        assert_eq!(price.provider(3) - price.provider(2), price.provider(1) - price.provider(0));
    }
}
