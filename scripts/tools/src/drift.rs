//! How far a new measurement of weights is from the committed one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::weights::{Cost, Weight};

/// What the runtime charges for an access of the database, in picoseconds: `RocksDbWeight` of frame-support.
const READ: u128 = 25_000_000;
const WRITE: u128 = 100_000_000;

/// What differs so much that it counts as drift.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest change of the time, in percent of the committed one.
    pub time_percent: f64,
    /// Changes below this many picoseconds are noise, whatever their share.
    pub noise: u128,
}

/// One function of one pallet, at the least or at the largest components.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The pallet.
    pub pallet: String,
    /// The weight function.
    pub function: String,
    /// The components, such as `s=16`.
    pub at: String,
    /// What the tree has.
    pub committed: Option<Cost>,
    /// What was measured.
    pub measured: Option<Cost>,
    /// Change of the time with the database, in percent; none where one of the two is missing.
    pub change_percent: Option<f64>,
    /// Why this counts as drift; none where it does not.
    pub drift: Option<String>,
}

/// Compares all functions of a pallet, in the order of their names.
pub fn compare(
    pallet: &str,
    committed: &BTreeMap<String, Weight>,
    measured: &BTreeMap<String, Weight>,
    limits: &Limits,
) -> Vec<Row> {
    let names: BTreeSet<_> = committed.keys().chain(measured.keys()).collect();
    names
        .into_iter()
        .flat_map(|name| {
            let pair = (committed.get(name), measured.get(name));
            points(pair.0.or(pair.1)).into_iter().map(move |point| {
                let costs = (pair.0.map(|weight| weight.at(&point)), pair.1.map(|weight| weight.at(&point)));
                let (change_percent, drift) = judge(costs, limits);
                Row {
                    pallet: pallet.to_owned(),
                    function: name.clone(),
                    at: point.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "),
                    committed: costs.0,
                    measured: costs.1,
                    change_percent,
                    drift,
                }
            })
        })
        .collect()
}

/// The least and the largest components of a function; one point where it has none.
fn points(weight: Option<&Weight>) -> Vec<BTreeMap<String, u32>> {
    let ranges = weight.map(|weight| &weight.ranges).into_iter().flatten();
    let (least, largest): (BTreeMap<_, _>, BTreeMap<_, _>) =
        ranges.map(|(name, (least, largest))| ((name.clone(), *least), (name.clone(), *largest))).unzip();
    if least == largest {
        vec![least]
    } else {
        vec![least, largest]
    }
}

fn judge((committed, measured): (Option<Cost>, Option<Cost>), limits: &Limits) -> (Option<f64>, Option<String>) {
    let (Some(old), Some(new)) = (committed, measured) else {
        let reason = if committed.is_none() { "it has no committed weight" } else { "it is no longer measured" };
        return (None, Some(reason.to_owned()));
    };
    let (before, after) = (total(old), total(new));
    let change = (after as f64 - before as f64) / before.max(1) as f64 * 100.0;
    let drift = if (old.reads, old.writes) != (new.reads, new.writes) {
        Some(format!("{} reads and {} writes, {} and {} are committed", new.reads, new.writes, old.reads, old.writes))
    } else if before.abs_diff(after) > limits.noise && change.abs() > limits.time_percent {
        Some(format!("{change:+.1} %"))
    } else {
        None
    };
    (Some(change), drift)
}

fn total(cost: Cost) -> u128 {
    cost.time + cost.reads * READ + cost.writes * WRITE
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { time_percent: 20.0, noise: 1_000_000 };

    fn weight(time: u128, reads: u128) -> Weight {
        Weight { base: Cost { time, reads, ..Cost::default() }, ..Weight::default() }
    }

    fn drift_of(committed: Option<Weight>, measured: Option<Weight>) -> Option<String> {
        let map = |weight: Option<Weight>| weight.into_iter().map(|weight| ("bid".to_owned(), weight)).collect();
        let rows = compare("pallet_x", &map(committed), &map(measured), &LIMITS);
        assert_eq!(rows.len(), 1);
        rows[0].drift.clone()
    }

    #[test]
    fn a_change_within_the_limit_or_within_the_noise_is_no_drift() {
        assert_eq!(drift_of(Some(weight(100_000_000, 0)), Some(weight(119_000_000, 0))), None);
        assert_eq!(drift_of(Some(weight(1_000_000, 0)), Some(weight(1_900_000, 0))), None);
    }

    #[test]
    fn slower_and_faster_are_both_drift() {
        assert_eq!(drift_of(Some(weight(100_000_000, 0)), Some(weight(125_000_000, 0))).unwrap(), "+25.0 %");
        assert_eq!(drift_of(Some(weight(100_000_000, 0)), Some(weight(75_000_000, 0))).unwrap(), "-25.0 %");
    }

    #[test]
    fn another_number_of_accesses_is_drift_at_any_time() {
        let drift = drift_of(Some(weight(10_000_000_000, 3)), Some(weight(10_000_000_000, 4)));
        assert_eq!(drift.unwrap(), "4 reads and 0 writes, 3 and 0 are committed");
    }

    #[test]
    fn a_function_that_is_on_one_side_only_is_drift() {
        assert_eq!(drift_of(None, Some(weight(1, 0))).unwrap(), "it has no committed weight");
        assert_eq!(drift_of(Some(weight(1, 0)), None).unwrap(), "it is no longer measured");
    }

    #[test]
    fn a_component_is_compared_at_both_ends_of_its_range() {
        let linear = |per| Weight {
            base: Cost { time: 50_000_000, ..Cost::default() },
            per: BTreeMap::from([("s".to_owned(), Cost { time: per, ..Cost::default() })]),
            ranges: BTreeMap::from([("s".to_owned(), (1, 100))]),
        };
        let map = |weight| BTreeMap::from([("submit".to_owned(), weight)]);
        let rows = compare("pallet_x", &map(linear(1_000_000)), &map(linear(2_000_000)), &LIMITS);
        let found: Vec<_> = rows.iter().map(|row| (row.at.as_str(), row.drift.is_some())).collect();
        assert_eq!(found, [("s=1", false), ("s=100", true)]);
    }
}
