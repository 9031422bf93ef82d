use touchstone_primitives::Balance;

use super::estimate::Estimate;
use crate::amount;

/// So many bytes may be demanded without a word about their number.
pub const FREE_SIZE: u32 = 1 << 20;

/// What demands may hold and cost, for several command lines.
#[derive(clap::Args, Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Hold no more than this for one demand: what it holds doubles with each 64 demands of the result that are open
    #[arg(long, value_name = "AMOUNT", default_value = "2TSN", value_parser = amount::parse)]
    pub most_bond: Balance,

    /// Spend no more than this if the result stands: prices of all answers, and fees
    #[arg(long, value_name = "AMOUNT", default_value = "5TSN", value_parser = amount::parse)]
    pub most_cost: Balance,

    /// Demand more than 1 MiB too: each 64 KiB of it is an answer of its own, which is paid
    #[arg(long)]
    pub any_size: bool,
}

/// Demands that take more than is allowed. Nothing was sent for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// These are many bytes.
    #[error(
        "{bytes} bytes take {answers} answers, which cost {} if the result stands: more than 1 MiB is demanded with \
        --any-size alone", amount::show(*.cost)
    )]
    Size {
        /// How many bytes.
        bytes: u32,
        /// How many answers.
        answers: u32,
        /// Their prices, and fees.
        cost: Balance,
    },
    /// Many other demands are open.
    #[error(
        "a demand holds {} while so many others of this result are open, and no more than {} is allowed: wait until \
        they are answered, or allow more with --most-bond", amount::show(*.bond), amount::show(*.most)
    )]
    Bond {
        /// What would be held.
        bond: Balance,
        /// What may be held.
        most: Balance,
    },
    /// The answers are dear, or there are many of them.
    #[error(
        "{answers} answers cost {} if the result stands, with fees and what was spent before, and no more than {} is \
        allowed: --most-cost allows more", amount::show(*.cost), amount::show(*.most)
    )]
    Cost {
        /// How many answers.
        answers: u32,
        /// What would be spent.
        cost: Balance,
        /// What may be spent.
        most: Balance,
    },
}

impl Limits {
    /// Whether demands for so many bytes may be made, after so much was spent.
    ///
    /// # Errors
    /// The first limit that they are above, in the order of [`TooMuch`].
    pub fn allow(&self, bytes: u32, estimate: &Estimate, spent: Balance) -> Result<(), TooMuch> {
        let Estimate { answers, bond, .. } = *estimate;
        if answers == 0 {
            return Ok(());
        }
        if bytes > FREE_SIZE && !self.any_size {
            return Err(TooMuch::Size { bytes, answers, cost: estimate.cost() });
        }
        if bond > self.most_bond {
            return Err(TooMuch::Bond { bond, most: self.most_bond });
        }
        let cost = estimate.cost().saturating_add(spent);
        match cost > self.most_cost {
            true => Err(TooMuch::Cost { answers, cost, most: self.most_cost }),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use touchstone_kir::Node;
    use touchstone_primitives::Subject;

    use super::*;
    use crate::demanding::estimate::tests::{terms, TSN};

    const LIMITS: Limits = Limits { most_bond: 2 * TSN, most_cost: 5 * TSN, any_size: false };

    /// So many answers at 0.08 TSN, with the least bond of 0.2 TSN and a fee of 0.01 TSN for each demand.
    fn estimate(answers: u32, open: u32) -> Estimate {
        let node = |position| Subject { instance: Some(0), node: Node { level: 6, position } };
        let nodes: Vec<Subject> = (0..answers).map(node).collect();
        Estimate::new(&terms(20, 8), open, &nodes, TSN / 100)
    }

    #[test]
    fn a_mebibyte_is_within_the_limits_that_nobody_has_changed() {
        assert_eq!(LIMITS.allow(FREE_SIZE, &estimate(20, 0), 0), Ok(()));
    }

    #[test]
    fn more_than_a_mebibyte_is_refused_with_its_cost_unless_it_is_wanted() {
        let refused = LIMITS.allow(FREE_SIZE + 1, &estimate(21, 0), 0).unwrap_err();
        assert_eq!(refused, TooMuch::Size { bytes: FREE_SIZE + 1, answers: 21, cost: 189 * TSN / 100 });
        assert_eq!(
            refused.to_string(),
            "1048577 bytes take 21 answers, which cost 1.89 TSN if the result stands: more than 1 MiB is demanded with \
             --any-size alone"
        );
        let any_size = Limits { any_size: true, ..LIMITS };
        assert_eq!(any_size.allow(FREE_SIZE + 1, &estimate(21, 0), 0), Ok(()));
        assert!(matches!(any_size.allow(u32::MAX, &estimate(65536, 0), 0), Err(TooMuch::Cost { .. })));
    }

    #[test]
    fn a_bond_that_others_have_raised_is_refused_with_both_amounts() {
        assert_eq!(LIMITS.allow(4, &estimate(1, 255), 0), Ok(()));
        let refused = LIMITS.allow(4, &estimate(1, 256), 0).unwrap_err();
        assert_eq!(refused, TooMuch::Bond { bond: 32 * TSN / 10, most: 2 * TSN });
        let text = refused.to_string();
        assert!(text.contains("holds 3.2 TSN") && text.contains("no more than 2 TSN is allowed"), "{text}");
        assert!(text.contains("--most-bond"), "{text}");
    }

    #[test]
    fn what_was_spent_before_counts_towards_the_cost() {
        assert_eq!(LIMITS.allow(4, &estimate(10, 0), 410 * TSN / 100), Ok(()));
        let refused = LIMITS.allow(4, &estimate(10, 0), 411 * TSN / 100).unwrap_err();
        assert_eq!(refused, TooMuch::Cost { answers: 10, cost: 501 * TSN / 100, most: 5 * TSN });
        let text = refused.to_string();
        assert!(text.contains("10 answers cost 5.01 TSN") && text.contains("no more than 5 TSN is allowed"), "{text}");
    }

    #[test]
    fn what_others_have_demanded_is_within_all_limits() {
        assert_eq!(LIMITS.allow(u32::MAX, &estimate(0, 10_000), 6 * TSN), Ok(()));
    }

    #[test]
    fn the_limits_that_nobody_has_changed_are_those_of_the_help() {
        #[derive(clap::Parser)]
        struct Command {
            #[command(flatten)]
            limits: Limits,
        }
        let parse = |flags: &[&str]| {
            let words = [&["command"][..], flags].concat();
            <Command as clap::Parser>::try_parse_from(words).map(|command| command.limits)
        };
        assert_eq!(parse(&[]).unwrap(), LIMITS);
        let changed = parse(&["--most-bond", "0.5TSN", "--most-cost=7TSN", "--any-size"]).unwrap();
        assert_eq!(changed, Limits { most_bond: TSN / 2, most_cost: 7 * TSN, any_size: true });
        assert!(parse(&["--most-cost", "much"]).is_err());
    }
}
