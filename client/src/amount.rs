//! Amounts of the native coin as people write them.

use touchstone_primitives::Balance;

/// Decimal places of one coin.
const DECIMALS: usize = 12;
/// Its symbol.
const SYMBOL: &str = "TSN";

/// The text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an amount: write 100TSN, 0.5TSN, or a whole number in the smallest unit")]
pub struct BadAmount(String);

/// Reads `100TSN`, `0.5 TSN`, or a whole number in the smallest unit, with underscores between digits at will.
pub fn parse(text: &str) -> Result<Balance, BadAmount> {
    let wrong = || BadAmount(text.into());
    let plain = text.trim().replace('_', "");
    let Some(coins) = plain.strip_suffix(SYMBOL) else {
        return digits(&plain).and_then(|it| it.parse().ok()).ok_or_else(wrong);
    };
    let coins = coins.trim();
    let (whole, fraction) = coins.split_once('.').unwrap_or((coins, "0"));
    let whole = digits(whole).ok_or_else(wrong)?;
    let fraction = digits(fraction).filter(|fraction| fraction.len() <= DECIMALS).ok_or_else(wrong)?;
    format!("{whole}{fraction:0<DECIMALS$}").parse().map_err(|_| wrong())
}

/// The amount in coins, without trailing zeros.
pub fn show(amount: Balance) -> String {
    let unit = (10 as Balance).pow(DECIMALS as u32);
    let (whole, fraction) = (amount / unit, amount % unit);
    if fraction == 0 {
        return format!("{whole} {SYMBOL}");
    }
    let fraction = format!("{fraction:0>DECIMALS$}");
    format!("{whole}.{} {SYMBOL}", fraction.trim_end_matches('0'))
}

fn digits(text: &str) -> Option<&str> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_and_the_smallest_unit_are_read() {
        assert_eq!(parse("17"), Ok(17));
        assert_eq!(parse("1_000_000"), Ok(1_000_000));
        assert_eq!(parse("3TSN"), Ok(3_000_000_000_000));
        assert_eq!(parse(" 0.5 TSN "), Ok(500_000_000_000));
        assert_eq!(parse("0.000000000001TSN"), Ok(1));
    }

    #[test]
    fn everything_else_is_refused_with_its_text() {
        for nonsense in [
            "",
            "TSN",
            "-1",
            "+1",
            "1.5",
            ".5TSN",
            "1.TSN",
            "1.0000000000001TSN",
            "1e3TSN",
            "1,5TSN",
            "400000000000000000000000000000TSN",
        ] {
            assert_eq!(parse(nonsense), Err(BadAmount(nonsense.into())));
        }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for amount in [0, 1, 123_456_789, 1_500_000_000_000, u128::MAX] {
            assert_eq!(parse(&show(amount)), Ok(amount));
        }
        assert_eq!(show(1_500_000_000_000), "1.5 TSN");
        assert_eq!(show(1), "0.000000000001 TSN");
    }
}
