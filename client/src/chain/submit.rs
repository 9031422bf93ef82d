//! From a call to a block.
//!
//! It is always safe to send the same nonce again: a chain includes one transaction of an account for each nonce. If it
//! is unknown what became of a transaction (a cut connection, a drop from the pool, a retracted block), it is signed
//! and sent again with the same nonce until that nonce is used. Another nonce is taken only if another transaction has
//! used it.

use std::time::Duration;

use subxt::config::substrate::H256;
use subxt_rpcs::{methods::legacy::TransactionStatus, rpc_params};

use touchstone_kir::Kernel;
use touchstone_primitives::{
    views::{Stage, MAX_DEMANDS},
    JobId, Subject,
};

use super::{
    at::At,
    call::Call,
    error::{ChainError, TxError},
    head::Head,
    hex_text::to_hex,
    node::Node,
    nonces::Reserved,
    runtime::{Applied, Event, Signed, MORTALITY},
};
use crate::{
    signer::Signer,
    types::{AccountId, DemandView},
};

/// How many nonces are tried, and how often each is sent.
const NONCES: u32 = 4;
const SENDS: u32 = 12;
/// After this long without news of a sent transaction, the chain itself is read.
const NEWS: Duration = Duration::from_secs(20);
/// The pause before a transaction is sent again: longer each time.
const PAUSE: Duration = Duration::from_millis(1500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A call that succeeded, and where.
#[derive(Clone, Debug)]
pub struct InBlock {
    /// The block.
    pub block: Head,
    /// Hash of the transaction.
    pub extrinsic: [u8; 32],
    /// The fee that was taken, in the native coin's smallest unit; `None` where the node no longer has the block's
    /// state.
    pub fee: Option<u128>,
    /// Its events, in order, without those of the fee; none where the node no longer has the block's state.
    pub events: Vec<Event>,
}

/// What became of one sending.
enum Sent {
    /// It is in this block.
    In([u8; 32]),
    /// The nonce is used up: by this transaction, an earlier copy of it, or another one.
    Used(String),
    /// Unknown: it may be waiting, dropped, or in a block.
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

pub(super) async fn submit(node: &Node, signer: &Signer, call: &Call) -> Result<InBlock, TxError> {
    let mut reason = String::new();
    let mut attempts = 0;
    for _ in 0..NONCES {
        let mut copies: Vec<Signed> = Vec::new();
        let mut nonce: Option<Reserved> = None;
        let start = birth(node, &node.best().await?).await?;
        for turn in 1..=SENDS {
            attempts += 1;
            let sent = match send(node, signer, call, &mut nonce, &mut copies).await {
                Ok(Sent::In(block)) => match included(node, signer, call, block, &copies).await {
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
            let found = match find(node, start.number, &copies).await {
                Ok(Some(block)) => included(node, signer, call, block, &copies).await.map(Some),
                Ok(None) => Ok(None),
                Err(error) => Err(error.into()),
            };
            match found {
                Ok(Some(block)) => return Ok(block),
                // By an earlier copy, if the chain shows what the call does: that block may be gone from the node.
                Ok(None) if used => match done(node, signer, call).await {
                    Ok(Some(head)) => {
                        return Ok(InBlock { block: head, extrinsic: last(&copies), fee: None, events: vec![] })
                    }
                    Ok(None) => break,
                    Err(error) => {
                        unknown_if_cut(error.into(), &copies)?;
                    }
                },
                Ok(None) => {}
                Err(error) => {
                    unknown_if_cut(error, &copies)?;
                }
            }
        }
    }
    Err(TxError::NotIncluded { call: call.to_string(), attempts, reason })
}

/// Once a copy may have been sent, a cut connection does not mean failure: the chain has to be searched for it.
fn unknown_if_cut(error: TxError, copies: &[Signed]) -> Result<Sent, TxError> {
    match error {
        TxError::Chain(cut) if cut.is_transient() && !copies.is_empty() => Ok(Sent::Unknown(cut.to_string())),
        error => Err(error),
    }
}

/// Signs (with a new nonce if there is none yet) and sends one copy, and follows it into a block.
async fn send(
    node: &Node,
    signer: &Signer,
    call: &Call,
    nonce: &mut Option<Reserved>,
    copies: &mut Vec<Signed>,
) -> Result<Sent, TxError> {
    let sending = node.sending().await;
    let best = node.best().await?;
    let runtime = node.runtime(&best).await?;
    let nonce = match nonce {
        Some(reserved) => {
            if At::new(node.clone(), best).nonce(signer.account()).await? > reserved.nonce() {
                return Ok(Sent::Used("its nonce is used".into()));
            }
            reserved.nonce()
        }
        None => {
            let next = node.next_index(signer.account()).await?;
            let reserved = node.nonces().reserve(signer.account(), next);
            nonce.insert(reserved).nonce()
        }
    };
    let signed = runtime.sign(call, signer, nonce, &birth(node, &best).await?)?;
    let encoded = to_hex(&signed.bytes);
    copies.push(signed);
    let watch = node
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
        // The connection broke while it was being sent: it may have arrived.
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

/// The block from which on a transaction is signed to be valid. It names that block's hash, so a chain without the
/// block never takes it: a block that no reorganisation removes is chosen.
async fn birth(node: &Node, best: &Head) -> Result<Head, ChainError> {
    let finalized = node.finalized().await?;
    let number = birth_number(best.number, finalized.number);
    if number == finalized.number {
        return Ok(finalized);
    }
    // The chain may have become shorter.
    Ok(node.block_hash(number).await?.map_or(finalized, |hash| Head { hash, number }))
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
async fn find(node: &Node, start: u64, copies: &[Signed]) -> Result<Option<[u8; 32]>, ChainError> {
    let best = node.best().await?;
    let from = start.saturating_add(1).max(best.number.saturating_sub(MORTALITY));
    for number in (from..=best.number).rev() {
        let Some(hash) = node.block_hash(number).await? else { continue };
        if position(node, hash, copies).await?.is_some() {
            return Ok(Some(hash));
        }
    }
    Ok(None)
}

/// Index and number of the first copy that the block contains.
async fn position(node: &Node, block: [u8; 32], copies: &[Signed]) -> Result<Option<(u32, usize)>, ChainError> {
    let Some(extrinsics) = node.body(block).await? else {
        return Ok(None);
    };
    let copies: Vec<_> = copies.iter().map(|copy| to_hex(&copy.bytes)).collect();
    Ok((0..).zip(&extrinsics).find_map(|(index, extrinsic)| {
        let copy = copies.iter().position(|copy| copy == extrinsic)?;
        Some((index, copy))
    }))
}

/// Reads what the block made of the call.
async fn included(
    node: &Node,
    signer: &Signer,
    call: &Call,
    block: [u8; 32],
    copies: &[Signed],
) -> Result<InBlock, TxError> {
    let missing = || ChainError::undecodable("the block of a transaction", "it is not there");
    let head = node.head(block).await?.ok_or_else(missing)?;
    let (index, copy) = position(node, block, copies).await?.ok_or_else(missing)?;
    let extrinsic = copies.get(copy).map(|copy| copy.hash).unwrap_or_default();
    match applied(node, head, index).await {
        Ok(Applied { result: Ok(()), fee, events }) => Ok(InBlock { block: head, extrinsic, fee, events }),
        Ok(Applied { result: Err(error), .. }) => {
            Err(TxError::Failed { call: call.to_string(), error: Box::new(error), block })
        }
        // The connection was cut for longer than the node keeps states: what the chain shows now has to do.
        Err(error) if error.is_state_pruned() => match done(node, signer, call).await? {
            Some(_) => Ok(InBlock { block: head, extrinsic, fee: None, events: Vec::new() }),
            None => Err(TxError::OutcomeUnknown { call: call.to_string(), number: head.number }),
        },
        Err(error) => Err(error.into()),
    }
}

/// What the state of a block says of its `index`-th transaction.
async fn applied(node: &Node, head: Head, index: u32) -> Result<Applied, ChainError> {
    let runtime = node.runtime(&head).await?;
    let events = At::new(node.clone(), head).storage(&runtime.events_key()?).await?.unwrap_or_default();
    runtime.applied(events, index)
}

/// The best block, if its state shows that this call of this signer has succeeded at some time. Of some calls no state
/// tells that; then it is none.
async fn done(node: &Node, signer: &Signer, call: &Call) -> Result<Option<Head>, ChainError> {
    let head = node.best().await?;
    let at = At::new(node.clone(), head);
    let is_done = match call {
        Call::Submit { salt, spec, .. } => {
            at.job(JobId::new(&node.genesis(), signer.account(), salt, spec)).await?.is_some()
        }
        Call::UploadKernel { code } => match Kernel::decode(code) {
            Ok(kernel) => at.kernel(kernel.hash()).await?.is_some(),
            Err(_) => false,
        },
        Call::RemoveKernel { hash } => at.kernel(*hash).await?.is_none(),
        Call::Register { .. } => at.provider(signer.account()).await?.is_some(),
        Call::Commit { job, attempt, trace, .. } => at.result(*job).await?.is_some_and(|result| {
            result.attempt == *attempt && result.provider == *signer.account() && result.trace == *trace
        }),
        Call::Accept { job, .. } => {
            at.job(*job).await?.is_some_and(|job| matches!(job.stage, Stage::Committed { accepted: true, .. }))
        }
        Call::Demand { commitment, target, node, .. } => {
            let subject = Subject { instance: target.instance(), node: *node };
            let demands = at.demands(*commitment, MAX_DEMANDS).await?;
            is_demanded(&demands, &subject, signer.account())
        }
        // An answer is one, no matter who gave it: the provider of the result is paid.
        Call::Reveal { commitment, subject, .. } => is_answered(&at.demands(*commitment, MAX_DEMANDS).await?, subject),
        _ => false,
    };
    Ok(is_done.then_some(head))
}

/// Whether this account has demanded the node.
fn is_demanded(demands: &[DemandView], subject: &Subject, account: &AccountId) -> bool {
    demands.iter().any(|demand| demand.subject() == *subject && demand.demander == *account)
}

/// Whether the node was revealed.
fn is_answered(demands: &[DemandView], subject: &Subject) -> bool {
    demands.iter().any(|demand| demand.subject() == *subject && demand.answered)
}

fn last(copies: &[Signed]) -> [u8; 32] {
    copies.last().map(|copy| copy.hash).unwrap_or_default()
}

/// The fee of a call, if it were included now.
pub(super) async fn fee(node: &Node, signer: &Signer, call: &Call) -> Result<u128, TxError> {
    let best = node.best().await?;
    let nonce = node.next_index(signer.account()).await?;
    let signed = node.runtime(&best).await?.sign(call, signer, nonce, &birth(node, &best).await?)?;
    Ok(At::new(node.clone(), best).fee(&signed.bytes).await?)
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
    fn a_demand_counts_for_who_made_it_and_an_answer_for_everybody() {
        let node = touchstone_kir::Node { level: 0, position: 3 };
        let [alice, bob] = [AccountId([1; 32]), AccountId([2; 32])];
        let demand = DemandView {
            job: JobId([1; 32]),
            instance: Some(2),
            node,
            len: 4096,
            demander: alice,
            deadline: 9,
            answered: false,
        };
        let subject = demand.subject();
        let other = Subject { instance: None, node };
        let open = [demand.clone()];
        assert!(is_demanded(&open, &subject, &alice));
        assert!(!is_demanded(&open, &subject, &bob) && !is_demanded(&open, &other, &alice));
        assert!(!is_answered(&open, &subject));
        let answered = [DemandView { answered: true, ..demand }];
        assert!(is_answered(&answered, &subject) && !is_answered(&answered, &other));
    }

    #[test]
    fn an_era_that_has_passed_leads_to_a_new_signature() {
        let message = "Invalid Transaction: Transaction has an ancient birth block";
        assert_eq!(classify(1010, message), Refusal::Busy);
    }
}
