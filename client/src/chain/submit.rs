//! From a call to a block.
//!
//! Sending the same nonce again is always safe: of all transactions of an account with one nonce, a chain takes one. So a
//! transaction whose fate is unknown (a cut connection, a drop from the pool, a retracted block) is signed and sent again
//! with *its* nonce until that nonce is used, and only if it was used by something else is another one taken.

use std::time::Duration;

use subxt::config::substrate::H256;
use subxt_rpcs::{methods::legacy::TransactionStatus, rpc_params};

use super::{
    nonces::Reserved,
    runtime::{to_hex, Event, Signed, MORTALITY},
    Call, Chain, ChainError, Head, TxError,
};
use crate::signer::Signer;

/// How many nonces are tried, and how often each is sent.
const NONCES: u32 = 4;
const SENDS: u32 = 12;
/// Without news of a sent transaction for so long, the chain itself is looked at.
const NEWS: Duration = Duration::from_secs(20);
/// The pause before a transaction is sent again: longer each time.
const PAUSE: Duration = Duration::from_millis(1500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A call that succeeded, and where.
#[derive(Clone, Debug)]
pub struct InBlock {
    /// The block.
    pub block: Head,
    /// Index of the transaction in the block.
    pub index: u32,
    /// Hash of the transaction.
    pub extrinsic: [u8; 32],
    /// The fee that was taken, in the native coin's smallest unit.
    pub fee: Option<u128>,
    /// Its events, in order, without those of the fee.
    pub events: Vec<Event>,
}

/// What became of one sending.
enum Sent {
    /// It is in this block.
    In([u8; 32]),
    /// The nonce is used up: by this transaction, an earlier copy of it, or another one.
    Used(String),
    /// Nobody knows: it may be waiting, dropped, or in a block.
    Unknown(String),
}

/// What decides what to do with a refusal of the pool.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// The nonce is used up.
    Used,
    /// It, or another one with its nonce, is in the pool already; or the pool is full or has banned these bytes.
    Busy,
    /// It will never be taken as it is.
    Final(Option<&'static str>),
}

pub(super) async fn submit(chain: &Chain, signer: &Signer, call: &Call) -> Result<InBlock, TxError> {
    let mut reason = String::new();
    let mut attempts = 0;
    for _ in 0..NONCES {
        let mut copies: Vec<Signed> = Vec::new();
        let mut nonce: Option<Reserved> = None;
        let start = birth(chain, &chain.best().await?).await?;
        for turn in 1..=SENDS {
            attempts += 1;
            let sent = match send(chain, signer, call, &mut nonce, &mut copies).await {
                Ok(Sent::In(block)) => match included(chain, call, block, &copies).await {
                    Err(error) => unknown_if_cut(error, &copies)?,
                    done => return done,
                },
                Ok(sent) => sent,
                Err(error) => unknown_if_cut(error, &copies)?,
            };
            let used = matches!(sent, Sent::Used(_));
            if let Sent::Used(why) | Sent::Unknown(why) = sent {
                tracing::debug!(%call, attempts, why, "not known to be in a block");
                reason = why;
            }
            tokio::time::sleep(PAUSE.saturating_mul(turn).min(LONGEST_PAUSE)).await;
            let found = match find(chain, start.number, &copies).await {
                Ok(Some(block)) => included(chain, call, block, &copies).await.map(Some),
                Ok(None) => Ok(None),
                Err(error) => Err(error.into()),
            };
            match found {
                Ok(Some(block)) => return Ok(block),
                Ok(None) if used => break,
                Ok(None) => {}
                Err(error) => {
                    unknown_if_cut(error, &copies)?;
                }
            }
        }
    }
    Err(TxError::NotIncluded { call: call.to_string(), attempts, reason })
}

/// Once a copy may have been sent, a cut connection says nothing about what became of it: it has to be found out.
fn unknown_if_cut(error: TxError, copies: &[Signed]) -> Result<Sent, TxError> {
    match error {
        TxError::Chain(cut) if cut.is_transient() && !copies.is_empty() => Ok(Sent::Unknown(cut.to_string())),
        error => Err(error),
    }
}

/// Signs (with a new nonce if there is none yet) and sends one copy, and follows it into a block.
async fn send(
    chain: &Chain,
    signer: &Signer,
    call: &Call,
    nonce: &mut Option<Reserved>,
    copies: &mut Vec<Signed>,
) -> Result<Sent, TxError> {
    let sending = chain.0.sending.lock().await;
    let best = chain.best().await?;
    let runtime = chain.runtime(&best).await?;
    let nonce = match nonce {
        Some(reserved) => {
            if chain.at(best).nonce(signer.account()).await? > reserved.nonce() {
                return Ok(Sent::Used("its nonce is used".into()));
            }
            reserved.nonce()
        }
        None => {
            let next = chain.next_index(signer.account()).await?;
            let reserved = chain.0.nonces.reserve(signer.account(), next);
            nonce.insert(reserved).nonce()
        }
    };
    let signed = runtime.sign(call, signer, nonce, &birth(chain, &best).await?)?;
    let encoded = to_hex(&signed.bytes);
    copies.push(signed);
    let watch = chain
        .link()
        .subscribe::<TransactionStatus<H256>>(
            "author_submitAndWatchExtrinsic",
            rpc_params![encoded],
            "author_unwatchExtrinsic",
        )
        .await;
    drop(sending);

    let mut watch = match watch {
        Ok(watch) => watch,
        Err(ChainError::Refused { code, message, .. }) => {
            return match classify(code, &message) {
                Refusal::Used => Ok(Sent::Used(message)),
                Refusal::Busy => Ok(Sent::Unknown(message)),
                Refusal::Final(remedy) => Err(TxError::Rejected { call: call.to_string(), reason: message, remedy }),
            }
        }
        // The connection broke while it was being sent: nobody knows whether it arrived.
        Err(error) if error.is_transient() => return Ok(Sent::Unknown(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    loop {
        let status = match tokio::time::timeout(NEWS, watch.next()).await {
            Ok(Some(Ok(status))) => status,
            Ok(Some(Err(error))) => return Ok(Sent::Unknown(error.to_string())),
            Ok(None) => return Ok(Sent::Unknown("the connection ended".into())),
            Err(_) => return Ok(Sent::Unknown("there is no news of it".into())),
        };
        match status {
            TransactionStatus::InBlock(hash) | TransactionStatus::Finalized(hash) => return Ok(Sent::In(hash.0)),
            TransactionStatus::Usurped(_) => return Ok(Sent::Unknown("another transaction took its place".into())),
            TransactionStatus::Dropped => return Ok(Sent::Unknown("the node dropped it from its pool".into())),
            TransactionStatus::Invalid => return Ok(Sent::Unknown("it became invalid in the pool".into())),
            TransactionStatus::Future
            | TransactionStatus::Ready
            | TransactionStatus::Broadcast(_)
            | TransactionStatus::Retracted(_)
            | TransactionStatus::FinalityTimeout(_) => {}
        }
    }
}

/// The block from which on a transaction is signed to be valid. It names that block's hash, so a chain without the block
/// never takes it: a block that no reorganisation removes is chosen.
async fn birth(chain: &Chain, best: &Head) -> Result<Head, ChainError> {
    let finalized = chain.finalized().await?;
    let number = birth_number(best.number, finalized.number);
    if number == finalized.number {
        return Ok(finalized);
    }
    let hash: Option<H256> = chain.link().request("chain_getBlockHash", rpc_params![number]).await?;
    // A chain that has become shorter meanwhile.
    Ok(hash.map_or(finalized, |hash| Head { hash: hash.0, number }))
}

/// The last finalised block. Where finality stands still, one so deep that half of the validity is left.
fn birth_number(best: u64, finalized: u64) -> u64 {
    finalized.max(best.saturating_sub(MORTALITY / 2))
}

/// The codes are those of the node's `author` RPC; the texts those of `TransactionValidityError`.
fn classify(code: i32, message: &str) -> Refusal {
    match code {
        1010 if message.contains("outdated") => Refusal::Used,
        1010 if message.contains("ancient birth") => Refusal::Busy,
        1010 if message.contains("pay some fees") => {
            Refusal::Final(Some("the account cannot pay the fee: send it coin, or choose another --signer"))
        }
        1010 if message.contains("exhaust") => Refusal::Final(Some("it does not fit into a block: make it smaller")),
        1010 if message.contains("bad signature") => {
            Refusal::Final(Some("node and client are of different versions: update the older one"))
        }
        // Banned, imported already, too low a priority, pool full, cycle.
        1012..=1016 => Refusal::Busy,
        _ => Refusal::Final(None),
    }
}

/// Looks for any copy in the blocks of the best chain behind the block number `start`, in which none can be.
async fn find(chain: &Chain, start: u64, copies: &[Signed]) -> Result<Option<[u8; 32]>, ChainError> {
    let best = chain.best().await?;
    let from = start.saturating_add(1).max(best.number.saturating_sub(MORTALITY));
    for number in (from..=best.number).rev() {
        let hash: Option<H256> = chain.link().request("chain_getBlockHash", rpc_params![number]).await?;
        let Some(hash) = hash else { continue };
        if position(chain, hash.0, copies).await?.is_some() {
            return Ok(Some(hash.0));
        }
    }
    Ok(None)
}

/// Index and number of the first copy that the block contains.
async fn position(chain: &Chain, block: [u8; 32], copies: &[Signed]) -> Result<Option<(u32, usize)>, ChainError> {
    #[derive(serde::Deserialize)]
    struct Details {
        block: Body,
    }
    #[derive(serde::Deserialize)]
    struct Body {
        extrinsics: Vec<String>,
    }
    let details: Option<Details> = chain.link().request("chain_getBlock", rpc_params![to_hex(&block)]).await?;
    let Some(details) = details else {
        return Ok(None);
    };
    let copies: Vec<_> = copies.iter().map(|copy| to_hex(&copy.bytes)).collect();
    Ok((0..).zip(&details.block.extrinsics).find_map(|(index, extrinsic)| {
        let copy = copies.iter().position(|copy| copy == extrinsic)?;
        Some((index, copy))
    }))
}

/// Reads what the block made of the call.
async fn included(chain: &Chain, call: &Call, block: [u8; 32], copies: &[Signed]) -> Result<InBlock, TxError> {
    let missing = || ChainError::undecodable("the block of a transaction", "it is not there");
    let header: Option<super::heads::Header> =
        chain.link().request("chain_getHeader", rpc_params![to_hex(&block)]).await?;
    let head = Head::of(&header.ok_or_else(missing)?);
    let (index, copy) = position(chain, block, copies).await?.ok_or_else(missing)?;
    let runtime = chain.runtime(&head).await?;
    let events = chain.at(head).storage(&runtime.events_key()?).await?.unwrap_or_default();
    let applied = runtime.applied(events, index)?;
    match applied.result {
        Ok(()) => Ok(InBlock {
            block: head,
            index,
            extrinsic: copies.get(copy).map(|copy| copy.hash).unwrap_or_default(),
            fee: applied.fee,
            events: applied.events,
        }),
        Err(error) => Err(TxError::Failed { call: call.to_string(), error: Box::new(error), block }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_connection_is_an_error_only_while_nothing_was_sent() {
        let cut = || TxError::Chain(ChainError::Unreachable { url: "ws://x".into(), reason: "cut".into() });
        let copy = Signed { bytes: vec![1], hash: [1; 32] };
        assert!(unknown_if_cut(cut(), &[]).is_err());
        assert!(matches!(unknown_if_cut(cut(), &[copy]), Ok(Sent::Unknown(_))));
        let other = TxError::Rejected { call: "a.b".into(), reason: "no".into(), remedy: None };
        assert!(unknown_if_cut(other, &[Signed { bytes: vec![1], hash: [1; 32] }]).is_err());
    }

    #[test]
    fn a_stale_nonce_is_told_from_a_refusal_that_stays() {
        assert_eq!(classify(1010, "Invalid Transaction: Transaction is outdated"), Refusal::Used);
        let poor = "Invalid Transaction: Inability to pay some fees (e.g. account balance too low)";
        assert!(matches!(classify(1010, poor), Refusal::Final(Some(_))));
        assert_eq!(classify(1010, "Invalid Transaction: Custom error: 7"), Refusal::Final(None));
    }

    #[test]
    fn a_transaction_that_is_in_the_pool_already_is_waited_for() {
        for code in [1012, 1013, 1014, 1016] {
            assert_eq!(classify(code, "any text"), Refusal::Busy, "{code}");
        }
    }

    #[test]
    fn a_transaction_is_born_in_a_block_that_no_reorganisation_removes() {
        assert_eq!(birth_number(100, 98), 98);
        // A young chain: nothing but the first block is final.
        assert_eq!(birth_number(5, 0), 0);
        // The node knows a finalised block before it has told that it is the best one.
        assert_eq!(birth_number(97, 98), 98);
    }

    #[test]
    fn while_finality_stands_still_half_of_the_validity_is_left() {
        for best in [0, 1, MORTALITY / 2, MORTALITY / 2 + 1, MORTALITY, 100_000] {
            let birth = birth_number(best, 0);
            assert!(birth <= best && best - birth <= MORTALITY / 2, "{best}");
        }
        assert_eq!(birth_number(1_000, 3), 1_000 - MORTALITY / 2);
    }

    #[test]
    fn an_era_that_has_passed_leads_to_a_new_signature() {
        let message = "Invalid Transaction: Transaction has an ancient birth block";
        assert_eq!(classify(1010, message), Refusal::Busy);
    }
}
