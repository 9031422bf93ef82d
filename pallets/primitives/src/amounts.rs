use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;

/// An amount of the native coin, in its smallest unit. Everything that the market decides by is such an amount: asks,
/// bids, ceilings, prices, fees, bounties, collateral.
pub type Balance = u128;

/// Assets beside the native coin that can pay for jobs at the same time.
pub const MAX_LISTED_ASSETS: u32 = 16;

/// The assets that can pay for jobs, beside the native coin, each with its rate.
pub type ListedAssets = BoundedVec<(u32, Rate), ConstU32<MAX_LISTED_ASSETS>>;

/// An amount of the asset that pays for a job, in that asset's smallest unit. It comes from a native amount by the
/// job's [`Rate`] and never meets one:
///
/// ```
/// use touchstone_primitives::{AssetAmount, Balance};
///
/// let (price, fee): (AssetAmount, AssetAmount) = (AssetAmount::from_units(100), AssetAmount::from_units(2));
/// assert_eq!(price.saturating_add(fee), AssetAmount::from_units(102));
/// ```
///
/// A sum of both kinds does not compile:
///
/// ```compile_fail,E0308
/// use touchstone_primitives::{AssetAmount, Balance};
///
/// let (price, bounty): (AssetAmount, Balance) = (AssetAmount::from_units(100), 7);
/// let collateral = price.saturating_add(bounty);
/// ```
///
/// ```compile_fail,E0308
/// use touchstone_primitives::{AssetAmount, Balance};
///
/// let (price, bounty): (AssetAmount, Balance) = (AssetAmount::from_units(100), 7);
/// let collateral: Balance = bounty.saturating_add(price);
/// ```
///
/// ```compile_fail,E0369
/// use touchstone_primitives::{AssetAmount, Balance};
///
/// let (price, bounty): (AssetAmount, Balance) = (AssetAmount::from_units(100), 7);
/// let collateral = price + bounty;
/// ```
///
/// Nor can an amount of the asset be used as a price:
///
/// ```compile_fail,E0308
/// use touchstone_primitives::{AssetAmount, Terms};
///
/// fn collateral(terms: &Terms, paid: AssetAmount) -> u128 {
///     terms.collateral(paid, 0, 0)
/// }
/// ```
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Debug,
    Default,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct AssetAmount(u128);

impl AssetAmount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// As many of the asset's smallest units.
    pub const fn from_units(units: u128) -> Self {
        Self(units)
    }

    /// How many of the asset's smallest units it is.
    pub const fn units(self) -> u128 {
        self.0
    }

    /// The sum; the largest amount if it would be more.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference; nothing if it would be less.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The sum, if it is an amount.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl fmt::Display for AssetAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an asset is worth: `native` smallest units of the native coin for `asset` smallest units of the asset. Set by
/// governance, copied for a job when it is submitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rate {
    /// Smallest units of the native coin.
    pub native: u64,
    /// Smallest units of the asset.
    pub asset: u64,
}

impl Rate {
    /// The rate of the native coin itself.
    pub const PAR: Self = Self { native: 1, asset: 1 };

    /// Whether it gives a value to both sides. An asset with any other rate is not listed.
    pub const fn is_valid(&self) -> bool {
        self.native > 0 && self.asset > 0
    }

    /// What `amount` of native coin is in the asset, rounded up. Saturating; never falls when `amount` rises.
    pub fn in_asset(&self, amount: Balance) -> AssetAmount {
        let (native, asset) = (Balance::from(self.native.max(1)), Balance::from(self.asset));
        // Whole multiples of `native` first: the remainder is below 2^64, so its product fits 128 bits.
        let whole = amount.checked_div(native).unwrap_or_default().saturating_mul(asset);
        let rest = amount.checked_rem(native).unwrap_or_default().saturating_mul(asset).div_ceil(native);
        AssetAmount(whole.saturating_add(rest))
    }
}
